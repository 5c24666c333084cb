"""What is indexed, what is not, and why; documents switched off and on, and read again."""

from functions.http_api.schemas.documents import (
    AdminDocumentView,
    DocumentChange,
    DocumentsQuery,
    DocumentSummaryView,
    ReingestView,
    SummaryQuery,
)
from functions.http_api.schemas.explanations import ExplainQuery, ExplanationView
from functions.sync_orchestrator.orchestrations import DurableOrchestrations
from shared.db import document_lists
from shared.db.document_lists import ListedDocument
from shared.domain.ids import DocumentId
from shared.domain.limits import LimitClass
from shared.errors import FieldError, Invalid
from shared.web.paging import Page, after_name_and_id, page
from shared.web.reach import reach_of, require_reach
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("admin documents")


@routes.add(
    "GET", "admin/documents", Policy.CONTENT_MANAGER, query=DocumentsQuery, reply=Page[AdminDocumentView], errors={}
)
async def list_documents(call: Call) -> Page[AdminDocumentView]:
    """Documents of the libraries within the caller's reach, with status and reason"""
    query: DocumentsQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await document_lists.list_all(
            connection,
            query.filter(reach_of(call.caller)),
            after=after_name_and_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda row: (row.file_name, row.id), AdminDocumentView.of)


@routes.add(
    "GET", "admin/documents/summary", Policy.CONTENT_MANAGER, query=SummaryQuery, reply=DocumentSummaryView, errors={}
)
async def summarize_documents(call: Call) -> DocumentSummaryView:
    """How many documents there are of each status and reason"""
    query: SummaryQuery = call.query
    async with call.runtime.db.connection() as connection:
        counts = await document_lists.counts(connection, query.filter(reach_of(call.caller)))
    return DocumentSummaryView.of(counts)


@routes.add(
    "GET",
    "admin/documents/explain",
    Policy.CONTENT_MANAGER,
    query=ExplainQuery,
    reply=ExplanationView,
    limit=LimitClass.SEARCH,
    errors={
        404: ("document_not_found", "user_not_found"),
        422: ("url_malformed",),
        502: (
            "model_refused_request",
            "model_not_found",
            "model_context_too_long",
            "model_key_missing",
            "model_bad_reply",
            "content_filtered",
        ),
        503: ("qdrant_unavailable", "embeddings_unavailable", "throttled"),
    },
)
async def explain_document(call: Call) -> ExplanationView:
    """Why a person finds a document, or not; the document by id or by its address in SharePoint"""
    query: ExplainQuery = call.query
    if query.query is not None and query.user_id is None:
        raise _missing("user_id", "A search is run as somebody: say as whom.")
    explaining, within = call.runtime.explaining, reach_of(call.caller)
    if query.document_id is not None and query.url is None:
        found = await explaining.of_document(query.document_id, query.user_id, query.query, within=within)
    elif query.url is not None and query.document_id is None:
        found = await explaining.of_address(query.url, query.user_id, query.query, within=within)
    else:
        raise _missing("document_id", "Say which document: either document_id or url.")
    return ExplanationView.of(found)


def _missing(field: str, detail: str) -> Invalid:
    return Invalid(detail, errors=(FieldError(f"/{field}", detail),))


@routes.add(
    "GET",
    "admin/documents/{document_id}",
    Policy.CONTENT_MANAGER,
    reply=AdminDocumentView,
    errors={404: ("document_not_found",)},
)
async def get_admin_document(call: Call) -> AdminDocumentView:
    """One document with status and reason"""
    document = await _document(call)
    require_reach(call.caller, document.scope, "document")
    return AdminDocumentView.of(document)


@routes.add(
    "PATCH",
    "admin/documents/{document_id}",
    Policy.CONTENT_MANAGER,
    body=DocumentChange,
    reply=AdminDocumentView,
    also=(202,),
    durable=True,
    errors={404: ("document_not_found",), 409: ("document_removing",)},
)
async def change_document(call: Call) -> AdminDocumentView | Reply:
    """Switches a document off or on, at once; 202 when the index is away and the next step of a sync does it"""
    change: DocumentChange = call.body
    is_done = await call.runtime.document_steering.switch(
        _document_id(call),
        is_active=change.is_active,
        within=reach_of(call.caller),
        caller=call.caller,
        correlation_id=call.correlation_id,
        orchestrations=DurableOrchestrations(call.starter),
    )
    shown = AdminDocumentView.of(await _document(call))
    return shown if is_done else Reply(202, shown)


@routes.add(
    "POST",
    "admin/documents/{document_id}/reingest",
    Policy.CONTENT_MANAGER,
    reply=ReingestView,
    status=202,
    durable=True,
    errors={404: ("document_not_found",), 409: ("document_removing", "library_removing", "library_paused")},
)
async def reingest_document(call: Call) -> ReingestView:
    """Has a document read again whole, changed or not; its old passages answer until the new ones are there"""
    run = await call.runtime.document_steering.read_again(
        _document_id(call),
        within=reach_of(call.caller),
        caller=call.caller,
        correlation_id=call.correlation_id,
        orchestrations=DurableOrchestrations(call.starter),
    )
    return ReingestView.of(await _document(call), run)


def _document_id(call: Call) -> DocumentId:
    return DocumentId(call.id("document_id", "document"))


async def _document(call: Call) -> ListedDocument:
    async with call.runtime.db.connection() as connection:
        return await document_lists.get(connection, _document_id(call))
