"""Providers as administrators keep them: one active each mode, no key anywhere, effective everywhere within 30 s."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db.pool import Db
from shared.domain.chat import Mode
from shared.domain.identity import Role
from shared.services.steering import FRESH_S, Steering
from tests.security.in_process import Api, Someone, in_process
from tests.security.test_administration import all_pages, told, trail

PROVIDERS = "admin/providers"
SECRET = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
async def api(database: Database, redis_server: Redis) -> AsyncIterator[Api]:
    settings = {"NEXUS_CHAT_ENDPOINT": "https://gateway.corp/v1", "OPENAI_API_KEY": SECRET}
    async with in_process(database, redis_server, **settings) as api:
        yield api


@pytest.fixture
async def ada(api: Api) -> Someone:
    return await api.person("ada", Role.SUPER_ADMIN)


async def made(ada: Someone, mode: str = "rag", status: int = 201, **more: Any) -> dict[str, Any]:
    body = {"mode": mode, "provider": "openai", "model_name": "gpt-4.1"} | more
    return await told(ada, "POST", PROVIDERS, status, body)


async def active(ada: Someone, mode: str = "rag") -> list[str]:
    return [row["model_name"] for row in await all_pages(ada, PROVIDERS, mode=mode) if row["is_active"]]


async def test_a_provider_is_made_changed_and_deleted_and_each_is_audited(ada: Someone) -> None:
    new = await made(ada, input_price_per_mtok=2, output_price_per_mtok=0.1, fallback_order=3)
    assert {name: new[name] for name in new.keys() - {"id", "updated_at"}} == {
        "mode": "rag",
        "provider": "openai",
        "model_name": "gpt-4.1",
        "endpoint": None,
        "api_key_env_var": "OPENAI_API_KEY",
        "is_key_set": True,
        "is_active": False,
        "fallback_order": 3,
        "input_price_per_mtok": 2.0,
        "output_price_per_mtok": 0.1,
    }
    path = f"{PROVIDERS}/{new['id']}"
    changed = await told(ada, "PATCH", path, 200, {"api_key_env_var": "OTHER_API_KEY", "input_price_per_mtok": None})
    assert (changed["is_key_set"], changed["input_price_per_mtok"], changed["output_price_per_mtok"]) == (
        False,
        None,
        0.1,
    )
    await told(ada, "DELETE", path, 204)
    for method, body in (("DELETE", None), ("PATCH", {"is_active": True})):
        assert (await told(ada, method, path, 404, body))["code"] == "provider_not_found"
    entries = await trail(ada)
    assert [entry["action"] for entry in entries] == ["provider.delete", "provider.change", "provider.create"]
    assert {(entry["actor_id"], entry["target"]) for entry in entries} == {(str(ada.user.id), new["id"])}
    assert entries[1]["detail"] == {
        "before": {"api_key_env_var": "OPENAI_API_KEY", "input_price_per_mtok": 2.0},
        "after": {"api_key_env_var": "OTHER_API_KEY", "input_price_per_mtok": None},
    }
    assert entries[0]["detail"]["before"]["model_name"] == "gpt-4.1"


async def test_activating_one_deactivates_the_other_and_modes_are_apart(ada: Someone) -> None:
    first = await made(ada, is_active=True, model_name="first")
    elsewhere = await made(ada, "assistant", is_active=True)
    second = await made(ada, is_active=True, model_name="second", fallback_order=1)
    assert await active(ada) == ["second"]
    await told(ada, "PATCH", f"{PROVIDERS}/{first['id']}", 200, {"is_active": True})
    assert await active(ada) == ["first"]
    changes = [entry["detail"] for entry in await trail(ada)]
    assert changes[0] == {"before": {"is_active": False}, "after": {"is_active": True}, "deactivated": [second["id"]]}
    assert changes[1]["deactivated"] == [first["id"]]
    assert await active(ada, "assistant") == [elsewhere["model_name"]]
    # as it is it stays, whatever else is changed
    await told(ada, "PATCH", f"{PROVIDERS}/{first['id']}", 200, {"model_name": "renamed"})
    assert await active(ada) == ["renamed"]


async def test_the_active_one_is_not_deleted_until_it_is_switched_off(ada: Someone) -> None:
    path = f"{PROVIDERS}/{(await made(ada, is_active=True))['id']}"
    problem = await told(ada, "DELETE", path, 409)
    assert problem["code"] == "provider_active"
    assert "rag" in problem["detail"]
    assert await active(ada) == ["gpt-4.1"]
    await told(ada, "PATCH", path, 200, {"is_active": False})
    await told(ada, "DELETE", path, 204)


async def test_of_many_activated_at_once_one_is_active_and_no_call_fails(ada: Someone) -> None:
    rows = [await made(ada, model_name=f"m{number}") for number in range(6)]
    calls = [ada.call("PATCH", f"{PROVIDERS}/{row['id']}", json={"is_active": True}) for row in rows]
    calls += [
        ada.call("POST", PROVIDERS, json={"mode": "rag", "provider": "openai", "model_name": name, "is_active": True})
        for name in ("n0", "n1")
    ]
    replies = await asyncio.gather(*calls)
    assert [reply.status_code for reply in replies] == [200] * 6 + [201] * 2
    (left,) = await active(ada)
    newest = (await trail(ada))[0]["target"]
    assert [row["model_name"] for row in await all_pages(ada, PROVIDERS) if row["id"] == newest] == [left]


async def test_deleting_and_activating_one_at_once_leaves_no_mode_without_its_active_row(ada: Someone) -> None:
    for _ in range(4):
        row = await made(ada)
        path = f"{PROVIDERS}/{row['id']}"
        deleted, activated = await asyncio.gather(
            ada.call("DELETE", path), ada.call("PATCH", path, json={"is_active": True})
        )
        assert (deleted.status_code, activated.status_code) in [(204, 404), (409, 200)]


async def test_a_place_in_the_fallback_order_is_given_once_a_mode(ada: Someone) -> None:
    bodies = [{"mode": "rag", "provider": "openai", "model_name": f"m{n}", "fallback_order": 1} for n in range(4)]
    replies = await asyncio.gather(*(ada.call("POST", PROVIDERS, json=body) for body in bodies))
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409]
    refused = next(reply.json() for reply in replies if reply.status_code == 409)
    assert refused["code"] == "fallback_order_taken"
    await made(ada, "assistant", fallback_order=1)
    other = await made(ada, fallback_order=2)
    conflict = await told(ada, "PATCH", f"{PROVIDERS}/{other['id']}", 409, {"fallback_order": 1})
    assert conflict["code"] == "fallback_order_taken"
    assert len([entry for entry in await trail(ada) if entry["action"] == "provider.create"]) == 3


async def test_the_list_is_in_the_order_of_asking_and_paged_without_a_gap(ada: Someone) -> None:
    for mode in ("rag", "assistant"):
        for name, more in (
            ("never", {}),
            ("third", {"fallback_order": 9}),
            ("first", {"is_active": True, "fallback_order": 5}),
            ("second", {"fallback_order": 2}),
            ("never", {}),
        ):
            await made(ada, mode, model_name=name, **more)
    whole = await all_pages(ada, PROVIDERS, limit=100)
    names = ["first", "second", "third", "never", "never"]
    assert [(row["mode"], row["model_name"]) for row in whole] == [
        (mode, name) for mode in ("assistant", "rag") for name in names
    ]
    for limit in (1, 3):
        assert await all_pages(ada, PROVIDERS, limit=limit) == whole
    assert await all_pages(ada, PROVIDERS, limit=2, mode="rag") == whole[5:]
    for cursor in ("eyJhIjoxfQ==", "WyJyYWciLC0xLCJ4Il0=", "x"):
        await told(ada, "GET", PROVIDERS, 422, cursor=cursor)
    await told(ada, "GET", PROVIDERS, 422, mode="poetry")


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"api_key_env_var": SECRET}, ["/api_key_env_var"]),
    ({"api_key_env_var": None}, ["/api_key_env_var"]),
    ({"api_key_env_var": "NEXUS_ENTRA_CLIENT_SECRET"}, ["/api_key_env_var"]),
    ({"model_name": SECRET, "endpoint": f"https://api.openai.com/{SECRET}"}, ["/model_name", "/endpoint"]),
    ({"endpoint": "https://evil.example/v1"}, ["/endpoint"]),
    ({"endpoint": "http://169.254.169.254/"}, ["/endpoint"]),
    ({"provider": "azure"}, ["/endpoint"]),
    ({"provider": "llama"}, ["/provider"]),
    ({"api_key": SECRET}, ["/api_key"]),
    ({"fallback_order": 0}, ["/fallback_order"]),
    ({"input_price_per_mtok": -1}, ["/input_price_per_mtok"]),
]


async def test_what_cannot_be_is_refused_by_its_field_and_nothing_like_a_key_comes_back(
    ada: Someone, database: Database
) -> None:
    row = await made(ada)

    async def refused(method: str, path: str, body: dict[str, Any], pointers: list[str]) -> None:
        reply = await ada.call(method, path, json=body)
        where = f"{method} {body}: {reply.status_code} {reply.text}"
        assert (reply.status_code, [error["pointer"] for error in reply.json()["errors"]]) == (422, pointers), where
        assert SECRET not in reply.text, where

    for wrong, pointers in WRONG:
        right = {"mode": "rag", "provider": "openai", "model_name": "gpt-4.1", "is_active": True}
        await refused("POST", PROVIDERS, right | wrong, pointers)
        await refused("PATCH", f"{PROVIDERS}/{row['id']}", wrong, pointers)
    assert await all_pages(ada, PROVIDERS) == [row]
    connection = await asyncpg.connect(database.dsn_app)
    stored = await connection.fetchval(
        "SELECT concat((SELECT jsonb_agg(p) FROM llm_providers p), (SELECT jsonb_agg(a) FROM audit_log a))"
    )
    await connection.close()
    assert SECRET not in stored


async def test_what_the_settings_say_is_shown_without_the_key(ada: Someone) -> None:
    reply = await ada.call("GET", f"{PROVIDERS}/default")
    shown = reply.json()
    assert (shown["provider"], shown["endpoint"], shown["is_key_set"]) == ("openai", "https://gateway.corp/v1", True)
    assert "api.openai.com" in shown["allowed_hosts"]
    assert SECRET not in reply.text


# --- who may, and when it counts -----------------------------------------------------------------------------------


async def test_s07_providers_are_for_super_administrators_alone(api: Api, ada: Someone) -> None:
    row = await made(ada)
    paths = [("GET", PROVIDERS), ("GET", f"{PROVIDERS}/default"), ("POST", PROVIDERS)]
    paths += [("PATCH", f"{PROVIDERS}/{row['id']}"), ("DELETE", f"{PROVIDERS}/{row['id']}")]
    paths += [("POST", f"{PROVIDERS}/{row['id']}/test")]
    for role in (Role.USER, Role.CONTENT_MANAGER):
        person = await api.person(f"p{role}", role)
        for method, path in paths:
            assert (await told(person, method, path, 403, {}))["code"] == "forbidden"
    assert await all_pages(ada, PROVIDERS) == [row]


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Flaky(Db):
    """PostgreSQL goes away on demand, as a pool sees it."""

    away = False

    async def _ready(self) -> Any:
        if self.away:
            raise ConnectionRefusedError
        return await super()._ready()


@pytest.fixture
async def elsewhere(database: Database, api: Api) -> AsyncIterator[tuple[Steering, Clock, Flaky]]:
    """What serves, as another instance knows it; its clock; its connection."""
    db, clock = Flaky(database.dsn_app), Clock()
    yield Steering(db, api.runtime.settings.chat, clock), clock, db
    await db.close()


async def test_a_change_is_effective_here_at_once_and_elsewhere_within_30_seconds(
    api: Api, ada: Someone, elsewhere: tuple[Steering, Clock, Flaky]
) -> None:
    there, clock, _ = elsewhere

    async def known(steering: Steering) -> list[str]:
        return [provider.model for provider in (await steering.of(Mode.RAG)).providers]

    here = api.runtime.steering
    assert await known(here) == await known(there) == [api.runtime.settings.chat.model]
    row = await made(ada, model_name="new", is_active=True)
    assert await known(here) == ["new"]
    await made(ada, model_name="second", fallback_order=1)
    assert await known(here) == ["new", "second"]
    clock.now += FRESH_S
    assert await known(there) == ["new", "second"]
    await told(ada, "PATCH", f"{PROVIDERS}/{row['id']}", 200, {"is_active": False})
    assert await known(here) == [api.runtime.settings.chat.model, "second"]
    clock.now += FRESH_S
    assert await known(there) == await known(here)
    assert FRESH_S <= 30


async def test_r03_the_last_known_provider_goes_on_where_postgresql_is_away_and_the_new_one_comes_with_it(
    ada: Someone, elsewhere: tuple[Steering, Clock, Flaky]
) -> None:
    there, clock, db = elsewhere
    await made(ada, model_name="known", is_active=True)
    assert (await there.of(Mode.RAG)).provider.model == "known"
    await made(ada, model_name="newer", is_active=True)
    db.away = True
    there.expire()
    assert (await there.of(Mode.RAG)).provider.model == "known"
    db.away = False
    clock.now += FRESH_S
    assert (await there.of(Mode.RAG)).provider.model == "newer"


async def test_s08_ids_of_nothing_are_not_found(ada: Someone) -> None:
    for method, path in (("PATCH", f"{uuid4()}"), ("DELETE", f"{uuid4()}"), ("POST", f"{uuid4()}/test")):
        assert (await told(ada, method, f"{PROVIDERS}/{path}", 404, {}))["code"] == "provider_not_found"
