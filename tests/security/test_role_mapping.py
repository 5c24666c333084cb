"""Roles and scopes from Entra ID, by the real sign-in: claims in the id token, overage resolved through Graph."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.graph.app import create_app
from devstack.serving import ServerThread
from devstack.sign_in import Session, SignInFailed, sign_in
from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import audit
from shared.settings import Settings, SettingsError
from tests.security.in_process import CLIENT_ID, TENANT, Api, environment, in_process

HR = "11111111-1111-4111-8111-111111111111"
MAPPING = json.dumps(
    {
        "roles": {"Nexus.Admin": {"role": "super_admin"}},
        "groups": {HR: {"department": "HR", "country": "DE", "role": "content_manager"}},
    }
)
PEOPLE: list[dict[str, Any]] = [
    {"user": "ada", "roles": ["Nexus.Admin"], "groups": []},
    {"user": "root", "roles": [], "groups": []},
    {"user": "carol", "roles": [], "groups": [HR]},
    {"user": "dave"},
]


@dataclass(frozen=True)
class Stack:
    api: Api
    entra: ServerThread
    graph: ServerThread

    async def sign_in(self, user: str) -> Session:
        """By the page's own flow, up to POST /auth/login of the app in this process."""
        app = {"http://nexus.example": self.api.transport}
        async with httpx.AsyncClient(mounts=app, verify=False, timeout=20) as web:
            return await sign_in("http://nexus.example", self.entra.url, user, client=web)

    async def script(self, **says: Any) -> None:
        await self._told(self.entra.url, "POST", "script", says)

    async def groups_in_graph(self, user: str, *groups: str) -> None:
        person = next(entry for entry in self.accounts.order if entry.user == user)
        body = {"displayName": user, "groups": [{"id": group, "displayName": group} for group in groups]}
        await self._told(self.graph.url, "PUT", f"users/{person.object_id}", body)

    @property
    def accounts(self) -> Accounts:
        return Accounts.parse(PEOPLE, TENANT)

    async def _told(self, url: str, method: str, path: str, body: Any) -> None:
        async with httpx.AsyncClient(timeout=20, verify=False) as client:
            reply = await client.request(method, f"{url}/_control/{path}", json=body)
        assert reply.status_code == 200, reply.text


@pytest.fixture
def entra(tmp_path: Path) -> Iterator[ServerThread]:
    client = Client(CLIENT_ID, TENANT, secret="a-secret-of-the-test")
    stand_in = EntraStandIn(tmp_path / "entra", client=client, accounts=Accounts.parse(PEOPLE, TENANT))
    with ServerThread(stand_in.app) as server:
        yield server


@pytest.fixture
def graph(tmp_path: Path, entra: ServerThread) -> Iterator[ServerThread]:
    stand_in = create_app(tmp_path / "graph", entra_issuer=f"{entra.url}/{TENANT}/v2.0")
    with ServerThread(stand_in.app) as server:
        yield server
    stand_in.close()


@pytest.fixture
async def stack(
    database: Database, redis_server: Redis, entra: ServerThread, graph: ServerThread
) -> AsyncIterator[Stack]:
    async with mapped(database, redis_server, entra, graph) as stack:
        yield stack


@asynccontextmanager
async def mapped(
    database: Database, redis: Redis, entra: ServerThread, graph: ServerThread, **changed: str
) -> AsyncIterator[Stack]:
    settings = {
        "NEXUS_ENTRA_AUTHORITY": entra.url,
        "NEXUS_GRAPH_BASE_URL": f"{graph.url}/v1.0",
        "NEXUS_ROLE_MAPPING": MAPPING,
        "NEXUS_BOOTSTRAP_ADMINS": "root@northwind.example",
    }
    async with in_process(database, redis, **(settings | changed)) as api:
        yield Stack(api, entra, graph)


def place(session: Session) -> tuple[str, str | None, str | None]:
    user = session.user
    return user["role"], (user["department"] or {}).get("name"), (user["country"] or {}).get("code")


async def test_app_roles_and_groups_of_the_token_make_role_and_scope(stack: Stack) -> None:
    assert place(await stack.sign_in("ada")) == ("super_admin", None, None)
    carol = await stack.sign_in("carol")
    assert place(carol) == ("content_manager", "HR", "DE")
    # and the access token says the same: her reach is her scope
    reply = await stack.api.http.get("/api/admin/departments", headers=carol.headers)
    assert [item["name"] for item in reply.json()["items"]] == ["HR"]
    # no claim at all: nothing is given, nothing taken
    assert place(await stack.sign_in("dave")) == ("user", None, None)


async def test_a_demotion_in_entra_counts_from_the_next_sign_in_and_ends_the_old_sessions(stack: Stack) -> None:
    await stack.sign_in("root")
    before = await stack.sign_in("ada")
    await stack.script(claims={"roles": []})
    after = await stack.sign_in("ada")
    assert place(after) == ("user", None, None)
    reply = await stack.api.http.post("/api/auth/refresh", json={"refresh_token": before.refresh_token})
    assert reply.status_code == 401
    async with stack.api.runtime.db.connection() as connection:
        newest, *_ = await audit.entries(connection, audit.AuditFilter(action="user.change"), limit=10)
    assert newest.target == after.user["id"]
    assert newest.detail["by"] == "role_mapping"
    assert (newest.detail["before"]["role"], newest.detail["after"]["role"]) == ("super_admin", "user")


async def test_a_missing_claim_is_not_an_empty_one(stack: Stack) -> None:
    await stack.sign_in("carol")
    await stack.script(claims={"roles": None, "groups": None})
    assert place(await stack.sign_in("carol")) == ("content_manager", "HR", "DE")
    await stack.script(claims={"groups": []})
    assert place(await stack.sign_in("carol")) == ("user", None, None)


async def test_bootstrap_administrators_win_over_the_mapping(stack: Stack) -> None:
    assert place(await stack.sign_in("root")) == ("super_admin", None, None)
    assert place(await stack.sign_in("root")) == ("super_admin", None, None)


async def test_groups_too_many_for_the_token_are_read_from_graph(stack: Stack) -> None:
    await stack.script(overage="carol")
    await stack.groups_in_graph("carol", "another-group", HR)
    assert place(await stack.sign_in("carol")) == ("content_manager", "HR", "DE")
    await stack.groups_in_graph("carol", "another-group")
    assert place(await stack.sign_in("carol")) == ("user", None, None)
    # the implicit flow's way to say the same
    await stack.script(no_overage="carol", claims={"groups": None, "hasgroups": True})
    await stack.groups_in_graph("carol", HR)
    assert place(await stack.sign_in("carol")) == ("content_manager", "HR", "DE")


async def test_while_graph_cannot_say_who_is_in_which_group_nobody_is_let_in_on_old_rights(stack: Stack) -> None:
    await stack.script(overage="carol")
    with pytest.raises(SignInFailed) as failed:
        await stack.sign_in("carol")  # Graph does not know her
    assert failed.value.code == "graph_unavailable"
    assert place(await stack.sign_in("ada")) == ("super_admin", None, None)


async def test_without_a_mapping_claims_mean_nothing(
    database: Database, redis_server: Redis, entra: ServerThread, graph: ServerThread
) -> None:
    async with mapped(database, redis_server, entra, graph, NEXUS_ROLE_MAPPING="") as stack:
        assert place(await stack.sign_in("ada")) == ("user", None, None)


def test_a_faulty_mapping_is_named_at_the_start_with_all_its_faults(database: Database, redis_server: Redis) -> None:
    faulty = '{"roles": {"A": {"role": "owner"}}, "groups": {"HR": {"country": "Germany"}}}'
    with pytest.raises(SettingsError) as error:
        Settings.from_env(environment(database, redis_server, NEXUS_ROLE_MAPPING=faulty))
    assert len(error.value.problems) == 3
    assert all(problem.startswith("NEXUS_ROLE_MAPPING ") for problem in error.value.problems)
