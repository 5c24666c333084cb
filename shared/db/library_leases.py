"""A sync's hold on its library: one at a time, with the checkpoint of its pass, until it commits or lets go."""

from shared.db.libraries import COLUMNS, library_of
from shared.db.pool import Connection
from shared.domain.ids import LibraryId, SyncRunId
from shared.domain.ledger import READ_AGAIN, Library

# The lease outlives any single activity (at most 10 minutes on Flex Consumption) and is renewed by each step.
LEASE = "15 minutes"

# A run that takes over drops the checkpoint of the one before it and enumerates again from the committed delta
# link: which items a full enumeration has brought is known per run, so half of another run's proves nothing.
TAKE = f"""
    UPDATE sharepoint_sync_state
       SET page_link = CASE WHEN lease_run_id = $2 THEN page_link END,
           final_link = CASE WHEN lease_run_id = $2 THEN final_link END,
           lease_run_id = $2, lease_until = now() + interval '{LEASE}',
           status = CASE WHEN status = 'removing' THEN status ELSE 'syncing' END
     WHERE id = $1
       AND (lease_run_id IS NULL OR lease_run_id = $2 OR lease_until < now())
    RETURNING {COLUMNS}
"""


async def take(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> Library | None:
    """One sync of a library at a time: None while another run holds it."""
    row = await connection.fetchrow(TAKE, library_id, run_id)
    return None if row is None else library_of(row)


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
           last_sync_at = now(), lease_run_id = NULL, lease_until = NULL, notice = $3
     WHERE id = $1 AND lease_run_id = $2 AND final_link IS NOT NULL AND status <> 'removing' AND rescope_after IS NULL
       AND NOT EXISTS (SELECT FROM sharepoint_documents d WHERE d.library_id = $1 AND d.todo IS NOT NULL)
    RETURNING id
"""


async def commit(connection: Connection, library_id: LibraryId, run_id: SyncRunId, notice: str | None) -> bool:
    return await connection.fetchval(COMMIT, library_id, run_id, notice) is not None


# A run that read no page says nothing of whether SharePoint can be read: the error of the last that did stays.
SETTLE = f"""
    UPDATE sharepoint_sync_state
       SET status = CASE WHEN error_message IS NULL THEN 'idle' ELSE 'error' END, lease_run_id = NULL,
           lease_until = NULL, page_link = NULL, final_link = NULL,
           notice = CASE WHEN last_sync_at IS NULL THEN notice ELSE $3 END
     WHERE id = $1 AND lease_run_id = $2 AND status <> 'removing' AND rescope_after IS NULL
       AND NOT EXISTS (SELECT FROM sharepoint_documents d
                        WHERE d.library_id = $1 AND d.path IS NOT NULL
                          AND (d.todo = 'relabel'
                               OR (d.todo = 'ingest' AND (enabled OR d.pipeline_version = '{READ_AGAIN}'))))
       AND NOT EXISTS (SELECT FROM sharepoint_documents d WHERE d.library_id = $1 AND d.todo = 'remove')
    RETURNING id
"""


async def settle(connection: Connection, library_id: LibraryId, run_id: SyncRunId, notice: str | None) -> bool:
    """Ends the lease of a run that reads no pages; False while something is left that it could do. The delta link
    stays where it was."""
    return await connection.fetchval(SETTLE, library_id, run_id, notice) is not None


RELEASE = """
    UPDATE sharepoint_sync_state
       SET status = CASE WHEN status = 'removing' THEN status ELSE 'error' END, error_message = $3,
           lease_run_id = NULL, lease_until = NULL
     WHERE id = $1 AND lease_run_id = $2
"""


async def release_failed(connection: Connection, library_id: LibraryId, run_id: SyncRunId, message: str) -> None:
    await connection.execute(RELEASE, library_id, run_id, message)
