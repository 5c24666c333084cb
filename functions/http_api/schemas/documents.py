"""Wire models of documents: as administrators see them, and as readers do."""

from datetime import datetime
from typing import Annotated

import msgspec

from shared.db.document_lists import DocumentCount, DocumentFilter, ListedDocument, ShownStatus
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Scope
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId, SyncRunId
from shared.domain.ledger import LedgerDocument, Todo
from shared.web.paging import PageQuery

_WAITS = {
    Todo.INGEST: "The next step of a sync reads the file.",
    Todo.RELABEL: "The next step of a sync writes its name, place, scope and activity into the index.",
    Todo.REMOVE: "SharePoint deleted the file; the next step of a sync removes it.",
}

type Search = Annotated[str, msgspec.Meta(max_length=400)]
type ReasonCode = Annotated[str, msgspec.Meta(max_length=100)]


class DocumentsQuery(PageQuery, forbid_unknown_fields=True):
    """`q` is found anywhere in the path, letter for letter but for case."""

    library_id: LibraryId | None = None
    status: ShownStatus | None = None
    q: Search | None = None
    reason_code: ReasonCode | None = None

    def filter(self, within: Scope) -> DocumentFilter:
        return DocumentFilter(self.library_id, self.status, self.reason_code, self.q, within)


class SummaryQuery(msgspec.Struct, forbid_unknown_fields=True):
    library_id: LibraryId | None = None
    q: Search | None = None

    def filter(self, within: Scope) -> DocumentFilter:
        return DocumentFilter(library_id=self.library_id, search=self.q, within=within)


class DocumentChange(msgspec.Struct, forbid_unknown_fields=True):
    """False takes the document out of every answer and keeps it so, whatever SharePoint does to it."""

    is_active: bool


class AdminDocumentView(msgspec.Struct):
    """`status` is indexed, pending, skipped, failed or inactive; the reason says why it is not indexed. `todo` is what
    a sync still has to do for it (ingest, relabel or remove) and `waits` says so in words. `passages` is how many
    answer now; `retry_at` when a failed file is tried again by a sync."""

    id: DocumentId
    library_id: LibraryId
    library_name: str
    file_name: str
    file_url: str
    path: str | None
    file_type: str
    file_size: int
    status: ShownStatus
    reason_code: str | None
    reason: str | None
    todo: Todo | None
    waits: str | None
    attempts: int
    retry_at: datetime | None
    passages: int
    page_count: int | None
    language: str | None
    department_id: DepartmentId | None
    department: str | None
    country_id: CountryId | None
    country: str | None
    is_active: bool
    last_modified: datetime | None
    ingested_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, document: ListedDocument) -> "AdminDocumentView":
        waits = _WAITS[document.todo] if document.todo else None
        shown = {name: getattr(document, name) for name in cls.__struct_fields__ if name != "waits"}
        return cls(**shown, waits=waits)


class ReasonCount(msgspec.Struct):
    status: ShownStatus
    reason_code: str | None
    documents: int


class DocumentSummaryView(msgspec.Struct):
    """`by_status` has every status, also those of no document; `reasons` those that there are, most frequent first."""

    total: int
    by_status: dict[ShownStatus, int]
    reasons: list[ReasonCount]

    @classmethod
    def of(cls, counts: list[DocumentCount]) -> "DocumentSummaryView":
        by_status: dict[ShownStatus, int] = dict.fromkeys(("indexed", "pending", "skipped", "failed", "inactive"), 0)
        for count in counts:
            by_status[count.status] += count.documents
        reasons = [msgspec.convert(count, ReasonCount, from_attributes=True) for count in counts if count.reason_code]
        return cls(sum(by_status.values()), by_status, reasons)


class ReingestView(msgspec.Struct):
    """`sync_run_id` is the run that reads it; null where none could be started, and `detail` says what happens then."""

    document: AdminDocumentView
    sync_run_id: SyncRunId | None
    detail: str

    @classmethod
    def of(cls, document: ListedDocument, run: SyncRun | None) -> "ReingestView":
        if run is None:
            detail = "The document is marked to be read again. No run could be started now; the next sync reads it."
        else:
            detail = "The document is being read again. Until that is done its old passages answer."
        return cls(AdminDocumentView.of(document), run.id if run else None, detail)


class DocumentView(msgspec.Struct):
    """What a reader may know of a document they may open."""

    id: DocumentId
    file_name: str
    file_url: str
    file_type: str
    title: str | None
    page_count: int | None
    language: str | None
    last_modified: datetime | None
    ingested_at: datetime | None

    @classmethod
    def of(cls, document: LedgerDocument) -> "DocumentView":
        return msgspec.convert(document, cls, from_attributes=True)
