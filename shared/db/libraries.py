"""Libraries and the state of their syncs."""

import asyncpg

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.ids import LibraryId, SyncRunId
from shared.domain.ledger import Library
from shared.errors import Conflict, Invalid, NotFound

_COLUMNS = """id, name, library_url, site_id, drive_id, department_id, country_id, enabled, status, error_message,
              last_sync_at, delta_token, page_link, final_link, lease_run_id, created_at"""


def _library(row: Row) -> Library:
    return Library(
        id=row["id"],
        name=row["name"],
        library_url=row["library_url"],
        site_id=row["site_id"],
        drive_id=row["drive_id"],
        scope=Scope(row["department_id"], row["country_id"]),
        enabled=row["enabled"],
        status=row["status"],
        error_message=row["error_message"],
        last_sync_at=row["last_sync_at"],
        delta_link=row["delta_token"],
        page_link=row["page_link"],
        final_link=row["final_link"],
        lease_run_id=row["lease_run_id"],
        created_at=row["created_at"],
    )


INSERT = f"""
    INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id, department_id, country_id, enabled)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING {_COLUMNS}
"""


async def add(connection: Connection, address: LibraryAddress, scope: Scope, *, enabled: bool) -> Library:
    """Raises Conflict when the library is registered already, Invalid for an unknown department or country."""
    try:
        row = await connection.fetchrow(
            INSERT,
            address.web_url,
            address.name,
            address.site_id,
            address.drive_id,
            scope.department_id,
            scope.country_id,
            enabled,
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("This library is registered already.", code="library_exists") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    assert row is not None
    return _library(row)


def _unknown_scope(error: asyncpg.ForeignKeyViolationError) -> Invalid:
    what = "department" if "department" in str(error) else "country"
    return Invalid(f"There is no such {what}.", code=f"{what}_not_found")


GET = f"SELECT {_COLUMNS} FROM sharepoint_sync_state WHERE id = $1"


async def get(connection: Connection, library_id: LibraryId) -> Library:
    row = await connection.fetchrow(GET, library_id)
    if row is None:
        raise NotFound("library")
    return _library(row)


LIST = f"""
    SELECT {_COLUMNS} FROM sharepoint_sync_state
     WHERE ($1::uuid IS NULL OR department_id = $1)
       AND ($2::uuid IS NULL OR country_id = $2)
       AND ($3::uuid IS NULL OR id > $3)
     ORDER BY id
     LIMIT $4
"""


async def list_all(
    connection: Connection, *, within: Scope, after: LibraryId | None = None, limit: int = 1000
) -> list[Library]:
    """`within` narrows to a content manager's own scope; an open axis does not narrow."""
    rows = await connection.fetch(LIST, within.department_id, within.country_id, after, limit)
    return [_library(row) for row in rows]


# A changed scope re-labels what is indexed; nothing is read or embedded again.
UPDATE = f"""
    WITH changed AS (
        UPDATE sharepoint_sync_state
           SET department_id = $2, country_id = $3, enabled = $4
         WHERE id = $1
        RETURNING {_COLUMNS}
    ), relabelled AS (
        UPDATE sharepoint_documents
           SET todo = 'relabel', change_seq = change_seq + 1
         WHERE library_id = $1 AND todo IS NULL AND status = 'indexed'
           AND (department_id, country_id) IS DISTINCT FROM ($2, $3)
    )
    SELECT * FROM changed
"""


async def update(connection: Connection, library_id: LibraryId, scope: Scope, *, enabled: bool) -> Library:
    try:
        row = await connection.fetchrow(UPDATE, library_id, scope.department_id, scope.country_id, enabled)
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    if row is None:
        raise NotFound("library")
    return _library(row)


DELETE = "DELETE FROM sharepoint_sync_state WHERE id = $1"


async def delete(connection: Connection, library_id: LibraryId) -> None:
    """The library with its ledger. Its passages must be gone before."""
    await connection.execute(DELETE, library_id)


# The lease outlives any single activity (at most 10 minutes on Flex Consumption) and is renewed by each step.
LEASE = "15 minutes"

# A run that takes over drops the checkpoint of the one before it and enumerates again from the committed delta
# link: which items a full enumeration has brought is known per run, so half of another run's proves nothing.
TAKE_LEASE = f"""
    UPDATE sharepoint_sync_state
       SET page_link = CASE WHEN lease_run_id = $2 THEN page_link END,
           final_link = CASE WHEN lease_run_id = $2 THEN final_link END,
           lease_run_id = $2, lease_until = now() + interval '{LEASE}', status = 'syncing'
     WHERE id = $1
       AND (lease_run_id IS NULL OR lease_run_id = $2 OR lease_until < now())
    RETURNING {_COLUMNS}
"""


async def take_lease(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> Library | None:
    """One sync of a library at a time: None while another run holds it."""
    row = await connection.fetchrow(TAKE_LEASE, library_id, run_id)
    return None if row is None else _library(row)


CHECKPOINT = """
    UPDATE sharepoint_sync_state SET page_link = $3, final_link = $4
     WHERE id = $1 AND lease_run_id = $2
"""


async def checkpoint(
    connection: Connection, library_id: LibraryId, run_id: SyncRunId, *, page_link: str | None, final_link: str | None
) -> None:
    await connection.execute(CHECKPOINT, library_id, run_id, page_link, final_link)


# The delta link moves here and nowhere else, and only once nothing is left to do.
COMMIT = """
    UPDATE sharepoint_sync_state
       SET delta_token = final_link, page_link = NULL, final_link = NULL, status = 'idle', error_message = NULL,
           last_sync_at = now(), lease_run_id = NULL, lease_until = NULL
     WHERE id = $1 AND lease_run_id = $2 AND final_link IS NOT NULL
       AND NOT EXISTS (SELECT FROM sharepoint_documents d WHERE d.library_id = $1 AND d.todo IS NOT NULL)
    RETURNING id
"""


async def commit(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> bool:
    return await connection.fetchval(COMMIT, library_id, run_id) is not None


RELEASE = """
    UPDATE sharepoint_sync_state
       SET status = 'error', error_message = $3, lease_run_id = NULL, lease_until = NULL
     WHERE id = $1 AND lease_run_id = $2
"""


async def release_failed(connection: Connection, library_id: LibraryId, run_id: SyncRunId, message: str) -> None:
    await connection.execute(RELEASE, library_id, run_id, message)
