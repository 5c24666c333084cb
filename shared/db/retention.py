"""How long things are kept, and taking away what is older, a bounded number of rows at a time."""

from dataclasses import dataclass
from datetime import datetime

from shared.db.pool import Connection, Row
from shared.domain.ids import UserId


@dataclass(frozen=True, slots=True)
class Retention:
    """Days; None keeps for ever. `updated_at` is None while nobody has set anything."""

    messages_days: int | None
    feedback_days: int | None
    audit_days: int | None
    updated_by: UserId | None = None
    updated_at: datetime | None = None


def _retention(row: Row | None) -> Retention:
    assert row is not None, "the one row of retention_settings is made with its table"
    return Retention(*row)


GET = "SELECT messages_days, feedback_days, audit_days, updated_by, updated_at FROM retention_settings"


async def get(connection: Connection) -> Retention:
    return _retention(await connection.fetchrow(GET))


LOCK = f"{GET} FOR UPDATE"
SET = """
    UPDATE retention_settings
       SET messages_days = $1, feedback_days = $2, audit_days = $3, updated_by = $4, updated_at = now()
    RETURNING messages_days, feedback_days, audit_days, updated_by, updated_at
"""


async def replace(connection: Connection, wanted: Retention, actor: UserId) -> tuple[Retention, Retention]:
    """Before and after. Run in a transaction."""
    before = _retention(await connection.fetchrow(LOCK))
    row = await connection.fetchrow(SET, wanted.messages_days, wanted.feedback_days, wanted.audit_days, actor)
    return before, _retention(row)


@dataclass(frozen=True, slots=True)
class RemovedTurns:
    questions: int
    answers: int
    feedback: int


# A question goes with all its answers, once the last of them is old enough: half an exchange helps nobody. Feedback
# goes with its answer. The counts are those of the snapshot that the rows are removed from.
REMOVE_TURNS = """
    WITH doomed AS (
        SELECT q.id FROM messages q
         WHERE q.reply_to IS NULL AND q.created_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT FROM messages a
                            WHERE a.reply_to = q.id
                              AND (a.created_at >= now() - make_interval(days => $1)
                                   OR a.status IN ('waiting', 'streaming')))
         ORDER BY q.created_at
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ), answers AS (
        SELECT a.id FROM messages a JOIN doomed ON doomed.id = a.reply_to
    ), gone AS (
        DELETE FROM messages USING doomed WHERE messages.id = doomed.id
        RETURNING messages.id
    )
    SELECT (SELECT count(*) FROM gone) AS questions, (SELECT count(*) FROM answers) AS answers,
           (SELECT count(*) FROM feedback f WHERE f.message_id IN (SELECT id FROM answers)) AS feedback
"""


async def remove_turns(connection: Connection, days: int, at_most: int) -> RemovedTurns:
    """Questions with their answers that are older than `days`, the oldest `at_most` of them."""
    row = await connection.fetchrow(REMOVE_TURNS, days, at_most)
    assert row is not None
    return RemovedTurns(row["questions"], row["answers"], row["feedback"])


# Those of living notebook sessions stay: they are what the session talks in.
REMOVE_EMPTY = """
    WITH doomed AS (
        SELECT c.id FROM conversations c
         WHERE c.updated_at < now() - make_interval(days => $1)
           AND NOT EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id)
           AND NOT EXISTS (SELECT FROM notebook_sessions s WHERE s.conversation_id = c.id)
         ORDER BY c.updated_at
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM conversations USING doomed WHERE conversations.id = doomed.id
        RETURNING conversations.id
    )
    SELECT count(*) FROM gone
"""


async def remove_empty_conversations(connection: Connection, days: int, at_most: int) -> int:
    """Conversations in which nothing is said any more, and nothing was done for `days`."""
    return await connection.fetchval(REMOVE_EMPTY, days, at_most) or 0


REMOVE_FEEDBACK = """
    WITH doomed AS (
        SELECT id FROM feedback
         WHERE updated_at < now() - make_interval(days => $1)
         ORDER BY updated_at
         LIMIT $2
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM feedback USING doomed WHERE feedback.id = doomed.id
        RETURNING feedback.id
    )
    SELECT count(*) FROM gone
"""


async def remove_feedback(connection: Connection, days: int, at_most: int) -> int:
    """Feedback that was given or changed more than `days` ago, whatever its state."""
    return await connection.fetchval(REMOVE_FEEDBACK, days, at_most) or 0


async def purge_audit(connection: Connection, at_most: int) -> int:
    """By the schema owner's function, which looks the retention up itself and writes down what it removed (S19)."""
    return await connection.fetchval("SELECT purge_audit_log($1)", at_most) or 0
