"""What of the serving index has been copied into the one that is being built, document by document."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.db.pool import Connection
from shared.domain.ids import DocumentId, IndexId

# Reads of whole tables: a million documents take a second or two, more on a busy server.
WHOLE_TABLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Claim:
    """`revision` of the document as it is now; `copied_by` is the pipeline of an earlier copy."""

    revision: int
    copied_by: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Documents: with passages, copied as they are now, and refused by the model."""

    documents: int
    copied: int
    refused: int


_TO_BE_COPIED = """
    d.todo IS DISTINCT FROM 'remove'
    AND (c.document_id IS NOT NULL OR d.qdrant_point_ids <> '[]')
    AND c.revision IS DISTINCT FROM d.revision
"""

LEFT = f"""
    SELECT d.id
      FROM sharepoint_documents d
      LEFT JOIN index_copies c ON c.index_id = $1 AND c.document_id = d.id
     WHERE ($2::uuid IS NULL OR d.id > $2) AND {_TO_BE_COPIED}
     ORDER BY d.id
     LIMIT $3
"""


async def left(connection: Connection, index_id: IndexId, after: DocumentId | None, limit: int) -> list[DocumentId]:
    """Documents to copy, or to copy again, in order of id."""
    rows = await connection.fetch(LEFT, index_id, after, limit, timeout=WHOLE_TABLE_S)
    return [row["id"] for row in rows]


# Copies of documents that are gone, or are about to be removed.
ORPHANS = """
    SELECT c.document_id
      FROM index_copies c
      LEFT JOIN sharepoint_documents d ON d.id = c.document_id
     WHERE c.index_id = $1 AND (d.id IS NULL OR d.todo = 'remove')
     LIMIT $2
"""


async def orphans(connection: Connection, index_id: IndexId, limit: int) -> list[DocumentId]:
    rows = await connection.fetch(ORPHANS, index_id, limit, timeout=WHOLE_TABLE_S)
    return [row["document_id"] for row in rows]


FORGET = "DELETE FROM index_copies WHERE index_id = $1 AND document_id = ANY($2)"


async def forget(connection: Connection, index_id: IndexId, documents: Sequence[DocumentId]) -> None:
    await connection.execute(FORGET, index_id, documents)


# The row comes before the first passage: whatever becomes of the document, its passages are known to be there.
CLAIM = """
    INSERT INTO index_copies (index_id, document_id)
    SELECT $1, d.id FROM sharepoint_documents d WHERE d.id = $2 AND d.todo IS DISTINCT FROM 'remove'
    ON CONFLICT (index_id, document_id) DO UPDATE SET revision = NULL
    RETURNING pipeline_version
"""
REVISION = """
    SELECT d.revision
      FROM sharepoint_documents d, embedding_indexes i
     WHERE d.id = $2 AND i.id = $1 AND i.status = 'building'
"""


async def claim(connection: Connection, index_id: IndexId, document_id: DocumentId) -> Claim | None:
    """None when the document is gone or about to be removed."""
    row = await connection.fetchrow(CLAIM, index_id, document_id)
    current = await revision(connection, index_id, document_id)
    return None if row is None or current is None else Claim(current, row["pipeline_version"])


async def revision(connection: Connection, index_id: IndexId, document_id: DocumentId) -> int | None:
    """None when there is nothing to copy, or nowhere to: the document is gone, or the index is not built any more."""
    return await connection.fetchval(REVISION, index_id, document_id)


DONE = """
    UPDATE index_copies
       SET revision = $3, pipeline_version = $4, problem = $5
     WHERE index_id = $1 AND document_id = $2
       AND EXISTS (SELECT FROM sharepoint_documents d WHERE d.id = $2 AND d.revision = $3)
    RETURNING document_id
"""


async def done(
    connection: Connection,
    index_id: IndexId,
    document_id: DocumentId,
    revision: int,
    pipeline_version: str | None,
    problem: str | None = None,
) -> bool:
    """False when the document changed while it was copied: then it is copied again."""
    found = await connection.fetchval(DONE, index_id, document_id, revision, pipeline_version, problem)
    return found is not None


PROGRESS = """
    SELECT count(*) FILTER (WHERE d.qdrant_point_ids <> '[]') AS documents,
           count(*) FILTER (WHERE d.qdrant_point_ids <> '[]' AND c.revision = d.revision) AS copied,
           count(*) FILTER (WHERE c.revision = d.revision AND c.problem IS NOT NULL) AS refused
      FROM sharepoint_documents d
      LEFT JOIN index_copies c ON c.index_id = $1 AND c.document_id = d.id
     WHERE d.todo IS DISTINCT FROM 'remove'
"""


async def progress(connection: Connection, index_id: IndexId | None) -> Progress:
    row = await connection.fetchrow(PROGRESS, index_id, timeout=WHOLE_TABLE_S)
    assert row is not None
    return Progress(row["documents"], row["copied"], row["refused"])


# What the new model would not have is not in its index: it says so where administrators look for it.
GIVE_UP_REFUSED = """
    UPDATE sharepoint_documents d
       SET status = 'failed', reason_code = 'model_refused_request', reason = c.problem, qdrant_point_ids = '[]'
      FROM index_copies c
     WHERE c.index_id = $1 AND c.document_id = d.id AND c.revision = d.revision AND c.problem IS NOT NULL
"""


async def give_up_refused(connection: Connection, index_id: IndexId) -> None:
    await connection.execute(GIVE_UP_REFUSED, index_id)


FORGET_SOME = """
    DELETE FROM index_copies
     WHERE ctid IN (SELECT ctid FROM index_copies WHERE index_id = $1 LIMIT $2)
    RETURNING document_id
"""


async def forget_some(connection: Connection, index_id: IndexId, limit: int) -> int:
    """The notes of an index that serves, or goes: nothing is copied into it any more. How many there were."""
    return len(await connection.fetch(FORGET_SOME, index_id, limit))
