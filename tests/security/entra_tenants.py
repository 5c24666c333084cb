"""Two tenants behind one authority: what Nexus meets in Azure."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from starlette.requests import Request

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.serving import ServerThread
from tests.security.in_process import CLIENT_ID, REDIRECT_URI, TENANT

OTHER_TENANT = "6c1f8d3f-4a1f-4a5a-8b69-1a5b2d2c8e22"
SECRET = "a-secret-of-the-test"
VERIFIER = "v" * 64
NONCE = "the-nonce-of-this-test"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
# The same address in both tenants: one of them is not whom it belongs to.
ACCOUNTS: list[dict[str, Any]] = [{"user": "alice", "email": "alice@nexus.example"}, {"user": "bob"}]


class Authority:
    """Routes by tenant, as login.microsoftonline.com does. `organizations` finds the tenant by who signs in, and by
    which of them a code is from."""

    def __init__(self, stand_ins: dict[str, EntraStandIn]) -> None:
        self._stand_ins = stand_ins
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(scope["path"])
        tenant = scope["path"].strip("/").split("/")[0]
        if tenant in self._stand_ins:
            await self._stand_ins[tenant].app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        code = dict(parse_qsl(body.decode())).get("code", "")
        for stand_in in self._stand_ins.values():
            # a code that is not its own it does not know, and does not use up
            reply = await _buffered(stand_in.app, scope, body)
            if not code or "AADSTS70000" not in reply.text:
                break
        await send({"type": "http.response.start", "status": reply.status_code, "headers": reply.headers.raw})
        await send({"type": "http.response.body", "body": reply.content})


async def _buffered(app: Any, scope: Any, body: bytes) -> httpx.Response:
    request = Request(scope)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=str(request.base_url)) as client:
        return await client.request(
            request.method,
            request.url.path,
            params=list(request.query_params.multi_items()),
            headers=request.headers.raw,
            content=body,
        )


@dataclass(frozen=True)
class Tenants:
    url: str
    authority: Authority
    stand_ins: dict[str, EntraStandIn]

    async def code(self, user: str, tenant: str) -> str:
        """From the tenant's own page; nonce and verifier as above."""
        asked = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "nonce": NONCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "login_hint": user,
        }
        async with httpx.AsyncClient(verify=False, timeout=20) as client:
            reply = await client.get(f"{self.url}/{tenant}/oauth2/v2.0/authorize", params=asked)
        return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]

    def login(self, code: str) -> dict[str, str]:
        """The body of POST /auth/login."""
        return {
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": REDIRECT_URI,
            "nonce": NONCE,
            "token_transport": "body",
        }


@contextmanager
def two_tenants(home: Path, **client: Any) -> Iterator[Tenants]:
    """`client`: how ours proves who it is; without anything, by secret."""
    proof = client or {"secret": SECRET}
    stand_ins = {
        tenant: EntraStandIn(
            home / tenant,
            client=Client(CLIENT_ID, tenant, **proof),
            accounts=Accounts.parse(ACCOUNTS, tenant),
        )
        for tenant in (TENANT, OTHER_TENANT)
    }
    authority = Authority(stand_ins)
    with ServerThread(authority) as server:
        yield Tenants(server.url, authority, stand_ins)
