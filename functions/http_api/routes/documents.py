"""Documents as their readers see them."""

from functions.http_api.schemas.documents import DocumentView
from shared.db import documents
from shared.domain.ids import DocumentId
from shared.errors import NotFound
from shared.web.routes import Call, Policy, Routes

routes = Routes("documents")


@routes.add(
    "GET", "documents/{document_id}", Policy.SIGNED_IN, reply=DocumentView, errors={404: ("document_not_found",)}
)
async def get_document(call: Call) -> DocumentView:
    """A document's metadata and its address in SharePoint, if the caller may read it"""
    async with call.runtime.db.connection() as connection:
        document = await documents.get(connection, DocumentId(call.id("document_id", "document")))
    if not document.is_readable_by(call.audience):
        raise NotFound("document")
    return DocumentView.of(document)
