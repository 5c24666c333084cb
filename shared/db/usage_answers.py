"""What an answer took when no message is left to write it into: its conversation was deleted while it was written.

All else that is kept of answers is written by the triggers of migration 0011, beside the message.
"""

from shared.db.pool import Connection
from shared.domain.events import Done

FINISH_DELETED = """
    UPDATE usage_answers
       SET status = $2, provider = $3, model = $4, input_tokens = $5, output_tokens = $6,
           cost_units = ($7::numeric * 100000000)::bigint,
           supported = CASE WHEN $2 = 'complete' THEN $8::boolean END,
           latency_ms = CASE WHEN $2 = 'complete' THEN $9::integer END, first_token_ms = $10,
           cited = CASE WHEN mode = 'rag' THEN $11::uuid[] ELSE '{}' END
     WHERE id = $1 AND status = 'running' AND NOT EXISTS (SELECT FROM messages WHERE id = $1)
"""


async def finish_deleted(connection: Connection, done: Done, first_token_ms: int | None, latency_ms: int) -> None:
    """Nothing happens where the message is still there, or where the answer had ended before."""
    usage = done.usage
    await connection.execute(
        FINISH_DELETED,
        done.message_id,
        done.status.value,
        done.provider,
        done.model,
        usage.input_tokens + usage.side_input_tokens,
        usage.output_tokens + usage.side_output_tokens,
        usage.cost,
        done.supported,
        latency_ms,
        first_token_ms,
        list({source.document_id for source in done.sources}),
    )


# Its instance died as well: nothing else will end it.
CLOSE_LOST = """
    UPDATE usage_answers a SET status = 'interrupted'
     WHERE a.status = 'running' AND a.day < (now() AT TIME ZONE 'UTC')::date
       AND NOT EXISTS (SELECT FROM messages m WHERE m.id = a.id)
"""


async def close_lost(connection: Connection) -> None:
    await connection.execute(CLOSE_LOST)
