"""Wire models of administration."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.domain.identity import Role
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId
from shared.domain.ledger import LedgerDocument
from shared.web.paging import PageQuery

# A document that was switched off is shown as inactive, whatever came of indexing it.
type ShownStatus = Literal["indexed", "pending", "skipped", "failed", "inactive"]


class UsersQuery(PageQuery, forbid_unknown_fields=True):
    q: str | None = None
    role: Role | None = None
    department_id: DepartmentId | None = None
    country_id: CountryId | None = None
    is_active: bool | None = None


class UserChange(msgspec.Struct, forbid_unknown_fields=True):
    """A field left out stays as it is; null takes department or country away."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    department_id: DepartmentId | msgspec.UnsetType | None = msgspec.UNSET
    country_id: CountryId | msgspec.UnsetType | None = msgspec.UNSET
    is_active: bool | msgspec.UnsetType = msgspec.UNSET


class DocumentsQuery(PageQuery, forbid_unknown_fields=True):
    library_id: LibraryId | None = None
    status: ShownStatus | None = None
    q: str | None = None


class AdminDocumentView(msgspec.Struct):
    """`status` is indexed, pending, skipped, failed or inactive; the reason says why it is not indexed."""

    id: DocumentId
    library_id: LibraryId
    file_name: str
    file_url: str
    path: str | None
    file_type: str
    file_size: int
    status: str
    reason_code: str | None
    reason: str | None
    passages: int
    page_count: int | None
    language: str | None
    department_id: DepartmentId | None
    country_id: CountryId | None
    is_active: bool
    last_modified: datetime | None
    ingested_at: datetime | None

    @classmethod
    def of(cls, document: LedgerDocument) -> "AdminDocumentView":
        return cls(
            id=document.id,
            library_id=document.library_id,
            file_name=document.file_name,
            file_url=document.file_url,
            path=document.path,
            file_type=document.file_type,
            file_size=document.file_size,
            status=document.status.value if document.is_active else "inactive",
            reason_code=document.reason_code,
            reason=document.reason,
            passages=len(document.passages),
            page_count=document.page_count,
            language=document.language,
            department_id=document.scope.department_id,
            country_id=document.scope.country_id,
            is_active=document.is_active,
            last_modified=document.last_modified,
            ingested_at=document.ingested_at,
        )


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
