"""Cases for evaluation, made of feedback, and the file of them that `python -m evals.cases` reads."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import msgspec

from functions.http_api.routes.admin_feedback import feedback_id
from functions.http_api.schemas.triage import EvalCaseView, ExpectedDocument, NewEvalCase
from shared.db import document_lists, eval_cases, feedback_triage
from shared.db.eval_cases import EvalCase, ExpectedSource
from shared.db.feedback_triage import Exchange
from shared.db.pool import Connection, Db
from shared.domain.audience import Scope
from shared.domain.chat import Mode
from shared.domain.ids import DocumentId
from shared.errors import Conflict, FieldError, Invalid, NotFound
from shared.web import auditing
from shared.web.downloads import JSON_LINES, FileFormat, download
from shared.web.paging import Page, PageQuery, after_time_and_id, page
from shared.web.reach import reach_of
from shared.web.routes import Call, Download, Policy, Reply, Routes

routes = Routes("admin feedback")

_EXPORTED = ("id", "question", "verdict", "expected", "note", "created_at")


@routes.add(
    "POST",
    "admin/feedback/{feedback_id}/eval-case",
    Policy.CONTENT_MANAGER,
    body=NewEvalCase,
    reply=EvalCaseView,
    status=201,
    also=(200,),
    errors={404: ("feedback_not_found",), 409: ("not_from_documents",), 422: ("expected_document_unknown",)},
)
async def make_eval_case(call: Call) -> Reply:
    """Makes feedback on an answer from documents a case for evaluation; 200 where it replaces an earlier one"""
    new: NewEvalCase = call.body
    reach = reach_of(call.caller)
    async with call.runtime.db.transaction() as connection:
        exchange = await feedback_triage.whole(
            connection, feedback_id(call), within=reach, reviewer=call.audience, preceding=0
        )
        given = exchange.feedback
        if given.mode is not Mode.RAG or given.question is None:
            raise Conflict("Only answers from documents can be evaluated.", code="not_from_documents")
        case, is_new = await eval_cases.put(
            connection,
            given.id,
            asked_by=given.user_id if new.question is None else None,
            scope=given.scope,
            question=new.question or given.question,
            verdict=new.verdict,
            expected=await _expected(connection, new.expected, exchange, call),
            note=new.note,
            reviewer=call.caller.user_id,
        )
        # neither question nor note: what the log says cannot be taken back
        detail = {"feedback_id": given.id, "verdict": case.verdict, "is_rephrased": new.question is not None}
        await auditing.record(call, connection, "eval_case.create" if is_new else "eval_case.change", case.id, detail)
    return Reply(201 if is_new else 200, EvalCaseView.of(case))


async def _expected(
    connection: Connection, named: ExpectedDocument | None, exchange: Exchange, call: Call
) -> ExpectedSource | None:
    """Any source of the exchange will do, and any document that the caller reads or steers. Raises Invalid."""
    if named is None:
        return None
    for source in exchange.sources:
        if source.doc_id == named.document_id:
            return ExpectedSource(named.document_id, source.title, source.url, named.page)
    try:
        document = await document_lists.get(connection, DocumentId(named.document_id))
    except NotFound as error:
        raise _unknown_document() from error
    if not (reach_of(call.caller).reaches(document.scope) or call.audience.covers(document.scope)):
        raise _unknown_document()
    return ExpectedSource(named.document_id, document.file_name, document.file_url, named.page)


def _unknown_document() -> Invalid:
    detail = "There is no such document, or it is not within your reach"
    return Invalid(
        detail + ".", errors=(FieldError("/expected/document_id", detail),), code="expected_document_unknown"
    )


@routes.add("GET", "admin/eval-cases", Policy.CONTENT_MANAGER, query=PageQuery, reply=Page[EvalCaseView], errors={})
async def list_eval_cases(call: Call) -> Page[EvalCaseView]:
    """Cases made of feedback within the caller's reach, newest first"""
    query: PageQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await eval_cases.cases(
            connection, within=reach_of(call.caller), after=after_time_and_id(query.cursor), limit=query.limit + 1
        )
    return page(rows, query.limit, lambda row: (row.created_at, row.id), EvalCaseView.of)


@routes.add("GET", "admin/eval-cases/export", Policy.CONTENT_MANAGER, files=(JSON_LINES,), columns=_EXPORTED, errors={})
async def export_eval_cases(call: Call) -> Download:
    """The cases as a file of JSON lines, for `python -m evals.cases`"""
    async with call.runtime.db.connection() as connection:
        await auditing.record(call, connection, "eval_case.export", None, {})
    pages = _pages(call.runtime.db, reach_of(call.caller))
    return download(pages, FileFormat.JSONL, "eval-cases", _EXPORTED, _exported)


async def _pages(db: Db, within: Scope) -> AsyncGenerator[list[EvalCase]]:
    after: tuple[Any, UUID] | None = None
    while True:
        async with db.connection() as connection:
            rows = await eval_cases.cases(connection, within=within, after=after, limit=500)
        yield rows
        if len(rows) < 500:
            return
        after = rows[-1].created_at, rows[-1].id


def _exported(case: EvalCase) -> list[Any]:
    shown = msgspec.to_builtins(EvalCaseView.of(case))
    return [shown[name] for name in _EXPORTED]


@routes.add(
    "DELETE", "admin/eval-cases/{case_id}", Policy.CONTENT_MANAGER, status=204, errors={404: ("eval_case_not_found",)}
)
async def delete_eval_case(call: Call) -> None:
    """Deletes a case; the feedback stays"""
    async with call.runtime.db.transaction() as connection:
        case = await eval_cases.delete(connection, call.id("case_id", "eval case"), within=reach_of(call.caller))
        await auditing.record(call, connection, "eval_case.delete", case.id, {"verdict": case.verdict})
