"""Documents by what an address says of them."""

from collections.abc import Sequence
from uuid import UUID

from shared.db.pool import Connection
from shared.domain.ids import DocumentId, LibraryId

# A file that was deleted and made anew under its name is there twice until the old one is removed.
AT_PATH = """
    SELECT id FROM sharepoint_documents
     WHERE library_id = $1 AND file_name = $2 AND path = $3
     ORDER BY (todo IS NOT DISTINCT FROM 'remove')
     LIMIT 1
"""
# SharePoint does not tell capital letters apart, and macOS writes é as two characters. Reads the library's documents.
LIKE_PATH = """
    SELECT id FROM sharepoint_documents
     WHERE library_id = $1 AND lower(normalize(path, NFC)) = lower($2)
     ORDER BY (todo IS NOT DISTINCT FROM 'remove')
     LIMIT 1
"""


async def at_path(connection: Connection, library_id: LibraryId, path: Sequence[str]) -> DocumentId | None:
    """`path`: the folders and the file's name, within the library."""
    whole = "/".join(path)
    exact = await connection.fetchval(AT_PATH, library_id, path[-1], whole)
    return exact or await connection.fetchval(LIKE_PATH, library_id, whole)


# SharePoint's own id of a file stands in its etag ("{86EB4C8E-…},4") and in the address that opens it in a viewer.
WITH_UNIQUE_ID = """
    SELECT id FROM sharepoint_documents
     WHERE library_id = ANY($1)
       AND (strpos(upper(etag), $2) > 0 OR strpos(upper(file_url), $2) > 0)
     LIMIT 1
"""


async def with_unique_id(
    connection: Connection, library_ids: Sequence[LibraryId], unique_id: UUID
) -> DocumentId | None:
    """Reads the documents of these libraries."""
    return await connection.fetchval(WITH_UNIQUE_ID, library_ids, str(unique_id).upper())


IS_FOLDER = """
    SELECT EXISTS (SELECT FROM sharepoint_documents
                    WHERE library_id = $1 AND starts_with(lower(normalize(path, NFC)), lower($2) || '/'))
"""


async def is_folder(connection: Connection, library_id: LibraryId, path: Sequence[str]) -> bool:
    return bool(await connection.fetchval(IS_FOLDER, library_id, "/".join(path)))
