"""Tokens of the application: by secret from the Entra stand-in, by managed identity from its Azure protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from shared.adapters.client_credentials import (
    RENEW_BEFORE_S,
    RENEWAL_PAUSE_S,
    AppToken,
    AppTokens,
    ClientCredentialsSource,
    ClientSecret,
    app_tokens,
)
from shared.errors import Unavailable
from shared.setting_groups import EntraSettings

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"
SECRET = "a-secret-of-the-test"
SCOPE = "https://graph.microsoft.com/.default"


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    home: Path = tmp_path_factory.mktemp("entra")
    client = Client(CLIENT_ID, TENANT, secret=SECRET)
    with ServerThread(EntraStandIn(home, client=client, accounts=Accounts.load(None, TENANT)).app) as server:
        yield server


@pytest.fixture
async def control(server: ServerThread) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{server.url}/_control", timeout=20, verify=False) as control:
        await control.delete("/faults")
        await control.delete("/requests")
        yield control


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tokens(server: ServerThread, control: httpx.AsyncClient, clock: Clock) -> AsyncIterator[AppTokens]:
    tokens = AppTokens(ClientCredentialsSource(_settings(server.url), ClientSecret(SECRET), clock=clock), clock=clock)
    yield tokens
    await tokens.close()


def _settings(url: str, secret: str | None = SECRET) -> EntraSettings:
    return EntraSettings(url, TENANT, CLIENT_ID, secret, ())


async def _asked(control: httpx.AsyncClient) -> int:
    return len((await control.get("/requests")).json()["requests"])


async def _broken(control: httpx.AsyncClient, then: dict[str, Any]) -> None:
    assert (await control.post("/faults", json=[{"then": then}])).status_code == 200


async def test_a_token_is_for_the_resource_of_its_scope_and_is_kept(
    tokens: AppTokens, control: httpx.AsyncClient
) -> None:
    token = await tokens.token(SCOPE)
    other = await tokens.token("https://search.example/.default")

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["idtyp"]) == ("https://graph.microsoft.com", "app")
    assert jwt.decode(other, options={"verify_signature": False})["aud"] == "https://search.example"
    assert await tokens.token(SCOPE) == token
    assert await _asked(control) == 2


async def test_many_callers_at_once_cause_one_request(tokens: AppTokens, control: httpx.AsyncClient) -> None:
    await _broken(control, {"delay_ms": 100})
    assert len(set(await asyncio.gather(*(tokens.token(SCOPE) for _ in range(50))))) == 1
    assert await _asked(control) == 1


async def test_a_caller_who_gives_up_takes_nobody_else_along(tokens: AppTokens, control: httpx.AsyncClient) -> None:
    await _broken(control, {"delay_ms": 200})
    first = asyncio.create_task(tokens.token(SCOPE))
    others = [asyncio.create_task(tokens.token(SCOPE)) for _ in range(5)]
    while await _asked(control) == 0:
        await asyncio.sleep(0.01)
    first.cancel()

    assert len(set(await asyncio.gather(*others))) == 1
    assert first.cancelled()
    assert await _asked(control) == 2


async def test_a_token_is_renewed_five_minutes_before_its_end(
    tokens: AppTokens, control: httpx.AsyncClient, clock: Clock
) -> None:
    first = await tokens.token(SCOPE)
    clock.ahead = 3600 - RENEW_BEFORE_S - 30
    assert await tokens.token(SCOPE) == first
    clock.ahead = 3600 - RENEW_BEFORE_S + 1
    assert await tokens.token(SCOPE) != first
    assert await _asked(control) == 2


async def test_while_renewal_fails_the_living_token_serves_and_entra_is_not_stormed(
    tokens: AppTokens, control: httpx.AsyncClient, clock: Clock
) -> None:
    first = await tokens.token(SCOPE)
    await _broken(control, {"status": 503})
    clock.ahead = 3600 - RENEW_BEFORE_S + 1
    for _ in range(10):
        assert await tokens.token(SCOPE) == first
    assert await _asked(control) == 2

    clock.ahead += RENEWAL_PAUSE_S + 1
    assert await tokens.token(SCOPE) == first
    assert await _asked(control) == 3
    clock.ahead = 3601
    with pytest.raises(Unavailable):
        await tokens.token(SCOPE)
    await control.delete("/faults")
    assert await tokens.token(SCOPE) != first


async def test_a_short_lived_token_is_not_asked_for_every_time() -> None:
    class Brief:
        fetched = 0

        async def fetch(self, scope: str) -> AppToken:
            self.fetched += 1
            return AppToken(f"{scope}-{self.fetched}", 1_000.0 + 60)

        async def close(self) -> None: ...

    source = Brief()
    tokens = AppTokens(source, clock=lambda: 1_000.0)
    assert [await tokens.token("s") for _ in range(3)] == ["s-1"] * 3


@pytest.mark.parametrize(
    "then",
    [
        {"status": 500},
        {"reset": True},
        {"truncate_after": 10},
        {"status": 200, "body": {"token_type": "Bearer"}},
        {"status": 200, "body": {"access_token": "x", "expires_in": "soon"}},
        {"status": 400, "body": {"error": "invalid_grant", "error_description": "AADSTS7000222: expired"}},
    ],
    ids=str,
)
async def test_without_an_answer_entra_is_unavailable(
    tokens: AppTokens, control: httpx.AsyncClient, then: dict[str, Any]
) -> None:
    await _broken(control, then)
    with pytest.raises(Unavailable) as unavailable:
        await tokens.token(SCOPE)
    assert unavailable.value.dependency == "entra"


async def test_a_wrong_secret_is_named_by_entras_code_and_never_shown(
    server: ServerThread, control: httpx.AsyncClient
) -> None:
    tokens = app_tokens(_settings(server.url, "expired-secret"))
    with pytest.raises(Unavailable, match="AADSTS7000215") as unavailable:
        await tokens.token(SCOPE)
    await tokens.close()
    assert "expired-secret" not in str(unavailable.value)


@contextmanager
def host_identity(
    client_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[HostIdentity, ServerThread]]:
    identity = HostIdentity(client_id)
    with ServerThread(identity.app) as server:
        for name, value in identity.environment(server.url).items():
            monkeypatch.setenv(name, value)
        yield identity, server


def _by_identity(client_id: str | None) -> EntraSettings:
    return replace(_settings("http://127.0.0.1:1", None), managed_identity_client_id=client_id)


@pytest.mark.parametrize("client_id", [None, "user-assigned"])
async def test_without_a_secret_the_managed_identity_of_the_host_gives_the_token(
    client_id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with host_identity(client_id, monkeypatch) as (identity, _):
        tokens = app_tokens(_by_identity(client_id))
        (got,) = set(await asyncio.gather(*(tokens.token(SCOPE) for _ in range(10))))
        await tokens.close()
    assert jwt.decode(got, options={"verify_signature": False})["aud"] == "https://graph.microsoft.com"
    assert identity.resources == ["https://graph.microsoft.com"]


async def test_a_managed_identity_that_refuses_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with host_identity(None, monkeypatch):
        monkeypatch.setenv("IDENTITY_HEADER", "another")
        tokens = app_tokens(_by_identity(None))
        with pytest.raises(Unavailable, match="managed identity"):
            await tokens.token(SCOPE)
        await tokens.close()


async def test_an_identity_that_does_not_answer_is_waited_for_within_bounds_and_once_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.adapters.client_credentials.FETCH_TIMEOUT_S", 0.5)
    with host_identity(None, monkeypatch) as (_, server):
        async with httpx.AsyncClient(base_url=f"{server.url}/_control") as control:
            await _broken(control, {"hang": True})
            tokens = app_tokens(_by_identity(None))
            refused = await asyncio.gather(*(tokens.token(SCOPE) for _ in range(20)), return_exceptions=True)
            assert {type(each) for each in refused} == {Unavailable}
            # who came meanwhile was told the same, and did not ask after it
            assert await _asked(control) == 1
            await control.delete("/faults")
            assert await tokens.token(SCOPE), "who comes later does ask"
        await tokens.close()


async def test_a_token_that_was_refused_is_forgotten_and_another_one_is_not(tokens: AppTokens) -> None:
    first = await tokens.token(SCOPE)
    tokens.forget(SCOPE, "another")
    assert await tokens.token(SCOPE) == first
    tokens.forget(SCOPE, first)
    assert await tokens.token(SCOPE) != first
