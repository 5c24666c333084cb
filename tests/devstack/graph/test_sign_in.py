import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.graph.app import create_app
from devstack.graph.client import GraphControl
from devstack.serving import ServerThread

ISSUER = "https://login.example/tenant/v2.0"


class Authority:
    """A key of its own and the two documents that say so; `issuer` in them is not where they are served."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.app = Starlette(
            routes=[
                Route("/tenant/v2.0/.well-known/openid-configuration", self._about),
                Route("/tenant/discovery/v2.0/keys", self._keys),
            ]
        )

    async def _about(self, request: Request) -> Response:
        return JSONResponse({"issuer": ISSUER, "jwks_uri": "https://login.example/tenant/discovery/v2.0/keys"})

    async def _keys(self, request: Request) -> Response:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return JSONResponse({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})

    def token(self, kid: str = "one", key: Any = None, **claims: Any) -> str:
        now = int(time.time())
        body = {
            "iss": ISSUER,
            "aud": "https://graph.microsoft.com",
            "iat": now,
            "exp": now + 600,
            "oid": "o-1",
            "idtyp": "app",
        }
        return jwt.encode(body | claims, key or self.key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def checking_server(authority: Authority, tmp_path: Path) -> Iterator[ServerThread]:
    with ServerThread(authority.app) as entra:
        stand_in = create_app(tmp_path / "graph", entra_issuer=f"{entra.url}/tenant/v2.0")
        with ServerThread(stand_in.app) as server:
            yield server
        stand_in.close()


@pytest.fixture
async def drive_url(checking_server: ServerThread) -> str:
    async with GraphControl(checking_server.url) as control:
        library = await control.create_library("Handbook")
    return f"{checking_server.url}/v1.0/drives/{library.drive_id}"


async def _get(url: str, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(url, headers=headers)


async def test_a_token_of_the_authority_opens_graph(authority: Authority, drive_url: str) -> None:
    assert (await _get(drive_url, authority.token())).status_code == 200


async def test_any_other_token_does_not(authority: Authority, drive_url: str) -> None:
    refused = {
        "none": None,
        "no jwt": "abc",
        "expired": authority.token(exp=int(time.time()) - 10),
        "for another audience": authority.token(aud="api://nexus"),
        "from another issuer": authority.token(iss="https://evil.example/v2.0"),
        "of an unknown key": authority.token(kid="two"),
        "of a foreign key": authority.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "unsigned": jwt.encode({"aud": "https://graph.microsoft.com"}, None, algorithm="none"),
    }
    for why, token in refused.items():
        response = await _get(drive_url, token)
        assert response.status_code == 401, why
        assert response.json()["error"]["code"] == "InvalidAuthenticationToken", why


async def test_an_application_is_not_me(authority: Authority, drive_url: str, checking_server: ServerThread) -> None:
    me = f"{checking_server.url}/v1.0/me"
    assert (await _get(me, authority.token())).status_code == 400
    person = authority.token(idtyp="user", name="Alice", preferred_username="alice@contoso.com")
    assert (await _get(me, person)).json()["mail"] == "alice@contoso.com"


async def test_without_a_token_graph_refuses_when_one_is_required(
    graph: httpx.AsyncClient, server: ServerThread
) -> None:
    assert (await graph.get("/me")).status_code == 200
    assert (await _get(f"{server.url}/v1.0/me", None)).status_code == 401
