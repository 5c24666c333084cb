"""Searching one's conversations in a real PostgreSQL."""

import random

from shared.db import conversations, messages
from shared.db.conversations import SEARCH
from shared.db.pool import Db
from shared.domain.events import Done, RunStatus, Usage
from shared.domain.search_words import WordQuery
from tests.shared.db.test_messages import ask, caller, finish, new_conversation

FILL = """
    WITH people AS (
        INSERT INTO users (entra_id, display_name) SELECT 't:' || n, 'p' FROM generate_series(1, 20) n RETURNING id
    ), made AS (
        INSERT INTO conversations (user_id, mode) SELECT id, 'rag' FROM people, generate_series(1, 25) RETURNING id
    )
    INSERT INTO messages (conversation_id, role, content, words)
    SELECT made.id, 'user', 'filler', array_to_tsvector(ARRAY['w' || (random() * 5000)::int, 'common', 'x' || n])
      FROM made, generate_series(1, 20) n
"""


async def test_a_rare_word_is_looked_up_in_the_index_and_not_read_out_of_every_message(db: Db) -> None:
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    for number in range(30):
        await finish(db, await ask(db, alice, conversation, f"question {number}"), f"answer {number}")
    async with db.connection() as connection:
        await connection.execute(FILL)
        await connection.execute("ANALYZE messages, conversations")
        plan = await connection.fetch(
            "EXPLAIN " + SEARCH, alice.user_id, None, None, None, 20, WordQuery.of("answer 17").tsquery
        )
    shown = "\n".join(row[0] for row in plan)
    assert "Seq Scan on messages" not in shown, shown
    assert "messages_words_idx" in shown or "messages_of_conversation_idx" in shown, shown


async def test_what_a_swept_answer_had_saved_is_found(db: Db) -> None:
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    turn = await ask(db, alice, conversation, "question")
    so_far = Done(turn.message_id, RunStatus.STREAMING, None, Usage(1, 1), "openai", "m", (), None)
    query = WordQuery.of("flamingo")
    async with db.connection() as connection:
        await messages.save_progress(connection, so_far, "half a flamingo")
        assert await conversations.search_own(connection, alice, query, mode=None, after=None, limit=5) == []
        await connection.execute("UPDATE messages SET heartbeat_at = now() - interval '61 seconds'")
        assert await messages.sweep(connection) == 1
        ((found, hit),) = await conversations.search_own(connection, alice, query, mode=None, after=None, limit=5)
    assert (found.id, hit.message_id, hit.snippet) == (conversation.id, turn.message_id, "half a flamingo")


async def test_odd_words_are_compared_as_words(db: Db) -> None:
    """Whatever characters a text is made of, it is found by itself, and PostgreSQL takes the query."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chosen = random.Random(seed)
    alice = await caller(db)
    conversation = await new_conversation(db, alice)
    async with db.connection() as connection:
        for _ in range(60):
            text = "".join(chr(chosen.choice([*range(32, 0x250), 0x1F389, 0x4F11, 0xE27, 0x92F])) for _ in range(40))
            await conversations.rename(connection, alice, conversation.id, text)
            query = WordQuery.of(text)
            found = await conversations.search_own(connection, alice, query, mode=None, after=None, limit=5)
            assert len(found) == (1 if query.words else 0), repr(text)
