"""Role and scope from Entra, in a real database."""

import json
from typing import Any

import pytest

from shared.db import audit, people, scopes
from shared.db.people import User
from shared.db.pool import Db
from shared.domain.identity import EntraIdentity, Role
from shared.domain.role_mapping import RoleMapping
from shared.errors import Unavailable
from shared.services.placing import Placing

HR = "11111111-1111-4111-8111-111111111111"
MAPPING = RoleMapping.parse(
    json.dumps(
        {
            "roles": {"Nexus.Admin": {"role": "super_admin"}},
            "groups": {HR: {"department": "HR", "country": "DE", "role": "content_manager"}},
        }
    )
)


class Groups:
    """A directory that knows one answer."""

    def __init__(self, *groups: str, away: bool = False) -> None:
        self.groups = groups
        self.away = away
        self.asked: list[tuple[str, str]] = []

    async def group_ids(self, tenant_id: str, object_id: str) -> tuple[str, ...]:
        self.asked.append((tenant_id, object_id))
        if self.away:
            raise Unavailable("graph")
        return self.groups


def identity(name: str = "alice", **claims: Any) -> EntraIdentity:
    return EntraIdentity("tenant", name, f"{name}@example.com", name.title(), **claims)


async def sign_in(db: Db, placing: Placing, who: EntraIdentity, *, as_admin: bool = False) -> User:
    who = await placing.with_groups(who)
    async with db.transaction() as connection:
        user = await people.record_sign_in(connection, who, as_admin=as_admin)
    return await placing.place(user, who, as_admin=as_admin, correlation_id="c")


def place(user: User) -> tuple[Role, str | None, str | None]:
    return (
        user.role,
        user.department.name if user.department else None,
        user.country.code if user.country else None,
    )


async def trail(db: Db) -> list[tuple[str, str, dict[str, Any]]]:
    async with db.connection() as connection:
        entries = await audit.entries(connection, limit=100)
    return [(entry.action, entry.outcome, entry.detail) for entry in reversed(entries)]


async def test_the_first_sign_in_gives_role_and_scope_and_makes_what_is_missing(db: Db) -> None:
    placing = Placing(db, Groups(), MAPPING)
    user = await sign_in(db, placing, identity(roles=(), groups=(HR,)))
    assert place(user) == (Role.CONTENT_MANAGER, "HR", "DE")
    assert user.country is not None
    assert user.country.name == "Germany"
    made, also_made, changed = await trail(db)
    assert made == ("department.create", "ok", {"by": "role_mapping", "name": "HR"})
    assert also_made == ("country.create", "ok", {"by": "role_mapping", "code": "DE"})
    assert changed[2]["before"] == {"role": "user", "department_id": None, "country_id": None}
    assert changed[2]["after"]["role"] == "content_manager"
    assert user.department is not None
    assert changed[2]["after"]["department_id"] == str(user.department.id)
    assert "example.com" not in json.dumps(await trail(db))


async def test_what_is_there_is_used_and_an_unchanged_place_is_not_written_again(db: Db) -> None:
    async with db.connection() as connection:
        department = await scopes.add_department(connection, "HR")
    placing = Placing(db, Groups(), MAPPING)
    first = await sign_in(db, placing, identity(roles=(), groups=(HR,)))
    assert first.department == department
    entries = len(await trail(db))
    second = await sign_in(db, placing, identity(roles=(), groups=(HR,)))
    assert second.session_epoch == first.session_epoch
    assert len(await trail(db)) == entries


async def test_empty_claims_demote_and_missing_ones_do_not(db: Db) -> None:
    placing = Placing(db, Groups(), MAPPING)
    await sign_in(db, placing, identity("root"), as_admin=True)
    await sign_in(db, placing, identity(roles=("Nexus.Admin",), groups=(HR,)))
    missing = await sign_in(db, placing, identity())
    assert place(missing) == (Role.SUPER_ADMIN, "HR", "DE")
    empty = await sign_in(db, placing, identity(roles=(), groups=()))
    assert place(empty) == (Role.USER, None, None)
    # S06: the sessions of before are void
    assert empty.session_epoch > missing.session_epoch


async def test_bootstrap_administrators_stay_whatever_the_claims_say(db: Db) -> None:
    placing = Placing(db, Groups(), MAPPING)
    user = await sign_in(db, placing, identity("root", roles=(), groups=(HR,)), as_admin=True)
    assert place(user) == (Role.SUPER_ADMIN, "HR", "DE")


async def test_the_last_administrator_is_kept_and_that_is_audited(db: Db) -> None:
    placing = Placing(db, Groups(), MAPPING)
    await sign_in(db, placing, identity(roles=("Nexus.Admin",), groups=(HR,)))
    user = await sign_in(db, placing, identity(roles=(), groups=()))
    # the scope is taken away all the same
    assert place(user) == (Role.SUPER_ADMIN, None, None)
    refused = [(outcome, detail["code"]) for _, outcome, detail in await trail(db) if outcome != "ok"]
    assert refused == [("denied", "last_super_admin")]


async def test_groups_that_had_no_room_in_the_token_are_looked_up(db: Db) -> None:
    directory = Groups(HR)
    placing = Placing(db, directory, MAPPING)
    user = await sign_in(db, placing, identity(roles=(), groups_overage=True))
    assert place(user) == (Role.CONTENT_MANAGER, "HR", "DE")
    assert directory.asked == [("tenant", "alice")]


async def test_nobody_is_let_in_on_groups_that_cannot_be_looked_up(db: Db) -> None:
    placing = Placing(db, Groups(HR, away=True), MAPPING)
    with pytest.raises(Unavailable):
        await sign_in(db, placing, identity(roles=(), groups_overage=True))


@pytest.mark.parametrize("text", [None, '{"roles": {"Nexus.Admin": {"role": "super_admin"}}}'])
async def test_where_groups_mean_nothing_the_directory_is_not_asked(db: Db, text: str | None) -> None:
    directory = Groups(HR, away=True)
    placing = Placing(db, directory, RoleMapping.parse(text) if text else None)
    user = await sign_in(db, placing, identity(roles=("Nexus.Admin",), groups_overage=True))
    assert directory.asked == []
    assert user.role is (Role.SUPER_ADMIN if text else Role.USER)
