"""What the ledger of a library has left to do, and what is recorded once it is done."""

from collections.abc import Sequence
from uuid import UUID

from shared.db.documents import COLUMNS, document_of
from shared.db.pool import Connection, affected
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId, LibraryId
from shared.domain.ledger import READ_AGAIN, LedgerDocument, Todo

READY = f"""
    SELECT id FROM sharepoint_documents
     WHERE library_id = $1 AND todo = 'ingest' AND path IS NOT NULL AND ($3 OR pipeline_version = '{READ_AGAIN}')
     ORDER BY id
     LIMIT $2
"""


async def ready_to_ingest(
    connection: Connection, library_id: LibraryId, limit: int, *, is_paused: bool = False
) -> list[DocumentId]:
    """Of a paused library only what an administrator asked for by name."""
    return [row["id"] for row in await connection.fetch(READY, library_id, limit, not is_paused)]


# A file whose folder is not known cannot be labelled: its scope would be a guess.
WITH_TODO = f"""
    SELECT {COLUMNS} FROM sharepoint_documents
     WHERE library_id = $1 AND todo = $2 AND (todo <> 'relabel' OR path IS NOT NULL)
     ORDER BY id
     LIMIT $3
"""


async def with_todo(connection: Connection, library_id: LibraryId, todo: Todo, limit: int) -> list[LedgerDocument]:
    return [document_of(row) for row in await connection.fetch(WITH_TODO, library_id, todo.value, limit)]


ORPHANS = f"""
    SELECT {COLUMNS} FROM sharepoint_documents
     WHERE library_id = $1 AND todo IN ('ingest', 'relabel') AND path IS NULL
     ORDER BY id
     LIMIT $2
"""


async def without_path(connection: Connection, library_id: LibraryId, limit: int) -> list[LedgerDocument]:
    return [document_of(row) for row in await connection.fetch(ORPHANS, library_id, limit)]


DROP = "DELETE FROM sharepoint_documents WHERE id = $1 AND todo = 'remove' AND change_seq = $2 RETURNING id"


async def drop(connection: Connection, document: LedgerDocument) -> bool:
    return await connection.fetchval(DROP, document.id, document.change_seq) is not None


QUEUE_RETRIES = """
    UPDATE sharepoint_documents
       SET todo = 'ingest', retry_at = NULL
     WHERE library_id = $1 AND todo IS NULL AND status = 'failed' AND retry_at <= now()
"""


async def queue_retries(connection: Connection, library_id: LibraryId) -> None:
    """Files that failed in earlier syncs and whose waiting time is over."""
    await connection.execute(QUEUE_RETRIES, library_id)


AFTER = f"""
    SELECT {COLUMNS} FROM sharepoint_documents
     WHERE library_id = $1 AND id > $2
     ORDER BY id
     LIMIT $3
"""


async def after(connection: Connection, library_id: LibraryId, last: UUID, limit: int) -> list[LedgerDocument]:
    """The documents that follow one in the order of their ids, whatever is to be done for them."""
    return [document_of(row) for row in await connection.fetch(AFTER, library_id, last, limit)]


TOUCH = f"""
    UPDATE sharepoint_documents SET change_seq = change_seq + 1
     WHERE id = ANY($1) AND todo IS DISTINCT FROM 'remove'
    RETURNING {COLUMNS}
"""


async def touch(connection: Connection, documents: Sequence[DocumentId]) -> list[LedgerDocument]:
    """Makes what others are about to record of these documents void, and returns them as they are now."""
    return [document_of(row) for row in await connection.fetch(TOUCH, documents)]


RESCOPED = """
    UPDATE sharepoint_documents
       SET department_id = $3, country_id = $4, file_url = $5,
           todo = CASE WHEN todo = 'relabel' THEN NULL ELSE todo END
     WHERE id = $1 AND change_seq = $2
    RETURNING id
"""


async def rescoped(connection: Connection, document: LedgerDocument, *, file_url: str, scope: Scope) -> bool:
    """Passages of the document have these labels now; a file that is still to be read stays so. False when the
    document changed meanwhile."""
    return (
        await connection.fetchval(
            RESCOPED, document.id, document.change_seq, scope.department_id, scope.country_id, file_url
        )
        is not None
    )


WITHDRAWN = """
    UPDATE sharepoint_documents SET qdrant_point_ids = '[]', status = 'pending', todo = 'ingest'
     WHERE id = $1 AND change_seq = $2
    RETURNING id
"""


async def withdrawn(connection: Connection, document: LedgerDocument) -> bool:
    """The document's passages are gone; it is to be read again. False when it changed meanwhile."""
    return await connection.fetchval(WITHDRAWN, document.id, document.change_seq) is not None


IDS = "SELECT id FROM sharepoint_documents WHERE library_id = $1 ORDER BY id LIMIT $2"
FORGET = "DELETE FROM sharepoint_documents WHERE library_id = $1 AND id = ANY($2)"
FORGET_FOLDERS = """
    DELETE FROM sharepoint_folders
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM sharepoint_folders WHERE library_id = $1 LIMIT $2))
"""


async def ids(connection: Connection, library_id: LibraryId, limit: int) -> list[DocumentId]:
    return [row["id"] for row in await connection.fetch(IDS, library_id, limit)]


async def forget(connection: Connection, library_id: LibraryId, documents: Sequence[DocumentId]) -> int:
    """Of a library that is being removed; how many documents went. Their passages must be gone before."""
    return affected(await connection.execute(FORGET, library_id, documents))


async def forget_folders(connection: Connection, library_id: LibraryId, limit: int) -> int:
    return affected(await connection.execute(FORGET_FOLDERS, library_id, limit))


HAS_INDEXED = """
    SELECT EXISTS (SELECT FROM sharepoint_documents
                    WHERE library_id = $1 AND status = 'indexed' AND todo IS DISTINCT FROM 'remove')
"""
NOT_INDEXED = """
    SELECT coalesce(reason_code, status) AS reason, count(*) AS files FROM sharepoint_documents
     WHERE library_id = $1 AND todo IS DISTINCT FROM 'remove'
     GROUP BY 1
"""


async def why_nothing_is_indexed(connection: Connection, library_id: LibraryId) -> dict[str, int] | None:
    """Files by what keeps them from being indexed; None for a library of which something is."""
    if await connection.fetchval(HAS_INDEXED, library_id):
        return None
    return {row["reason"]: row["files"] for row in await connection.fetch(NOT_INDEXED, library_id)}
