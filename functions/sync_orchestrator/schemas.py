"""Wire models of libraries and sync runs."""

from datetime import datetime
from typing import Annotated

import msgspec

from shared.db.sync_runs import SyncRun
from shared.domain.ids import CountryId, DepartmentId, LibraryId, SyncRunId
from shared.domain.ledger import Library
from shared.web.paging import PageQuery


class NewLibrary(msgspec.Struct, forbid_unknown_fields=True):
    library_url: Annotated[str, msgspec.Meta(min_length=8, max_length=2000)]
    department_id: DepartmentId | None = None
    country_id: CountryId | None = None
    enabled: bool = True


class LibraryChange(msgspec.Struct, forbid_unknown_fields=True):
    department_id: DepartmentId | msgspec.UnsetType | None = msgspec.UNSET
    country_id: CountryId | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET


class LibraryView(msgspec.Struct):
    id: LibraryId
    name: str
    library_url: str
    department_id: DepartmentId | None
    country_id: CountryId | None
    enabled: bool
    status: str
    error_message: str | None
    last_sync_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, library: Library) -> "LibraryView":
        return cls(
            library.id,
            library.name,
            library.library_url,
            library.scope.department_id,
            library.scope.country_id,
            library.enabled,
            library.status,
            library.error_message,
            library.last_sync_at,
            library.created_at,
        )


class SyncRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`full` enumerates the whole library; `confirm_removals` lets it remove more than a fifth of it."""

    full: bool = False
    confirm_removals: bool = False


class SyncRunsQuery(PageQuery, forbid_unknown_fields=True):
    library_id: LibraryId | None = None


class SyncRunView(msgspec.Struct):
    id: SyncRunId
    library_id: LibraryId
    status: str
    trigger: str
    is_full: bool
    seen: int
    added: int
    changed: int
    moved: int
    deleted: int
    unchanged: int
    skipped: int
    failed: int
    pages: int
    passages: int
    embed_tokens: int
    throttled_s: float
    error_message: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: SyncRun) -> "SyncRunView":
        return msgspec.convert(run, cls, from_attributes=True)
