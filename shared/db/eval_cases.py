"""Cases for evaluation, made of feedback: a question, a verdict on its answer, and the source it is to be found in."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId, UserId
from shared.domain.triage import Verdict
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ExpectedSource:
    """`page` is None where any place of the document will do."""

    document_id: DocumentId
    file_name: str
    file_url: str | None
    page: int | None


@dataclass(frozen=True, slots=True)
class EvalCase:
    """`feedback_id` is None once the feedback is gone. `expected` is None exactly for unanswerable questions."""

    id: UUID
    feedback_id: UUID | None
    question: str
    verdict: Verdict
    expected: ExpectedSource | None
    note: str | None
    created_by: UserId | None
    created_at: datetime
    updated_at: datetime


_COLUMNS: LiteralString = """
    id, feedback_id, question, verdict, expected_document_id, expected_file_name, expected_file_url, expected_page,
    note, created_by, created_at, updated_at
"""
# As Scope.reaches says, by where the asker belonged when the case was made.
_WITHIN: LiteralString = "($1::uuid IS NULL OR department_id = $1) AND ($2::uuid IS NULL OR country_id = $2)"


def _case(row: Row) -> EvalCase:
    expected = None
    if row["expected_document_id"] is not None:
        expected = ExpectedSource(
            row["expected_document_id"], row["expected_file_name"], row["expected_file_url"], row["expected_page"]
        )
    return EvalCase(
        row["id"],
        row["feedback_id"],
        row["question"],
        Verdict(row["verdict"]),
        expected,
        row["note"],
        row["created_by"],
        row["created_at"],
        row["updated_at"],
    )


PUT: LiteralString = f"""
    INSERT INTO eval_cases (feedback_id, asked_by, department_id, country_id, question, verdict, expected_document_id,
                            expected_file_name, expected_file_url, expected_page, note, created_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT ON CONSTRAINT eval_cases_feedback_key DO UPDATE
       SET asked_by = excluded.asked_by, department_id = excluded.department_id, country_id = excluded.country_id,
           question = excluded.question, verdict = excluded.verdict,
           expected_document_id = excluded.expected_document_id, expected_file_name = excluded.expected_file_name,
           expected_file_url = excluded.expected_file_url, expected_page = excluded.expected_page,
           note = excluded.note, created_by = excluded.created_by, updated_at = clock_timestamp()
    RETURNING {_COLUMNS}, xmax = 0 AS is_new
"""


async def put(
    connection: Connection,
    feedback_id: UUID,
    *,
    asked_by: UserId | None,
    scope: Scope,
    question: str,
    verdict: Verdict,
    expected: ExpectedSource | None,
    note: str | None,
    reviewer: UserId,
) -> tuple[EvalCase, bool]:
    """The case of a feedback, replacing an earlier one; whether it is new. `asked_by` is whose own words the question
    is: the case goes with that person."""
    row = await connection.fetchrow(
        PUT,
        feedback_id,
        asked_by,
        scope.department_id,
        scope.country_id,
        question,
        verdict.value,
        expected.document_id if expected else None,
        expected.file_name if expected else None,
        expected.file_url if expected else None,
        expected.page if expected else None,
        note,
        reviewer,
    )
    assert row is not None
    return _case(row), row["is_new"]


LIST: LiteralString = f"""
    SELECT {_COLUMNS} FROM eval_cases
     WHERE {_WITHIN}
       AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
     ORDER BY created_at DESC, id DESC
     LIMIT $5
"""


async def cases(
    connection: Connection, *, within: Scope, after: tuple[datetime, UUID] | None, limit: int
) -> list[EvalCase]:
    """Newest first."""
    at, last_id = after or (None, None)
    rows = await connection.fetch(LIST, within.department_id, within.country_id, at, last_id, limit)
    return [_case(row) for row in rows]


GET: LiteralString = f"SELECT {_COLUMNS} FROM eval_cases WHERE {_WITHIN} AND id = $3"


async def get(connection: Connection, case_id: UUID, *, within: Scope) -> EvalCase:
    """Raises NotFound, for what lies out of reach as well."""
    row = await connection.fetchrow(GET, within.department_id, within.country_id, case_id)
    if row is None:
        raise NotFound("eval case")
    return _case(row)


DELETE: LiteralString = f"DELETE FROM eval_cases WHERE {_WITHIN} AND id = $3 RETURNING {_COLUMNS}"


async def delete(connection: Connection, case_id: UUID, *, within: Scope) -> EvalCase:
    """What was deleted. Raises NotFound, for what lies out of reach as well."""
    row = await connection.fetchrow(DELETE, within.department_id, within.country_id, case_id)
    if row is None:
        raise NotFound("eval case")
    return _case(row)
