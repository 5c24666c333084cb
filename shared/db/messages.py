"""Messages: the turns of a conversation and the answers that runs write into it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from shared.db.conversations import Conversation, conversation_of
from shared.db.pool import Connection, Row
from shared.domain.chat import Turn
from shared.domain.events import Done, RunStatus, Source
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, MessageId, RunId
from shared.errors import NotFound

# What the model is shown of a conversation: the newest turns; older ones rarely bear on the question.
HISTORY_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Message:
    id: MessageId
    role: str
    content: str
    status: RunStatus
    finish_reason: str | None
    sources: tuple[Source, ...]
    supported: bool | None
    input_tokens: int
    output_tokens: int
    provider: str | None
    model: str | None
    run_id: RunId | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TurnStart:
    """A question and the message its answer goes into, as stored; `is_new` False for a repeated POST."""

    conversation: Conversation
    user_message_id: MessageId
    message_id: MessageId
    run_id: RunId
    status: RunStatus
    question: str
    history: tuple[Turn, ...]
    correlation_id: str
    is_new: bool


MESSAGES = """
    SELECT id, role, content, status, finish_reason, sources, supported, input_tokens, output_tokens,
           llm_provider, llm_model, run_id, created_at
      FROM messages
     WHERE conversation_id = $1
     ORDER BY created_at, id
"""


def _message(row: Row) -> Message:
    return Message(
        row["id"],
        row["role"],
        row["content"],
        RunStatus(row["status"]),
        row["finish_reason"],
        msgspec.convert(row["sources"], tuple[Source, ...]),
        row["supported"],
        row["input_tokens"],
        row["output_tokens"],
        row["llm_provider"],
        row["llm_model"],
        row["run_id"],
        row["created_at"],
    )


async def messages_of(connection: Connection, conversation_id: ConversationId) -> list[Message]:
    """Of a conversation whose owner was checked by `get`."""
    return [_message(row) for row in await connection.fetch(MESSAGES, conversation_id)]


# One round trip before the model is called: owner check, both messages, and the history. The answer's row is a
# microsecond younger than the question's, so that they never sort the wrong way round.
BEGIN_TURN = """
    WITH owned AS (
        UPDATE conversations SET updated_at = now()
         WHERE id = $1 AND user_id = $2
        RETURNING id, mode, title, created_at, updated_at
    ), asked AS (
        INSERT INTO messages (conversation_id, role, content, idempotency_key)
        SELECT id, 'user', $3, $4 FROM owned
        ON CONFLICT ON CONSTRAINT messages_idempotency_key DO NOTHING
        RETURNING id, conversation_id, created_at
    ), answer AS (
        INSERT INTO messages (conversation_id, role, status, run_id, reply_to, created_at, heartbeat_at,
                              correlation_id)
        SELECT conversation_id, 'assistant', $5, $6, id, created_at + interval '1 microsecond', now(), $7
          FROM asked
        RETURNING id
    )
    SELECT owned.*, asked.id AS user_message_id, answer.id AS message_id,
           ARRAY(SELECT ROW(h.role, h.content)
                   FROM (SELECT m.role, m.content, m.created_at
                           FROM messages m
                          WHERE m.conversation_id = owned.id
                            AND m.status NOT IN ('waiting', 'streaming') AND m.content <> ''
                          ORDER BY m.created_at DESC
                          LIMIT $8) h
                  ORDER BY h.created_at) AS history
      FROM owned
      LEFT JOIN asked ON true
      LEFT JOIN answer ON true
"""


async def begin_turn(
    connection: Connection,
    caller: Caller,
    conversation_id: ConversationId,
    *,
    question: str,
    run_id: RunId,
    correlation_id: str,
    idempotency_key: str | None,
    status: RunStatus,
) -> TurnStart:
    """Stores the question and an empty answer. With an `idempotency_key` seen before, what was stored then is
    returned with `is_new` False. Raises NotFound."""
    row = await connection.fetchrow(
        BEGIN_TURN,
        conversation_id,
        caller.user_id,
        question,
        idempotency_key,
        status.value,
        run_id,
        correlation_id,
        HISTORY_MESSAGES,
    )
    if row is None:
        raise NotFound("conversation")
    if row["message_id"] is None:
        return await _turn(connection, TURN_BY_KEY, caller.user_id, conversation_id, idempotency_key)
    return TurnStart(
        conversation=conversation_of(row),
        user_message_id=row["user_message_id"],
        message_id=row["message_id"],
        run_id=run_id,
        status=status,
        question=question,
        history=tuple(Turn(role, content) for role, content in row["history"]),
        correlation_id=correlation_id,
        is_new=True,
    )


_TURN = """
    SELECT c.id, c.mode, c.title, c.created_at, c.updated_at,
           q.id AS user_message_id, q.content AS question, a.id AS message_id, a.run_id, a.status, a.correlation_id,
           ARRAY(SELECT ROW(h.role, h.content)
                   FROM (SELECT m.role, m.content, m.created_at
                           FROM messages m
                          WHERE m.conversation_id = c.id AND m.created_at < q.created_at AND m.content <> ''
                          ORDER BY m.created_at DESC
                          LIMIT $1) h
                  ORDER BY h.created_at) AS history
      FROM messages a
      JOIN messages q ON q.id = a.reply_to
      JOIN conversations c ON c.id = a.conversation_id
     WHERE c.user_id = $2
"""
TURN_BY_KEY = _TURN + "AND c.id = $3 AND q.idempotency_key = $4"
NEWEST_TURN = _TURN + "AND c.id = $3 ORDER BY a.created_at DESC LIMIT 1"
TURN_BY_RUN = _TURN + "AND a.run_id = $3"


async def _turn(connection: Connection, statement: str, *arguments: object) -> TurnStart:
    row = await connection.fetchrow(statement, HISTORY_MESSAGES, *arguments)
    if row is None:
        raise NotFound("run")
    return TurnStart(
        conversation=conversation_of(row),
        user_message_id=row["user_message_id"],
        message_id=row["message_id"],
        run_id=row["run_id"],
        status=RunStatus(row["status"]),
        question=row["question"],
        history=tuple(Turn(role, content) for role, content in row["history"]),
        correlation_id=row["correlation_id"] or "",
        is_new=False,
    )


async def newest_turn(connection: Connection, caller: Caller, conversation_id: ConversationId) -> TurnStart:
    """Raises NotFound when the conversation is not the caller's or nothing was asked in it."""
    return await _turn(connection, NEWEST_TURN, caller.user_id, conversation_id)


async def turn_of_run(connection: Connection, caller: Caller, run_id: RunId) -> TurnStart:
    return await _turn(connection, TURN_BY_RUN, caller.user_id, run_id)


START_WAITING = """
    UPDATE messages SET status = 'streaming', heartbeat_at = now()
     WHERE id = $1 AND status = 'waiting'
    RETURNING id
"""


async def start_waiting(connection: Connection, message_id: MessageId) -> bool:
    """True for the one caller that may produce this run."""
    return await connection.fetchval(START_WAITING, message_id) is not None


GET_MESSAGE = MESSAGES.replace("conversation_id = $1", "id = $1")


async def get_answer(connection: Connection, message_id: MessageId) -> Message:
    row = await connection.fetchrow(GET_MESSAGE, message_id)
    if row is None:
        raise NotFound("message")
    return _message(row)


SAVE_PROGRESS = """
    UPDATE messages SET content = $2, heartbeat_at = now()
     WHERE id = $1 AND status = 'streaming'
"""


async def save_progress(connection: Connection, message_id: MessageId, content: str) -> None:
    """The answer so far, and a sign of life: without one for a minute the sweeper closes the run."""
    await connection.execute(SAVE_PROGRESS, message_id, content)


FINISH = """
    UPDATE messages
       SET content = $2, status = $3, finish_reason = $4, sources = $5, supported = $6,
           input_tokens = $7, output_tokens = $8, usage_estimated = $9, llm_provider = $10, llm_model = $11,
           error = $12, first_token_ms = $13, latency_ms = $14, heartbeat_at = NULL
     WHERE id = $1 AND status = 'streaming'
    RETURNING id
"""


async def finish(
    connection: Connection,
    done: Done,
    *,
    content: str,
    error: Any | None,
    first_token_ms: int | None,
    latency_ms: int,
) -> bool:
    """Leaves `streaming`, once; False when another hand (the sweeper) was first."""
    return (
        await connection.fetchval(
            FINISH,
            done.message_id,
            content,
            done.status.value,
            done.finish_reason,
            msgspec.to_builtins(done.sources),
            done.supported,
            done.usage.input_tokens,
            done.usage.output_tokens,
            done.usage.estimated,
            done.provider,
            done.model,
            error,
            first_token_ms,
            latency_ms,
        )
        is not None
    )


# A run whose instance died: no sign of life for a minute. One that nobody opened within 15 minutes is closed too.
SWEEP = """
    UPDATE messages
       SET status = 'interrupted', finish_reason = 'interrupted', heartbeat_at = NULL
     WHERE (status = 'streaming' AND heartbeat_at < now() - interval '60 seconds')
        OR (status = 'waiting' AND heartbeat_at < now() - interval '15 minutes')
    RETURNING id
"""


async def sweep(connection: Connection) -> int:
    return len(await connection.fetch(SWEEP))
