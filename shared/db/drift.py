"""What a drift check reads of the ledger: page by page, by id, and without a lock."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.db.documents import COLUMNS, document_of
from shared.db.pool import Connection
from shared.domain.ids import DocumentId, LibraryId
from shared.domain.ledger import LedgerDocument

OF_ITEMS = f"SELECT {COLUMNS} FROM sharepoint_documents WHERE library_id = $1 AND sharepoint_id = ANY($2)"


async def of_items(connection: Connection, library_id: LibraryId, item_ids: Sequence[str]) -> dict[str, LedgerDocument]:
    """By item id."""
    rows = await connection.fetch(OF_ITEMS, library_id, item_ids)
    return {row["sharepoint_id"]: document_of(row) for row in rows}


# A page ends before its documents' passages are too many to hold: one document may have 20,000 of them.
PAGE = f"""
    SELECT {COLUMNS}
      FROM (SELECT *, sum(jsonb_array_length(qdrant_point_ids)) OVER (ORDER BY id) AS passages_so_far,
                   row_number() OVER (ORDER BY id) AS place
              FROM (SELECT * FROM sharepoint_documents
                     WHERE library_id = $1 AND ($2::uuid IS NULL OR id > $2)
                     ORDER BY id
                     LIMIT $3) next
           ) counted
     WHERE place = 1 OR passages_so_far <= $4
     ORDER BY id
"""


async def page(
    connection: Connection, library_id: LibraryId, *, after: DocumentId | None, documents: int, passages: int
) -> list[LedgerDocument]:
    """The documents after `after` by id: at least one, at most `documents`, with at most `passages` passages
    together. Empty at the end."""
    return [document_of(row) for row in await connection.fetch(PAGE, library_id, after, documents, passages)]


KNOWN = "SELECT id FROM sharepoint_documents WHERE library_id = $1 AND id = ANY($2)"


async def known(connection: Connection, library_id: LibraryId, ids: Sequence[DocumentId]) -> frozenset[DocumentId]:
    """Those of `ids` that the library's ledger has."""
    return frozenset(row["id"] for row in await connection.fetch(KNOWN, library_id, ids))


@dataclass(frozen=True, slots=True)
class LedgerFolder:
    parent_id: str | None
    name: str


FOLDERS = "SELECT item_id, parent_id, name FROM sharepoint_folders WHERE drive_id = $1 AND item_id = ANY($2)"


async def folders(connection: Connection, drive_id: str, item_ids: Sequence[str]) -> dict[str, LedgerFolder]:
    rows = await connection.fetch(FOLDERS, drive_id, item_ids)
    return {row["item_id"]: LedgerFolder(row["parent_id"], row["name"]) for row in rows}


PATHS = """
    WITH RECURSIVE up AS (
        SELECT d.id, d.file_name AS path, f.item_id, f.parent_id, f.name, f.is_root, 0 AS depth
          FROM sharepoint_documents d
          JOIN sharepoint_folders f ON f.drive_id = d.drive_id AND f.item_id = d.parent_id
         WHERE d.id = ANY($2)
        UNION ALL
        SELECT up.id, up.name || '/' || up.path, f.item_id, f.parent_id, f.name, f.is_root, up.depth + 1
          FROM up JOIN sharepoint_folders f ON f.drive_id = $1 AND f.item_id = up.parent_id
         WHERE NOT up.is_root AND up.depth < 200
    )
    SELECT id, path FROM up WHERE is_root
"""


async def paths(connection: Connection, drive_id: str, ids: Sequence[DocumentId]) -> dict[DocumentId, str]:
    """Where the ledger's folders put these documents; none for those that hang under no known root."""
    return {row["id"]: row["path"] for row in await connection.fetch(PATHS, drive_id, ids)}
