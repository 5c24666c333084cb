"""Wire models of libraries and sync runs."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Self

import msgspec

from shared.db.sync_runs import SyncRun
from shared.domain.audience import Scope
from shared.domain.ids import CountryId, DepartmentId, LibraryId, SyncRunId
from shared.domain.ledger import Library
from shared.domain.library_checks import CheckName
from shared.domain.scope_rules import ScopeRule, ScopeRules
from shared.services.library_preflight import Preflight
from shared.web.paging import PageQuery

type LibraryUrl = Annotated[str, msgspec.Meta(min_length=8, max_length=2000)]


class FolderRule(msgspec.Struct, forbid_unknown_fields=True):
    """Who may read what is at or below a folder. Both ids must be said: two nulls are for everyone."""

    path_prefix: str
    department_id: DepartmentId | None
    country_id: CountryId | None


def rules_of(written: Sequence[FolderRule]) -> ScopeRules:
    """Raises Invalid."""
    return ScopeRules.of([ScopeRule(rule.path_prefix, Scope(rule.department_id, rule.country_id)) for rule in written])


class NewLibrary(msgspec.Struct, forbid_unknown_fields=True):
    library_url: LibraryUrl
    department_id: DepartmentId | None = None
    country_id: CountryId | None = None
    enabled: bool = True
    scope_rules: list[FolderRule] = []


class LibraryChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays; `scope_rules` are replaced as a whole."""

    department_id: DepartmentId | msgspec.UnsetType | None = msgspec.UNSET
    country_id: CountryId | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    scope_rules: list[FolderRule] | msgspec.UnsetType = msgspec.UNSET


class LibraryView(msgspec.Struct):
    """`status` is idle, syncing, error or removing; `enabled` false is paused. `relabelling`: a changed scope or rule
    has not reached every document yet. `notice` says what is worth knowing although nothing went wrong."""

    id: LibraryId
    name: str
    library_url: str
    department_id: DepartmentId | None
    country_id: CountryId | None
    scope_rules: list[FolderRule]
    enabled: bool
    status: str
    relabelling: bool
    error_message: str | None
    notice: str | None
    last_sync_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, library: Library) -> Self:
        rules = [
            FolderRule(rule.path_prefix, rule.scope.department_id, rule.scope.country_id)
            for rule in library.scope_rules.rules
        ]
        return cls(
            id=library.id,
            name=library.name,
            library_url=library.library_url,
            department_id=library.scope.department_id,
            country_id=library.scope.country_id,
            scope_rules=rules,
            enabled=library.enabled,
            status=library.status,
            relabelling=library.rescope_after is not None,
            error_message=library.error_message,
            notice=library.notice,
            last_sync_at=library.last_sync_at,
            created_at=library.created_at,
        )


class PreflightRequest(msgspec.Struct, forbid_unknown_fields=True):
    library_url: LibraryUrl


class PreflightCheck(msgspec.Struct):
    check: CheckName
    ok: bool
    detail: str


class PreflightView(msgspec.Struct):
    """`ready`: Nexus can read the library. `least_privilege` alone may fail then: it is a warning."""

    ready: bool
    checks: list[PreflightCheck]

    @classmethod
    def of(cls, found: Preflight) -> Self:
        return cls(found.is_ready, [PreflightCheck(check.check, check.ok, check.detail) for check in found.checks])


class SyncRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`full` enumerates the whole library and tries again what was given up; `confirm_removals` lets it remove more
    than a fifth of it."""

    full: bool = False
    confirm_removals: bool = False


class SyncRunsQuery(PageQuery, forbid_unknown_fields=True):
    library_id: LibraryId | None = None


class SyncRunView(msgspec.Struct):
    """`status` is queued, running, complete, failed, needs_confirmation, or stopped (the library was paused). `trigger`
    is timer, manual, or change: the last reads nothing of what SharePoint changed. `reasons` are files by what kept
    them from being indexed. Seconds but `duration_s` are summed over files of which many are read at once."""

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
    reasons: dict[str, int]
    pages: int
    passages: int
    embed_tokens: int
    duration_s: float
    graph_s: float
    download_s: float
    extract_s: float
    embed_s: float
    store_s: float
    throttled_s: float
    error_message: str | None
    notice: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: SyncRun) -> Self:
        shown = {name: getattr(run, name) for name in cls.__struct_fields__ if name != "duration_s"}
        return cls(**shown, duration_s=_duration_s(run))


def _duration_s(run: SyncRun) -> float:
    """From the first step on; 0 for a run that has not begun."""
    if run.started_at is None:
        return 0.0
    until = run.finished_at or datetime.now(UTC)
    return max(0.0, (until - run.started_at).total_seconds())
