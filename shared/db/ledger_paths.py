"""Paths of the ledger's documents, derived from the stored folders: Graph reports neither."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from shared.db.pool import Connection
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId, document_id
from shared.domain.ledger import Library

# Documents whose paths one statement derives, and folders whose files are named at a time: a renamed folder may hold
# millions of files, and no statement may run for longer than the pool allows (10 s; 5,000 take about 0.7 s).
SLICE = 5_000
FOLDERS_AT_A_TIME = 100

# What hangs below the given folders, the folders themselves included. Bounded depth: SharePoint allows 400
# characters of path, and a loop made of stale parents must end.
BELOW = """
    WITH RECURSIVE below AS (
        SELECT item_id, 0 AS depth FROM sharepoint_folders WHERE drive_id = $1 AND item_id = ANY($2)
        UNION
        SELECT f.item_id, below.depth + 1
          FROM below JOIN sharepoint_folders f ON f.drive_id = $1 AND f.parent_id = below.item_id
         WHERE below.depth < 200
    )
"""

FOLDERS_BELOW = BELOW + "SELECT DISTINCT item_id FROM below"
DOCUMENTS_IN = "SELECT id FROM sharepoint_documents WHERE drive_id = $1 AND parent_id = ANY($2)"

# Paths from the stored parents. A document that got another path is to be labelled anew: its scope may follow from it.
# One whose folders do not reach the root any more has none until they are known. What it returns are documents that
# got their first path and that no passage stands for.
DERIVE_PATHS = """
    WITH RECURSIVE affected AS (
        SELECT id, parent_id, path AS old_path FROM sharepoint_documents WHERE id = ANY($2)
    ), up AS (
        SELECT a.id, f.parent_id, f.is_root, CASE WHEN f.is_root THEN '' ELSE f.name || '/' END AS folder, 0 AS depth
          FROM affected a JOIN sharepoint_folders f ON f.drive_id = $1 AND f.item_id = a.parent_id
        UNION ALL
        SELECT up.id, f.parent_id, f.is_root,
               CASE WHEN f.is_root THEN up.folder ELSE f.name || '/' || up.folder END, up.depth + 1
          FROM up JOIN sharepoint_folders f ON f.drive_id = $1 AND f.item_id = up.parent_id
         WHERE NOT up.is_root AND up.depth < 200
    ), placed AS (
        UPDATE sharepoint_documents d
           SET path = up.folder || d.file_name,
               todo = CASE WHEN d.path IS NOT NULL AND d.todo IS NULL THEN 'relabel' ELSE d.todo END,
               change_seq = d.change_seq + 1
          FROM affected a LEFT JOIN up ON up.id = a.id AND up.is_root
         WHERE d.id = a.id AND d.path IS DISTINCT FROM up.folder || d.file_name
        RETURNING d.id, d.path, d.department_id, d.country_id, d.qdrant_point_ids, a.old_path
    )
    SELECT id, path, department_id, country_id FROM placed
     WHERE old_path IS NULL AND path IS NOT NULL AND qdrant_point_ids = '[]'
"""


async def derive_paths(
    connection: Connection, library: Library, *, changed_folders: Sequence[str], changed_files: Sequence[str]
) -> None:
    """For the given files, and for all that is below the given folders: those that are new, renamed or moved. A file
    whose folders were not known when it came is below the folder that was missing."""
    files = [document_id(library.drive_id, item_id) for item_id in changed_files]
    for start in range(0, len(files), SLICE):
        await _derive(connection, library, files[start : start + SLICE])
    if changed_folders:
        async for documents in _below(connection, library.drive_id, changed_folders):
            await _derive(connection, library, documents)


async def _below(
    connection: Connection, drive_id: str, changed_folders: Sequence[str]
) -> AsyncGenerator[list[DocumentId]]:
    """The documents below these folders, in slices."""
    folders = [row["item_id"] for row in await connection.fetch(FOLDERS_BELOW, drive_id, changed_folders)]
    for start in range(0, len(folders), FOLDERS_AT_A_TIME):
        rows = await connection.fetch(DOCUMENTS_IN, drive_id, folders[start : start + FOLDERS_AT_A_TIME])
        for first in range(0, len(rows), SLICE):
            yield [row["id"] for row in rows[first : first + SLICE]]


async def _derive(connection: Connection, library: Library, documents: Sequence[DocumentId]) -> None:
    rows = await connection.fetch(DERIVE_PATHS, library.drive_id, documents)
    scopes = {row["id"]: library.scope_of(row["path"]) for row in rows}
    here = {row["id"]: Scope(row["department_id"], row["country_id"]) for row in rows}
    await place(connection, {document: scope for document, scope in scopes.items() if scope != here[document]})


PLACE = """
    UPDATE sharepoint_documents d SET department_id = new.department_id, country_id = new.country_id
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS new(id, department_id, country_id)
     WHERE d.id = new.id AND d.qdrant_point_ids = '[]'
"""


async def place(connection: Connection, scopes: Mapping[DocumentId, Scope]) -> None:
    """The scope of documents that no passage stands for: the ledger is all that has to change."""
    if scopes:
        departments = [scope.department_id for scope in scopes.values()]
        countries = [scope.country_id for scope in scopes.values()]
        await connection.execute(PLACE, list(scopes), departments, countries)
