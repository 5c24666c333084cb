"""Who may call: any bearer token, or one that the Entra stand-in signed for Graph."""

import asyncio
from typing import Any

import httpx
import jwt
from starlette.requests import Request

from devstack.graph.answers import GraphError

# Graph's own names; a token for Nexus itself must not open SharePoint.
AUDIENCES = ("https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000")


class SignIn:
    """`issuer`: address of the Entra stand-in's authority (`…/{tenant}/v2.0`); None takes any token, but demands
    one where `token_required`."""

    def __init__(self, issuer: str | None, *, token_required: bool) -> None:
        self._issuer = issuer.rstrip("/") if issuer else None
        self._token_required = token_required or issuer is not None
        self._keys: dict[str, jwt.PyJWK] = {}
        self._named_issuer: str | None = None
        self._loading = asyncio.Lock()

    async def claims(self, request: Request) -> dict[str, Any]:
        """The token's claims; empty where tokens are not checked. Raises `GraphError` 401."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if not token or kind.lower() != "bearer":
            if self._token_required:
                raise _refused("Access token is empty.")
            return {}
        if self._issuer is None:
            return {}
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid", ""))
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=AUDIENCES,
                issuer=self._named_issuer,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise _refused(f"Access token validation failure. {error}") from error

    async def _key(self, kid: str) -> jwt.PyJWK:
        async with self._loading:
            if kid not in self._keys:
                await self._load()
        if kid not in self._keys:
            raise jwt.InvalidKeyError("The signing key is unknown.")
        return self._keys[kid]

    async def _load(self) -> None:
        assert self._issuer is not None
        # verify=False: the Entra stand-in may serve TLS with a certificate of its own, on loopback.
        async with httpx.AsyncClient(timeout=10, verify=False) as client:
            try:
                about = (await client.get(f"{self._issuer}/.well-known/openid-configuration")).raise_for_status()
                # The published address may be a name that only the browser's side resolves: keep our way there.
                jwks = httpx.URL(about.json()["jwks_uri"])
                keys = (await client.get(httpx.URL(self._issuer).copy_with(raw_path=jwks.raw_path))).raise_for_status()
            except httpx.HTTPError as error:
                raise GraphError(503, "serviceNotAvailable", f"Entra does not answer: {error}") from error
        self._named_issuer = about.json()["issuer"]
        self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(keys.json()).keys if key.key_id}


def _refused(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": 'Bearer realm=""'})
