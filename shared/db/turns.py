"""Turns: a question and the message that its answer goes into, begun in one statement and found again."""

from dataclasses import dataclass
from typing import LiteralString
from uuid import uuid4

import asyncpg

from shared.db.conversations import Conversation, conversation_of
from shared.db.pool import Connection, Row, violated
from shared.domain.chat import Turn
from shared.domain.events import RunStatus
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, MessageId, RunId
from shared.domain.search_words import words_of
from shared.errors import Conflict, FieldError, Invalid, NotFound

# What the model is shown of a conversation: the newest turns; older ones rarely bear on the question.
HISTORY_MESSAGES = 20


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


# An answer that was asked for anew is read by people, not by the model: it gets the one that took its place.
_EARLIER: LiteralString = """
    ARRAY(SELECT ROW(h.role, h.content)
            FROM (SELECT m.role, m.content, m.created_at
                    FROM messages m
                   WHERE m.conversation_id = c.id AND m.created_at < q.created_at AND m.content <> ''
                     AND m.replaced_by IS NULL AND m.status NOT IN ('waiting', 'streaming')
                   ORDER BY m.created_at DESC
                   LIMIT $1) h
           ORDER BY h.created_at) AS history
"""

# One round trip before the model is called: owner check, both messages, and the history. The answer's row is a
# microsecond younger than the question's, so that they never sort the wrong way round.
BEGIN_TURN = (
    """
    WITH c AS (
        UPDATE conversations SET updated_at = now(), last_answer_id = $4
         WHERE id = $2 AND user_id = $3
        RETURNING id, mode, title, titled_by, created_at, updated_at
    ), q AS (
        INSERT INTO messages (conversation_id, role, content, words, idempotency_key)
        SELECT id, 'user', $5, array_to_tsvector($6), $7 FROM c
        RETURNING id, conversation_id, created_at
    ), answer AS (
        INSERT INTO messages (id, conversation_id, role, status, run_id, reply_to, created_at, heartbeat_at,
                              correlation_id)
        SELECT $4, conversation_id, 'assistant', $8, $9, id, created_at + interval '1 microsecond', now(), $10
          FROM q
    )
    SELECT c.*, q.id AS user_message_id, $5 AS question,"""
    + _EARLIER
    + "FROM c CROSS JOIN q"
)

# The same question anew. The conversation's row says under its lock which answer is the last, so that of any number
# of callers, and of a question asked at the same time, one is first.
BEGIN_AGAIN = (
    """
    WITH c AS (
        UPDATE conversations SET updated_at = now(), last_answer_id = $4
         WHERE id = $2 AND user_id = $3 AND last_answer_id = $5
           AND EXISTS (SELECT FROM messages a JOIN messages q ON q.id = a.reply_to
                        WHERE a.id = $5 AND a.status NOT IN ('waiting', 'streaming')
                          AND ($6::text IS NULL OR q.content = $6))
        RETURNING id, mode, title, titled_by, created_at, updated_at
    ), replaced AS (
        UPDATE messages a SET replaced_by = $4 FROM c WHERE a.id = $5
        RETURNING a.conversation_id, a.reply_to
    ), answer AS (
        INSERT INTO messages (id, conversation_id, role, status, run_id, reply_to, heartbeat_at, correlation_id,
                              idempotency_key)
        SELECT $4, conversation_id, 'assistant', $8, $9, reply_to, now(), $10, $7 FROM replaced
    )
    SELECT c.*, q.id AS user_message_id, q.content AS question,"""
    + _EARLIER
    + "FROM c CROSS JOIN replaced JOIN messages q ON q.id = replaced.reply_to"
)


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
    message_id = MessageId(uuid4())
    try:
        row = await connection.fetchrow(
            BEGIN_TURN,
            HISTORY_MESSAGES,
            conversation_id,
            caller.user_id,
            message_id,
            question,
            words_of(question),
            idempotency_key,
            status.value,
            run_id,
            correlation_id,
        )
    except asyncpg.UniqueViolationError as error:
        if violated(error) != "messages_idempotency_key":
            raise
        return await _turn_by_key(connection, caller, conversation_id, idempotency_key)
    if row is None:
        raise NotFound("conversation")
    return _begun(row, message_id, run_id, status, correlation_id)


async def begin_again(
    connection: Connection,
    caller: Caller,
    conversation_id: ConversationId,
    *,
    answer_id: MessageId,
    question: str | None,
    run_id: RunId,
    correlation_id: str,
    idempotency_key: str | None,
    status: RunStatus,
) -> TurnStart:
    """Stores an empty answer to the same question in the place of `answer_id`, which stays as its earlier version.
    `question`, if given, must be the one that was asked. A repeated `idempotency_key` as with `begin_turn`. Raises
    NotFound; Conflict for an answer that is not the last one or that is still being written; Invalid."""
    message_id = MessageId(uuid4())
    try:
        row = await connection.fetchrow(
            BEGIN_AGAIN,
            HISTORY_MESSAGES,
            conversation_id,
            caller.user_id,
            message_id,
            answer_id,
            question,
            idempotency_key,
            status.value,
            run_id,
            correlation_id,
        )
    except asyncpg.UniqueViolationError as error:
        if violated(error) != "messages_idempotency_key":
            raise
        return await _turn_by_key(connection, caller, conversation_id, idempotency_key)
    if row is not None:
        return _begun(row, message_id, run_id, status, correlation_id)
    if await is_key_used(connection, caller, conversation_id, idempotency_key):
        return await _turn_by_key(connection, caller, conversation_id, idempotency_key)
    raise await _why_not_again(connection, caller, conversation_id, answer_id)


KEY_USED = """
    SELECT EXISTS (SELECT FROM messages m JOIN conversations c ON c.id = m.conversation_id
                    WHERE c.id = $1 AND c.user_id = $2 AND m.idempotency_key = $3)
"""


async def is_key_used(connection: Connection, caller: Caller, conversation_id: ConversationId, key: str | None) -> bool:
    return await connection.fetchval(KEY_USED, conversation_id, caller.user_id, key) is True


ANSWER = """
    SELECT a.status, a.id = c.last_answer_id AS is_last
      FROM messages a
      JOIN conversations c ON c.id = a.conversation_id
     WHERE a.id = $3 AND a.role = 'assistant' AND c.id = $1 AND c.user_id = $2
"""


async def _why_not_again(
    connection: Connection, caller: Caller, conversation_id: ConversationId, answer_id: MessageId
) -> Exception:
    row = await connection.fetchrow(ANSWER, conversation_id, caller.user_id, answer_id)
    if row is None:
        return NotFound("message")
    if not row["is_last"]:
        detail = "Only the last answer of a conversation can be asked for anew."
        return Conflict(detail, code="not_the_last_answer")
    if row["status"] in (RunStatus.WAITING, RunStatus.STREAMING):
        return Conflict("This answer is still being written. Stop it first.", code="answer_unfinished")
    detail = "This is not the question that the answer was given to. Ask it as a new one."
    return Invalid(detail, errors=(FieldError("/content", detail),), code="content_differs")


def _begun(row: Row, message_id: MessageId, run_id: RunId, status: RunStatus, correlation_id: str) -> TurnStart:
    return TurnStart(
        conversation=conversation_of(row),
        user_message_id=row["user_message_id"],
        message_id=message_id,
        run_id=run_id,
        status=status,
        question=row["question"],
        history=_history(row),
        correlation_id=correlation_id,
        is_new=True,
    )


def _history(row: Row) -> tuple[Turn, ...]:
    return tuple(Turn(role, content) for role, content in row["history"])


_TURN = (
    """
    SELECT c.id, c.mode, c.title, c.titled_by, c.created_at, c.updated_at,
           q.id AS user_message_id, q.content AS question, a.id AS message_id, a.run_id, a.status, a.correlation_id,"""
    + _EARLIER
    + """
      FROM messages a
      JOIN messages q ON q.id = a.reply_to
      JOIN conversations c ON c.id = a.conversation_id
     WHERE c.user_id = $2
"""
)
# A question's key leads to its first answer, as it did then; an answer's own key to that version.
TURN_BY_KEY = (
    _TURN
    + """AND c.id = $3 AND (q.idempotency_key = $4 OR a.idempotency_key = $4)
     ORDER BY a.idempotency_key = $4 DESC NULLS LAST, a.created_at LIMIT 1"""
)
NEWEST_TURN = _TURN + "AND c.id = $3 AND a.id = c.last_answer_id"
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
        history=_history(row),
        correlation_id=row["correlation_id"] or "",
        is_new=False,
    )


async def _turn_by_key(
    connection: Connection, caller: Caller, conversation_id: ConversationId, key: str | None
) -> TurnStart:
    return await _turn(connection, TURN_BY_KEY, caller.user_id, conversation_id, key)


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
