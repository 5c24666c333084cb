"""What was done, by whom, and who was refused. It is written by the routes themselves and read here only."""

from datetime import UTC, datetime

from functions.http_api.schemas.audit import AuditEntry, AuditQuery
from shared.db import audit
from shared.errors import FieldError, Invalid
from shared.web.paging import Page, after_number, page
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin audit")


@routes.add("GET", "admin/audit", Policy.SUPER_ADMIN, query=AuditQuery, reply=Page[AuditEntry])
async def list_audit(call: Call) -> Page[AuditEntry]:
    """The audit log, newest first"""
    query: AuditQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await audit.entries(
            connection,
            actor=query.actor,
            action=query.action,
            since=_in_utc(query.since, "from"),
            until=_in_utc(query.until, "to"),
            before=after_number(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda row: (row.id,), AuditEntry.of)


def _in_utc(moment: datetime | None, name: str) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment else None
    except OverflowError as error:
        detail = "This moment lies outside the calendar"
        raise Invalid(detail + ".", errors=(FieldError(f"/{name}", detail),)) from error
