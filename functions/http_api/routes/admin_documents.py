"""What is indexed, what is not, and why."""

from functions.http_api.schemas.admin import AdminDocumentView, DocumentsQuery
from shared.db import documents
from shared.domain.ids import DocumentId
from shared.web.paging import Page, after_name_and_id, page
from shared.web.reach import reach_of, require_reach
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin documents")


@routes.add("GET", "admin/documents", Policy.CONTENT_MANAGER, query=DocumentsQuery, reply=Page[AdminDocumentView])
async def list_documents(call: Call) -> Page[AdminDocumentView]:
    """Documents of the libraries within the caller's reach, with status and reason"""
    query: DocumentsQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await documents.list_all(
            connection,
            library_id=query.library_id,
            status=query.status,
            search=query.q,
            within=reach_of(call.caller),
            after=after_name_and_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda row: (row.file_name, row.id), AdminDocumentView.of)


@routes.add("GET", "admin/documents/{document_id}", Policy.CONTENT_MANAGER, reply=AdminDocumentView)
async def get_admin_document(call: Call) -> AdminDocumentView:
    """One document with status and reason"""
    async with call.runtime.db.connection() as connection:
        document = await documents.get(connection, DocumentId(call.id("document_id", "document")))
    require_reach(call.caller, document.scope, "document")
    return AdminDocumentView.of(document)
