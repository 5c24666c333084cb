"""Users, departments, countries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row
from shared.domain.identity import Caller, EntraIdentity, Role
from shared.domain.ids import CountryId, DepartmentId, UserId
from shared.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Department:
    id: DepartmentId
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Country:
    id: CountryId
    code: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    email: str | None
    display_name: str
    role: Role
    is_active: bool
    department: Department | None
    country: Country | None
    created_at: datetime
    last_login_at: datetime | None

    @property
    def caller(self) -> Caller:
        return Caller(
            self.id,
            self.role,
            self.department.id if self.department else None,
            self.country.id if self.country else None,
        )


_USER = """
    SELECT u.id, u.email, u.display_name, u.role, u.is_active, u.created_at, u.last_login_at,
           d.id AS d_id, d.name AS d_name, d.created_at AS d_created_at,
           c.id AS c_id, c.code AS c_code, c.name AS c_name, c.created_at AS c_created_at
      FROM users u
      LEFT JOIN departments d ON d.id = u.department_id
      LEFT JOIN countries c ON c.id = u.country_id
"""


def _user(row: Row) -> User:
    department = Department(row["d_id"], row["d_name"], row["d_created_at"]) if row["d_id"] else None
    country = Country(row["c_id"], row["c_code"], row["c_name"], row["c_created_at"]) if row["c_id"] else None
    return User(
        id=row["id"],
        email=row["email"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        is_active=row["is_active"],
        department=department,
        country=country,
        created_at=row["created_at"],
        last_login_at=row["last_login_at"],
    )


GET_USER = _USER + "WHERE u.id = $1"


async def get_user(connection: Connection, user_id: UserId) -> User:
    row = await connection.fetchrow(GET_USER, user_id)
    if row is None:
        raise NotFound("user")
    return _user(row)


# An address belongs to whoever signs in with it now: it is taken from the account that had it before.
RELEASE_EMAIL = """
    UPDATE users SET email = NULL
     WHERE email = $1 AND entra_id <> $2
"""

RECORD_SIGN_IN = """
    INSERT INTO users (entra_id, email, display_name, role, last_login_at)
    VALUES ($1, $2, $3, $4, now())
    ON CONFLICT ON CONSTRAINT users_entra_id_key DO UPDATE
       SET email = excluded.email,
           display_name = excluded.display_name,
           last_login_at = excluded.last_login_at,
           role = CASE WHEN excluded.role = 'super_admin' THEN 'super_admin' ELSE users.role END
    RETURNING id
"""


async def record_sign_in(connection: Connection, identity: EntraIdentity, *, as_admin: bool) -> User:
    """Creates the user at the first sign-in, refreshes name, address and time at later ones. Run in a transaction."""
    email = identity.email.lower() or None
    await connection.execute(RELEASE_EMAIL, email, identity.entra_id)
    role = Role.SUPER_ADMIN if as_admin else Role.USER
    user_id: Any = await connection.fetchval(
        RECORD_SIGN_IN, identity.entra_id, email, identity.display_name, role.value
    )
    return await get_user(connection, user_id)


LIST_USERS = (
    _USER
    + """
     WHERE ($1::text IS NULL OR u.email ILIKE '%' || $1 || '%' OR u.display_name ILIKE '%' || $1 || '%')
       AND ($2::text IS NULL OR u.role = $2)
       AND ($3::uuid IS NULL OR u.department_id = $3)
       AND ($4::uuid IS NULL OR u.id > $4)
     ORDER BY u.id
     LIMIT $5
"""
)


async def list_users(
    connection: Connection,
    *,
    search: str | None,
    role: Role | None,
    department_id: DepartmentId | None,
    after: UUID | None,
    limit: int,
) -> list[User]:
    rows = await connection.fetch(LIST_USERS, search, role.value if role else None, department_id, after, limit)
    return [_user(row) for row in rows]


UPDATE_USER = """
    UPDATE users
       SET role = $2, department_id = $3, country_id = $4, is_active = $5
     WHERE id = $1
"""

# Locks the other administrators' rows, so that two changes at once cannot each believe the other stays.
OTHER_ADMINS = """
    SELECT id FROM users
     WHERE role = 'super_admin' AND is_active AND id <> $1
     ORDER BY id
       FOR UPDATE
"""


async def update_user(
    connection: Connection,
    user_id: UserId,
    *,
    role: Role,
    department_id: DepartmentId | None,
    country_id: CountryId | None,
    is_active: bool,
) -> User:
    """Raises Conflict when it would leave no active super_admin. Run in a transaction."""
    before = await get_user(connection, user_id)
    loses_admin = (
        before.role is Role.SUPER_ADMIN and before.is_active and (role is not Role.SUPER_ADMIN or not is_active)
    )
    if loses_admin and not await connection.fetch(OTHER_ADMINS, user_id):
        raise Conflict("This is the last administrator. Make someone else super_admin first.", code="last_super_admin")
    try:
        await connection.execute(UPDATE_USER, user_id, role.value, department_id, country_id, is_active)
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    return await get_user(connection, user_id)


def _unknown_scope(error: asyncpg.ForeignKeyViolationError) -> Invalid:
    what = "department" if "department" in str(error) else "country"
    return Invalid(f"There is no such {what}.", code=f"{what}_not_found")


LIST_DEPARTMENTS = "SELECT id, name, created_at FROM departments ORDER BY lower(name), id"
INSERT_DEPARTMENT = "INSERT INTO departments (name) VALUES ($1) RETURNING id, name, created_at"


async def list_departments(connection: Connection) -> list[Department]:
    return [Department(*row) for row in await connection.fetch(LIST_DEPARTMENTS)]


async def add_department(connection: Connection, name: str) -> Department:
    try:
        row = await connection.fetchrow(INSERT_DEPARTMENT, name)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There already is a department {name!r}.", code="department_exists") from error
    assert row is not None
    return Department(*row)


LIST_COUNTRIES = "SELECT id, code, name, created_at FROM countries ORDER BY code"
INSERT_COUNTRY = "INSERT INTO countries (code, name) VALUES ($1, $2) RETURNING id, code, name, created_at"


async def list_countries(connection: Connection) -> list[Country]:
    return [Country(*row) for row in await connection.fetch(LIST_COUNTRIES)]


async def add_country(connection: Connection, code: str, name: str) -> Country:
    try:
        row = await connection.fetchrow(INSERT_COUNTRY, code, name)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There already is a country {code}.", code="country_exists") from error
    assert row is not None
    return Country(*row)
