"""Sync runs: what one pass over a library did, for administrators to read while it goes and after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId, SyncRunId, UserId
from shared.errors import NotFound

type Trigger = Literal["timer", "manual"]

COUNTERS = (
    "seen",
    "added",
    "changed",
    "moved",
    "deleted",
    "unchanged",
    "skipped",
    "failed",
    "pages",
    "passages",
    "embed_tokens",
    "throttled_s",
)


@dataclass(frozen=True, slots=True)
class SyncRun:
    """Counts are of files, but `pages` (delta pages read), `passages` (written) and `embed_tokens` (paid);
    `throttled_s` is seconds spent waiting because Graph or the model service asked for it."""

    id: SyncRunId
    library_id: LibraryId
    status: str
    trigger: Trigger
    is_full: bool
    seen: int
    added: int
    changed: int
    moved: int
    deleted: int
    unchanged: int
    skipped: int
    failed: int
    pages: int
    passages: int
    embed_tokens: int
    throttled_s: float
    error_message: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_COLUMNS = """id, library_id, status, trigger, is_full, seen, added, changed, moved, deleted, unchanged, skipped,
              failed, pages, passages, embed_tokens, throttled_s, error_message, created_at, started_at, finished_at"""


def _run(row: Row) -> SyncRun:
    return SyncRun(*row)


INSERT = f"""
    INSERT INTO sync_runs (library_id, trigger, is_full, started_by)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (library_id) WHERE status IN ('queued', 'running') DO NOTHING
    RETURNING {_COLUMNS}
"""


async def add(
    connection: Connection, library_id: LibraryId, trigger: Trigger, *, is_full: bool, started_by: UserId | None
) -> SyncRun | None:
    """A queued run; None when the library has an unfinished one already."""
    row = await connection.fetchrow(INSERT, library_id, trigger, is_full, started_by)
    return None if row is None else _run(row)


GET = f"SELECT {_COLUMNS} FROM sync_runs WHERE id = $1"


async def get(connection: Connection, run_id: SyncRunId) -> SyncRun:
    row = await connection.fetchrow(GET, run_id)
    if row is None:
        raise NotFound("sync run")
    return _run(row)


LIST = f"""
    SELECT {_COLUMNS} FROM sync_runs
     WHERE ($1::uuid IS NULL OR library_id = $1)
       AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
       AND ($4::uuid IS NULL AND $5::uuid IS NULL
            OR library_id IN (SELECT l.id FROM sharepoint_sync_state l
                               WHERE ($4::uuid IS NULL OR l.department_id = $4)
                                 AND ($5::uuid IS NULL OR l.country_id = $5)))
     ORDER BY created_at DESC, id DESC
     LIMIT $6
"""


async def list_all(
    connection: Connection,
    *,
    library_id: LibraryId | None,
    within: Scope,
    after: tuple[datetime, SyncRunId] | None,
    limit: int,
) -> list[SyncRun]:
    at, last_id = after or (None, None)
    rows = await connection.fetch(LIST, library_id, at, last_id, within.department_id, within.country_id, limit)
    return [_run(row) for row in rows]


# The one that is queued or running for the library, so that a second "sync now" joins it.
UNFINISHED = f"""
    SELECT {_COLUMNS} FROM sync_runs
     WHERE library_id = $1 AND status IN ('queued', 'running')
"""


async def unfinished(connection: Connection, library_id: LibraryId) -> SyncRun | None:
    row = await connection.fetchrow(UNFINISHED, library_id)
    return None if row is None else _run(row)


START = """
    UPDATE sync_runs SET status = 'running', started_at = coalesce(started_at, now())
     WHERE id = $1 AND status IN ('queued', 'running')
    RETURNING id
"""


async def start(connection: Connection, run_id: SyncRunId) -> bool:
    """Marks a run as running; False for one that has ended."""
    return await connection.fetchval(START, run_id) is not None


BECOME_FULL = "UPDATE sync_runs SET is_full = true WHERE id = $1"


async def become_full(connection: Connection, run_id: SyncRunId) -> None:
    await connection.execute(BECOME_FULL, run_id)


COUNT = """
    UPDATE sync_runs SET
           seen = seen + $2, added = added + $3, changed = changed + $4, moved = moved + $5,
           deleted = deleted + $6, unchanged = unchanged + $7, skipped = skipped + $8, failed = failed + $9,
           pages = pages + $10, passages = passages + $11, embed_tokens = embed_tokens + $12,
           throttled_s = throttled_s + $13
     WHERE id = $1
"""


async def count(connection: Connection, run_id: SyncRunId, **increments: float) -> None:
    """Adds to the run's counters, by their column names, in the transaction that did the counted thing."""
    unknown = increments.keys() - set(COUNTERS)
    assert not unknown, f"no such counters: {unknown}"
    await connection.execute(COUNT, run_id, *(increments.get(name, 0) for name in COUNTERS))


FINISH = """
    UPDATE sync_runs SET status = $2, error_message = $3, finished_at = now()
     WHERE id = $1 AND status IN ('queued', 'running')
"""


async def finish(
    connection: Connection,
    run_id: SyncRunId,
    status: Literal["complete", "failed", "needs_confirmation"],
    error_message: str | None = None,
) -> None:
    await connection.execute(FINISH, run_id, status, error_message)
