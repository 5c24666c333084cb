"""Wire models of "why is my document not found?"."""

from datetime import datetime
from typing import Annotated

import msgspec

from functions.http_api.schemas.documents import AdminDocumentView
from shared.domain.ids import DocumentId, LibraryId, UserId
from shared.services.explaining import Explanation


class ExplainQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The document by `document_id` or by its address in SharePoint as people copy it. With `user_id` the person's
    audience is looked at, and with `query` the search is run as that person's."""

    document_id: DocumentId | None = None
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)] | None = None
    user_id: UserId | None = None
    query: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None


class VerdictView(msgspec.Struct):
    """`sentence` tells the first thing that stands in the way, or that nothing does."""

    findable: bool
    code: str
    sentence: str


class ExplanationCheck(msgspec.Struct):
    """`ok` is null for what could not be looked at."""

    check: str
    ok: bool | None
    detail: str


class ExplainedLibrary(msgspec.Struct):
    id: LibraryId
    name: str
    library_url: str
    enabled: bool
    status: str
    error_message: str | None
    last_sync_at: datetime | None


class ExplainedPassages(msgspec.Struct):
    """Passages by the ledger, and by the index itself: found, switched off, staged for a version not whole yet, and
    those that the person may read (null without one)."""

    ledger: int
    active: int
    inactive: int
    staged: int
    readable: int | None


class ExplanationView(msgspec.Struct):
    """`passages` is null while the index is away. `place` is where the document's best passage comes for `query`,
    from 1 on; null without a query, and when it is not among the first 50."""

    verdict: VerdictView
    checks: list[ExplanationCheck]
    library: ExplainedLibrary | None
    document: AdminDocumentView | None
    passages: ExplainedPassages | None
    place: int | None

    @classmethod
    def of(cls, found: Explanation) -> "ExplanationView":
        document, counts = found.document, found.counts
        return cls(
            msgspec.convert(found.verdict, VerdictView, from_attributes=True),
            [msgspec.convert(check, ExplanationCheck, from_attributes=True) for check in found.checks],
            msgspec.convert(found.library, ExplainedLibrary, from_attributes=True) if found.library else None,
            AdminDocumentView.of(document) if document else None,
            ExplainedPassages(document.passages, counts.active, counts.inactive, counts.staged, counts.readable)
            if document and counts
            else None,
            found.place,
        )
