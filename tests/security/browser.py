"""A browser as far as sessions go: it signs in, and keeps the refresh cookie where no script sees it."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.functions.nexus import CLIENT_ID, REDIRECT_URI, TENANT, Nexus

ORIGIN = "http://localhost:4280"
COOKIE = "__Host-nexus_rt"


async def authorization(nexus: Nexus, http: httpx.AsyncClient, user: str) -> dict[str, str]:
    """What a sign-in page sends to Nexus once Entra ID has sent the person back."""
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile email",
        "state": "s",
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": user,
    }
    reply = await http.get(f"{nexus.entra.url}/{TENANT}/oauth2/v2.0/authorize", params=asked)
    code = parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]
    return {"code": code, "code_verifier": verifier, "redirect_uri": REDIRECT_URI, "nonce": nonce}


@dataclass
class Browser:
    """`http` has no cookie jar of use here: over plain http it would keep Secure cookies to itself."""

    http: httpx.AsyncClient
    cookie: str | None = None
    access_token: str = ""
    origin: str | None = ORIGIN
    cookies_set: list[str] = field(default_factory=list[str])

    async def login(self, nexus: Nexus, user: str) -> httpx.Response:
        body = await authorization(nexus, self.http, user)
        return await self.post("auth/login", body | {"token_transport": "cookie"})

    async def refresh(self, **changed: Any) -> httpx.Response:
        return await self.post("auth/refresh", {}, **changed)

    async def post(self, path: str, body: Any = None, *, headers: dict[str, str] | None = None) -> httpx.Response:
        """`headers` with an empty value are not sent."""
        sent = {
            "Origin": self.origin or "",
            "Cookie": f"theme=dark; {COOKIE}={self.cookie}" if self.cookie else "",
            "Authorization": f"Bearer {self.access_token}" if self.access_token else "",
            "Content-Type": "application/json" if body is not None else "",
        } | (headers or {})
        reply = await self.http.post(
            f"/api/{path}",
            headers={name: value for name, value in sent.items() if value},
            content=None if body is None else json.dumps(body),
        )
        self._keep(reply)
        return reply

    def _keep(self, reply: httpx.Response) -> None:
        self.http.cookies.clear()
        for header in reply.headers.get_list("set-cookie"):
            self.cookies_set.append(header)
            morsel = SimpleCookie(header)[COOKIE]
            self.cookie = morsel.value if morsel["max-age"] != "0" else None
        if reply.status_code == 200 and "access_token" in reply.json():
            self.access_token = reply.json()["access_token"]
