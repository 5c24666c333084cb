"""What was done, by whom, and who was refused. It is written by the routes themselves and read here only."""

from typing import Any

import msgspec

from functions.http_api.schemas.audit import AuditEntry, AuditExportQuery, AuditQuery
from shared.db import audit
from shared.db.audit import Entry
from shared.web import auditing
from shared.web.downloads import CSV, JSON_LINES, download
from shared.web.paging import Page, after_number, page
from shared.web.routes import Call, Download, Policy, Routes

routes = Routes("admin audit")

_COLUMNS = ("id", "at", "actor_id", "action", "target", "outcome", "detail", "correlation_id")


@routes.add("GET", "admin/audit", Policy.SUPER_ADMIN, query=AuditQuery, reply=Page[AuditEntry], errors={})
async def list_audit(call: Call) -> Page[AuditEntry]:
    """The audit log, newest first"""
    query: AuditQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await audit.entries(connection, query.filter(), before=after_number(query.cursor), limit=query.limit + 1)
    return page(rows, query.limit, lambda row: (row.id,), AuditEntry.of)


@routes.add(
    "GET",
    "admin/audit/export",
    Policy.SUPER_ADMIN,
    query=AuditExportQuery,
    files=(CSV, JSON_LINES),
    columns=_COLUMNS,
    errors={},
)
async def export_audit(call: Call) -> Download:
    """The audit log as a file, newest first; that it was taken out is written into it"""
    query: AuditExportQuery = call.query
    wanted = query.filter()
    async with call.runtime.db.connection() as connection:
        await auditing.record(call, connection, "audit.export", None, msgspec.to_builtins(query))
    return download(audit.pages(call.runtime.db, wanted), query.format, "audit", _COLUMNS, _values)


def _values(entry: Entry) -> list[Any]:
    return [getattr(entry, name) for name in _COLUMNS]
