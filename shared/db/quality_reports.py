"""Questions without an answer, and documents that answers cite or do not."""

from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from shared.db.documents import FOUND
from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId
from shared.domain.usage import Period, columns_of_signed, day_of, signed_runs_of

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that the documents did not answer, however it was written: `asked` times by so many `people`.
    `examples` are as they were asked, the newest first; none once their conversations are deleted."""

    key: UUID
    asked: int
    people: int
    last_asked: date
    examples: tuple[str, ...]


_SUBJECT_WITHIN: LiteralString = """
    (($3::uuid IS NULL AND $4::uuid IS NULL)
     OR a.subject IN (SELECT id FROM usage_subjects
                       WHERE ($3::uuid IS NULL OR department_id = $3) AND ($4::uuid IS NULL OR country_id = $4)))
"""
# The rows themselves: an answer that was asked for anew, or rated, or deleted is in them as it is now. How many people
# asked is counted for those that are shown: different ones of all would be sorted on disk.
GAPS: LiteralString = f"""
    SELECT top.gap, top.asked, top.last_asked, people.n AS people
      FROM (SELECT a.gap, count(*) AS asked, max(a.day) AS last_asked
              FROM usage_answers a
             WHERE a.gap IS NOT NULL AND a.day BETWEEN $1 AND $2 AND {_SUBJECT_WITHIN}
             GROUP BY 1
             ORDER BY 2 DESC, 3 DESC, 1
             LIMIT $5) top
     CROSS JOIN LATERAL (
           SELECT count(DISTINCT s.person) AS n
             FROM (SELECT DISTINCT a.subject FROM usage_answers a
                    WHERE a.gap = top.gap AND a.day BETWEEN $1 AND $2 AND {_SUBJECT_WITHIN}) asking
             JOIN usage_subjects s ON s.id = asking.subject) people
     ORDER BY top.asked DESC, top.last_asked DESC, top.gap
"""
EXAMPLES_OF: LiteralString = f"""
    SELECT wanted.gap, q.content
      FROM unnest($5::uuid[]) AS wanted (gap)
     CROSS JOIN LATERAL (
           SELECT question.content
             FROM usage_answers a
             JOIN messages m ON m.id = a.id
             JOIN messages question ON question.id = m.reply_to
            WHERE a.gap = wanted.gap AND a.day BETWEEN $1 AND $2 AND {_SUBJECT_WITHIN}
            ORDER BY a.day DESC, m.created_at DESC
            LIMIT $6) q
"""


async def gaps(connection: Connection, period: Period, within: Scope, limit: int) -> list[Gap]:
    """Asked most often first."""
    scope = (period.first, period.last, within.department_id, within.country_id)
    rows = await connection.fetch(GAPS, *scope, limit)
    examples: dict[UUID, list[str]] = {row["gap"]: [] for row in rows}
    for row in await connection.fetch(EXAMPLES_OF, *scope, list(examples), EXAMPLES):
        examples[row["gap"]].append(row["content"])
    return [
        Gap(row["gap"], row["asked"], row["people"], row["last_asked"], tuple(examples[row["gap"]])) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """`citations` counts answers that cite it, within the period; `last_cited` is of any time."""

    id: DocumentId
    file_name: str
    file_url: str
    citations: int
    last_cited: date | None


_WITHIN: LiteralString = "($4::uuid IS NULL OR d.department_id = $4) AND ($5::uuid IS NULL OR d.country_id = $5)"
_CITED: LiteralString = """
    SELECT document_id, sum(citations)::bigint AS citations
      FROM (SELECT c.document_id, run.sign * c.citations AS citations
              FROM unnest($1::smallint[], $2::integer[], $3::integer[], $13::integer[])
                   AS run (level, first, last, sign)
              JOIN usage_citations c ON c.level = run.level AND c.block BETWEEN run.first AND run.last
             UNION ALL
            SELECT document_id, c.sign
              FROM usage_changes c CROSS JOIN LATERAL unnest(c.cited) AS document_id
             WHERE c.day BETWEEN $6 AND $7) counted
     GROUP BY 1
    HAVING sum(citations) > 0
"""
# Where and when each was cited is added up once for all that is asked of it. `part` tells the rows apart.
DOCUMENTS: LiteralString = f"""
    WITH cited AS MATERIALIZED ({_CITED}), reached AS MATERIALIZED (
        SELECT d.id, {FOUND} AS is_readable, coalesce(cited.citations, 0) AS citations
          FROM sharepoint_documents d
          LEFT JOIN cited ON cited.document_id = d.id
         WHERE {_WITHIN}
    ), top AS (
        SELECT d.id, d.file_name, d.file_url, ranked.citations
          FROM (SELECT id, citations FROM reached WHERE citations > 0 ORDER BY citations DESC, id LIMIT $8) ranked
          JOIN sharepoint_documents d USING (id)
    ), missing AS (
        SELECT d.id, d.file_name, d.file_url
          FROM sharepoint_documents d
         WHERE {FOUND} AND {_WITHIN} AND d.id NOT IN (SELECT document_id FROM cited)
           AND ($9::text IS NULL OR (d.file_name, d.id) > ($9, $10::uuid))
         ORDER BY d.file_name, d.id
         LIMIT $11
    ), shown AS MATERIALIZED (
        SELECT 'cited' AS part, id, file_name, file_url, citations FROM top
         UNION ALL
        SELECT 'missing', id, file_name, file_url, 0 FROM missing
    ), recent AS MATERIALIZED (
        SELECT document_id, c.day - DATE '2020-01-01' AS block, sum(c.sign) AS citations
          FROM usage_changes c CROSS JOIN LATERAL unnest(c.cited) AS document_id
         WHERE document_id IN (SELECT id FROM shown)
         GROUP BY 1, 2
    )
    SELECT part, id, file_name, file_url, citations, NULL::bigint AS documents,
           greatest((SELECT max(c.block) FROM usage_citations c
                      WHERE c.document_id = shown.id AND c.level = 0
                        AND c.citations + coalesce((
                            SELECT r.citations FROM recent r
                             WHERE (r.document_id, r.block) = (c.document_id, c.block)), 0) > 0),
                    (SELECT max(r.block) FROM recent r
                      WHERE r.document_id = shown.id AND r.citations > 0)) AS last_cited
      FROM shown
     UNION ALL
    SELECT 'counts', NULL, NULL, NULL, count(*) FILTER (WHERE citations > 0), count(*), NULL
      FROM reached
     WHERE $12 AND is_readable
     ORDER BY part, citations DESC, file_name, id
"""


@dataclass(frozen=True, slots=True)
class CitedDocuments:
    """`documents` may be cited at all, `cited` of them were. `most_cited` come in the order of their citations,
    `missing` by name."""

    documents: int
    cited: int
    most_cited: list[CitedDocument]
    missing: list[CitedDocument]


async def documents(
    connection: Connection,
    period: Period,
    within: Scope,
    *,
    most_cited: int = 0,
    missing: int = 0,
    after: tuple[str, UUID] | None = None,
    counted: bool = False,
) -> CitedDocuments:
    """Up to so many of the documents within reach that answers cite most, whoever was answered (those that are gone
    are not listed), and of those that none cites within the period, by name after `after`. The counts are zero unless
    `counted`."""
    *runs, signs = columns_of_signed(signed_runs_of(period))
    name, last = after or (None, None)
    rows = await connection.fetch(
        DOCUMENTS,
        *runs,
        within.department_id,
        within.country_id,
        period.first,
        period.last,
        most_cited,
        name,
        last,
        missing,
        counted,
        signs,
    )
    parts: dict[str, list[Row]] = {"cited": [], "missing": [], "counts": []}
    for row in rows:
        parts[row["part"]].append(row)
    (counts,) = parts["counts"]
    return CitedDocuments(
        counts["documents"],
        int(counts["citations"]),
        [_document(row) for row in parts["cited"]],
        [_document(row) for row in parts["missing"]],
    )


def _document(row: Row) -> CitedDocument:
    last = row["last_cited"]
    return CitedDocument(
        row["id"], row["file_name"], row["file_url"], int(row["citations"]), None if last is None else day_of(last)
    )
