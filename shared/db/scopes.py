"""Departments and countries: the two axes of every scope."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row, violated
from shared.domain.ids import CountryId, DepartmentId
from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Department:
    id: DepartmentId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Country:
    """`code` is ISO 3166-1 alpha-2."""

    id: CountryId
    code: str
    name: str
    created_at: datetime


# Who refers to a department or country, by the foreign key that keeps it from being deleted.
_USED_BY = {
    "users_department_id_fkey": "people",
    "users_country_id_fkey": "people",
    "sharepoint_sync_state_department_id_fkey": "libraries",
    "sharepoint_sync_state_country_id_fkey": "libraries",
    "sharepoint_documents_department_id_fkey": "documents",
    "sharepoint_documents_country_id_fkey": "documents",
}


def _in_use(what: str, error: asyncpg.ForeignKeyViolationError) -> Conflict:
    by = _USED_BY.get(violated(error), "others")
    return Conflict(f"This {what} is in use by {by}. Give them another one first.", code=f"{what}_in_use")


# --- departments ---------------------------------------------------------------------------------------------------

LIST_DEPARTMENTS = """
    SELECT id, name, created_at FROM departments
     WHERE $1::text IS NULL OR (lower(name), id) > (lower($1), $2::uuid)
     ORDER BY lower(name), id
     LIMIT $3
"""


async def list_departments(
    connection: Connection, *, after: tuple[str, UUID] | None = None, limit: int
) -> list[Department]:
    """By name; `after` is the last one of the page before."""
    name, last = after or (None, None)
    return [Department(*row) for row in await connection.fetch(LIST_DEPARTMENTS, name, last, limit)]


INSERT_DEPARTMENT = "INSERT INTO departments (name) VALUES ($1) RETURNING id, name, created_at"


async def add_department(connection: Connection, name: str) -> Department:
    """Raises Conflict when the name is taken."""
    try:
        return _department(await connection.fetchrow(INSERT_DEPARTMENT, name))
    except asyncpg.UniqueViolationError as error:
        raise _department_exists(name) from error


# Changing a name takes this lock, too: what is read here is what the change replaces.
LOCK_DEPARTMENT = "SELECT id, name, created_at FROM departments WHERE id = $1 FOR UPDATE"
RENAME_DEPARTMENT = "UPDATE departments SET name = $2 WHERE id = $1 RETURNING id, name, created_at"


async def rename_department(
    connection: Connection, department_id: DepartmentId, name: str
) -> tuple[Department, Department]:
    """Before and after. Raises NotFound, Conflict when the name is taken. Run in a transaction."""
    before = _department(await connection.fetchrow(LOCK_DEPARTMENT, department_id))
    try:
        return before, _department(await connection.fetchrow(RENAME_DEPARTMENT, department_id, name))
    except asyncpg.UniqueViolationError as error:
        raise _department_exists(name) from error


DELETE_DEPARTMENT = "DELETE FROM departments WHERE id = $1 RETURNING id, name, created_at"


async def delete_department(connection: Connection, department_id: DepartmentId) -> Department:
    """What was deleted. Raises NotFound, Conflict while a person, library or document has it."""
    try:
        return _department(await connection.fetchrow(DELETE_DEPARTMENT, department_id))
    except asyncpg.ForeignKeyViolationError as error:
        raise _in_use("department", error) from error


DEPARTMENT_NAMED = "SELECT id, name, created_at FROM departments WHERE name = $1"
ENSURE_DEPARTMENT = """
    INSERT INTO departments (name) VALUES ($1)
    ON CONFLICT ON CONSTRAINT departments_name_key DO NOTHING
    RETURNING id, name, created_at
"""


async def ensure_department(connection: Connection, name: str) -> tuple[Department, bool]:
    """The department of that name, and whether it had to be made."""
    if found := await connection.fetchrow(DEPARTMENT_NAMED, name):
        return Department(*found), False
    if made := await connection.fetchrow(ENSURE_DEPARTMENT, name):
        return Department(*made), True
    # made by someone else in between
    return _department(await connection.fetchrow(DEPARTMENT_NAMED, name)), False


def _department(row: Row | None) -> Department:
    if row is None:
        raise NotFound("department")
    return Department(*row)


def _department_exists(name: str) -> Conflict:
    return Conflict(f"There already is a department {name!r}.", code="department_exists")


# --- countries -----------------------------------------------------------------------------------------------------

LIST_COUNTRIES = """
    SELECT id, code, name, created_at FROM countries
     WHERE $1::text IS NULL OR code > $1
     ORDER BY code
     LIMIT $2
"""


async def list_countries(connection: Connection, *, after: tuple[str, UUID] | None = None, limit: int) -> list[Country]:
    """By code; `after` is the last one of the page before."""
    code = after[0] if after else None
    return [Country(*row) for row in await connection.fetch(LIST_COUNTRIES, code, limit)]


INSERT_COUNTRY = "INSERT INTO countries (code, name) VALUES ($1, $2) RETURNING id, code, name, created_at"


async def add_country(connection: Connection, code: str, name: str) -> Country:
    """Raises Conflict when the code is taken."""
    try:
        return _country(await connection.fetchrow(INSERT_COUNTRY, code, name))
    except asyncpg.UniqueViolationError as error:
        raise _country_exists(code) from error


LOCK_COUNTRY = "SELECT id, code, name, created_at FROM countries WHERE id = $1 FOR UPDATE"
UPDATE_COUNTRY = """
    UPDATE countries SET code = coalesce($2, code), name = coalesce($3, name)
     WHERE id = $1
    RETURNING id, code, name, created_at
"""


async def change_country(
    connection: Connection, country_id: CountryId, *, code: str | None, name: str | None
) -> tuple[Country, Country]:
    """Before and after; None keeps. Raises NotFound, Conflict when the code is taken. Run in a transaction."""
    before = _country(await connection.fetchrow(LOCK_COUNTRY, country_id))
    try:
        return before, _country(await connection.fetchrow(UPDATE_COUNTRY, country_id, code, name))
    except asyncpg.UniqueViolationError as error:
        raise _country_exists(str(code)) from error


DELETE_COUNTRY = "DELETE FROM countries WHERE id = $1 RETURNING id, code, name, created_at"


async def delete_country(connection: Connection, country_id: CountryId) -> Country:
    """What was deleted. Raises NotFound, Conflict while a person, library or document has it."""
    try:
        return _country(await connection.fetchrow(DELETE_COUNTRY, country_id))
    except asyncpg.ForeignKeyViolationError as error:
        raise _in_use("country", error) from error


COUNTRY_WITH_CODE = "SELECT id, code, name, created_at FROM countries WHERE code = $1"
ENSURE_COUNTRY = """
    INSERT INTO countries (code, name) VALUES ($1, $2)
    ON CONFLICT ON CONSTRAINT countries_code_key DO NOTHING
    RETURNING id, code, name, created_at
"""


async def ensure_country(connection: Connection, code: str, name: str) -> tuple[Country, bool]:
    """The country of that code, and whether it had to be made, with `name`."""
    if found := await connection.fetchrow(COUNTRY_WITH_CODE, code):
        return Country(*found), False
    if made := await connection.fetchrow(ENSURE_COUNTRY, code, name):
        return Country(*made), True
    return _country(await connection.fetchrow(COUNTRY_WITH_CODE, code)), False


def _country(row: Row | None) -> Country:
    if row is None:
        raise NotFound("country")
    return Country(*row)


def _country_exists(code: str) -> Conflict:
    return Conflict(f"There already is a country {code}.", code="country_exists")
