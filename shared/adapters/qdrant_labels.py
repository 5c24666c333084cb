"""What stored passages say of their documents, read page by page: for checks of the index, not for readers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared.adapters.qdrant_bodies import Json, is_equal
from shared.domain.audience import Scope
from shared.domain.documents import DocumentLabels, StoredPassage
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId, PassageId

_NOWHERE = UUID(int=0)


class _Labels(msgspec.Struct):
    """Absent keys are read as empty: a passage without labels is what a check is there to find."""

    document_id: UUID = _NOWHERE
    library_id: UUID = _NOWHERE
    drive_id: str = ""
    sharepoint_id: str = ""
    file_name: str = ""
    file_url: str = ""
    file_type: str = ""
    last_modified: datetime | None = None
    department_id: UUID | None = None
    country_id: UUID | None = None
    is_active: bool = False
    staged: bool | None = None


class _Point(msgspec.Struct):
    id: UUID
    payload: _Labels = msgspec.field(default_factory=_Labels)


class LabelsPage(msgspec.Struct):
    points: list[_Point]
    next_page_offset: UUID | None = None


def labels_body(
    documents: Sequence[DocumentId] | None,
    library: LibraryId | None,
    outside: Sequence[LibraryId] | None,
    limit: int,
) -> Json:
    must: list[Json] = []
    if documents is not None:
        must.append({"key": "document_id", "match": {"any": list(documents)}})
    if library is not None:
        must.append(is_equal("library_id", library))
    must_not: list[Json] = [{"key": "library_id", "match": {"any": list(outside)}}] if outside else []
    return {
        "filter": {"must": must, "must_not": must_not},
        "limit": limit,
        "with_payload": list(_Labels.__struct_fields__),
    }


def stored_passage(point: _Point) -> StoredPassage:
    found = point.payload
    return StoredPassage(
        PassageId(point.id),
        DocumentLabels(
            document_id=DocumentId(found.document_id),
            library_id=LibraryId(found.library_id),
            drive_id=found.drive_id,
            item_id=found.sharepoint_id,
            file_name=found.file_name,
            file_url=found.file_url,
            file_type=found.file_type,
            last_modified=found.last_modified,
            scope=Scope(
                None if found.department_id is None else DepartmentId(found.department_id),
                None if found.country_id is None else CountryId(found.country_id),
            ),
            is_active=found.is_active,
        ),
        staged=bool(found.staged),
    )
