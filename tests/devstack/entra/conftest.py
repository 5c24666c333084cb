"""One running stand-in a test module, with a clock that tests may move."""

import base64
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.serving import ServerThread

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"
SECRET = "a-secret-of-the-test"
REDIRECT = "http://localhost:4280/auth/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Directory:
    """The stand-in as a client of it sees it."""

    def __init__(self, client: httpx.Client, clock: Clock) -> None:
        self.client = client
        self.clock = clock

    def authorize(self, **changed: str | None) -> httpx.Response:
        request = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid profile email offline_access",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "login_hint": "alice",
        } | changed
        parameters = {name: value for name, value in request.items() if value is not None}
        return self.client.get(f"/{TENANT}/oauth2/v2.0/authorize", params=parameters)

    def redirected(self, **changed: str | None) -> dict[str, str]:
        """The fields that came back to the redirect URI."""
        reply = self.authorize(**changed)
        assert reply.status_code == 302, reply.text
        location = urlsplit(reply.headers["location"])
        assert location._replace(query="").geturl() == REDIRECT
        return {name: values[0] for name, values in parse_qs(location.query).items()}

    def token(self, headers: dict[str, str] | None = None, **fields: str | None) -> httpx.Response:
        form = {"client_id": CLIENT_ID, "client_secret": SECRET} | fields
        given = {name: value for name, value in form.items() if value is not None}
        return self.client.post(f"/{TENANT}/oauth2/v2.0/token", data=given, headers=headers)

    def redeem(self, redeemed: str, /, headers: dict[str, str] | None = None, **changed: str | None) -> httpx.Response:
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": redeemed,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return self.token(headers, **(fields | changed))

    def signed_in(self, user: str = "alice") -> dict[str, Any]:
        reply = self.redeem(self.redirected(login_hint=user)["code"])
        assert reply.status_code == 200, reply.text
        return reply.json()

    def script(self, **keys: Any) -> dict[str, Any]:
        reply = self.client.post("/_control/script", json=keys)
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> EntraStandIn:
    home: Path = tmp_path_factory.mktemp("entra")
    entries = [
        {"user": "alice", "name": "Alice Weber", "roles": ["reader"], "groups": ["g1", "g2"]},
        {"user": "bob"},
        {"user": "crowd", "groups": [f"g{number}" for number in range(201)]},
        {"user": "mallory", "assigned": False},
    ]
    client = Client(CLIENT_ID, TENANT, secret=SECRET)
    return EntraStandIn(home, client=client, accounts=Accounts.parse(entries, TENANT), clock=clock)


@pytest.fixture(scope="module")
def server(stand_in: EntraStandIn) -> Iterator[ServerThread]:
    with ServerThread(stand_in.app) as server:
        yield server


@pytest.fixture(scope="module")
def connected(server: ServerThread) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


@pytest.fixture
def directory(connected: httpx.Client, clock: Clock) -> Directory:
    clock.ahead = 0
    connected.cookies.clear()
    connected.delete("/_control/faults")
    connected.delete("/_control/requests")
    connected.post("/_control/script", json={"reset": True})
    return Directory(connected, clock)
