"""Departments, countries, people and the audit log, as administrators use them."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import libraries, people, scopes
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.identity import Role
from tests.security.in_process import Api, Someone, in_process


@pytest.fixture
async def api(database: Database, redis_server: Redis) -> AsyncIterator[Api]:
    async with in_process(database, redis_server) as api:
        yield api


@pytest.fixture
async def ada(api: Api) -> Someone:
    return await api.person("ada", Role.SUPER_ADMIN)


async def told(person: Someone, method: str, path: str, status: int, body: Any = None, **params: Any) -> Any:
    reply = await person.call(method, path, json=body, params=params)
    assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}"
    return reply.json() if reply.content else None


async def all_pages(person: Someone, path: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await told(person, "GET", path, 200, **params, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        assert page["items"], "an empty page leads nowhere"
        cursor = {"cursor": page["next_cursor"]}


async def trail(person: Someone, **params: Any) -> list[dict[str, Any]]:
    return await all_pages(person, "admin/audit", **params)


# --- departments and countries -------------------------------------------------------------------------------------


async def test_a_department_is_made_renamed_and_deleted_and_each_is_audited(ada: Someone) -> None:
    made = await told(ada, "POST", "admin/departments", 201, {"name": " Sales "})
    assert made["name"] == "Sales"
    path = f"admin/departments/{made['id']}"
    renamed = await told(ada, "PATCH", path, 200, {"name": "Vertrieb"})
    assert renamed == made | {"name": "Vertrieb"}
    await told(ada, "DELETE", path, 204)
    await told(ada, "DELETE", path, 404)
    await told(ada, "PATCH", path, 404, {"name": "X"})
    assert [(entry["action"], entry["detail"]) for entry in await trail(ada)] == [
        ("department.delete", {"before": {"name": "Vertrieb"}}),
        ("department.change", {"before": {"name": "Sales"}, "after": {"name": "Vertrieb"}}),
        ("department.create", {"name": "Sales"}),
    ]
    assert {(entry["actor_id"], entry["target"]) for entry in await trail(ada)} == {(str(ada.user.id), made["id"])}


async def test_names_and_codes_are_taken_once(ada: Someone) -> None:
    first = await told(ada, "POST", "admin/departments", 201, {"name": "HR"})
    other = await told(ada, "POST", "admin/departments", 201, {"name": "Sales"})
    assert (await told(ada, "POST", "admin/departments", 409, {"name": "HR"}))["code"] == "department_exists"
    conflict = await told(ada, "PATCH", f"admin/departments/{other['id']}", 409, {"name": "HR"})
    assert conflict["code"] == "department_exists"
    await told(ada, "PATCH", f"admin/departments/{first['id']}", 200, {"name": "HR"})
    germany = await told(ada, "POST", "admin/countries", 201, {"code": "DE", "name": "Germany"})
    france = await told(ada, "POST", "admin/countries", 201, {"code": "FR", "name": "France"})
    assert (await told(ada, "POST", "admin/countries", 409, {"code": "DE", "name": "D"}))["code"] == "country_exists"
    conflict = await told(ada, "PATCH", f"admin/countries/{france['id']}", 409, {"code": "DE"})
    assert conflict["code"] == "country_exists"
    changed = await told(ada, "PATCH", f"admin/countries/{germany['id']}", 200, {"name": "Deutschland"})
    assert (changed["code"], changed["name"]) == ("DE", "Deutschland")
    newest = (await trail(ada, action="country.change"))[0]
    assert newest["detail"] == {"before": {"name": "Germany"}, "after": {"name": "Deutschland"}}


@pytest.mark.parametrize("code", ["XX", "UK", "EU", "ZZ", "AA"])
async def test_a_country_code_that_iso_3166_does_not_have_is_refused(ada: Someone, code: str) -> None:
    problem = await told(ada, "POST", "admin/countries", 422, {"code": code, "name": "Nowhere"})
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("country_code_unknown", "/code")
    made = await told(ada, "POST", "admin/countries", 201, {"code": "GB", "name": "United Kingdom"})
    await told(ada, "PATCH", f"admin/countries/{made['id']}", 422, {"code": code})
    assert [item["code"] for item in await all_pages(ada, "admin/countries")] == ["GB"]


@pytest.mark.parametrize("kind", ["departments", "countries"])
@pytest.mark.parametrize("by", ["people", "libraries", "documents"])
async def test_what_is_in_use_is_kept_and_said_by_whom(api: Api, ada: Someone, kind: str, by: str) -> None:
    async with api.runtime.db.transaction() as connection:
        department = await scopes.add_department(connection, "HR")
        country = await scopes.add_country(connection, "DE", "Germany")
        scope = Scope(department.id, country.id)
        if by != "people":
            held = scope if by == "libraries" else Scope(None, None)
            address = LibraryAddress("site", "drive", "HR", "https://sp.example/HR")
            library = await libraries.add(connection, address, held, enabled=True)
        if by == "documents":
            await connection.execute(
                "INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, department_id,"
                " country_id, file_type, drive_id, library_id) VALUES ($1, 'i', 'n', 'u', 'l', $2, $3, 't', 'd', $4)",
                uuid4(), department.id, country.id, library.id,
            )  # fmt: skip
    if by == "people":
        await api.person("alice", Role.USER, department.id, country.id)
    target = department.id if kind == "departments" else country.id
    problem = await told(ada, "DELETE", f"admin/{kind}/{target}", 409)
    assert problem["code"] == ("department_in_use" if kind == "departments" else "country_in_use")
    assert f"in use by {by}" in problem["detail"]
    assert len(await all_pages(ada, f"admin/{kind}")) == 1
    # nothing was done, so nothing is told to have been done
    assert [entry for entry in await trail(ada) if entry["action"].endswith(".delete")] == []


async def test_lists_are_paged_without_a_gap_and_without_a_double(ada: Someone, api: Api) -> None:
    names = ["abc", "ABD", "Äpfel", "b", "B1", "zeta", "Zulu"]
    async with api.runtime.db.transaction() as connection:
        for name in names:
            await scopes.add_department(connection, name)
        for code in ("DE", "AT", "US", "CH", "FR"):
            await scopes.add_country(connection, code, code)
    whole = [item["name"] for item in await all_pages(ada, "admin/departments", limit=100)]
    assert sorted(whole) == sorted(names)
    for limit in (1, 2, 3, 7):
        assert [item["name"] for item in await all_pages(ada, "admin/departments", limit=limit)] == whole
    assert [item["code"] for item in await all_pages(ada, "admin/countries", limit=2)] == ["AT", "CH", "DE", "FR", "US"]
    await told(ada, "GET", "admin/departments", 422, cursor="eyJhIjoxfQ==")
    await told(ada, "GET", "admin/departments", 422, limit=101)


# --- people --------------------------------------------------------------------------------------------------------


async def test_people_are_searched_and_filtered(api: Api, ada: Someone) -> None:
    async with api.runtime.db.transaction() as connection:
        hr, sales = [(await scopes.add_department(connection, name)).id for name in ("HR", "Sales")]
        de = (await scopes.add_country(connection, "DE", "Germany")).id
    await api.person("alice", Role.USER, hr, de)
    await api.person("a_50%", Role.USER, sales, None)
    carol = await api.person("carol", Role.CONTENT_MANAGER, hr, None)
    await told(ada, "PATCH", f"admin/users/{carol.user.id}", 200, {"is_active": False})

    async def found(**params: Any) -> list[str]:
        return [user["display_name"] for user in await all_pages(ada, "admin/users", limit=2, **params)]

    assert await found() == ["A_50%", "Ada", "Alice", "Carol"]
    assert await found(q="ALI") == ["Alice"]
    assert await found(q="@northwind.example") == ["A_50%", "Ada", "Alice", "Carol"]
    # letter for letter: no wild cards
    assert await found(q="50%") == ["A_50%"]
    assert await found(q="_") == ["A_50%"]
    assert await found(role="content_manager") == ["Carol"]
    assert await found(department_id=hr) == ["Alice", "Carol"]
    assert await found(country_id=de) == ["Alice"]
    assert await found(is_active="false") == ["Carol"]
    assert await found(is_active="true", department_id=hr) == ["Alice"]
    await told(ada, "GET", "admin/users", 422, is_active="maybe")


async def test_a_change_is_audited_with_before_and_after_and_no_address(api: Api, ada: Someone) -> None:
    async with api.runtime.db.transaction() as connection:
        hr = (await scopes.add_department(connection, "HR")).id
    alice = await api.person("alice", Role.USER, hr)
    path = f"admin/users/{alice.user.id}"
    await told(ada, "PATCH", path, 200, {"role": "content_manager", "department_id": None})
    (entry,) = await trail(ada, action="user.change")
    assert (entry["actor_id"], entry["target"], entry["outcome"]) == (str(ada.user.id), str(alice.user.id), "ok")
    assert entry["detail"] == {
        "before": {"role": "user", "department_id": str(hr)},
        "after": {"role": "content_manager", "department_id": None},
    }
    assert "northwind.example" not in json.dumps(await trail(ada))


async def test_of_two_administrators_who_demote_each_other_at_once_one_stays(api: Api) -> None:
    async with api.runtime.db.transaction() as connection:
        await connection.execute("DELETE FROM users")
    ways: list[dict[str, Any]] = [{"role": "user"}, {"is_active": False}, {"role": "content_manager"}]
    for attempt in range(12):
        names = (f"left{attempt}", f"right{attempt}")
        left, right = [await api.person(name, Role.SUPER_ADMIN) for name in names]
        async with api.runtime.db.transaction() as connection:
            await connection.execute("DELETE FROM users WHERE id <> ALL($1)", [left.user.id, right.user.id])
        change = ways[attempt % len(ways)]
        replies = await asyncio.gather(
            left.call("PATCH", f"admin/users/{right.user.id}", json=change),
            right.call("PATCH", f"admin/users/{left.user.id}", json=change),
        )
        assert sorted(reply.status_code for reply in replies) == [200, 409], [reply.text for reply in replies]
        refused = next(reply for reply in replies if reply.status_code == 409)
        assert refused.json()["code"] == "last_super_admin"
        async with api.runtime.db.connection() as connection:
            left_over = await people.list_users(connection, role=Role.SUPER_ADMIN, is_active=True, limit=10)
        assert len(left_over) == 1


async def test_many_administrators_who_all_demote_each_other_leave_one(api: Api) -> None:
    admins = [await api.person(f"admin{number}", Role.SUPER_ADMIN) for number in range(6)]
    replies = await asyncio.gather(
        *(
            one.call("PATCH", f"admin/users/{other.user.id}", json={"role": "user"})
            for one in admins
            for other in admins
        )
    )
    assert {reply.status_code for reply in replies} == {200, 409}
    async with api.runtime.db.connection() as connection:
        assert len(await people.list_users(connection, role=Role.SUPER_ADMIN, limit=10)) == 1


# --- the audit log -------------------------------------------------------------------------------------------------


async def test_the_audit_log_is_read_newest_first_by_actor_action_and_time(api: Api, ada: Someone) -> None:
    eve = await api.person("eve", Role.SUPER_ADMIN)
    for number in range(5):
        await told(ada, "POST", "admin/departments", 201, {"name": f"A{number}"})
    between = datetime.now(UTC)
    made = [await told(eve, "POST", "admin/departments", 201, {"name": f"E{number}"}) for number in range(3)]
    await told(eve, "DELETE", f"admin/departments/{made[0]['id']}", 204)

    whole = await trail(ada, limit=100)
    assert len(whole) == 9
    assert [entry["id"] for entry in whole] == sorted((entry["id"] for entry in whole), reverse=True)
    assert await trail(ada, limit=2) == whole
    assert [entry["detail"]["name"] for entry in await trail(ada, actor=ada.user.id)] == ["A4", "A3", "A2", "A1", "A0"]
    assert len(await trail(ada, actor=eve.user.id, action="department.create", limit=1)) == 3
    assert len(await trail(ada, **{"from": between.isoformat()})) == 4
    assert len(await trail(ada, to=between.isoformat())) == 5
    day = timedelta(days=1)
    both = {"from": (between - day).isoformat(), "to": (between + day).isoformat()}
    assert len(await trail(ada, **both)) == 9
    assert await trail(ada, actor=str(uuid4())) == []


@pytest.mark.parametrize(
    "wrong",
    [{"from": "yesterday"}, {"to": "2026-01-01T00:00:00"}, {"from": "0001-01-01T00:00:00+14:00"}, {"actor": "ada"},
     {"cursor": "WzBd"}, {"cursor": "WyJhIl0="}, {"limit": "0"}],
)  # fmt: skip
async def test_a_question_to_the_audit_log_that_makes_no_sense_is_refused(ada: Someone, wrong: dict[str, str]) -> None:
    await told(ada, "GET", "admin/audit", 422, **wrong)


async def test_s19_no_route_writes_the_audit_log(ada: Someone) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("admin/audit", "admin/audit/1"):
            reply = await ada.call(method, path, json={})
            assert reply.status_code in (404, 405), f"{method} {path}"
