"""Tokens of the application: by secret from the Entra stand-in, by managed identity from its Azure protocol."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.faults import FaultControl
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
from shared.settings import EntraSettings

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


class HostIdentity:
    """The identity endpoint of App Service and Functions, as azure-identity asks it (api-version 2019-08-01)."""

    def __init__(self) -> None:
        self.app = FaultControl(Starlette(routes=[Route("/msi/token", self._token)]))

    async def _token(self, request: Request) -> Response:
        if request.headers.get("x-identity-header") != "the-host-secret":
            return JSONResponse({"message": "no header"}, status_code=401)
        resource, client_id = request.query_params["resource"], request.query_params.get("client_id", "system")
        body = {
            "access_token": f"token of {client_id} for {resource}",
            "expires_on": str(int(time.time()) + 24 * 3600),
            "resource": resource,
            "token_type": "Bearer",
        }
        return JSONResponse(body)


@pytest.fixture
def host_identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerThread]:
    with ServerThread(HostIdentity().app) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "the-host-secret")
        yield server


@pytest.mark.parametrize("client_id", [None, "user-assigned"])
async def test_without_a_secret_the_managed_identity_of_the_host_gives_the_token(
    host_identity: ServerThread, client_id: str | None
) -> None:
    tokens = app_tokens(_settings("http://127.0.0.1:1", None), managed_identity_client_id=client_id)
    got = set(await asyncio.gather(*(tokens.token(SCOPE) for _ in range(10))))
    await tokens.close()

    assert got == {f"token of {client_id or 'system'} for https://graph.microsoft.com"}
    async with httpx.AsyncClient() as client:
        assert len((await client.get(f"{host_identity.url}/_control/requests")).json()["requests"]) == 1


async def test_a_managed_identity_that_refuses_is_unavailable(
    host_identity: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    tokens = app_tokens(_settings("http://127.0.0.1:1", None))
    with pytest.raises(Unavailable, match="managed identity"):
        await tokens.token(SCOPE)
    await tokens.close()


async def test_a_token_that_was_refused_is_forgotten_and_another_one_is_not(tokens: AppTokens) -> None:
    first = await tokens.token(SCOPE)
    tokens.forget(SCOPE, "another")
    assert await tokens.token(SCOPE) == first
    tokens.forget(SCOPE, first)
    assert await tokens.token(SCOPE) != first
