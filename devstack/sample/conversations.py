"""Many conversations of one person, for looking at how long lists behave."""

import datetime

import asyncpg

from shared.domain.search_words import words_of

# A step between two of them: thousands reach back over years, as those of a person who asks every day do.
_STEP = datetime.timedelta(hours=5)

_CONVERSATION = """
    INSERT INTO conversations (user_id, mode, title, titled_by, title_words, created_at, updated_at)
    VALUES ($1, 'assistant', $2, 'person', array_to_tsvector($3), $4, $4)
"""
_QUESTION = """
    INSERT INTO messages (conversation_id, role, content, words, created_at)
    SELECT id, 'user', title || '?', title_words, created_at
      FROM conversations c
     WHERE user_id = $1 AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)
"""


async def fill(dsn_owner: str, user_id: str, count: int) -> None:
    """Writes `count` conversations with a question each; "Conversation 1 of many" is the oldest."""
    newest = datetime.datetime.now(datetime.UTC) - _STEP
    rows: list[tuple[str, str, list[str], datetime.datetime]] = []
    for number in range(1, count + 1):
        title = f"Conversation {number} of many"
        rows.append((user_id, title, words_of(title), newest - (count - number) * _STEP))
    connection = await asyncpg.connect(dsn_owner)
    try:
        async with connection.transaction():
            await connection.executemany(_CONVERSATION, rows)
            await connection.execute(_QUESTION, user_id)
    finally:
        await connection.close()
