"""Turns and answers in a real PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from shared.db import conversations, messages, people, turns
from shared.db.pool import Db
from shared.domain.chat import Mode, Turn
from shared.domain.events import Done, RunStatus, Usage
from shared.domain.identity import Caller, EntraIdentity
from shared.domain.ids import RunId
from shared.errors import NotFound


async def caller(db: Db, name: str = "alice") -> Caller:
    async with db.transaction() as connection:
        user = await people.record_sign_in(
            connection, EntraIdentity("t", name, f"{name}@example.com", name), as_admin=False
        )
    return user.caller


async def ask(
    db: Db, who: Caller, conversation: conversations.Conversation, question: str, key: str | None = None
) -> turns.TurnStart:
    async with db.connection() as connection:
        return await turns.begin_turn(
            connection,
            who,
            conversation.id,
            question=question,
            run_id=RunId(uuid4()),
            correlation_id="c",
            idempotency_key=key,
            status=RunStatus.STREAMING,
        )


async def finish(db: Db, turn: turns.TurnStart, content: str) -> bool:
    done = Done(turn.message_id, RunStatus.COMPLETE, "stop", Usage(3, 2), "openai", "m", (), None)
    async with db.connection() as connection:
        return await messages.finish(connection, done, content=content, error=None, first_token_ms=1, latency_ms=2)


async def new_conversation(db: Db, who: Caller) -> conversations.Conversation:
    async with db.connection() as connection:
        return await conversations.create(connection, who, Mode.RAG, None)


async def test_a_turn_stores_question_and_answer_and_hands_over_the_history(db: Db) -> None:
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    first = await ask(db, alice, conversation, "one?")
    assert first.history == ()
    assert await finish(db, first, "eins")
    second = await ask(db, alice, conversation, "two?")
    assert second.history == (Turn("user", "one?"), Turn("assistant", "eins"))
    async with db.connection() as connection:
        stored = await messages.messages_of(connection, conversation.id)
    assert [(m.role, m.content, m.status) for m in stored] == [
        ("user", "one?", RunStatus.COMPLETE),
        ("assistant", "eins", RunStatus.COMPLETE),
        ("user", "two?", RunStatus.COMPLETE),
        ("assistant", "", RunStatus.STREAMING),
    ]


async def test_a_foreign_conversation_is_not_there(db: Db) -> None:
    conversation = await new_conversation(db, await caller(db))
    bob = await caller(db, "bob")
    with pytest.raises(NotFound):
        await ask(db, bob, conversation, "?")
    async with db.connection() as connection:
        for look in (conversations.get, conversations.delete, turns.newest_turn):
            with pytest.raises(NotFound):
                await look(connection, bob, conversation.id)


async def test_r12_the_same_key_gives_the_same_turn_in_series_and_at_once(db: Db) -> None:
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    first = await ask(db, alice, conversation, "?", "key")
    turns = await asyncio.gather(*(ask(db, alice, conversation, "?", "key") for _ in range(20)))
    assert {turn.message_id for turn in turns} == {first.message_id}
    assert not any(turn.is_new for turn in turns)
    async with db.connection() as connection:
        assert len(await messages.messages_of(connection, conversation.id)) == 2


async def test_a_run_leaves_streaming_exactly_once(db: Db) -> None:
    alice = await caller(db)
    turn = await ask(db, alice, await new_conversation(db, alice), "?")
    results = await asyncio.gather(*(finish(db, turn, f"answer {n}") for n in range(5)))
    assert sum(results) == 1


async def test_r10_the_sweeper_closes_what_shows_no_sign_of_life(db: Db) -> None:
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    dead = await ask(db, alice, conversation, "dead?")
    alive = await ask(db, alice, conversation, "alive?")
    async with db.connection() as connection:
        so_far = Done(dead.message_id, RunStatus.STREAMING, None, Usage(9, 2), "openai", "m", (), None)
        await messages.save_progress(connection, so_far, "so far")
        await connection.execute(
            "UPDATE messages SET heartbeat_at = now() - interval '61 seconds' WHERE id = $1", dead.message_id
        )
        assert await messages.sweep(connection) == 1
        swept = await messages.get_answer(connection, dead.message_id)
        untouched = await messages.get_answer(connection, alive.message_id)
    assert (swept.status, swept.content) == (RunStatus.INTERRUPTED, "so far")
    assert untouched.status is RunStatus.STREAMING
    assert not await finish(db, dead, "too late")
