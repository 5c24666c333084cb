"""Documents as administrators list, search and count them.

Statements are put together from the conditions that a filter has, and from no others: PostgreSQL then sees which of
the indexes of migration 0005 gives the rows in order. One statement with `$1 IS NULL OR …` for every filter would be
planned once for all of them, as a scan of everything.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId
from shared.domain.ledger import Todo
from shared.errors import NotFound

# A document that was switched off is shown as inactive, whatever came of indexing it.
type ShownStatus = Literal["indexed", "pending", "skipped", "failed", "inactive"]

_EVERYWHERE = Scope(None, None)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """None narrows nothing. `search` is found anywhere in the path, letter for letter but for case; `within` is how
    far the administrator's hand reaches."""

    library_id: LibraryId | None = None
    status: ShownStatus | None = None
    reason_code: str | None = None
    search: str | None = None
    within: Scope = _EVERYWHERE


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """`passages` is how many the current version has; `created_at` is when a sync first brought the file."""

    id: DocumentId
    library_id: LibraryId
    library_name: str
    file_name: str
    file_url: str
    path: str | None
    file_type: str
    file_size: int
    status: ShownStatus
    reason_code: str | None
    reason: str | None
    todo: Todo | None
    attempts: int
    retry_at: datetime | None
    passages: int
    page_count: int | None
    language: str | None
    department_id: DepartmentId | None
    department: str | None
    country_id: CountryId | None
    country: str | None
    is_active: bool
    last_modified: datetime | None
    ingested_at: datetime | None
    created_at: datetime

    @property
    def scope(self) -> Scope:
        return Scope(self.department_id, self.country_id)


@dataclass(frozen=True, slots=True)
class DocumentCount:
    status: ShownStatus
    reason_code: str | None
    documents: int


_SELECT: LiteralString = """
    SELECT d.id, d.library_id, l.name AS library_name, d.file_name, d.file_url, d.path, d.file_type, d.file_size,
           CASE WHEN d.is_active THEN d.status ELSE 'inactive' END AS status,
           d.reason_code, d.reason, d.todo, d.attempts, d.retry_at, jsonb_array_length(d.qdrant_point_ids) AS passages,
           d.page_count, d.language, d.department_id, p.name AS department, d.country_id, c.name AS country,
           d.is_active, d.last_modified, d.ingested_at, d.created_at
      FROM sharepoint_documents d
      JOIN sharepoint_sync_state l ON l.id = d.library_id
      LEFT JOIN departments p ON p.id = d.department_id
      LEFT JOIN countries c ON c.id = d.country_id
"""

_PLACES: tuple[LiteralString, ...] = ("$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8")

# Written out, so that PostgreSQL can tell that they fit its partial indexes.
_WITH_STATUS: dict[ShownStatus, LiteralString] = {
    "indexed": "d.is_active AND d.status = 'indexed'",
    "pending": "d.is_active AND d.status = 'pending'",
    "skipped": "d.is_active AND d.status = 'skipped'",
    "failed": "d.is_active AND d.status = 'failed'",
    "inactive": "NOT d.is_active",
}


class _Conditions:
    """Conditions with the values of their places, in order."""

    def __init__(self, wanted: DocumentFilter) -> None:
        self.values: list[Any] = []
        # What is being removed may answer for some moments more, and is nothing to administer.
        self._parts: list[LiteralString] = [
            "d.library_id NOT IN (SELECT id FROM sharepoint_sync_state WHERE status = 'removing')"
        ]
        if wanted.library_id is not None:
            self.add("d.library_id = ", wanted.library_id)
        if wanted.within.department_id is not None:
            self.add("d.department_id = ", wanted.within.department_id)
        if wanted.within.country_id is not None:
            self.add("d.country_id = ", wanted.within.country_id)
        if wanted.status is not None:
            self._parts.append(_WITH_STATUS[wanted.status])
        if wanted.reason_code is not None:
            self.add("d.reason_code = ", wanted.reason_code)
        if wanted.search is not None:
            # strpos, not LIKE: it has no wildcards that would have to be escaped
            self._parts.append(f"strpos(lower(coalesce(d.path, d.file_name)), lower({self.place(wanted.search)})) > 0")

    def place(self, value: Any) -> LiteralString:
        self.values.append(value)
        return _PLACES[len(self.values) - 1]

    def add(self, condition: LiteralString, value: Any) -> None:
        self._parts.append(condition + self.place(value))

    def after(self, name: str, last_id: UUID) -> None:
        self._parts.append(f"(d.file_name, d.id) > ({self.place(name)}, {self.place(last_id)})")

    @property
    def where(self) -> LiteralString:
        return "WHERE " + " AND ".join(self._parts) if self._parts else ""


def listing(wanted: DocumentFilter, *, after: tuple[str, UUID] | None, limit: int) -> tuple[LiteralString, list[Any]]:
    """The statement of `list_all`, and its values."""
    conditions = _Conditions(wanted)
    if after is not None:
        conditions.after(*after)
    limited = conditions.place(limit)
    if wanted.search is None:
        return _SELECT + conditions.where + f" ORDER BY d.file_name, d.id LIMIT {limited}", conditions.values
    # Nothing but an index of letter triples would find letters anywhere in a text, and pg_trgm is not to be had on
    # every server. Told to go by names, PostgreSQL would fetch row after row in that order until a page is full, for
    # rare letters all of them; one pass over the table as it lies takes a third of that, whatever is searched for.
    found: LiteralString = f"""
        WITH found AS MATERIALIZED (SELECT d.id, d.file_name FROM sharepoint_documents d {conditions.where}),
             page AS (SELECT id FROM found ORDER BY file_name, id LIMIT {limited})
    """
    return found + _SELECT + "WHERE d.id IN (SELECT id FROM page) ORDER BY d.file_name, d.id", conditions.values


async def list_all(
    connection: Connection, wanted: DocumentFilter, *, after: tuple[str, UUID] | None, limit: int
) -> list[ListedDocument]:
    """By file name, then id: a page that follows another neither repeats nor leaves out what stayed."""
    statement, values = listing(wanted, after=after, limit=limit)
    return [_listed(row) for row in await connection.fetch(statement, *values)]


async def counts(connection: Connection, wanted: DocumentFilter) -> list[DocumentCount]:
    """How many documents of each status and reason the filter has; those of most documents first."""
    conditions = _Conditions(wanted)
    statement = (
        """
        SELECT CASE WHEN d.is_active THEN d.status ELSE 'inactive' END AS status,
               CASE WHEN d.is_active THEN d.reason_code END AS reason_code,
               count(*) AS documents
          FROM sharepoint_documents d
        """
        + conditions.where
        + " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    return [DocumentCount(*row) for row in await connection.fetch(statement, *conditions.values)]


GET = _SELECT + "WHERE d.id = $1"


async def get(connection: Connection, document_id: DocumentId) -> ListedDocument:
    row = await connection.fetchrow(GET, document_id)
    if row is None:
        raise NotFound("document")
    return _listed(row)


def _listed(row: Row) -> ListedDocument:
    columns: dict[str, Any] = dict(row)
    columns["todo"] = Todo(columns["todo"]) if columns["todo"] else None
    return ListedDocument(**columns)
