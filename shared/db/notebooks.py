"""Notebook sessions, always through their owner; what expired or is being removed is not there any more."""

from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, NotebookSessionId, UserId
from shared.domain.notebook import LIFE_HOURS, NotebookLimits, NotebookSession
from shared.errors import NotFound, RateLimited

_COLUMNS = """s.id, s.user_id, s.title, s.conversation_id, s.is_pinned, s.expires_at, s.created_at,
              (SELECT count(*) FROM uploaded_files f
                WHERE f.session_id = s.id AND f.removing_since IS NULL) AS files"""
_ALIVE = "s.removing_since IS NULL AND (s.expires_at IS NULL OR s.expires_at > now())"


def _session(row: Row) -> NotebookSession:
    return NotebookSession(
        row["id"],
        row["user_id"],
        row["title"],
        row["conversation_id"],
        row["is_pinned"],
        row["expires_at"],
        row["created_at"],
        row["files"],
    )


# Two sessions created at once must not both be the last one allowed.
LOCK_OWNER = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))"
ROOM = f"""
    SELECT count(*) AS sessions, min(s.expires_at) AS next_expiry
      FROM notebook_sessions s
     WHERE s.user_id = $1 AND {_ALIVE}
"""
CREATE = f"""
    WITH talk AS (
        INSERT INTO conversations (user_id, mode, title) VALUES ($1, 'notebook', $2) RETURNING id
    ), s AS (
        INSERT INTO notebook_sessions (user_id, title, conversation_id, expires_at)
        SELECT $1, $2, talk.id, now() + interval '{LIFE_HOURS} hours' FROM talk
        RETURNING *
    )
    SELECT {_COLUMNS} FROM s
"""


async def create(connection: Connection, caller: Caller, title: str, limits: NotebookLimits) -> NotebookSession:
    """A session with its conversation. In a transaction. Raises RateLimited when the person has too many."""
    await lock_owner(connection, caller.user_id)
    room = await connection.fetchrow(ROOM, caller.user_id)
    assert room is not None
    if room["sessions"] >= limits.sessions_per_user:
        raise RateLimited(
            f"You have {limits.sessions_per_user} notebook sessions, as many as one person may. Delete one first.",
            retry_after_s=await seconds_until(connection, room["next_expiry"]),
            code="too_many_sessions",
        )
    row = await connection.fetchrow(CREATE, caller.user_id, title)
    assert row is not None
    return _session(row)


async def lock_owner(connection: Connection, user_id: UserId) -> None:
    """Whoever counts what a person keeps, to add to it, does so alone; until the transaction ends."""
    await connection.execute(LOCK_OWNER, user_id)


async def seconds_until(connection: Connection, moment: datetime | None) -> int:
    """When room is made by itself; a day where that is not known, because everything is pinned."""
    seconds = await connection.fetchval("SELECT extract(epoch FROM $1::timestamptz - now())", moment)
    return max(1, round(seconds)) if seconds is not None else LIFE_HOURS * 3600


GET = f"SELECT {_COLUMNS} FROM notebook_sessions s WHERE s.id = $1 AND s.user_id = $2 AND {_ALIVE}"


async def get(connection: Connection, caller: Caller, session_id: NotebookSessionId) -> NotebookSession:
    """Raises NotFound, for a foreign or expired one as well."""
    return _found(await connection.fetchrow(GET, session_id, caller.user_id))


def _found(row: Row | None) -> NotebookSession:
    if row is None:
        raise NotFound("notebook session")
    return _session(row)


LIST = f"""
    SELECT {_COLUMNS} FROM notebook_sessions s
     WHERE s.user_id = $1 AND {_ALIVE}
       AND ($2::timestamptz IS NULL OR (s.created_at, s.id) < ($2, $3))
     ORDER BY s.created_at DESC, s.id DESC
     LIMIT $4
"""


async def list_own(
    connection: Connection, caller: Caller, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[NotebookSession]:
    at, last_id = after or (None, None)
    return [_session(row) for row in await connection.fetch(LIST, caller.user_id, at, last_id, limit)]


# Pinning keeps for good; unpinning gives a day again; a session that was not pinned keeps its time.
CHANGE = f"""
    WITH s AS (
        UPDATE notebook_sessions s
           SET title = coalesce($3, s.title),
               is_pinned = coalesce($4, s.is_pinned),
               expires_at = CASE WHEN coalesce($4, s.is_pinned) THEN NULL
                                 WHEN s.is_pinned THEN now() + interval '{LIFE_HOURS} hours'
                                 ELSE s.expires_at END
         WHERE s.id = $1 AND s.user_id = $2 AND {_ALIVE}
        RETURNING *
    ), talk AS (
        UPDATE conversations SET title = s.title FROM s WHERE conversations.id = s.conversation_id AND $3 IS NOT NULL
    )
    SELECT {_COLUMNS} FROM s
"""


async def change(
    connection: Connection, caller: Caller, session_id: NotebookSessionId, *, title: str | None, is_pinned: bool | None
) -> NotebookSession:
    return _found(await connection.fetchrow(CHANGE, session_id, caller.user_id, title, is_pinned))


ADOPT = """
    WITH talk AS (
        INSERT INTO conversations (user_id, mode, title)
        SELECT user_id, 'notebook', title FROM notebook_sessions WHERE id = $1 AND conversation_id IS NULL
        RETURNING id
    )
    UPDATE notebook_sessions s SET conversation_id = talk.id FROM talk WHERE s.id = $1
    RETURNING s.conversation_id
"""


async def conversation_of(connection: Connection, session: NotebookSession) -> ConversationId:
    """The session's conversation; a new one when its owner deleted the old."""
    if session.conversation_id is not None:
        return session.conversation_id
    adopted = await connection.fetchval(ADOPT, session.id)
    if adopted is None:  # another request was first
        adopted = await connection.fetchval("SELECT conversation_id FROM notebook_sessions WHERE id = $1", session.id)
    if adopted is None:
        raise NotFound("notebook session")
    return ConversationId(adopted)


OF_CONVERSATION = f"SELECT {_COLUMNS} FROM notebook_sessions s WHERE s.conversation_id = $1 AND {_ALIVE}"


async def of_conversation(connection: Connection, conversation_id: ConversationId) -> NotebookSession:
    """Of a conversation whose owner was checked. Raises NotFound once the session has expired."""
    return _found(await connection.fetchrow(OF_CONVERSATION, conversation_id))


HIDE = f"""
    UPDATE notebook_sessions s SET removing_since = now()
     WHERE s.id = $1 AND s.user_id = $2 AND {_ALIVE}
    RETURNING s.id
"""


async def hide(connection: Connection, caller: Caller, session_id: NotebookSessionId) -> None:
    """From now on it is not there; what it kept is removed next."""
    if await connection.fetchval(HIDE, session_id, caller.user_id) is None:
        raise NotFound("notebook session")


TO_REMOVE = """
    SELECT id FROM notebook_sessions s
     WHERE s.removing_since IS NOT NULL OR s.expires_at <= now()
     ORDER BY coalesce(s.removing_since, s.expires_at)
     LIMIT $1
"""


async def to_remove(connection: Connection, limit: int) -> list[NotebookSessionId]:
    """Expired and deleted sessions, the longest due first."""
    return [row["id"] for row in await connection.fetch(TO_REMOVE, limit)]


# Decided here and not by the list above: a session that was pinned in between stays.
CLAIM = """
    UPDATE notebook_sessions SET removing_since = coalesce(removing_since, now())
     WHERE id = $1 AND (removing_since IS NOT NULL OR expires_at <= now())
    RETURNING id
"""


async def claim_removal(connection: Connection, session_id: NotebookSessionId) -> bool:
    return await connection.fetchval(CLAIM, session_id) is not None


# The conversation goes along: its answers are made of the files.
DELETE = """
    WITH gone AS (
        DELETE FROM notebook_sessions WHERE id = $1 AND removing_since IS NOT NULL RETURNING conversation_id
    )
    DELETE FROM conversations USING gone WHERE conversations.id = gone.conversation_id
"""


async def delete(connection: Connection, session_id: NotebookSessionId) -> None:
    await connection.execute(DELETE, session_id)
