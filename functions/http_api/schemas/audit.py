"""Wire models of the audit log."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from shared.db.audit import Entry
from shared.domain.ids import UserId
from shared.web.paging import PageQuery

# A time without an offset would mean another moment on every server.
type Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class AuditQuery(PageQuery, forbid_unknown_fields=True):
    """`from` is included, `to` is not."""

    actor: UserId | None = None
    action: str | None = None
    since: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = msgspec.field(default=None, name="to")


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
