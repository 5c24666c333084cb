"""`sign_in` against the Entra stand-in and an API that speaks the sign-in contract of design 03."""

import base64
import hashlib
from collections.abc import Iterator
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
from devstack.serving import ServerThread
from devstack.sign_in import SignInFailed, sign_in

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
REDIRECT = "http://localhost:4280/auth/callback"


class Api:
    """The two public calls; login really redeems the code, so that a wrong verifier or nonce shows."""

    def __init__(self, entra: str) -> None:
        self.entra = entra
        self.refuse: dict[str, Any] | None = None
        routes = [
            Route("/api/auth/config", self._config),
            Route("/api/auth/login", self._login, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def _config(self, request: Request) -> Response:
        return JSONResponse(
            {
                # A name only a browser resolves: the helper must go to the address it was given instead.
                "authority": f"https://login.nexus.invalid/{TENANT}",
                "client_id": "the-client",
                "scopes": ["openid", "profile", "email"],
                "redirect_uri": REDIRECT,
            }
        )

    async def _login(self, request: Request) -> Response:
        if self.refuse is not None:
            return JSONResponse(self.refuse, status_code=401, media_type="application/problem+json")
        body = await request.json()
        form = {
            "grant_type": "authorization_code",
            "client_id": "the-client",
            "code": body["code"],
            "code_verifier": body["code_verifier"],
            "redirect_uri": body["redirect_uri"],
        }
        async with httpx.AsyncClient() as client:
            reply = (await client.post(f"{self.entra}/{TENANT}/oauth2/v2.0/token", data=form)).json()
        claims = jwt.decode(reply["id_token"], options={"verify_signature": False})
        assert claims["nonce"] == body["nonce"]
        assert body["token_transport"] == "body"
        return JSONResponse(
            {
                "access_token": base64.b64encode(hashlib.sha256(body["code"].encode()).digest()).decode(),
                "token_type": "Bearer",
                "expires_in": 900,
                "user": {"email": claims["email"]},
                "refresh_token": "a-refresh-token",
            }
        )


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("entra")
    stand_in = EntraStandIn(home, client=Client("the-client", TENANT), accounts=Accounts.load(None, TENANT))
    with ServerThread(stand_in.app) as server:
        yield server.url


@pytest.fixture(scope="module")
def api(entra: str) -> Iterator[tuple[Api, str]]:
    api = Api(entra)
    with ServerThread(api.app) as server:
        yield api, server.url


async def test_a_program_signs_in_by_the_real_flow(api: tuple[Api, str], entra: str) -> None:
    session = await sign_in(api[1] + "/", entra + "/", "alice")

    assert session.user == {"email": "alice@northwind.example"}
    assert session.headers == {"Authorization": f"Bearer {session.access_token}"}
    assert (session.expires_in, session.refresh_token) == (900, "a-refresh-token")
    again = await sign_in(api[1], entra, "alice@northwind.example")
    assert again.access_token != session.access_token


async def test_who_may_not_sign_in_is_told_what_entra_says(api: tuple[Api, str], entra: str) -> None:
    with pytest.raises(SignInFailed, match="AADSTS50105") as failed:
        await sign_in(api[1], entra, "mallory")
    assert failed.value.code == "access_denied"


async def test_an_unknown_user_is_named(api: tuple[Api, str], entra: str) -> None:
    with pytest.raises(SignInFailed, match="'nobody'"):
        await sign_in(api[1], entra, "nobody")


async def test_a_problem_of_the_api_is_passed_on_with_its_code(api: tuple[Api, str], entra: str) -> None:
    api[0].refuse = {"title": "Refused", "detail": "Your account is not active.", "code": "sign_in_refused"}
    try:
        with pytest.raises(SignInFailed, match="not active") as failed:
            await sign_in(api[1], entra, "alice")
    finally:
        api[0].refuse = None
    assert failed.value.code == "sign_in_refused"


async def test_an_api_that_is_not_there_is_said_to_be_so(entra: str) -> None:
    with ServerThread(Starlette()) as server:
        gone = server.url
    with pytest.raises(SignInFailed, match="Is the stack up"):
        await sign_in(gone, entra, "alice")
