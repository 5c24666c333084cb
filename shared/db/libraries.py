"""Libraries under Nexus' care: registering, changing and removing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.ids import CountryId, DepartmentId, LibraryId, SyncRunId
from shared.domain.ledger import READ_AGAIN, Library
from shared.domain.scope_rules import ScopeRule, ScopeRules
from shared.errors import Conflict, FieldError, Invalid, NotFound

COLUMNS = """id, name, library_url, site_id, drive_id, department_id, country_id, enabled, status, error_message,
              last_sync_at, delta_token, page_link, final_link, lease_run_id, created_at, scope_rules, scope_seq,
              rescope_after, notice"""
_FROM_THE_START = UUID(int=0)


def library_of(row: Row) -> Library:
    return Library(
        id=row["id"],
        name=row["name"],
        library_url=row["library_url"],
        site_id=row["site_id"],
        drive_id=row["drive_id"],
        scope=Scope(row["department_id"], row["country_id"]),
        enabled=row["enabled"],
        status=row["status"],
        error_message=row["error_message"],
        last_sync_at=row["last_sync_at"],
        delta_link=row["delta_token"],
        page_link=row["page_link"],
        final_link=row["final_link"],
        lease_run_id=row["lease_run_id"],
        created_at=row["created_at"],
        scope_rules=ScopeRules(tuple(map(_rule, row["scope_rules"]))),
        scope_seq=row["scope_seq"],
        rescope_after=row["rescope_after"],
        notice=row["notice"],
    )


def _rule(stored: Mapping[str, Any]) -> ScopeRule:
    department, country = stored["department_id"], stored["country_id"]
    scope = Scope(DepartmentId(UUID(department)) if department else None, CountryId(UUID(country)) if country else None)
    return ScopeRule(stored["path_prefix"], scope)


def _stored(rules: ScopeRules) -> list[dict[str, Any]]:
    return [
        {
            "path_prefix": rule.path_prefix,
            "department_id": rule.scope.department_id,
            "country_id": rule.scope.country_id,
        }
        for rule in rules.rules
    ]


# As a foreign key would: locked until the rules are stored, so that nobody deletes it meanwhile.
NAMED_DEPARTMENTS = "SELECT id FROM departments WHERE id = ANY($1) FOR KEY SHARE"
NAMED_COUNTRIES = "SELECT id FROM countries WHERE id = ANY($1) FOR KEY SHARE"


async def require_known(connection: Connection, rules: ScopeRules) -> None:
    """Raises Invalid for a rule with an unknown department or country. Run in the transaction that stores them."""
    departments = {rule.scope.department_id for rule in rules.rules} - {None}
    countries = {rule.scope.country_id for rule in rules.rules} - {None}
    known = {None}
    if departments:
        known |= {row["id"] for row in await connection.fetch(NAMED_DEPARTMENTS, list(departments))}
    if countries:
        known |= {row["id"] for row in await connection.fetch(NAMED_COUNTRIES, list(countries))}
    for index, rule in enumerate(rules.rules):
        for what, named in (("department", rule.scope.department_id), ("country", rule.scope.country_id)):
            if named not in known:
                where = FieldError(f"/scope_rules/{index}/{what}_id", f"no such {what}")
                raise Invalid(f"There is no such {what}.", errors=(where,), code=f"{what}_not_found")


INSERT = f"""
    INSERT INTO sharepoint_sync_state
           (library_url, name, site_id, drive_id, department_id, country_id, enabled, scope_rules)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT DO NOTHING
    RETURNING {COLUMNS}
"""
STATUS_OF_SAME = "SELECT status FROM sharepoint_sync_state WHERE library_url = $1 OR drive_id = $2"


async def add(
    connection: Connection,
    address: LibraryAddress,
    scope: Scope,
    *,
    enabled: bool,
    scope_rules: ScopeRules = ScopeRules(),  # noqa: B008 - immutable
) -> Library:
    """Raises Conflict when the library is registered already, Invalid for an unknown department or country. Run in a
    transaction where there are rules."""
    await require_known(connection, scope_rules)
    try:
        row = await connection.fetchrow(
            INSERT,
            address.web_url,
            address.name,
            address.site_id,
            address.drive_id,
            scope.department_id,
            scope.country_id,
            enabled,
            _stored(scope_rules),
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    if row is not None:
        return library_of(row)
    if await connection.fetchval(STATUS_OF_SAME, address.web_url, address.drive_id) == "removing":
        raise Conflict(
            "This library is being removed. Register it again once its last passages are gone.",
            code="library_removing",
        )
    raise Conflict("This library is registered already.", code="library_exists")


def _unknown_scope(error: asyncpg.ForeignKeyViolationError) -> Invalid:
    what = "department" if "department" in str(error) else "country"
    return Invalid(f"There is no such {what}.", code=f"{what}_not_found")


GET = f"SELECT {COLUMNS} FROM sharepoint_sync_state WHERE id = $1"


async def get(connection: Connection, library_id: LibraryId) -> Library:
    row = await connection.fetchrow(GET, library_id)
    if row is None:
        raise NotFound("library")
    return library_of(row)


LIST = f"""
    SELECT {COLUMNS} FROM sharepoint_sync_state
     WHERE ($1::uuid IS NULL OR department_id = $1)
       AND ($2::uuid IS NULL OR country_id = $2)
       AND ($3::uuid IS NULL OR id > $3)
     ORDER BY id
     LIMIT $4
"""


async def list_all(
    connection: Connection, *, within: Scope, after: LibraryId | None = None, limit: int = 1000
) -> list[Library]:
    """`within` narrows to a content manager's own scope; an open axis does not narrow."""
    rows = await connection.fetch(LIST, within.department_id, within.country_id, after, limit)
    return [library_of(row) for row in rows]


# A changed scope or rule lets the ledger be compared with them from the start; nothing is read or embedded again.
UPDATE = f"""
    UPDATE sharepoint_sync_state
       SET department_id = $2, country_id = $3, enabled = $4, scope_rules = $5,
           scope_seq = CASE WHEN (department_id, country_id, scope_rules) IS DISTINCT FROM ($2, $3, $5)
                            THEN scope_seq + 1 ELSE scope_seq END,
           rescope_after = CASE WHEN (department_id, country_id, scope_rules) IS DISTINCT FROM ($2, $3, $5)
                                THEN $6 ELSE rescope_after END
     WHERE id = $1 AND status <> 'removing'
    RETURNING {COLUMNS}
"""


async def update(
    connection: Connection,
    library_id: LibraryId,
    scope: Scope,
    *,
    enabled: bool,
    scope_rules: ScopeRules | None = None,
) -> Library:
    """Rules that are not given stay. Raises NotFound, Conflict for a library that is being removed, Invalid for an
    unknown department or country. Run in a transaction."""
    before = await lock(connection, library_id)
    if before.is_removing:
        raise removing()
    rules = before.scope_rules if scope_rules is None else scope_rules
    await require_known(connection, rules)
    try:
        row = await connection.fetchrow(
            UPDATE, library_id, scope.department_id, scope.country_id, enabled, _stored(rules), _FROM_THE_START
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    assert row is not None
    return library_of(row)


def removing() -> Conflict:
    return Conflict("This library is being removed.", code="library_removing")


LOCK = f"SELECT {COLUMNS} FROM sharepoint_sync_state WHERE id = $1 FOR UPDATE"


async def lock(connection: Connection, library_id: LibraryId) -> Library:
    """The library, unchanged by others until the transaction ends. Raises NotFound."""
    row = await connection.fetchrow(LOCK, library_id)
    if row is None:
        raise NotFound("library")
    return library_of(row)


RESCOPED = """
    UPDATE sharepoint_sync_state SET rescope_after = $4
     WHERE id = $1 AND scope_seq = $2 AND rescope_after = $3
"""


async def rescoped(connection: Connection, library: Library, upto: UUID | None) -> None:
    """The documents up to this one stand as scope and rules say; all do when None. Nothing happens when those changed
    meanwhile: then the comparison has begun anew."""
    await connection.execute(RESCOPED, library.id, library.scope_seq, library.rescope_after, upto)


BEGIN_REMOVAL = """
    UPDATE sharepoint_sync_state
       SET status = 'removing', enabled = false, error_message = NULL, notice = NULL, page_link = NULL,
           final_link = NULL, rescope_after = NULL
     WHERE id = $1 AND status <> 'removing'
    RETURNING id
"""


async def begin_removal(connection: Connection, library_id: LibraryId) -> bool:
    """False for one that is being removed already. From here on nothing of it is read, and its documents go."""
    return await connection.fetchval(BEGIN_REMOVAL, library_id) is not None


DELETE = """
    DELETE FROM sharepoint_sync_state l
     WHERE l.id = $1 AND l.status = 'removing' AND l.lease_run_id = $2
       AND NOT EXISTS (SELECT FROM sharepoint_documents d WHERE d.library_id = l.id)
    RETURNING l.id
"""


async def delete(connection: Connection, library_id: LibraryId, run_id: SyncRunId) -> bool:
    """The end of a removal: with the library go its folders and sync runs. False while it has a document."""
    return await connection.fetchval(DELETE, library_id, run_id) is not None


@dataclass(frozen=True, slots=True)
class Due:
    """A library that the timer visits: to be crawled, or only to drain what is left to do for it."""

    library_id: LibraryId
    to_crawl: bool


DUE = f"""
    SELECT l.id, l.enabled
      FROM sharepoint_sync_state l
     WHERE l.enabled OR l.status = 'removing' OR l.rescope_after IS NOT NULL
        OR EXISTS (SELECT FROM sharepoint_documents d WHERE d.library_id = l.id
                      AND (d.todo = 'remove' OR (d.todo = 'relabel' AND d.path IS NOT NULL)
                           OR (d.todo = 'ingest' AND d.path IS NOT NULL AND d.pipeline_version = '{READ_AGAIN}')))
     ORDER BY l.id
"""


async def due(connection: Connection) -> list[Due]:
    return [Due(*row) for row in await connection.fetch(DUE)]
