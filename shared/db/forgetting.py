"""Forgetting a person: the job's ledger, and what is erased of them in PostgreSQL, a bounded number of rows at a time.

What a step erased is added to the job in the step's own transaction: a job that dies anywhere goes on where it was, and
its report counts every row once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.db.pool import Connection, Row, affected
from shared.domain.ids import NotebookSessionId, RunId, UserId
from shared.errors import NotFound

type JobStatus = Literal["waiting", "running", "done"]


@dataclass(frozen=True, slots=True)
class ForgetJob:
    """`erased` and `anonymised` count by kind. `problem` is the code of what it last met; it goes on by itself."""

    id: UUID
    user_id: UserId
    requested_by: UserId | None
    correlation_id: str
    status: JobStatus
    erased: Mapping[str, int]
    anonymised: Mapping[str, int]
    problem: str | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None


def _job(row: Row) -> ForgetJob:
    return ForgetJob(*row)


_COLUMNS = """id, user_id, requested_by, correlation_id, status, erased, anonymised, problem, attempts, created_at,
              finished_at"""

ADD = f"""
    INSERT INTO forget_jobs (user_id, requested_by, correlation_id) VALUES ($1, $2, $3)
    ON CONFLICT ON CONSTRAINT forget_jobs_user_key DO NOTHING
    RETURNING {_COLUMNS}
"""
OF_USER = f"SELECT {_COLUMNS} FROM forget_jobs WHERE user_id = $1"


async def add(
    connection: Connection, user_id: UserId, requested_by: UserId, correlation_id: str
) -> tuple[ForgetJob, bool]:
    """The person's job, and whether it is new: there is never a second one."""
    row = await connection.fetchrow(ADD, user_id, requested_by, correlation_id)
    if row is not None:
        return _job(row), True
    row = await connection.fetchrow(OF_USER, user_id)
    assert row is not None
    return _job(row), False


GET = f"SELECT {_COLUMNS} FROM forget_jobs WHERE id = $1"


async def get(connection: Connection, job_id: UUID) -> ForgetJob:
    row = await connection.fetchrow(GET, job_id)
    if row is None:
        raise NotFound("forget job")
    return _job(row)


# Those that failed least come first, so that one whose storage is away does not hold up the others.
UNFINISHED = f"SELECT {_COLUMNS} FROM forget_jobs WHERE status <> 'done' ORDER BY attempts, created_at LIMIT $1"


async def unfinished(connection: Connection, limit: int) -> list[ForgetJob]:
    return [_job(row) for row in await connection.fetch(UNFINISHED, limit)]


# The name goes at once, in the transaction that makes the job: from then on nothing says who this was, nobody can
# sign in as them, and the same person signing in is a new one. The department stays to the end: what they used of
# Nexus is still to be counted for it.
ERASE_IDENTITY = """
    UPDATE users
       SET entra_id = 'forgotten:' || id, email = NULL, display_name = 'Forgotten', role = 'user', is_active = false
     WHERE id = $1
"""


async def erase_identity(connection: Connection, user_id: UserId) -> None:
    await connection.execute(ERASE_IDENTITY, user_id)


BEGIN = "UPDATE forget_jobs SET status = 'running' WHERE id = $1 AND status = 'waiting' RETURNING id"
# All of them the first time, later only those that an access token, which lives on for 15 minutes, has made meanwhile.
CLAIM_SESSIONS = """
    UPDATE notebook_sessions SET removing_since = coalesce(removing_since, now())
     WHERE user_id = $1 AND ($2 OR removing_since IS NULL)
    RETURNING id
"""
COUNT_FILES = "SELECT count(*) FROM uploaded_files WHERE session_id = ANY($1)"


async def claim_sessions(connection: Connection, job: ForgetJob) -> None:
    """Hides the person's notebook sessions and counts them with their files. Run in a transaction."""
    is_first = await connection.fetchval(BEGIN, job.id) is not None
    claimed = [row["id"] for row in await connection.fetch(CLAIM_SESSIONS, job.user_id, is_first)]
    # counted after they are hidden: no file comes into a hidden session
    files: int = await connection.fetchval(COUNT_FILES, claimed) or 0
    await _count(connection, job, {"notebook_sessions": len(claimed), "files": files})


SESSIONS = "SELECT id FROM notebook_sessions WHERE user_id = $1 ORDER BY id LIMIT $2"


async def sessions_left(connection: Connection, user_id: UserId, limit: int) -> list[NotebookSessionId]:
    return [row["id"] for row in await connection.fetch(SESSIONS, user_id, limit)]


RUNS = """
    SELECT m.run_id FROM messages m JOIN conversations c ON c.id = m.conversation_id
     WHERE c.user_id = $1 AND m.status IN ('waiting', 'streaming') AND m.run_id IS NOT NULL
"""


async def runs_under_way(connection: Connection, user_id: UserId) -> list[RunId]:
    return [row["run_id"] for row in await connection.fetch(RUNS, user_id)]


ERASE_CONVERSATIONS = """
    WITH doomed AS (
        SELECT id FROM conversations WHERE user_id = $1 ORDER BY id LIMIT $2 FOR UPDATE
    ), gone AS (
        DELETE FROM conversations USING doomed WHERE conversations.id = doomed.id
        RETURNING conversations.id
    )
    SELECT (SELECT count(*) FROM gone) AS conversations,
           (SELECT count(*) FROM messages WHERE conversation_id IN (SELECT id FROM doomed)) AS messages,
           (SELECT count(*) FROM feedback WHERE conversation_id IN (SELECT id FROM doomed)) AS feedback
"""


async def erase_conversations(connection: Connection, job: ForgetJob, at_most: int) -> int:
    """With their messages and what was thought of them; how many conversations went. Run in a transaction."""
    row = await connection.fetchrow(ERASE_CONVERSATIONS, job.user_id, at_most)
    assert row is not None
    await _count(connection, job, dict(row))
    return row["conversations"]


# Waits for, and then keeps out, whatever is being written for this person: everything of theirs refers to this row.
LOCK_USER = "SELECT id FROM users WHERE id = $1 FOR UPDATE"
ERASE_CASES = "DELETE FROM eval_cases WHERE asked_by = $1"
# What stays, and says by whom no more once the person's row is gone: foreign keys set null, a trigger takes the id out
# of what was used (revision 0011), and an id that stood for a person in the audit log stands for nobody.
STAYS = """
    SELECT (SELECT count(*) FROM audit_log WHERE actor_id = $1 OR target = $1::uuid::text) AS audit_entries,
           (SELECT count(*) FROM system_prompts WHERE created_by = $1) AS prompts,
           (SELECT count(*) FROM sync_runs WHERE started_by = $1) AS sync_runs,
           (SELECT count(*) FROM feedback WHERE reviewed_by = $1) AS reviews,
           (SELECT count(*) FROM usage_people WHERE user_id = $1) AS usage_people
"""
DELETE_USER = "DELETE FROM users WHERE id = $1"
FINISH = """
    UPDATE forget_jobs SET status = 'done', anonymised = $2, problem = NULL, finished_at = now()
     WHERE id = $1
"""


async def lock_person(connection: Connection, user_id: UserId) -> bool:
    """False when the person is gone already. Held until the transaction ends."""
    return await connection.fetchrow(LOCK_USER, user_id) is not None


async def erase_rest(connection: Connection, job: ForgetJob, at_most: int) -> bool:
    """Whether there was anything left: conversations are erased here, notebook sessions need more than this."""
    return bool(await sessions_left(connection, job.user_id, 1) or await erase_conversations(connection, job, at_most))


async def finish(connection: Connection, job: ForgetJob) -> ForgetJob:
    """Deletes the person, of whom nothing else is left, and closes the job. In the transaction of `lock_person`."""
    cases = affected(await connection.execute(ERASE_CASES, job.user_id))
    await _count(connection, job, {"eval_cases": cases})
    stays = await connection.fetchrow(STAYS, job.user_id)
    assert stays is not None
    await connection.execute(DELETE_USER, job.user_id)
    await connection.execute(FINISH, job.id, dict(stays))
    return await get(connection, job.id)


TROUBLE = "UPDATE forget_jobs SET problem = $2, attempts = attempts + 1 WHERE id = $1 AND status <> 'done'"


async def note_trouble(connection: Connection, job_id: UUID, code: str) -> None:
    await connection.execute(TROUBLE, job_id, code)


LOCK_JOB = "SELECT erased FROM forget_jobs WHERE id = $1 FOR UPDATE"
COUNT = "UPDATE forget_jobs SET erased = $2 WHERE id = $1"


async def _count(connection: Connection, job: ForgetJob, more: Mapping[str, int]) -> None:
    so_far: dict[str, int] = await connection.fetchval(LOCK_JOB, job.id) or {}
    await connection.execute(COUNT, job.id, {**so_far, **{kind: so_far.get(kind, 0) + more[kind] for kind in more}})
