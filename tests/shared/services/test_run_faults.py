"""Runs while something is away, late or slow: nothing is lost, nothing grows, nobody is kept waiting in silence."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.db.pool import Connection, Db
from shared.db.turns import TurnStart
from shared.domain.events import RunStatus
from shared.domain.frames import PING
from shared.errors import Unavailable
from shared.services import answer_storing, live_run, runs
from tests.fakes.models import ScriptedModel
from tests.shared.services.chat import AUDIENCE, Chat, collect, text


class FadingDb(Db):
    """A real database that can be taken away and given back."""

    away = False

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        if self.away:
            raise Unavailable("postgres")
        async with super().connection() as connection:
            yield connection


@pytest.fixture
async def fading(db: Db) -> AsyncIterator[FadingDb]:
    # the same address as the app's own role has it
    fading = FadingDb(db._url)  # pyright: ignore[reportPrivateUsage]
    yield fading
    await fading.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute of attempts in a moment."""
    monkeypatch.setattr(answer_storing, "ATTEMPTS", 1)
    monkeypatch.setattr(answer_storing, "RETRY_EVERY_S", 0.02)


async def started(chat: Chat) -> TurnStart:
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    return turn


async def until(chat: Chat, turn: TurnStart, status: RunStatus) -> None:
    async with asyncio.timeout(30):
        while (await chat.stored(turn)).status is not status:
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("impatient")
async def test_r03_an_answer_whose_database_is_away_at_its_end_is_shown_and_stored_later(fading: FadingDb) -> None:
    chat = Chat(fading, ScriptedModel(["all ", "of it"], hold_at=1), titled=True)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=2)
    fading.away = True
    chat.model.gate.set()
    events = await collect(chat.runs.follow(turn, 0))
    assert text(events) == "all of it"
    (_, _, problem), (_, _, done) = events[-2:]
    assert (problem["code"], problem["status"]) == ("postgres_unavailable", 503)
    assert done["status"] == "complete"
    fading.away = False
    await until(chat, turn, RunStatus.COMPLETE)
    stored = await chat.stored(turn)
    assert (stored.content, stored.output_tokens) == ("all of it", 3)


async def test_r03_a_sweep_stores_what_is_known_here_before_it_closes_what_is_not(
    fading: FadingDb, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_storing, "RETRY_EVERY_S", 3600.0)
    chat = Chat(fading, ScriptedModel(["whole"], hold_at=0), titled=True)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=1)
    async with fading.connection() as connection:
        await connection.execute("UPDATE messages SET heartbeat_at = now() - interval '2 minutes'")
    fading.away = True
    chat.model.gate.set()
    await chat.runs.drain()
    with pytest.raises(Unavailable):
        await chat.runs.sweep()
    fading.away = False
    assert await chat.runs.sweep() == 0
    stored = await chat.stored(turn)
    assert (stored.content, stored.status) == ("whole", RunStatus.COMPLETE)


@pytest.mark.usefixtures("impatient")
async def test_r03_answers_that_wait_to_be_stored_are_bounded(
    fading: FadingDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_storing, "MOST_WAITING", 2)
    chat = Chat(fading, ScriptedModel(["first ", "rest"]), titled=True)
    await collect(chat.runs.follow(await started(chat), 0))
    chat.model.hold_at = 1
    turns = [await started(chat) for _ in range(3)]
    for turn in turns:
        await collect(chat.runs.follow(turn, 0), upto=2)
    fading.away = True
    chat.model.gate.set()
    await chat.runs.drain()
    fading.away = False
    async with asyncio.timeout(30):
        while (kept := sorted([(await chat.stored(turn)).status for turn in turns])).count(RunStatus.COMPLETE) < 2:
            await asyncio.sleep(0.02)
    assert kept == [RunStatus.COMPLETE, RunStatus.COMPLETE, RunStatus.STREAMING], "one is left to the sweeper"


async def test_a_silent_run_is_kept_alive_with_pings_to_its_very_end(
    fading: FadingDb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the database is waited for, when the answer itself is long there."""
    monkeypatch.setattr(live_run, "PING_EVERY_S", 0.1)
    chat = Chat(fading, ScriptedModel(["said"], hold_at=0), titled=True)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    frames = chat.runs.follow(turn, 0)
    assert b"event: meta" in await anext(frames)
    assert await anext(frames) == PING, "while the model is silent"
    fading.away = True
    chat.model.gate.set()
    async with asyncio.timeout(30):
        pieces = [await anext(frames)]
        while PING not in pieces:
            pieces.append(await anext(frames))
        assert b'"said"' in pieces[0], "while PostgreSQL is"
        fading.away = False
        rest = b"".join([piece async for piece in frames])
    assert b'"done":true' in rest


async def test_a_ping_is_no_event_and_moves_no_number(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_run, "PING_EVERY_S", 0.05)
    chat = Chat(db, ScriptedModel(["a"], hold_at=0), titled=True)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    frames = chat.runs.follow(turn, 0)
    seen = [await anext(frames) for _ in range(4)]
    assert seen[1:] == [PING] * 3
    chat.model.gate.set()
    await frames.aclose()
    events = await collect(chat.runs.follow(turn, 0))
    assert [seq for seq, _, _ in events] == [1, 2, 3]


async def test_r11_a_slow_reader_neither_blocks_the_producer_nor_makes_memory_grow(db: Db) -> None:
    """What a run keeps is its frames, once, however many read them and however slowly."""
    words = [f"word{n} " for n in range(2_000)]
    chat = Chat(db, ScriptedModel(words), titled=True)
    turn = await chat.begin()
    run = chat.runs.start(turn, AUDIENCE)
    slow = [chat.runs.follow(turn, 0) for _ in range(20)]
    first = [await anext(reader) for reader in slow]
    await chat.runs.drain()
    assert run.finished, "nobody had read on"
    kept = sum(map(len, run.frames))
    assert kept < 150 * len(words)
    assert sum(map(len, run.frames)) == kept
    for reader, begun in zip(slow, first, strict=True):
        rest = [piece async for piece in reader]
        assert len(rest) == 1, "what piled up comes in one piece"
        assert begun + rest[0] == b"".join(run.frames)


async def test_r09_a_run_leaves_no_task_behind_whoever_left_when(db: Db) -> None:
    for upto in (1, 2, 3, 5):
        before = asyncio.all_tasks()
        model = ScriptedModel(["a ", "b ", "c"], hold_at=2)
        chat = Chat(db, model)
        turn = await chat.begin()
        chat.runs.start(turn, AUDIENCE)
        reading = asyncio.create_task(collect(chat.runs.follow(turn, 0), upto=upto))
        await asyncio.wait([reading], timeout=0.2)
        reading.cancel()
        await asyncio.wait([reading])
        model.gate.set()
        await chat.runs.drain()
        assert (await chat.stored(turn)).content == "a b c"
        assert asyncio.all_tasks() <= before, f"after a reader of {upto} events"
        assert model.closed


async def test_bytes_of_a_stream_grow_linearly_with_its_tokens(db: Db) -> None:
    """Nothing that was said is said again: twice the tokens, twice the bytes."""

    async def stream(tokens: int) -> tuple[int, int]:
        # every sequence number has four digits, so that tokens weigh the same
        chat = Chat(db, ScriptedModel(["token "] * (1_000 + tokens)), titled=True)
        turn = await chat.begin()
        run = chat.runs.start(turn, AUDIENCE)
        await chat.runs.drain()
        sent = b"".join([piece async for piece in chat.runs.follow(turn, 1_000)])
        logged = sum(len(frame) for _, frame in chat.run_log.entries[turn.run_id])
        assert logged == sum(map(len, run.frames)), "the log holds each frame once"
        return len(sent), tokens

    (one, n), (two, m), (four, k) = [await stream(tokens) for tokens in (500, 1_000, 2_000)]
    assert (two - one) / (m - n) == (four - two) / (k - m)
    assert (two - one) / (m - n) < 100


async def test_a_run_beyond_the_cap_ends_with_what_was_said(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HARD_CAP_S", 0.2)
    chat = Chat(db, ScriptedModel(["part ", "never"], hold_at=1), titled=True)
    turn = await chat.begin()
    chat.runs.start(turn, AUDIENCE)
    events = await collect(chat.runs.follow(turn, 0))
    assert [name for _, name, _ in events[-2:]] == ["error", "message"]
    stored = await chat.stored(turn)
    assert (stored.content, stored.status) == ("part ", RunStatus.INTERRUPTED)
    assert stored.error is not None
    assert stored.error.code == "time_limit"
    assert chat.model.closed


async def test_r10_what_a_lost_instance_had_shown_is_kept_with_its_tokens(
    db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_run, "SAVE_EVERY_S", 0.05)
    chat = Chat(db, ScriptedModel(["shown ", "never"], hold_at=1), titled=True)
    turn = await chat.begin()
    run = chat.runs.start(turn, AUDIENCE)
    await collect(chat.runs.follow(turn, 0), upto=2)
    async with asyncio.timeout(30):
        while (await chat.stored(turn)).content != "shown ":
            await asyncio.sleep(0.02)
    seen = await chat.stored(turn)
    assert (seen.status, seen.output_tokens, seen.usage_estimated) == (RunStatus.STREAMING, 1, True)
    assert (seen.provider, seen.model) == ("openai", "m")
    run.cancel()
    await chat.runs.drain()
