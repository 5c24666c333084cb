"""Users: who they are, what role they have, where they belong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.db.pool import Connection, Row, violated
from shared.db.scopes import Country, Department
from shared.domain.identity import Caller, EntraIdentity, Role
from shared.domain.ids import CountryId, DepartmentId, UserId
from shared.errors import Conflict, Invalid, NotFound


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
    # moves when the user's sessions end (shared/db/sessions.py)
    session_epoch: int

    @property
    def caller(self) -> Caller:
        return Caller(
            self.id,
            self.role,
            self.department.id if self.department else None,
            self.country.id if self.country else None,
        )


_USER = """
    SELECT u.id, u.email, u.display_name, u.role, u.is_active, u.created_at, u.last_login_at, u.session_epoch,
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
        session_epoch=row["session_epoch"],
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
     WHERE ($1::text IS NULL OR strpos(lower(u.email), lower($1)) > 0 OR strpos(lower(u.display_name), lower($1)) > 0)
       AND ($2::text IS NULL OR u.role = $2)
       AND ($3::uuid IS NULL OR u.department_id = $3)
       AND ($4::uuid IS NULL OR u.country_id = $4)
       AND ($5::boolean IS NULL OR u.is_active = $5)
       AND ($6::text IS NULL OR (lower(u.display_name), u.id) > (lower($6), $7::uuid))
     ORDER BY lower(u.display_name), u.id
     LIMIT $8
"""
)


async def list_users(
    connection: Connection,
    *,
    search: str | None = None,
    role: Role | None = None,
    department_id: DepartmentId | None = None,
    country_id: CountryId | None = None,
    is_active: bool | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int,
) -> list[User]:
    """By name; every filter narrows. `search` is found anywhere in name or address, letter for letter but for case."""
    name, last = after or (None, None)
    rows = await connection.fetch(
        LIST_USERS, search, role.value if role else None, department_id, country_id, is_active, name, last, limit
    )
    return [_user(row) for row in rows]


# Whoever takes an administrator away holds the rows of all of them first, always in the same order: of two who demote
# each other at once the second waits, looks again, and finds itself the last.
LOCK_WITH_ADMINS = """
    SELECT id FROM users
     WHERE id = $1 OR (role = 'super_admin' AND is_active)
     ORDER BY id
       FOR UPDATE
"""


async def lock_user(connection: Connection, user_id: UserId) -> tuple[User, bool]:
    """The user as it is until the transaction ends, and whether it is the last active super_admin. Raises NotFound."""
    await connection.fetch(LOCK_WITH_ADMINS, user_id)
    user = await get_user(connection, user_id)
    is_admin = user.role is Role.SUPER_ADMIN and user.is_active
    return user, is_admin and not await connection.fetchval(OTHER_ADMINS, user_id)


OTHER_ADMINS = "SELECT count(*) FROM users WHERE role = 'super_admin' AND is_active AND id <> $1"

UPDATE_USER = """
    UPDATE users
       SET role = $2, department_id = $3, country_id = $4, is_active = $5
     WHERE id = $1
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
    """Raises NotFound, Invalid for an unknown department or country, and Conflict when it would leave no active
    super_admin. Run in a transaction."""
    _, is_last_admin = await lock_user(connection, user_id)
    if is_last_admin and (role is not Role.SUPER_ADMIN or not is_active):
        raise Conflict("This is the last administrator. Make someone else super_admin first.", code="last_super_admin")
    try:
        await connection.execute(UPDATE_USER, user_id, role.value, department_id, country_id, is_active)
    except asyncpg.ForeignKeyViolationError as error:
        raise _unknown_scope(error) from error
    return await get_user(connection, user_id)


def _unknown_scope(error: asyncpg.ForeignKeyViolationError) -> Invalid:
    what = "department" if violated(error) == "users_department_id_fkey" else "country"
    return Invalid(f"There is no such {what}.", code=f"{what}_not_found")
