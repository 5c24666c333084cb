"""Conversations, always through their owner."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.chat import Mode
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Conversation:
    id: ConversationId
    mode: Mode
    title: str | None
    created_at: datetime
    updated_at: datetime


def conversation_of(row: Row) -> Conversation:
    return Conversation(row["id"], Mode(row["mode"]), row["title"], row["created_at"], row["updated_at"])


CREATE = """
    INSERT INTO conversations (user_id, mode, title)
    VALUES ($1, $2, $3)
    RETURNING id, mode, title, created_at, updated_at
"""


async def create(connection: Connection, caller: Caller, mode: Mode, title: str | None) -> Conversation:
    row = await connection.fetchrow(CREATE, caller.user_id, mode.value, title)
    assert row is not None
    return conversation_of(row)


GET = """
    SELECT id, mode, title, created_at, updated_at
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
    SELECT id, mode, title, created_at, updated_at
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


RENAME = """
    UPDATE conversations SET title = $3
     WHERE id = $1 AND user_id = $2
    RETURNING id, mode, title, created_at, updated_at
"""


async def rename(connection: Connection, caller: Caller, conversation_id: ConversationId, title: str) -> Conversation:
    row = await connection.fetchrow(RENAME, conversation_id, caller.user_id, title)
    if row is None:
        raise NotFound("conversation")
    return conversation_of(row)


DELETE = "DELETE FROM conversations WHERE id = $1 AND user_id = $2 RETURNING id"


async def delete(connection: Connection, caller: Caller, conversation_id: ConversationId) -> None:
    if await connection.fetchval(DELETE, conversation_id, caller.user_id) is None:
        raise NotFound("conversation")


SET_FIRST_TITLE = "UPDATE conversations SET title = $2 WHERE id = $1 AND title IS NULL RETURNING id"


async def set_first_title(connection: Connection, conversation_id: ConversationId, title: str) -> bool:
    """False when it has a title already: a person's choice is not overwritten."""
    return await connection.fetchval(SET_FIRST_TITLE, conversation_id, title) is not None
