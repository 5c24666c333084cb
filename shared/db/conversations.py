"""Conversations, always through their owner."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.chat import Mode, TitledBy
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, MessageId
from shared.domain.search_words import WordQuery, words_of
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Conversation:
    """`titled_by` is None as long as there is no title."""

    id: ConversationId
    mode: Mode
    title: str | None
    titled_by: TitledBy | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a search found its words: `message_id` None is the title. `snippet` is on one line."""

    message_id: MessageId | None
    snippet: str


def conversation_of(row: Row) -> Conversation:
    titled_by = row["titled_by"]
    return Conversation(
        row["id"],
        Mode(row["mode"]),
        row["title"],
        None if titled_by is None else TitledBy(titled_by),
        row["created_at"],
        row["updated_at"],
    )


CREATE = """
    INSERT INTO conversations (user_id, mode, title, titled_by, title_words)
    VALUES ($1, $2, $3, $4, array_to_tsvector($5))
    RETURNING id, mode, title, titled_by, created_at, updated_at
"""


async def create(connection: Connection, caller: Caller, mode: Mode, title: str | None) -> Conversation:
    titled_by = None if title is None else TitledBy.PERSON.value
    row = await connection.fetchrow(CREATE, caller.user_id, mode.value, title, titled_by, words_of(title))
    assert row is not None
    return conversation_of(row)


GET = """
    SELECT id, mode, title, titled_by, created_at, updated_at
      FROM conversations
     WHERE id = $1 AND user_id = $2
"""


async def get(connection: Connection, caller: Caller, conversation_id: ConversationId) -> Conversation:
    """Raises NotFound, for a foreign one as well."""
    row = await connection.fetchrow(GET, conversation_id, caller.user_id)
    if row is None:
        raise NotFound("conversation")
    return conversation_of(row)


LIST = """
    SELECT id, mode, title, titled_by, created_at, updated_at
      FROM conversations
     WHERE user_id = $1
       AND ($2::text IS NULL OR mode = $2)
       AND ($3::timestamptz IS NULL OR (updated_at, id) < ($3, $4))
     ORDER BY updated_at DESC, id DESC
     LIMIT $5
"""


async def list_own(
    connection: Connection, caller: Caller, *, mode: Mode | None, after: tuple[datetime, UUID] | None, limit: int
) -> list[Conversation]:
    at, last_id = after or (None, None)
    rows = await connection.fetch(LIST, caller.user_id, mode.value if mode else None, at, last_id, limit)
    return [conversation_of(row) for row in rows]


# The newest message with the words is shown, rather than the title with them: it says more. Joined, not correlated,
# so that PostgreSQL may begin at either end: the index for rare words, the person's own conversations for common ones.
SEARCH = """
    WITH hits AS (
        SELECT DISTINCT ON (m.conversation_id) m.conversation_id, m.id
          FROM messages m
          JOIN conversations owned ON owned.id = m.conversation_id
         WHERE owned.user_id = $1 AND m.words @@ $6::text::tsquery
         ORDER BY m.conversation_id, m.created_at DESC
    )
    SELECT c.id, c.mode, c.title, c.titled_by, c.created_at, c.updated_at,
           shown.id AS hit_id, coalesce(shown.content, c.title) AS hit_text
      FROM conversations c
      LEFT JOIN hits ON hits.conversation_id = c.id
      LEFT JOIN messages shown ON shown.id = hits.id
     WHERE c.user_id = $1
       AND ($2::text IS NULL OR c.mode = $2)
       AND ($3::timestamptz IS NULL OR (c.updated_at, c.id) < ($3, $4))
       AND (hits.id IS NOT NULL OR c.title_words @@ $6::text::tsquery)
     ORDER BY c.updated_at DESC, c.id DESC
     LIMIT $5
"""


async def search_own(
    connection: Connection,
    caller: Caller,
    query: WordQuery,
    *,
    mode: Mode | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[Conversation, Hit]]:
    """Conversations whose title, or one of whose messages, has all the words; newest first."""
    if not query.words:
        return []
    at, last_id = after or (None, None)
    rows = await connection.fetch(
        SEARCH, caller.user_id, mode.value if mode else None, at, last_id, limit, query.tsquery
    )
    return [(conversation_of(row), Hit(row["hit_id"], query.snippet(row["hit_text"]))) for row in rows]


RENAME = """
    UPDATE conversations SET title = $3, titled_by = 'person', title_words = array_to_tsvector($4)
     WHERE id = $1 AND user_id = $2
    RETURNING id, mode, title, titled_by, created_at, updated_at
"""


async def rename(connection: Connection, caller: Caller, conversation_id: ConversationId, title: str) -> Conversation:
    row = await connection.fetchrow(RENAME, conversation_id, caller.user_id, title, words_of(title))
    if row is None:
        raise NotFound("conversation")
    return conversation_of(row)


DELETE = "DELETE FROM conversations WHERE id = $1 AND user_id = $2 RETURNING id"


async def delete(connection: Connection, caller: Caller, conversation_id: ConversationId) -> None:
    if await connection.fetchval(DELETE, conversation_id, caller.user_id) is None:
        raise NotFound("conversation")


GIVE_TITLE = """
    UPDATE conversations SET title = $2, titled_by = $3, title_words = array_to_tsvector($4)
     WHERE id = $1 AND (title IS NULL OR (titled_by = 'question' AND $3 = 'model'))
    RETURNING id
"""


async def give_title(connection: Connection, conversation_id: ConversationId, title: str, titled_by: TitledBy) -> bool:
    """False when it has a title already: a person's choice is not overwritten, and the model's only once given."""
    given = await connection.fetchval(GIVE_TITLE, conversation_id, title, titled_by.value, words_of(title))
    return given is not None
