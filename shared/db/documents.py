"""Documents of the ledger: reading them, and recording what an ingest made of them."""

from collections.abc import Sequence
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.domain.ledger import MAX_ATTEMPTS, DocumentStatus, LedgerDocument, Todo
from shared.errors import NotFound

COLUMNS = """id, library_id, drive_id, sharepoint_id, parent_id, file_name, file_url, path, file_type, file_size,
             last_modified, etag, ctag, remote_hash, content_hash, pipeline_version, department_id, country_id,
             is_active, status, reason_code, reason, todo, is_new, attempts, change_seq, qdrant_point_ids, language,
             title, page_count, ingested_at"""


def document_of(row: Row) -> LedgerDocument:
    return LedgerDocument(
        id=row["id"],
        library_id=row["library_id"],
        drive_id=row["drive_id"],
        item_id=row["sharepoint_id"],
        parent_id=row["parent_id"],
        file_name=row["file_name"],
        file_url=row["file_url"],
        path=row["path"],
        file_type=row["file_type"],
        file_size=row["file_size"],
        last_modified=row["last_modified"],
        etag=row["etag"],
        ctag=row["ctag"],
        remote_hash=row["remote_hash"],
        content_hash=row["content_hash"],
        pipeline_version=row["pipeline_version"],
        scope=Scope(row["department_id"], row["country_id"]),
        is_active=row["is_active"],
        status=DocumentStatus(row["status"]),
        reason_code=row["reason_code"],
        reason=row["reason"],
        todo=Todo(row["todo"]) if row["todo"] else None,
        is_new=row["is_new"],
        attempts=row["attempts"],
        change_seq=row["change_seq"],
        passages=tuple(PassageId(UUID(point)) for point in row["qdrant_point_ids"]),
        language=row["language"],
        title=row["title"],
        page_count=row["page_count"],
        ingested_at=row["ingested_at"],
    )


GET = f"SELECT {COLUMNS} FROM sharepoint_documents WHERE id = $1"


async def get(connection: Connection, document: DocumentId) -> LedgerDocument:
    row = await connection.fetchrow(GET, document)
    if row is None:
        raise NotFound("document")
    return document_of(row)


LIST = f"""
    SELECT {COLUMNS} FROM sharepoint_documents
     WHERE ($1::uuid IS NULL OR library_id = $1)
       AND ($2::text IS NULL OR CASE WHEN is_active THEN status ELSE 'inactive' END = $2)
       AND ($3::text IS NULL OR file_name ILIKE '%' || $3 || '%')
       AND ($4::uuid IS NULL OR department_id = $4)
       AND ($5::uuid IS NULL OR country_id = $5)
       AND ($6::text IS NULL OR (file_name, id) > ($6, $7))
     ORDER BY file_name, id
     LIMIT $8
"""


async def list_all(
    connection: Connection,
    *,
    library_id: LibraryId | None,
    status: str | None,
    search: str | None,
    within: Scope,
    after: tuple[str, UUID] | None,
    limit: int,
) -> list[LedgerDocument]:
    """By name. `status` as administrators see it; `within` narrows to a content manager's own scope."""
    name, last_id = after or (None, None)
    rows = await connection.fetch(
        LIST, library_id, status, search, within.department_id, within.country_id, name, last_id, limit
    )
    return [document_of(row) for row in rows]


RELABELLED = """
    UPDATE sharepoint_documents
       SET todo = NULL, file_url = $3, department_id = $4, country_id = $5
     WHERE id = $1 AND change_seq = $2
    RETURNING id
"""


async def relabelled(connection: Connection, document: LedgerDocument, *, file_url: str, scope: Scope) -> bool:
    """False when the document changed meanwhile: then it stays to be done."""
    return (
        await connection.fetchval(
            RELABELLED, document.id, document.change_seq, file_url, scope.department_id, scope.country_id
        )
        is not None
    )


INDEXED = """
    UPDATE sharepoint_documents
       SET todo = NULL, status = 'indexed', reason_code = NULL, reason = NULL, attempts = 0, retry_at = NULL,
           is_new = false, file_url = $3, department_id = $4, country_id = $5, qdrant_point_ids = $6,
           content_hash = $7, pipeline_version = $8, title = $9, language = $10, page_count = $11,
           ingested_at = now()
     WHERE id = $1 AND change_seq = $2
    RETURNING id
"""


async def indexed(
    connection: Connection,
    document: LedgerDocument,
    *,
    file_url: str,
    scope: Scope,
    passages: Sequence[PassageId],
    content_hash: str,
    pipeline_version: str,
    title: str | None,
    language: str | None,
    page_count: int | None,
) -> bool:
    return (
        await connection.fetchval(
            INDEXED,
            document.id,
            document.change_seq,
            file_url,
            scope.department_id,
            scope.country_id,
            [str(passage) for passage in passages],
            content_hash,
            pipeline_version,
            title,
            language,
            page_count,
        )
        is not None
    )


NOT_INDEXED = f"""
    UPDATE sharepoint_documents
       SET todo = NULL, status = $3, reason_code = $4, reason = $5, attempts = attempts + 1, is_new = false,
           content_hash = coalesce($6, content_hash),
           qdrant_point_ids = CASE WHEN $7 THEN '[]'::jsonb ELSE qdrant_point_ids END,
           retry_at = CASE WHEN $8 AND attempts + 1 < {MAX_ATTEMPTS}
                           THEN now() + interval '1 minute' * power(4, attempts) END
     WHERE id = $1 AND change_seq = $2
    RETURNING id
"""


async def not_indexed(
    connection: Connection,
    document: LedgerDocument,
    *,
    status: DocumentStatus,
    reason_code: str,
    reason: str,
    content_hash: str | None,
    passages_removed: bool,
    retry: bool,
) -> bool:
    return (
        await connection.fetchval(
            NOT_INDEXED,
            document.id,
            document.change_seq,
            status.value,
            reason_code,
            reason,
            content_hash,
            passages_removed,
            retry,
        )
        is not None
    )
