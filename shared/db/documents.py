"""Documents of the ledger: reading them, and recording what an ingest made of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.audience import Audience, Scope
from shared.domain.ids import DocumentId, PassageId
from shared.domain.ledger import MAX_ATTEMPTS, READ_AGAIN, DocumentStatus, LedgerDocument, Todo
from shared.errors import NotFound

COLUMNS = """id, library_id, drive_id, sharepoint_id, parent_id, file_name, file_url, path, file_type, file_size,
             last_modified, etag, ctag, remote_hash, content_hash, pipeline_version, department_id, country_id,
             is_active, status, reason_code, reason, todo, is_new, attempts, change_seq, qdrant_point_ids, language,
             title, page_count, ingested_at, retry_at"""


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
        retry_at=row["retry_at"],
    )


GET = f"SELECT {COLUMNS} FROM sharepoint_documents WHERE id = $1"


async def get(connection: Connection, document: DocumentId) -> LedgerDocument:
    row = await connection.fetchrow(GET, document)
    if row is None:
        raise NotFound("document")
    return document_of(row)


# LedgerDocument.is_found of the documents d.
FOUND: LiteralString = """
    d.is_active AND d.todo IS DISTINCT FROM 'remove' AND (d.status = 'indexed' OR d.qdrant_point_ids <> '[]')
"""
SEVERAL = f"SELECT {COLUMNS} FROM sharepoint_documents WHERE id = ANY($1)"


async def readable(connection: Connection, wanted: Collection[UUID], audience: Audience) -> frozenset[UUID]:
    """Those of them that are found now, by who is asking."""
    rows = await connection.fetch(SEVERAL, list(wanted))
    return frozenset(row["id"] for row in rows if document_of(row).is_readable_by(audience))


LOCK = GET + " FOR UPDATE"


async def lock(connection: Connection, document: DocumentId) -> LedgerDocument:
    """The document as it is until the transaction ends."""
    row = await connection.fetchrow(LOCK, document)
    if row is None:
        raise NotFound("document")
    return document_of(row)


# Whoever wrote labels that were out of date by then may have overwritten newer ones: they are to be written again.
RELABELLED = """
    UPDATE sharepoint_documents
       SET todo = CASE WHEN change_seq = $2 THEN NULL ELSE coalesce(todo, 'relabel') END,
           file_url = CASE WHEN change_seq = $2 THEN $3 ELSE file_url END,
           department_id = CASE WHEN change_seq = $2 THEN $4 ELSE department_id END,
           country_id = CASE WHEN change_seq = $2 THEN $5 ELSE country_id END
     WHERE id = $1
    RETURNING change_seq = $2
"""


async def relabelled(connection: Connection, document: LedgerDocument, *, file_url: str, scope: Scope) -> bool:
    """False when the document changed meanwhile: then it stays to be done."""
    return bool(
        await connection.fetchval(
            RELABELLED, document.id, document.change_seq, file_url, scope.department_id, scope.country_id
        )
    )


IS_CURRENT = "SELECT change_seq = $2 FROM sharepoint_documents WHERE id = $1"


async def is_current(connection: Connection, document: LedgerDocument) -> bool:
    """Whether nothing changed the document since it was read, and it is still there."""
    return bool(await connection.fetchval(IS_CURRENT, document.id, document.change_seq))


# What is in the index of the document, if anything, is to be switched, too; a sync does it where the request cannot.
SWITCH = f"""
    UPDATE sharepoint_documents
       SET is_active = $2, change_seq = change_seq + 1,
           todo = CASE WHEN todo IS NULL AND qdrant_point_ids <> '[]' THEN 'relabel' ELSE todo END
     WHERE id = $1
    RETURNING {COLUMNS}
"""


async def switch(connection: Connection, document: DocumentId, *, is_active: bool) -> LedgerDocument:
    row = await connection.fetchrow(SWITCH, document, is_active)
    if row is None:
        raise NotFound("document")
    return document_of(row)


# `$3`: nothing but the switch was left to do for it.
SWITCHED = """
    UPDATE sharepoint_documents
       SET todo = CASE WHEN change_seq = $2 AND $3 THEN NULL ELSE todo END
     WHERE id = $1 AND is_active = $4
    RETURNING id
"""


async def switched(connection: Connection, document: LedgerDocument, *, was_idle: bool) -> bool:
    """Records that the index shows or hides the document as `document.is_active` says. False when it was switched the
    other way meanwhile, or is gone. `was_idle`: nothing was left to do for it before the switch."""
    recorded = await connection.fetchval(SWITCHED, document.id, document.change_seq, was_idle, document.is_active)
    return recorded is not None


MARK_READ_AGAIN = f"""
    UPDATE sharepoint_documents
       SET todo = 'ingest', attempts = 0, retry_at = NULL, pipeline_version = '{READ_AGAIN}',
           change_seq = change_seq + 1
     WHERE id = $1 AND todo IS DISTINCT FROM 'remove'
    RETURNING {COLUMNS}
"""


async def read_again(connection: Connection, document: DocumentId) -> LedgerDocument | None:
    """Marks it to be read whole by the next step of a sync, unchanged or not. None while it is being removed."""
    row = await connection.fetchrow(MARK_READ_AGAIN, document)
    return None if row is None else document_of(row)


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


# The old version's passages stay where a new one could not be fetched. Those of a document that was switched off may
# still be shown, if the index was away at that moment.
NOT_INDEXED = f"""
    UPDATE sharepoint_documents
       SET todo = CASE WHEN is_active OR $7 OR qdrant_point_ids = '[]' THEN NULL ELSE 'relabel' END,
           status = $3, reason_code = $4, reason = $5, attempts = attempts + 1, is_new = false,
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
