"""S03: a person is (tenant, object id). Several tenants by allow-list, each with its own issuer and keys."""

from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import audit, people
from shared.errors import Unavailable
from shared.settings import Settings, SettingsError
from tests.security.entra_tenants import OTHER_TENANT, Tenants, two_tenants
from tests.security.in_process import TENANT, Api, environment, in_process

IDENTITY = "8e3fa051-6c4d-4d7c-8d8b-3c7d4f4ea044"
BOTH = f"{TENANT}, {OTHER_TENANT.upper()}"


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[Tenants]:
    with two_tenants(tmp_path) as running:
        yield running


async def signed_in(api: Api, tenants: Tenants, user: str, tenant: str) -> dict[str, object]:
    reply = await api.http.post("/api/auth/login", json=tenants.login(await tenants.code(user, tenant)))
    assert reply.status_code == 200, reply.text
    return reply.json()["user"]


async def refused(api: Api, tenants: Tenants, code: str) -> None:
    reply = await api.http.post("/api/auth/login", json=tenants.login(code))
    assert (reply.status_code, reply.json()["code"]) == (401, "sign_in_refused"), reply.text
    async with api.runtime.db.connection() as connection:
        (entry,) = await audit.entries(connection, audit.AuditFilter(action="sign_in"), limit=1)
        assert (entry.outcome, entry.correlation_id) == ("denied", reply.json()["correlation_id"])


async def test_the_same_address_in_two_tenants_is_two_people(
    database: Database, redis_server: Redis, tenants: Tenants
) -> None:
    changed = {"NEXUS_ENTRA_AUTHORITY": tenants.url, "NEXUS_ENTRA_ALLOWED_TENANTS": BOTH}
    async with in_process(database, redis_server, **changed) as api:
        config = (await api.http.get("/api/auth/config")).json()
        assert config["authority"] == f"{tenants.url}/organizations"
        here = await signed_in(api, tenants, "alice", TENANT)
        there = await signed_in(api, tenants, "alice", OTHER_TENANT)
        again = await signed_in(api, tenants, "alice", TENANT)
        assert here["email"] == there["email"] == "alice@nexus.example"
        assert here["id"] == again["id"] != there["id"]
        async with api.runtime.db.connection() as connection:
            stored = {str(user.id): user.email for user in await people.list_users(connection, limit=10)}
        # who signed in with it last has it
        assert stored == {here["id"]: "alice@nexus.example", there["id"]: None}
    # each tenant was asked for its own keys, once
    keys = [path for path in tenants.authority.asked if path.endswith("/discovery/v2.0/keys")]
    assert sorted(keys) == sorted(f"/{tenant}/discovery/v2.0/keys" for tenant in (TENANT, OTHER_TENANT))


async def test_a_tenant_that_is_not_allowed_does_not_get_in_and_no_key_of_it_is_fetched(
    database: Database, redis_server: Redis, tenants: Tenants
) -> None:
    third = "9f4ab162-7d5e-4e8d-9e9c-4d8e5a5fb155"
    changed = {"NEXUS_ENTRA_AUTHORITY": tenants.url, "NEXUS_ENTRA_ALLOWED_TENANTS": f"{TENANT},{third}"}
    async with in_process(database, redis_server, **changed) as api:
        await refused(api, tenants, await tenants.code("alice", OTHER_TENANT))
        await signed_in(api, tenants, "alice", TENANT)
    assert not [path for path in tenants.authority.asked if path.startswith(f"/{OTHER_TENANT}/discovery")]


async def test_one_tenant_by_setting_takes_nobody_from_another(
    database: Database, redis_server: Redis, tenants: Tenants
) -> None:
    async with in_process(database, redis_server, NEXUS_ENTRA_AUTHORITY=tenants.url) as api:
        assert (await api.http.get("/api/auth/config")).json()["authority"] == f"{tenants.url}/{TENANT}"
        await refused(api, tenants, await tenants.code("alice", OTHER_TENANT))
        await signed_in(api, tenants, "alice", TENANT)


async def test_one_allowed_tenant_cannot_speak_for_another(
    database: Database, redis_server: Redis, tenants: Tenants
) -> None:
    """Its keys sign, the claims name somebody of the other tenant."""
    changed = {"NEXUS_ENTRA_AUTHORITY": tenants.url, "NEXUS_ENTRA_ALLOWED_TENANTS": BOTH}
    victim = {"tid": TENANT, "iss": f"{tenants.url}/{TENANT}/v2.0", "oid": "an-object-id"}
    async with in_process(database, redis_server, **changed) as api:
        for claims in (victim, {"tid": TENANT}, {"iss": victim["iss"]}, {"tid": None}, {"tid": [TENANT]}):
            tenants.stand_ins[OTHER_TENANT].tokens.twist.claims = dict(claims)
            await refused(api, tenants, await tenants.code("bob", OTHER_TENANT))
        for raw in ("", "x", "x.y.z", jwt.encode({"tid": OTHER_TENANT}, "k" * 32)):
            tenants.stand_ins[OTHER_TENANT].tokens.twist.raw = raw
            await refused(api, tenants, await tenants.code("bob", OTHER_TENANT))
        await signed_in(api, tenants, "bob", OTHER_TENANT)


async def test_bootstrap_administrators_are_named_by_ids_when_several_tenants_are_allowed(
    database: Database, redis_server: Redis, tenants: Tenants
) -> None:
    object_id = tenants.stand_ins[TENANT].accounts.order[0].object_id
    several = {"NEXUS_ENTRA_AUTHORITY": tenants.url, "NEXUS_ENTRA_ALLOWED_TENANTS": BOTH}
    by_address = environment(database, redis_server, NEXUS_BOOTSTRAP_ADMINS="alice@nexus.example", **several)
    with pytest.raises(SettingsError, match="<tenant id>:<object id>"):
        Settings.from_env(by_address)
    by_id = several | {"NEXUS_BOOTSTRAP_ADMINS": f"{TENANT}:{object_id}"}
    async with in_process(database, redis_server, **by_id) as api:
        assert (await signed_in(api, tenants, "alice", OTHER_TENANT))["role"] == "user"
        assert (await signed_in(api, tenants, "alice", TENANT))["role"] == "super_admin"


def test_a_tenant_that_is_no_id_is_named(database: Database, redis_server: Redis) -> None:
    wrong = environment(database, redis_server, NEXUS_ENTRA_ALLOWED_TENANTS=f"{TENANT},contoso.example")
    with pytest.raises(SettingsError, match=r"NEXUS_ENTRA_ALLOWED_TENANTS must be tenant ids.*contoso\.example"):
        Settings.from_env(wrong)


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostIdentity]:
    identity = HostIdentity(IDENTITY, tenant_id=TENANT)
    with ServerThread(identity.app) as server:
        for name, value in identity.environment(server.url).items():
            monkeypatch.setenv(name, value)
        yield identity


async def test_without_a_secret_the_managed_identity_vouches_for_nexus(
    database: Database, redis_server: Redis, tmp_path: Path, identity: HostIdentity
) -> None:
    with two_tenants(tmp_path, federated=identity.credential) as tenants:
        changed = {
            "NEXUS_ENTRA_AUTHORITY": tenants.url,
            "NEXUS_ENTRA_CLIENT_SECRET": "",
            "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY,
        }
        async with in_process(database, redis_server, **changed) as api:
            await signed_in(api, tenants, "alice", TENANT)
            await signed_in(api, tenants, "bob", TENANT)
            # one token of the host serves many sign-ins
            assert identity.resources == ["api://AzureADTokenExchange"]
            # and Graph is asked in the name of the same identity
            with pytest.raises(Unavailable):
                await api.runtime.graph.resolve_library("https://contoso.sharepoint.com/sites/HR/Shared Documents")
            assert identity.resources[1:] == ["https://graph.microsoft.com"]


async def test_an_identity_that_is_not_trusted_is_our_fault_and_no_refusal(
    database: Database, redis_server: Redis, tmp_path: Path, identity: HostIdentity
) -> None:
    identity.subject = "another-identity"
    with two_tenants(tmp_path, federated=identity.credential) as tenants:
        changed = {
            "NEXUS_ENTRA_AUTHORITY": tenants.url,
            "NEXUS_ENTRA_CLIENT_SECRET": "",
            "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY,
        }
        async with in_process(database, redis_server, **changed) as api:
            reply = await api.http.post("/api/auth/login", json=tenants.login(await tenants.code("alice", TENANT)))
            assert (reply.status_code, reply.json()["code"]) == (503, "entra_unavailable")
            assert "AADSTS700213" in reply.json()["detail"]
