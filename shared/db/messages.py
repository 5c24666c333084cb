"""Messages: what was asked and answered, and the answers that runs write into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from shared.db.pool import Connection, Row
from shared.domain.events import Done, Problem, RunStatus, Source
from shared.domain.ids import ConversationId, MessageId, RunId
from shared.domain.search_words import words_of
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Message:
    """`reply_to` names an answer's question; `replaced_by` the answer that took its place when it was asked for anew.
    `sources` are the cited ones. `cost` and the side tokens as in `Usage`."""

    id: MessageId
    role: str
    content: str
    status: RunStatus
    finish_reason: str | None
    sources: tuple[Source, ...]
    supported: bool | None
    unsupported: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    usage_estimated: bool
    side_input_tokens: int
    side_output_tokens: int
    cost: Decimal | None
    provider: str | None
    model: str | None
    first_token_ms: int | None
    latency_ms: int | None
    error: Problem | None
    run_id: RunId | None
    reply_to: MessageId | None
    replaced_by: MessageId | None
    created_at: datetime


MESSAGES = """
    SELECT id, role, content, status, finish_reason, sources, supported, unsupported, input_tokens, output_tokens,
           usage_estimated, side_input_tokens, side_output_tokens, cost, llm_provider, llm_model, first_token_ms,
           latency_ms, error, run_id, reply_to, replaced_by, created_at
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
        tuple(row["unsupported"]),
        row["input_tokens"],
        row["output_tokens"],
        row["usage_estimated"],
        row["side_input_tokens"],
        row["side_output_tokens"],
        row["cost"],
        row["llm_provider"],
        row["llm_model"],
        row["first_token_ms"],
        row["latency_ms"],
        msgspec.convert(row["error"], Problem | None),
        row["run_id"],
        row["reply_to"],
        row["replaced_by"],
        row["created_at"],
    )


async def messages_of(connection: Connection, conversation_id: ConversationId) -> list[Message]:
    """Of a conversation whose owner was checked by `get`; earlier versions of an answer included, before it."""
    return [_message(row) for row in await connection.fetch(MESSAGES, conversation_id)]


GET_MESSAGE = MESSAGES.replace("conversation_id = $1", "id = $1")


async def get_answer(connection: Connection, message_id: MessageId) -> Message:
    row = await connection.fetchrow(GET_MESSAGE, message_id)
    if row is None:
        raise NotFound("message")
    return _message(row)


SAVE_PROGRESS = """
    UPDATE messages
       SET content = $2, sources = $3, retrieved = $4, input_tokens = $5, output_tokens = $6, usage_estimated = $7,
           side_input_tokens = $8, side_output_tokens = $9, cost = $10, llm_provider = $11, llm_model = $12,
           heartbeat_at = now()
     WHERE id = $1 AND status = 'streaming'
"""


async def save_progress(connection: Connection, so_far: Done, content: str, retrieved: Sequence[Source] = ()) -> None:
    """The answer so far, what it cites and took, and a sign of life: without one for a minute the sweeper closes the
    run, and what was saved is what is kept."""
    usage = so_far.usage
    await connection.execute(
        SAVE_PROGRESS,
        so_far.message_id,
        content,
        msgspec.to_builtins(so_far.sources),
        msgspec.to_builtins(retrieved),
        usage.input_tokens,
        usage.output_tokens,
        usage.estimated,
        usage.side_input_tokens,
        usage.side_output_tokens,
        usage.cost,
        so_far.provider,
        so_far.model,
    )


FINISH = """
    UPDATE messages
       SET content = $2, status = $3, finish_reason = $4, sources = $5, supported = $6,
           input_tokens = $7, output_tokens = $8, usage_estimated = $9, llm_provider = $10, llm_model = $11,
           error = $12, first_token_ms = $13, latency_ms = $14, retrieved = $15, unsupported = $16,
           side_input_tokens = $17, side_output_tokens = $18, cost = $19, words = array_to_tsvector($20),
           heartbeat_at = NULL
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
    retrieved: Sequence[Source] = (),
) -> bool:
    """Leaves `streaming`, once; False when another hand (the sweeper) was first. `retrieved`: all candidates that the
    model was given; `done` holds the cited ones."""
    usage = done.usage
    return (
        await connection.fetchval(
            FINISH,
            done.message_id,
            content,
            done.status.value,
            done.finish_reason,
            msgspec.to_builtins(done.sources),
            done.supported,
            usage.input_tokens,
            usage.output_tokens,
            usage.estimated,
            done.provider,
            done.model,
            error,
            first_token_ms,
            latency_ms,
            msgspec.to_builtins(retrieved),
            list(done.unsupported),
            usage.side_input_tokens,
            usage.side_output_tokens,
            usage.cost,
            words_of(content),
        )
        is not None
    )


# A run whose instance died: no sign of life for a minute. One that nobody opened within 15 minutes is closed too.
SWEEP = """
    UPDATE messages
       SET status = 'interrupted', finish_reason = 'interrupted', heartbeat_at = NULL
     WHERE (status = 'streaming' AND heartbeat_at < now() - interval '60 seconds')
        OR (status = 'waiting' AND heartbeat_at < now() - interval '15 minutes')
    RETURNING id, content
"""
FIND_BY = "UPDATE messages SET words = array_to_tsvector($2) WHERE id = $1"


async def sweep(connection: Connection) -> int:
    """How many were closed; what had been saved of them is found by search from now on."""
    swept = await connection.fetch(SWEEP)
    for row in swept:
        await connection.execute(FIND_BY, row["id"], words_of(row["content"]))
    return len(swept)
