"""Sync runs: what one pass over a library did, for administrators to read while it goes and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import asyncpg

from shared.db.pool import Connection, Row, violated
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId, SyncRunId, UserId
from shared.errors import NotFound

# "change": started by a change in Nexus itself. Such a run reads no page of SharePoint's changes, it only does what
# the ledger has; of a paused library that is removals and labels.
type Trigger = Literal["timer", "manual", "change"]
type Ending = Literal["complete", "failed", "needs_confirmation", "stopped"]

ENDED = frozenset({"complete", "failed", "needs_confirmation", "stopped"})
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
    "graph_s",
    "download_s",
    "extract_s",
    "embed_s",
    "store_s",
)


@dataclass(frozen=True, slots=True)
class SyncRun:
    """Counts are of files, but `pages` (delta pages read), `passages` (written) and `embed_tokens` (paid); `reasons`
    is how many files each reason code kept from being indexed. `throttled_s` is seconds spent waiting because Graph
    or the model service asked for it; the other seconds are added up over files of which many are read at once, so
    that together they may be more than the run lasted. `stopped`: the library was paused or removed meanwhile."""

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
    confirmed: bool
    graph_s: float
    download_s: float
    extract_s: float
    embed_s: float
    store_s: float
    reasons: dict[str, int]
    notice: str | None


_COLUMNS = """id, library_id, status, trigger, is_full, seen, added, changed, moved, deleted, unchanged, skipped,
              failed, pages, passages, embed_tokens, throttled_s, error_message, created_at, started_at, finished_at,
              confirmed, graph_s, download_s, extract_s, embed_s, store_s, reasons, notice"""


def _run(row: Row) -> SyncRun:
    return SyncRun(*row)


INSERT = f"""
    INSERT INTO sync_runs (library_id, trigger, is_full, started_by, confirmed)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (library_id) WHERE status IN ('queued', 'running') DO NOTHING
    RETURNING {_COLUMNS}
"""


async def add(
    connection: Connection,
    library_id: LibraryId,
    trigger: Trigger,
    *,
    is_full: bool,
    started_by: UserId | None,
    confirmed: bool = False,
) -> SyncRun | None:
    """A queued run; None when the library has an unfinished one already. `confirmed`: an administrator lets it remove
    more than a fifth of the library. Raises NotFound when a removal has just taken the library away."""
    try:
        row = await connection.fetchrow(INSERT, library_id, trigger, is_full, started_by, confirmed)
    except asyncpg.ForeignKeyViolationError as error:
        if violated(error) != "sync_runs_library_id_fkey":
            raise
        raise NotFound("library") from error
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


# A crawl that is asked for while only a change is being drained: the run under way goes on to SharePoint's changes.
JOIN = f"""
    UPDATE sync_runs
       SET started_by = CASE WHEN trigger = 'change' THEN $3 ELSE started_by END,
           is_full = is_full OR ((trigger = 'change' OR status = 'queued') AND $4),
           confirmed = confirmed OR $5,
           trigger = CASE WHEN trigger = 'change' THEN $2 ELSE trigger END
     WHERE library_id = $1 AND status IN ('queued', 'running')
    RETURNING {_COLUMNS}
"""


async def join(
    connection: Connection,
    library_id: LibraryId,
    trigger: Trigger,
    *,
    is_full: bool,
    started_by: UserId | None,
    confirmed: bool,
) -> SyncRun | None:
    """The run that is queued or running for the library, which now also does what is asked here, but that a crawl
    under way does not become a full one. None when there is no such run."""
    row = await connection.fetchrow(JOIN, library_id, trigger, started_by, is_full, confirmed)
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


LOCK = f"SELECT {_COLUMNS} FROM sync_runs WHERE id = $1 FOR UPDATE"


async def lock(connection: Connection, run_id: SyncRunId) -> SyncRun:
    """The run, unchanged by others until the transaction ends."""
    row = await connection.fetchrow(LOCK, run_id)
    if row is None:
        raise NotFound("sync run")
    return _run(row)


COUNT = """
    UPDATE sync_runs SET
           seen = seen + $2, added = added + $3, changed = changed + $4, moved = moved + $5,
           deleted = deleted + $6, unchanged = unchanged + $7, skipped = skipped + $8, failed = failed + $9,
           pages = pages + $10, passages = passages + $11, embed_tokens = embed_tokens + $12,
           throttled_s = throttled_s + $13, graph_s = graph_s + $14, download_s = download_s + $15,
           extract_s = extract_s + $16, embed_s = embed_s + $17, store_s = store_s + $18
     WHERE id = $1
"""


async def count(connection: Connection, run_id: SyncRunId, **increments: float) -> None:
    """Adds to the run's counters, by their column names, in the transaction that did the counted thing."""
    unknown = increments.keys() - set(COUNTERS)
    assert not unknown, f"no such counters: {unknown}"
    await connection.execute(COUNT, run_id, *(increments.get(name, 0) for name in COUNTERS))


COUNT_REASONS = """
    UPDATE sync_runs
       SET reasons = reasons || (SELECT jsonb_object_agg(r.code, coalesce((reasons ->> r.code)::bigint, 0) + r.files)
                                   FROM unnest($2::text[], $3::bigint[]) AS r(code, files))
     WHERE id = $1
"""


async def count_reasons(connection: Connection, run_id: SyncRunId, reasons: Mapping[str, int]) -> None:
    """Adds files by the code of what keeps them from being indexed."""
    if reasons:
        await connection.execute(COUNT_REASONS, run_id, list(reasons), list(reasons.values()))


FINISH = """
    UPDATE sync_runs SET status = $2, error_message = $3, notice = $4, finished_at = now()
     WHERE id = $1 AND status IN ('queued', 'running')
"""


async def finish(
    connection: Connection,
    run_id: SyncRunId,
    status: Ending,
    error_message: str | None = None,
    *,
    notice: str | None = None,
) -> None:
    await connection.execute(FINISH, run_id, status, error_message, notice)
