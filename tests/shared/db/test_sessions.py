"""S06: the database itself ends a user's sessions when something changes that they were given for."""

from uuid import uuid4

import pytest

from shared.db import people, sessions
from shared.db.pool import Db
from shared.domain.identity import EntraIdentity
from shared.domain.ids import UserId
from shared.errors import NotFound

BERTA = EntraIdentity("tenant", "object", "berta@northwind.example", "Berta")


async def signed_in(db: Db, *, as_admin: bool = False) -> people.User:
    async with db.transaction() as connection:
        return await people.record_sign_in(connection, BERTA, as_admin=as_admin)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ("role = 'content_manager'", True),
        ("department_id = (SELECT id FROM departments)", True),
        ("country_id = (SELECT id FROM countries)", True),
        ("is_active = false", True),
        ("role = 'super_admin', is_active = false", True),
        ("role = role, department_id = NULL, country_id = NULL, is_active = true", False),
        ("display_name = 'Berta B.', email = NULL, last_login_at = now()", False),
    ],
)
async def test_the_epoch_moves_with_role_scope_and_activity_only(db: Db, change: str, moves: bool) -> None:
    async with db.transaction() as connection:
        await connection.execute("INSERT INTO departments (name) VALUES ('HR')")
        await connection.execute("INSERT INTO countries (code, name) VALUES ('DE', 'Germany')")
    before = await signed_in(db)
    async with db.transaction() as connection:
        await connection.execute("UPDATE users SET " + change + " WHERE id = $1", before.id)  # noqa: S608 - of this file
        after = await people.get_user(connection, before.id)
    assert after.session_epoch - before.session_epoch == int(moves)


async def test_signing_in_again_ends_nothing_and_becoming_an_administrator_does(db: Db) -> None:
    first = await signed_in(db)
    assert (await signed_in(db)).session_epoch == first.session_epoch
    assert (await signed_in(db, as_admin=True)).session_epoch == first.session_epoch + 1


async def test_all_sessions_of_a_user_are_ended(db: Db) -> None:
    user = await signed_in(db)
    async with db.transaction() as connection:
        await sessions.end_all(connection, user.id)
        assert (await people.get_user(connection, user.id)).session_epoch == user.session_epoch + 1
        with pytest.raises(NotFound):
            await sessions.end_all(connection, UserId(uuid4()))
