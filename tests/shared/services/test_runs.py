"""Runs against a real PostgreSQL: what a reader sees, and what is stored, whatever happens to either."""

import asyncio

import pytest

from shared.db.pool import Db
from shared.domain.events import RunStatus
from shared.errors import ModelFailed, Unavailable
from shared.services import runs as runs_module
from tests.fakes.models import ScriptedModel
from tests.fakes.run_log import MemoryRunLog
from tests.shared.services.chat import AUDIENCE, Chat, collect, text


async def test_a_run_streams_meta_tokens_title_and_done_and_is_stored(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["It ", "is ", "so."]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert [name for _, name, _ in events] == ["meta", "message", "message", "message", "title", "message"]
    assert [seq for seq, _, _ in events] == list(range(1, 7))
    done = events[-1][2]
    assert (done["done"], done["status"], done["usage"]["input_tokens"]) == (True, "complete", 7)
    stored = await chat.stored(turn)
    assert (stored.content, stored.status, stored.output_tokens) == ("It is so.", RunStatus.COMPLETE, 3)


@pytest.mark.parametrize("seen", [1, 2, 3, 4])
async def test_r09_a_reader_that_leaves_at_any_token_loses_nothing(db: Db, seen: int) -> None:
    model = ScriptedModel(["a ", "b ", "c ", "d"], hold_at=3)
    chat = Chat(db, model)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    first = await collect(chat.runs.follow(turn, 0), upto=seen)
    model.gate.set()
    await chat.runs.drain()
    rest = await collect(chat.runs.follow(turn, first[-1][0]))
    assert text(first) + text(rest) == "a b c d"
    assert (await chat.stored(turn)).content == "a b c d"


async def test_two_readers_see_the_same_and_one_of_another_process_too(db: Db) -> None:
    model = ScriptedModel(["a ", "b"], hold_at=1)
    chat = Chat(db, model)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    elsewhere = chat.another_process()
    readers = [asyncio.create_task(collect(runs.follow(turn, 0))) for runs in (chat.runs, chat.runs, elsewhere)]
    model.gate.set()
    one, two, three = await asyncio.gather(*readers)
    assert one == two == three
    assert text(one) == "a b"


async def test_cancel_closes_the_model_and_keeps_what_was_written(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["kept ", "never"], hold_at=1))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=2)
    await chat.runs.cancel(turn)
    events = await collect(chat.runs.follow(turn, 2))
    assert events[-1][2]["status"] == "cancelled"
    assert chat.model.closed
    stored = await chat.stored(turn)
    assert (stored.content, stored.status) == ("kept ", RunStatus.CANCELLED)
    assert stored.input_tokens > 0, "what the model read was paid for"


async def test_cancel_reaches_a_run_of_another_process(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["kept ", "never"], hold_at=1))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await chat.another_process().cancel(turn)
    await chat.runs.drain()
    assert (await chat.stored(turn)).status is RunStatus.CANCELLED


async def test_a_model_that_fails_midway_gives_error_then_done_and_the_prefix_is_stored(db: Db) -> None:
    failure = ModelFailed("The model's stream was cut.", code="model_stream_cut")
    chat = Chat(db, ScriptedModel(["half ", failure]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    (_, error_name, error), (_, _, done) = events[-2:]
    assert (error_name, error["code"], error["correlation_id"]) == ("error", "model_stream_cut", "corr")
    assert (done["done"], done["status"]) == (True, "failed")
    stored = await chat.stored(turn)
    assert (stored.content, stored.status) == ("half ", RunStatus.FAILED)


async def test_s21_an_unexpected_error_tells_nothing_internal(db: Db) -> None:
    chat = Chat(db, ScriptedModel([RuntimeError("SECRET at 10.0.0.1")]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert "SECRET" not in str(events)
    assert (await chat.stored(turn)).status is RunStatus.FAILED


async def test_a_dead_run_log_costs_resume_elsewhere_but_not_the_answer(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["fine"]), MemoryRunLog(down=True))
    turn = await chat.begin()
    elsewhere = chat.another_process()
    with pytest.raises(Unavailable):
        await collect(elsewhere.follow(turn, 0))
    chat.runs.start(turn, AUDIENCE)
    assert text(await collect(chat.runs.follow(turn, 0))) == "fine"
    assert text(await collect(elsewhere.follow(turn, 0))) == "fine", "an ended run is told from its message"


async def test_a_waiting_run_starts_once_whoever_opens_it(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["once"]))
    turn = await chat.begin(RunStatus.WAITING)
    elsewhere = chat.another_process()
    await asyncio.gather(*(runs.open(turn, AUDIENCE) for runs in (chat.runs, elsewhere, chat.runs)))
    await asyncio.gather(chat.runs.drain(), elsewhere.drain())
    assert len(chat.model.requests) == 1
    assert (await chat.stored(turn)).content == "once"


async def test_a_waiting_run_that_is_cancelled_never_asks_the_model(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["never"]))
    turn = await chat.begin(RunStatus.WAITING)
    await chat.runs.cancel(turn)
    await chat.runs.open(turn, AUDIENCE)
    assert chat.model.requests == []
    assert (await chat.stored(turn)).status is RunStatus.CANCELLED


async def test_a_run_beyond_the_cap_is_cut_off_and_says_so(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "HARD_CAP_S", 0.2)
    chat = Chat(db, ScriptedModel(["part ", "never"], hold_at=1))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert [data.get("code") for _, name, data in events if name == "error"] == ["time_limit"]
    assert (await chat.stored(turn)).status is RunStatus.INTERRUPTED


async def test_a_character_that_the_database_cannot_hold_does_not_lose_the_answer(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["a\0b", "\0"]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert events[-1][2]["status"] == "complete"
    assert (await chat.stored(turn)).content == "ab"
