"""A conversation's title is made beside its first answer, and costs neither the answer nor its end."""

import asyncio
from decimal import Decimal

import pytest

from shared.db import conversations
from shared.db.pool import Db
from shared.domain.events import RunStatus
from shared.errors import ModelFailed
from shared.services import titling
from tests.fakes.models import ScriptedModel
from tests.shared.services.chat import AUDIENCE, Chat, collect, text


def titles(events: list[tuple[int, str, dict]]) -> list[str]:
    return [data["title"] for _, name, data in events if name == "title"]


async def test_the_model_names_a_conversation_by_its_first_question_alone(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["It ", "is so."], title='"**What it is**."\nbecause'))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert titles(events) == [await chat.title()] == ["What it is"]
    (asked,) = chat.model.titles_asked
    assert [message.role for message in asked.turns] == ["system", "user"]
    assert asked.turns[1].content == turn.question
    assert asked.max_output_tokens <= 50
    stored = await chat.stored(turn)
    usage = events[-1][2]["usage"]
    assert (stored.side_input_tokens, stored.side_output_tokens) == (5, 2)
    assert (usage["side_input_tokens"], usage["side_output_tokens"]) == (5, 2)
    assert (usage["input_tokens"], usage["output_tokens"]) == (7, 3), "the answer's own stay its own"


async def test_a_title_is_made_while_the_answer_is_being_written(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["first ", "second"], hold_at=1))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=2)
    async with asyncio.timeout(10):
        while not chat.model.titles_left:
            await asyncio.sleep(0.01)
    assert not chat.model.closed, "the answer goes on"
    chat.model.gate.set()
    assert titles(await collect(chat.runs.follow(turn, 0))) == ["What it is"]


@pytest.mark.parametrize("limit", ["LIMIT_S", "GRACE_S"])
async def test_a_title_that_does_not_come_costs_a_bounded_wait_and_the_question_names_it(
    db: Db, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(titling, limit, 0.05)
    chat = Chat(db, ScriptedModel(["fine"], title_gate=asyncio.Event()))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    async with asyncio.timeout(30):
        events = await collect(chat.runs.follow(turn, 0))
    assert (text(events), events[-1][2]["status"]) == ("fine", "complete")
    assert titles(events) == ["What is it?"]
    assert chat.model.titles_left == 1, "the call was closed"
    stored = await chat.stored(turn)
    assert stored.side_input_tokens > 0, "what was given up was paid for all the same"
    assert stored.usage_estimated


@pytest.mark.parametrize(
    "said", [ModelFailed("no", code="model_unavailable"), RuntimeError("SECRET"), "", "...\n```\n```"]
)
async def test_a_title_that_fails_never_costs_the_answer(db: Db, said: str | Exception) -> None:
    chat = Chat(db, ScriptedModel(["fine"], title=said))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert (text(events), events[-1][2]["status"]) == ("fine", "complete")
    assert titles(events) == ["What is it?"]
    assert "SECRET" not in str(events)


async def test_without_a_first_token_no_title_is_asked_for(db: Db) -> None:
    chat = Chat(db, ScriptedModel([ModelFailed("no", code="model_unavailable")]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert chat.model.titles_asked == []
    assert titles(events) == ["What is it?"], "a name to find it by"
    stored = await chat.stored(turn)
    assert (stored.input_tokens, stored.output_tokens) == (0, 0), "nobody charges for a call that was refused"

    chat.model.pieces = ["now"]
    again = await chat.again(turn)
    chat.runs.start(again, AUDIENCE)
    assert titles(await collect(chat.runs.follow(again, 0))) == ["What it is"], "the first complete answer names it"
    third = await chat.again(again)
    chat.runs.start(third, AUDIENCE)
    assert titles(await collect(chat.runs.follow(third, 0))) == [], "once"


async def test_a_persons_title_stands(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["fine"], hold_at=0))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    async with db.connection() as connection:
        await conversations.rename(connection, chat.caller, turn.conversation.id, "Mine")
    chat.model.gate.set()
    assert titles(await collect(chat.runs.follow(turn, 0))) == []
    assert await chat.title() == "Mine"


async def test_a_cancelled_answer_waits_for_no_title(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["kept ", "never"], hold_at=1, title_gate=asyncio.Event()))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=2)
    await chat.runs.cancel(turn)
    events = await collect(chat.runs.follow(turn, 0))
    assert (events[-1][2]["status"], titles(events)) == ("cancelled", ["What is it?"])
    assert chat.model.titles_left == len(chat.model.titles_asked)
    assert (await chat.stored(turn)).status is RunStatus.CANCELLED


async def test_an_answer_costs_all_its_calls_at_the_rows_prices(db: Db) -> None:
    async with db.connection() as connection:
        await connection.execute(
            """INSERT INTO llm_providers (mode, provider, model_name, is_active, input_price_per_mtok,
                      output_price_per_mtok) VALUES ('assistant', 'openai', 'priced', true, 2.5, 10)"""
        )
    chat = Chat(db, ScriptedModel(["fine"]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    stored = await chat.stored(turn)
    # answer 7 in and 3 out, title 5 in and 2 out
    assert stored.cost == Decimal("0.00008000")
    assert events[-1][2]["usage"]["cost"] == 0.00008
    assert stored.model == "priced"
    elsewhere = chat.another_process()
    chat.run_log.down = True
    told = await collect(elsewhere.follow(turn, 0))
    assert told[-1][2]["usage"] == events[-1][2]["usage"], "told from the message it is the same"


async def test_without_a_price_an_answer_has_no_cost(db: Db) -> None:
    chat = Chat(db, ScriptedModel(["fine"]))
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert (await chat.stored(turn)).cost is None
    assert events[-1][2]["usage"]["cost"] is None
    stored = await chat.stored(turn)
    assert stored.first_token_ms is not None
    assert stored.latency_ms is not None
    assert 0 <= stored.first_token_ms <= stored.latency_ms
