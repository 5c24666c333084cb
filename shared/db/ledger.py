"""The ledger of a library as Graph's pages fill it: its folders and files, their paths, and what is to be done."""

from collections.abc import Mapping, Sequence

from shared.db.documents import COLUMNS, document_of
from shared.db.ledger_paths import BELOW
from shared.db.pool import Connection
from shared.domain.documents import DriveItem
from shared.domain.ids import LibraryId, SyncRunId, document_id
from shared.domain.ledger import NEVER_READ, LedgerDocument, Library, Todo, file_type_of, file_url_of

KNOWN = f"SELECT {COLUMNS} FROM sharepoint_documents WHERE drive_id = $1 AND sharepoint_id = ANY($2) FOR UPDATE"


async def known(connection: Connection, drive_id: str, item_ids: Sequence[str]) -> dict[str, LedgerDocument]:
    rows = await connection.fetch(KNOWN, drive_id, item_ids)
    return {row["sharepoint_id"]: document_of(row) for row in rows}


# `moved` are folders whose own name or parent differs from what the ledger had: their descendants' paths change.
SAVE_FOLDERS = """
    WITH new AS (
        SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::boolean[])
            AS f(item_id, parent_id, name, is_root)
    ), old AS (
        SELECT f.item_id, f.parent_id, f.name FROM sharepoint_folders f
         WHERE f.drive_id = $1 AND f.item_id = ANY($4)
    ), saved AS (
        INSERT INTO sharepoint_folders (drive_id, library_id, seen_run_id, item_id, parent_id, name, is_root)
        SELECT $1, $2, $3, item_id, parent_id, name, is_root FROM new
        ON CONFLICT (drive_id, item_id) DO UPDATE
           SET parent_id = excluded.parent_id, name = excluded.name, is_root = excluded.is_root,
               seen_run_id = excluded.seen_run_id
    )
    SELECT new.item_id
      FROM new LEFT JOIN old USING (item_id)
     WHERE old.item_id IS NULL OR (old.parent_id, old.name) IS DISTINCT FROM (new.parent_id, new.name)
"""


async def save_folders(
    connection: Connection, library: Library, run_id: SyncRunId, folders: Sequence[DriveItem], roots: frozenset[str]
) -> list[str]:
    """Stores folders and returns the ids of those that are new, renamed or moved."""
    rows = await connection.fetch(
        SAVE_FOLDERS,
        library.drive_id,
        library.id,
        run_id,
        [folder.item_id for folder in folders],
        [folder.parent_id for folder in folders],
        [folder.name or "" for folder in folders],
        [folder.item_id in roots for folder in folders],
    )
    return [row["item_id"] for row in rows]


SAVE_DOCUMENT = """
    INSERT INTO sharepoint_documents (
           id, sharepoint_id, file_name, file_url, library_url, department_id, country_id, file_type, file_size,
           last_modified, drive_id, library_id, parent_id, etag, ctag, remote_hash, todo, seen_run_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT ON CONSTRAINT sharepoint_documents_item_key DO UPDATE
       SET file_name = excluded.file_name,
           file_url = excluded.file_url,
           file_type = excluded.file_type,
           content_hash = CASE WHEN sharepoint_documents.file_type = excluded.file_type
                               THEN sharepoint_documents.content_hash END,
           file_size = excluded.file_size,
           last_modified = excluded.last_modified,
           path = CASE WHEN sharepoint_documents.parent_id IS DISTINCT FROM excluded.parent_id THEN NULL
                       ELSE sharepoint_documents.path END,
           parent_id = excluded.parent_id,
           etag = excluded.etag,
           ctag = excluded.ctag,
           remote_hash = excluded.remote_hash,
           todo = excluded.todo,
           attempts = CASE WHEN excluded.todo = 'ingest' THEN 0 ELSE sharepoint_documents.attempts END,
           retry_at = NULL,
           change_seq = sharepoint_documents.change_seq + 1,
           seen_run_id = excluded.seen_run_id
"""


async def save_documents(
    connection: Connection, library: Library, run_id: SyncRunId, files: Sequence[tuple[DriveItem, Todo | None]]
) -> None:
    await connection.executemany(
        SAVE_DOCUMENT,
        [
            (
                document_id(library.drive_id, item.item_id),
                item.item_id,
                item.name or "",
                file_url_of(library, None, item.web_url),
                library.library_url,
                library.scope.department_id,
                library.scope.country_id,
                file_type_of(item.name or ""),
                item.size,
                item.last_modified,
                library.drive_id,
                library.id,
                item.parent_id,
                item.etag,
                item.ctag,
                item.content_hash,
                todo,
                run_id,
            )
            for item, todo in files
        ],
    )


KEEP_UNREAD = """
    UPDATE sharepoint_documents d
       SET status = 'skipped', reason_code = new.reason_code, reason = new.reason, is_new = false
      FROM unnest($2::text[], $3::text[], $4::text[]) AS new(item_id, reason_code, reason)
     WHERE d.drive_id = $1 AND d.sharepoint_id = new.item_id
"""


async def keep_unread(connection: Connection, drive_id: str, unread: Mapping[str, str]) -> None:
    """Items that are in the ledger only to say why they are never read: reason code by item id."""
    codes = list(unread.values())
    await connection.execute(KEEP_UNREAD, drive_id, list(unread), codes, [NEVER_READ[code] for code in codes])


# A folder that goes loses its parent, and stays until the pass has ended: what was in it may have been moved out,
# and the feed, which has no order, may say so only later. A folder without a parent that is no root is a gone one.
REMOVE_FOLDERS = """
    UPDATE sharepoint_folders SET parent_id = NULL
     WHERE drive_id = $1 AND item_id = ANY($2) AND NOT is_root
"""
REMOVE_DOCUMENTS = """
    UPDATE sharepoint_documents
       SET todo = 'remove', change_seq = change_seq + 1
     WHERE drive_id = $1 AND sharepoint_id = ANY($2) AND todo IS DISTINCT FROM 'remove'
"""


async def remove_items(connection: Connection, drive_id: str, item_ids: Sequence[str]) -> None:
    """Files of these ids are to be removed. Folders of these ids are gone: see `remove_below_gone`."""
    await connection.execute(REMOVE_FOLDERS, drive_id, item_ids)
    await connection.execute(REMOVE_DOCUMENTS, drive_id, item_ids)


GONE = "SELECT item_id FROM sharepoint_folders WHERE drive_id = $1 AND parent_id IS NULL AND NOT is_root"
REMOVE_BELOW = (
    BELOW
    + """
    , gone AS (
        UPDATE sharepoint_documents
           SET todo = 'remove', change_seq = change_seq + 1
         WHERE drive_id = $1
           AND parent_id IN (SELECT item_id FROM below)
           AND todo IS DISTINCT FROM 'remove'
    )
    DELETE FROM sharepoint_folders WHERE drive_id = $1 AND item_id IN (SELECT item_id FROM below)
"""
)


async def remove_below_gone(connection: Connection, drive_id: str) -> None:
    """What is still in gone folders now that the whole pass is known is to be removed; the folders go."""
    gone = [row["item_id"] for row in await connection.fetch(GONE, drive_id)]
    if gone:
        await connection.execute(REMOVE_BELOW, drive_id, gone)


MISSING_PARENTS = """
    SELECT DISTINCT coalesce(f.parent_id, d.parent_id) AS item_id
      FROM sharepoint_documents d
      LEFT JOIN LATERAL (
            WITH RECURSIVE up AS (
                SELECT p.parent_id, 0 AS depth FROM sharepoint_folders p
                 WHERE p.drive_id = d.drive_id AND p.item_id = d.parent_id
                UNION ALL
                SELECT p.parent_id, up.depth + 1 FROM up
                  JOIN sharepoint_folders p ON p.drive_id = d.drive_id AND p.item_id = up.parent_id
                 WHERE up.depth < 200)
            SELECT parent_id FROM up ORDER BY depth DESC LIMIT 1
      ) f ON true
     WHERE d.library_id = $1 AND d.todo IN ('ingest', 'relabel') AND d.path IS NULL
     LIMIT 50
"""


async def missing_parents(connection: Connection, library_id: LibraryId) -> list[str]:
    """Folders that documents hang under and that no delta page has brought: to be fetched one by one."""
    return [row["item_id"] for row in await connection.fetch(MISSING_PARENTS, library_id) if row["item_id"]]


FORGET_SEEN = "UPDATE sharepoint_documents SET seen_run_id = NULL WHERE library_id = $1 AND seen_run_id = $2"


async def forget_seen(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> None:
    await connection.execute(FORGET_SEEN, library_id, run_id)


UNSEEN = """
    SELECT count(*) FILTER (WHERE seen_run_id IS DISTINCT FROM $2 AND todo IS DISTINCT FROM 'remove') AS unseen,
           count(*) AS all_documents
      FROM sharepoint_documents
     WHERE library_id = $1
"""
REMOVE_UNSEEN = """
    UPDATE sharepoint_documents
       SET todo = 'remove', change_seq = change_seq + 1
     WHERE library_id = $1 AND seen_run_id IS DISTINCT FROM $2 AND todo IS DISTINCT FROM 'remove'
"""


async def count_unseen(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> tuple[int, int]:
    """(documents that this full enumeration did not bring, all documents)."""
    row = await connection.fetchrow(UNSEEN, library_id, run_id)
    assert row is not None
    return row["unseen"], row["all_documents"]


async def remove_unseen(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> None:
    await connection.execute(REMOVE_UNSEEN, library_id, run_id)
