"""The running Entra stand-in, the browser's part of a sign-in, and the adapter under test."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.entra.keys import SigningKey
from devstack.serving import ServerThread
from shared.adapters.identity_entra import EntraIdentityProvider
from shared.domain.identity import EntraIdentity
from shared.errors import SignInRefused
from shared.setting_groups import EntraSettings

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"
SECRET = "a-secret-of-the-test"
REDIRECT = "http://localhost:4280/auth/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
NONCE = "the-nonce"


class Entra:
    """The stand-in, and the browser's part of a sign-in."""

    def __init__(self, url: str, keys: Any, client: httpx.AsyncClient) -> None:
        self.url = url
        self.keys = keys
        self.client = client
        self.issuer = f"{url}/{TENANT}/v2.0"

    async def code(self, user: str = "alice", nonce: str = NONCE) -> str:
        request = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid profile email",
            "nonce": nonce,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "login_hint": user,
        }
        reply = await self.client.get(f"{self.url}/{TENANT}/oauth2/v2.0/authorize", params=request)
        return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]

    async def script(self, **keys: Any) -> None:
        reply = await self.client.post(f"{self.url}/_control/script", json=keys)
        assert reply.status_code == 200, reply.text

    async def fault(self, path: str, then: dict[str, Any]) -> None:
        rules = [{"match": {"path": path}, "then": then}]
        reply = await self.client.post(f"{self.url}/_control/faults", json=rules)
        assert reply.status_code == 200, reply.text

    async def asked(self, path: str) -> int:
        requests = (await self.client.get(f"{self.url}/_control/requests")).json()["requests"]
        return sum(path in request["path"] for request in requests)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of a good id token, for tokens that a test signs itself."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "ver": "2.0",
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "tid": TENANT,
            "oid": "an-object-id",
            "sub": "a-subject",
            "nonce": NONCE,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        }
        return claims | changed

    def signed(self, key: SigningKey, kid: str | None = None, **headers: Any) -> str:
        return jwt.encode(self.claims(), key.private, "RS256", headers={"kid": kid or key.kid, **headers})


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> EntraStandIn:
    home: Path = tmp_path_factory.mktemp("entra")
    entries = [
        {"user": "alice", "name": "Alice Weber", "email": "alice@nexus.example", "roles": [], "groups": ["g1"]},
        {"user": "bob", "email": "bob@nexus.example"},
        {"user": "crowd", "groups": [f"g{number}" for number in range(201)]},
    ]
    client = Client(CLIENT_ID, TENANT, secret=SECRET)
    return EntraStandIn(home, client=client, accounts=Accounts.parse(entries, TENANT))


@pytest.fixture(scope="module")
def server(stand_in: EntraStandIn) -> Iterator[ServerThread]:
    with ServerThread(stand_in.app) as server:
        yield server


@pytest.fixture
async def entra(server: ServerThread, stand_in: EntraStandIn) -> AsyncIterator[Entra]:
    # Plain http only: without certificates to load a client is made in no time.
    async with httpx.AsyncClient(timeout=20, verify=False) as client:
        await client.delete(f"{server.url}/_control/faults")
        await client.delete(f"{server.url}/_control/requests")
        await client.post(f"{server.url}/_control/script", json={"reset": True})
        yield Entra(server.url, stand_in.keys, client)


def settings_for(url: str, **changed: Any) -> EntraSettings:
    fields: dict[str, Any] = {
        "authority": url,
        "tenant_id": TENANT,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "redirect_uris": (REDIRECT,),
    }
    return EntraSettings(**(fields | changed))


@pytest.fixture
async def provider(entra: Entra) -> AsyncIterator[EntraIdentityProvider]:
    provider = EntraIdentityProvider(settings_for(entra.url), timeout=httpx.Timeout(5))
    yield provider
    await provider.close()


async def exchange(provider: EntraIdentityProvider, given: str, /, **changed: str) -> EntraIdentity:
    fields = {"code": given, "code_verifier": VERIFIER, "redirect_uri": REDIRECT, "nonce": NONCE} | changed
    return await provider.exchange(**fields)


async def assert_refused(provider: EntraIdentityProvider, entra: Entra, **changed: str) -> None:
    """Refused with the words that every refusal has, and working again right after."""
    code = await entra.code()
    with pytest.raises(SignInRefused) as refused:
        await exchange(provider, code, **changed)
    assert (refused.value.status, refused.value.code) == (401, "sign_in_refused")
    assert refused.value.detail == SignInRefused().detail
    assert (await exchange(provider, await entra.code())).email == "alice@nexus.example"
