"""Signs a program in as one of the local accounts, by the same flow a person's browser goes through."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

TIMEOUT_S = 30.0


class SignInFailed(Exception):
    """Says which step failed and why. `code`: Entra's `error` or the problem's `code`, where there is one."""

    def __init__(self, step: str, reason: str, *, code: str | None = None) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.code = code


@dataclass(frozen=True, slots=True)
class Session:
    """What the API gave: an access token for `expires_in` seconds, a refresh token, and who that is."""

    api: str
    access_token: str
    expires_in: int
    refresh_token: str | None
    user: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


async def sign_in(api: str, entra: str, user: str, *, client: httpx.AsyncClient | None = None) -> Session:
    """`api` and `entra` are base addresses as in `.nexus/stack.json`; `user` a name or e-mail of the directory.

    Raises SignInFailed.
    """
    if client is not None:
        return await _sign_in(client, api.rstrip("/"), entra.rstrip("/"), user)
    async with httpx.AsyncClient(timeout=TIMEOUT_S) as own:
        return await _sign_in(own, api.rstrip("/"), entra.rstrip("/"), user)


async def _sign_in(client: httpx.AsyncClient, api: str, entra: str, user: str) -> Session:
    config = await _api(client, "GET", f"{api}/api/auth/config")
    verifier = secrets.token_urlsafe(48)
    nonce = secrets.token_urlsafe(24)
    code = await _authorize(client, entra, config, user, verifier, nonce)
    reply = await _api(
        client,
        "POST",
        f"{api}/api/auth/login",
        {
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": config["redirect_uri"],
            "nonce": nonce,
            "token_transport": "body",
        },
    )
    return Session(api, reply["access_token"], reply["expires_in"], reply.get("refresh_token"), reply["user"])


async def _authorize(
    client: httpx.AsyncClient, entra: str, config: dict[str, Any], user: str, verifier: str, nonce: str
) -> str:
    """The code, read from the redirect instead of following it: nothing needs to listen at the redirect URI."""
    # The authority's name may be one that only a browser resolves; the tenant is the first part of its path.
    tenant = urlsplit(config["authority"]).path.strip("/").split("/")[0] or "common"
    state = secrets.token_urlsafe(24)
    scopes = config["scopes"]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    reply = await _send(
        client,
        client.build_request(
            "GET",
            f"{entra}/{tenant}/oauth2/v2.0/authorize",
            params={
                "client_id": config["client_id"],
                "response_type": "code",
                "response_mode": "query",
                "redirect_uri": config["redirect_uri"],
                "scope": scopes if isinstance(scopes, str) else " ".join(scopes),
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                "login_hint": user,
            },
        ),
        step="Entra ID",
    )
    if reply.status_code != 302:
        reason = f"it asked for an account instead: is there one called {user!r}?"
        if reply.status_code != 200:
            reason = f"HTTP {reply.status_code}: {reply.text[:500]}"
        raise SignInFailed("Entra ID", reason)
    fields = {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}
    if "error" in fields:
        raise SignInFailed("Entra ID", fields.get("error_description", fields["error"]), code=fields["error"])
    if fields.get("state") != state:
        raise SignInFailed("Entra ID", "the state came back changed")
    return fields["code"]


async def _api(client: httpx.AsyncClient, method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await _send(client, client.build_request(method, url, json=body), step=url)
    if reply.status_code == 200:
        return reply.json()
    problem: dict[str, Any] = {}
    if "json" in reply.headers.get("content-type", ""):
        problem = reply.json()
    reason = problem.get("detail") or problem.get("title") or reply.text[:500]
    raise SignInFailed(url, f"HTTP {reply.status_code}: {reason}", code=problem.get("code"))


async def _send(client: httpx.AsyncClient, request: httpx.Request, *, step: str) -> httpx.Response:
    try:
        return await client.send(request, follow_redirects=False)
    except httpx.HTTPError as error:
        raise SignInFailed(step, f"no answer ({type(error).__name__}: {error}). Is the stack up?") from error
