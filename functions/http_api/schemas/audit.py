"""Wire models of the audit log."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from shared.db.audit import AuditFilter, Entry
from shared.domain.ids import UserId
from shared.web.downloads import FileFormat
from shared.web.moments import Moment, in_utc
from shared.web.paging import PageQuery

type Word = Annotated[str, msgspec.Meta(max_length=200)]


class AuditQuery(PageQuery, forbid_unknown_fields=True):
    """Action and target are matched whole. `from` is included, `to` is not."""

    actor: UserId | None = None
    action: Word | None = None
    target: Word | None = None
    since: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = msgspec.field(default=None, name="to")

    def filter(self) -> AuditFilter:
        return _filter(self)


class AuditExportQuery(msgspec.Struct, forbid_unknown_fields=True):
    """As the list's; CSV for spreadsheets, JSONL for programs."""

    format: FileFormat = FileFormat.CSV
    actor: UserId | None = None
    action: Word | None = None
    target: Word | None = None
    since: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = msgspec.field(default=None, name="to")

    def filter(self) -> AuditFilter:
        return _filter(self)


def _filter(query: AuditQuery | AuditExportQuery) -> AuditFilter:
    since, until = in_utc(query.since, "from"), in_utc(query.until, "to")
    return AuditFilter(query.actor, query.action, query.target, since, until)


class AuditEntry(msgspec.Struct):
    """`actor_id` is null for who could not sign in, and for what Nexus did by itself."""

    id: int
    at: datetime
    actor_id: UUID | None
    action: str
    target: str | None
    outcome: Literal["ok", "denied", "failed"]
    detail: dict[str, Any]
    correlation_id: str | None

    @classmethod
    def of(cls, entry: Entry) -> "AuditEntry":
        return msgspec.convert(entry, cls, from_attributes=True)
