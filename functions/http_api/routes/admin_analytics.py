"""What is used, how good it is, and which documents answers come from.

A content manager sees the use of people of their own department and country, and documents of that scope. Where people
belonged when they asked decides, as it decides where their use is booked: a total of last month must not change when
somebody moves today.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from functions.http_api.schemas.analytics import (
    CitedDocumentView,
    DocumentsReport,
    DocumentsReportQuery,
    PeriodQuery,
    QualityDay,
    QualityQuery,
    QualityReport,
    QualityView,
    UnansweredQuestion,
    UsageItem,
    UsageQuery,
    UsageReport,
    UsageView,
)
from shared.db import quality_reports, usage_reports, usage_users
from shared.db.pool import Connection
from shared.db.usage_reports import NOBODYS, snapshot
from shared.db.usage_users import UserUsage
from shared.domain.usage import Grouping, Period, UsageGroup
from shared.web.downloads import CSV, FileFormat, download
from shared.web.paging import after_name_and_id, after_numbers, page
from shared.web.reach import reach_of
from shared.web.routes import Call, Download, Policy, Routes

routes = Routes("admin analytics")

# Rows that are read at a time for a file, and how many of a list that has no pages are in it at most.
_FILE_PAGE, _FILE_ROWS = 500, 10_000
# What stands for a name where there is none any more, or never was one.
_FORGOTTEN, _DELETED, _NONE = "forgotten", "deleted", "none"


def _period(query: PeriodQuery) -> Period:
    return Period.of(query.first, query.last, datetime.now(UTC).date())


def _wants_file(call: Call) -> bool:
    query: PeriodQuery = call.query
    if query.format is not None:
        return query.format == "csv"
    kinds = [part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "").split(",")]
    return CSV in kinds and "application/json" not in kinds


def _file[R](
    call: Call,
    report: str,
    pages: AsyncIterator[Sequence[R]],
    columns: Sequence[str],
    values: Callable[[R], Sequence[Any]],
) -> Download:
    period = _period(call.query)
    return download(pages, FileFormat.CSV, f"{report}-{period.first}-{period.last}", columns, values)


async def _once[R](rows: Sequence[R]) -> AsyncIterator[Sequence[R]]:
    yield rows


# --- use -----------------------------------------------------------------------------------------------------------

_USAGE_COLUMNS = (
    "key", "name", "messages", "questions", "answers", "active_users", "input_tokens", "output_tokens", "cost",
    "unpriced", "latency_ms_p50", "latency_ms_p95", "first_token_ms_p50", "first_token_ms_p95",
)  # fmt: skip


@routes.add(
    "GET",
    "admin/analytics/usage",
    Policy.CONTENT_MANAGER,
    query=UsageQuery,
    reply=UsageReport,
    files=(CSV,),
    columns=_USAGE_COLUMNS,
    errors={422: ("period_invalid",)},
)
async def usage_report(call: Call) -> UsageReport | Download:
    """Messages, tokens, cost, active people and times by day, model, mode, department or user; JSON or CSV"""
    query: UsageQuery = call.query
    period, within = _period(query), reach_of(call.caller)
    if query.group_by is Grouping.USER:
        after = after_numbers(query.cursor)
        if _wants_file(call):
            return _file(call, "usage-by-user", _all_users(call, period), _USAGE_COLUMNS, _usage_row)
        async with snapshot(call.runtime.db) as connection:
            total, _ = await usage_reports.sums_by(connection, period, Grouping.MODE, within)
            users, total.active_users = await usage_users.users_of(
                connection, period, within, after=after, limit=query.limit + 1
            )
        shown = page(users, query.limit, lambda user: user.rank, _of_user)
        items, next_cursor = shown.items, shown.next_cursor
    else:
        async with snapshot(call.runtime.db) as connection:
            total, groups = await usage_reports.usage_by(connection, period, query.group_by, within)
            items = await _items(connection, query.group_by, groups)
        next_cursor = None
        if _wants_file(call):
            return _file(call, f"usage-by-{query.group_by}", _once(items), _USAGE_COLUMNS, _usage_row)
    return UsageReport(period.first, period.last, query.group_by, UsageView.of(total), items, next_cursor)


async def _all_users(call: Call, period: Period) -> AsyncIterator[Sequence[UsageItem]]:
    """Page by page, so that a slow reader holds no snapshot."""
    after: tuple[int, int] | None = None
    while True:
        async with snapshot(call.runtime.db) as connection:
            users, _ = await usage_users.users_of(
                connection, period, reach_of(call.caller), after=after, limit=_FILE_PAGE
            )
        yield [_of_user(user) for user in users]
        if len(users) < _FILE_PAGE:
            return
        after = users[-1].rank


def _of_user(user: UserUsage) -> UsageItem:
    key = None if user.user_id is None else str(user.user_id)
    return UsageItem(key, user.display_name or _FORGOTTEN, UsageView.of(user.usage))


async def _items(connection: Connection, grouping: Grouping, groups: dict[str, UsageGroup]) -> list[UsageItem]:
    if grouping is Grouping.DEPARTMENT:
        names = await usage_reports.department_names(connection, [UUID(key) for key in groups])
        return [
            UsageItem(None, _NONE, UsageView.of(group))
            if key == str(NOBODYS)
            else UsageItem(key, names.get(UUID(key), _DELETED), UsageView.of(group))
            for key, group in groups.items()
        ]
    # answers that no model was asked for have neither provider nor model
    return [
        UsageItem(None if key == "/" else key, _NONE if key == "/" else key.partition("/")[2] or key, view)
        for key, view in ((key, UsageView.of(group)) for key, group in groups.items())
    ]


def _usage_row(item: UsageItem) -> list[Any]:
    usage = item.usage
    counts = [getattr(usage, name) for name in _USAGE_COLUMNS[2:10]]
    times = [usage.latency_ms.p50, usage.latency_ms.p95, usage.first_token_ms.p50, usage.first_token_ms.p95]
    return [item.key, item.name, *counts, *times]


# --- quality -------------------------------------------------------------------------------------------------------

_QUALITY_COLUMNS = ("day", *QualityView.__struct_fields__)
_QUESTION_COLUMNS = ("asked", "people", "last_asked", "example")


@routes.add(
    "GET",
    "admin/analytics/quality",
    Policy.CONTENT_MANAGER,
    query=QualityQuery,
    reply=QualityReport,
    files=(CSV,),
    columns=_QUALITY_COLUMNS,
    errors={422: ("period_invalid",)},
)
async def quality_report(call: Call) -> QualityReport | Download:
    """How answers ended, what people and documents say of them, and questions without an answer; JSON or CSV"""
    query: QualityQuery = call.query
    period, within = _period(query), reach_of(call.caller)
    wants_file = _wants_file(call)
    async with snapshot(call.runtime.db) as connection:
        if wants_file and query.table == "questions":
            gaps = await quality_reports.gaps(connection, period, within, _FILE_ROWS)
            return _file(call, "unanswered-questions", _once(gaps), _QUESTION_COLUMNS, _question_row)
        total, groups = await usage_reports.sums_by(connection, period, Grouping.DAY, within, timed=False)
        days = [QualityDay(msgspec.convert(day, type(period.first)), QualityView.of(groups[day])) for day in groups]
        if wants_file:
            return _file(call, "quality", _once(days), _QUALITY_COLUMNS, _quality_row)
        gaps = await quality_reports.gaps(connection, period, within, query.limit)
    return QualityReport(
        period.first, period.last, QualityView.of(total), days, [UnansweredQuestion.of(gap) for gap in gaps]
    )


def _quality_row(day: QualityDay) -> list[Any]:
    return [str(day.day), *msgspec.structs.astuple(day.quality)]


def _question_row(gap: quality_reports.Gap) -> list[Any]:
    return [gap.asked, gap.people, str(gap.last_asked), gap.examples[0] if gap.examples else None]


# --- documents -----------------------------------------------------------------------------------------------------

_DOCUMENT_COLUMNS = CitedDocumentView.__struct_fields__


@routes.add(
    "GET",
    "admin/analytics/documents",
    Policy.CONTENT_MANAGER,
    query=DocumentsReportQuery,
    reply=DocumentsReport,
    files=(CSV,),
    columns=_DOCUMENT_COLUMNS,
    errors={422: ("period_invalid",)},
)
async def documents_report(call: Call) -> DocumentsReport | Download:
    """Which documents within the caller's reach answers cite most, and which they do not cite; JSON or CSV"""
    query: DocumentsReportQuery = call.query
    period, within = _period(query), reach_of(call.caller)
    after = after_name_and_id(query.cursor)
    wants_file = _wants_file(call)
    if wants_file and query.table == "not_cited":
        return _file(call, "documents-not-cited", _all_not_cited(call, period), _DOCUMENT_COLUMNS, _document_row)
    async with snapshot(call.runtime.db) as connection:
        if wants_file:
            found = await quality_reports.documents(connection, period, within, most_cited=_FILE_ROWS)
            shown = [CitedDocumentView.of(document) for document in found.most_cited]
            return _file(call, "documents-cited", _once(shown), _DOCUMENT_COLUMNS, _document_row)
        found = await quality_reports.documents(
            connection,
            period,
            within,
            most_cited=query.limit,
            missing=query.limit + 1,
            after=after,
            counted=True,
        )
    not_cited = page(found.missing, query.limit, lambda row: (row.file_name, row.id), CitedDocumentView.of)
    return DocumentsReport(
        period.first,
        period.last,
        found.documents,
        found.cited,
        [CitedDocumentView.of(document) for document in found.most_cited],
        not_cited.items,
        not_cited.next_cursor,
    )


async def _all_not_cited(call: Call, period: Period) -> AsyncIterator[Sequence[CitedDocumentView]]:
    after = None
    while True:
        async with snapshot(call.runtime.db) as connection:
            found = await quality_reports.documents(
                connection, period, reach_of(call.caller), missing=_FILE_PAGE, after=after
            )
        yield [CitedDocumentView.of(document) for document in found.missing]
        if len(found.missing) < _FILE_PAGE:
            return
        after = found.missing[-1].file_name, found.missing[-1].id


def _document_row(document: CitedDocumentView) -> list[Any]:
    *known, last_cited = msgspec.structs.astuple(document)
    return [*known, None if last_cited is None else str(last_cited)]
