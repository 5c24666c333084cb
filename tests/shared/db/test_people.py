"""Users, departments and countries in a real PostgreSQL, as the app's own role."""

from uuid import uuid4

import asyncpg
import pytest

from shared.db import audit, people, scopes
from shared.db.pool import Db
from shared.domain.identity import EntraIdentity, Role
from shared.domain.ids import DepartmentId
from shared.errors import Conflict, Invalid


def identity(object_id: str, email: str = "alice@example.com") -> EntraIdentity:
    return EntraIdentity("tenant", object_id, email, "Alice")


async def sign_in(db: Db, who: EntraIdentity, *, as_admin: bool = False) -> people.User:
    async with db.transaction() as connection:
        return await people.record_sign_in(connection, who, as_admin=as_admin)


async def test_the_first_sign_in_creates_a_user_and_the_next_updates_it(db: Db) -> None:
    first = await sign_in(db, identity("a"))
    second = await sign_in(db, EntraIdentity("tenant", "a", "new@example.com", "Alice B."))
    assert second.id == first.id
    assert (second.email, second.display_name, second.role) == ("new@example.com", "Alice B.", Role.USER)


async def test_s03_the_same_address_with_another_object_id_is_another_person(db: Db) -> None:
    first = await sign_in(db, identity("a"))
    second = await sign_in(db, identity("b"))
    assert first.id != second.id
    async with db.connection() as connection:
        assert (await people.get_user(connection, first.id)).email is None
        assert (await people.get_user(connection, second.id)).email == "alice@example.com"


async def test_a_listed_administrator_is_super_admin_and_stays_one_at_later_sign_ins(db: Db) -> None:
    assert (await sign_in(db, identity("a"), as_admin=True)).role is Role.SUPER_ADMIN
    assert (await sign_in(db, identity("a"))).role is Role.SUPER_ADMIN


async def test_the_last_administrator_cannot_be_demoted(db: Db) -> None:
    admin = await sign_in(db, identity("a"), as_admin=True)
    with pytest.raises(Conflict, match="last administrator"):
        async with db.transaction() as connection:
            await people.update_user(
                connection, admin.id, role=Role.USER, department_id=None, country_id=None, is_active=True
            )


async def test_an_unknown_department_is_named(db: Db) -> None:
    user = await sign_in(db, identity("a"))
    with pytest.raises(Invalid, match="no such department"):
        async with db.transaction() as connection:
            await people.update_user(
                connection,
                user.id,
                role=Role.USER,
                department_id=DepartmentId(uuid4()),
                country_id=None,
                is_active=True,
            )


async def test_a_department_name_is_taken_once(db: Db) -> None:
    async with db.connection() as connection:
        await scopes.add_department(connection, "HR")
        with pytest.raises(Conflict, match="already is"):
            await scopes.add_department(connection, "HR")


async def test_s19_the_app_may_add_to_the_audit_log_but_change_nothing_in_it(db: Db) -> None:
    async with db.connection() as connection:
        await audit.record(connection, actor=None, action="sign_in", target=None, outcome="denied")
        for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        assert await connection.fetchval("SELECT count(*) FROM audit_log") == 1


async def test_the_apps_role_cannot_change_the_schema(db: Db) -> None:
    async with db.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("ALTER TABLE users ADD COLUMN x text")
