"""Questions without an answer, and documents that answers cite or do not."""

from dataclasses import dataclass
from datetime import date
from typing import LiteralString
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import DocumentId
from shared.domain.usage import Period, day_of, runs_of

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


# The rows themselves: an answer that was asked for anew, or rated, or deleted is in them as it is now.
GAPS = """
    SELECT a.gap, count(*) AS asked, count(DISTINCT s.person) AS people, max(a.day) AS last_asked
      FROM usage_answers a
      JOIN usage_subjects s ON s.id = a.subject
     WHERE a.gap IS NOT NULL AND a.day BETWEEN $1 AND $2
       AND ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
     GROUP BY 1
     ORDER BY 2 DESC, 4 DESC, 1
     LIMIT $5
"""
EXAMPLES_OF = """
    SELECT wanted.gap, q.content
      FROM unnest($5::uuid[]) AS wanted (gap)
     CROSS JOIN LATERAL (
           SELECT question.content
             FROM usage_answers a
             JOIN usage_subjects s ON s.id = a.subject
             JOIN messages m ON m.id = a.id
             JOIN messages question ON question.id = m.reply_to
            WHERE a.gap = wanted.gap AND a.day BETWEEN $1 AND $2
              AND ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
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


# What may be cited at all.
_READABLE: LiteralString = """
    d.is_active AND d.status = 'indexed'
       AND ($4::uuid IS NULL OR d.department_id = $4) AND ($5::uuid IS NULL OR d.country_id = $5)
"""
_CITED: LiteralString = """
    SELECT document_id, sum(citations) AS citations
      FROM (SELECT c.document_id, c.citations
              FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS run (level, first, last)
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
    WITH cited AS MATERIALIZED ({_CITED}), recent AS MATERIALIZED (
        SELECT document_id, max(c.day) - DATE '2020-01-01' AS block
          FROM usage_changes c CROSS JOIN LATERAL unnest(c.cited) AS document_id
         WHERE c.sign > 0
         GROUP BY 1
    ), top AS (
        -- looked up in their order until there are enough: nothing tells the planner how many were cited
        SELECT d.id, d.file_name, d.file_url, ranked.citations
          FROM (SELECT document_id, citations FROM cited ORDER BY citations DESC, document_id) ranked
         CROSS JOIN LATERAL (
               SELECT id, file_name, file_url
                 FROM sharepoint_documents
                WHERE id = ranked.document_id
                  AND ($4::uuid IS NULL OR department_id = $4) AND ($5::uuid IS NULL OR country_id = $5)
               OFFSET 0) d
         ORDER BY ranked.citations DESC, ranked.document_id
         LIMIT $8
    ), missing AS (
        SELECT d.id, d.file_name, d.file_url
          FROM sharepoint_documents d
         WHERE {_READABLE} AND d.id NOT IN (SELECT document_id FROM cited)
           AND ($9::text IS NULL OR (d.file_name, d.id) > ($9, $10::uuid))
         ORDER BY d.file_name, d.id
         LIMIT $11
    ), shown AS (
        SELECT 'cited' AS part, id, file_name, file_url, citations FROM top
         UNION ALL
        SELECT 'missing', id, file_name, file_url, 0 FROM missing
    )
    SELECT part, id, file_name, file_url, citations, NULL::bigint AS documents,
           greatest((SELECT max(c.block) FROM usage_citations c
                      WHERE c.document_id = shown.id AND c.level = 0 AND c.citations > 0),
                    recent.block) AS last_cited
      FROM shown
      LEFT JOIN recent ON recent.document_id = shown.id
     UNION ALL
    SELECT 'counts', NULL, NULL, NULL, count(*) FILTER (WHERE d.id IN (SELECT document_id FROM cited)), count(*), NULL
      FROM sharepoint_documents d
     WHERE $12 AND {_READABLE}
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
    runs = runs_of(period)
    name, last = after or (None, None)
    rows = await connection.fetch(
        DOCUMENTS,
        [run.level for run in runs],
        [run.first for run in runs],
        [run.last for run in runs],
        within.department_id,
        within.country_id,
        period.first,
        period.last,
        most_cited,
        name,
        last,
        missing,
        counted,
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
