"""Tokens of the application itself, and how it proves to Entra who it is: by secret, or by managed identity."""

import asyncio
import importlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import httpx

from shared.adapters.entra_http import TIMEOUT, GrantRefused, post_token
from shared.errors import Unavailable
from shared.setting_groups import EntraSettings

if TYPE_CHECKING:
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

# Renewed this long before the end, so that no call starts with a token that dies on the way.
RENEW_BEFORE_S = 5 * 60
# After a failed renewal the living token serves on, and Entra is left alone for this long.
RENEWAL_PAUSE_S = 30
# The host's endpoint answers in some 10 ms, the first time after a start within a second or two; azure-identity itself
# would try for minutes.
FETCH_TIMEOUT_S = 10.0
# Says that the host has an identity of its own: App Service and Functions, or a pod with workload identity.
_HOST_IDENTITY = ("IDENTITY_ENDPOINT", "AZURE_FEDERATED_TOKEN_FILE")
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# What a managed identity's token must be made for to vouch for a registration (public cloud).
TOKEN_EXCHANGE = "api://AzureADTokenExchange/.default"


@dataclass(frozen=True, slots=True)
class AppToken:
    """`expires_at` in seconds of the Unix epoch."""

    text: str
    expires_at: float


class TokenSource(Protocol):
    async def fetch(self, scope: str) -> AppToken:
        """Raises Unavailable("entra")."""
        ...

    async def close(self) -> None: ...


class ClientProof(Protocol):
    async def fields(self) -> dict[str, str]:
        """What a request to the token endpoint carries. Raises Unavailable("entra")."""
        ...

    async def close(self) -> None: ...


class ClientSecret:
    """Without a secret nothing is shown: a public client, which PKCE alone protects."""

    def __init__(self, secret: str | None) -> None:
        self._fields = {} if secret is None else {"client_secret": secret}

    async def fields(self) -> dict[str, str]:
        return self._fields

    async def close(self) -> None: ...


class ClientCredentialsSource:
    """Tokens of our own registration, in the tenant that `settings` names."""

    def __init__(self, settings: EntraSettings, proof: ClientProof, *, clock: Callable[[], float] = time.time) -> None:
        self._form = {"grant_type": "client_credentials", "client_id": settings.client_id}
        self._proof = proof
        self._url = f"{settings.authority}/{settings.tenant_id}/oauth2/v2.0/token"
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)

    async def fetch(self, scope: str) -> AppToken:
        asked_at = self._clock()
        form = self._form | await self._proof.fields() | {"scope": scope}
        try:
            reply = await post_token(self._client, self._url, form)
        except GrantRefused as error:
            detail = f"Entra ID gives Nexus no token ({error.aadsts}). An administrator must look at it."
            raise Unavailable("entra", detail, retry_after_s=60) from error
        text, life_s = reply.get("access_token"), reply.get("expires_in")
        if not isinstance(text, str) or not isinstance(life_s, int):
            raise Unavailable("entra")
        return AppToken(text, asked_at + life_s)

    async def close(self) -> None:
        await self._client.aclose()
        await self._proof.close()


class ManagedIdentitySource:
    """The identity of the Azure host; `client_id` names a user-assigned one, None means the system's. Where the host
    has none and none is named it is the developer's own, who has signed in with `az login`."""

    def __init__(self, client_id: str | None = None) -> None:
        self._client_id = client_id

    async def fetch(self, scope: str) -> AppToken:
        # a fifth of a second the first time: beside the loop, where answers stream
        await asyncio.to_thread(importlib.import_module, "azure.identity.aio")
        from azure.core.exceptions import AzureError

        try:
            # A credential of its own for each token, a few an hour: one that stays would give a token that was refused
            # from its memory again.
            async with asyncio.timeout(FETCH_TIMEOUT_S), self._credential() as credential:
                token = await credential.get_token(scope)
        except (AzureError, TimeoutError) as error:
            detail = "The managed identity gives Nexus no token. An administrator must look at it."
            raise Unavailable("entra", detail, retry_after_s=30) from error
        return AppToken(token.token, token.expires_on)

    def _credential(self) -> "ManagedIdentityCredential | DefaultAzureCredential":
        from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

        if self._client_id is not None or any(os.environ.get(name) for name in _HOST_IDENTITY):
            return ManagedIdentityCredential(client_id=self._client_id)
        return DefaultAzureCredential()

    async def close(self) -> None:
        """Nothing is open between two tokens."""


class AppTokens:
    """Keeps one token a scope; of many callers that need a new one, one asks and the others wait for what it gets, be
    it a token or a failure."""

    def __init__(self, source: TokenSource, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._tokens: dict[str, AppToken] = {}
        self._renew_at: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._failed: dict[str, tuple[float, Unavailable]] = {}

    async def token(self, scope: str) -> str:
        """A token with life left in it. Raises Unavailable("entra")."""
        return (await self.kept(scope)).text

    async def kept(self, scope: str) -> AppToken:
        """The same with its end."""
        if (token := self._current(scope)) is not None:
            return token
        came_at = time.monotonic()
        async with self._locks.setdefault(scope, asyncio.Lock()):
            if (token := self._current(scope)) is not None:
                return token
            failed_at, failure = self._failed.get(scope, (-math.inf, None))
            if failure is not None and failed_at >= came_at:
                # who waited meanwhile must not ask one after the other, each as long again
                told = Unavailable(failure.dependency, failure.detail, retry_after_s=failure.retry_after_s)
                raise told from failure.__cause__
            try:
                return await self._renewed(scope)
            except Unavailable as error:
                self._failed[scope] = time.monotonic(), error
                raise

    def forget(self, scope: str, token: str) -> None:
        """Drops a token that a service refused, so that the next call asks for a new one."""
        kept = self._tokens.get(scope)
        if kept is not None and kept.text == token:
            del self._tokens[scope]

    async def close(self) -> None:
        await self._source.close()

    def _current(self, scope: str) -> AppToken | None:
        token = self._tokens.get(scope)
        return token if token is not None and self._clock() < self._renew_at[scope] else None

    async def _renewed(self, scope: str) -> AppToken:
        try:
            token = await self._source.fetch(scope)
        except Unavailable:
            old = self._tokens.get(scope)
            now = self._clock()
            if old is None or now >= old.expires_at:
                raise
            self._renew_at[scope] = min(now + RENEWAL_PAUSE_S, old.expires_at)
            return old
        self._tokens[scope] = token
        # Half of its life for tokens too short to renew 5 minutes early: they must not be asked for every time.
        life_s = token.expires_at - self._clock()
        self._renew_at[scope] = token.expires_at - min(RENEW_BEFORE_S, life_s / 2)
        return token


class FederatedManagedIdentity:
    """The managed identity vouches for our registration, which trusts it by a federated credential: no secret exists.
    (learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity)"""

    def __init__(self, client_id: str) -> None:
        self._tokens = AppTokens(ManagedIdentitySource(client_id))

    async def fields(self) -> dict[str, str]:
        return {"client_assertion_type": JWT_BEARER, "client_assertion": await self._tokens.token(TOKEN_EXCHANGE)}

    async def close(self) -> None:
        await self._tokens.close()


def client_proof(settings: EntraSettings) -> ClientProof:
    """By client secret where one is set, by managed identity otherwise."""
    if settings.client_secret is None and settings.managed_identity_client_id is not None:
        return FederatedManagedIdentity(settings.managed_identity_client_id)
    return ClientSecret(settings.client_secret)


def identity_tokens(settings: EntraSettings) -> AppTokens:
    """Of the managed identity itself: for databases, storage and models, whatever Graph is asked with."""
    return AppTokens(ManagedIdentitySource(settings.managed_identity_client_id))


def app_tokens(settings: EntraSettings) -> AppTokens:
    """For the tenant where SharePoint is: our registration's by client secret where one is set, the managed identity's
    own otherwise."""
    if settings.client_secret is not None:
        return AppTokens(ClientCredentialsSource(settings, ClientSecret(settings.client_secret)))
    return identity_tokens(settings)


def app_tokens_of(settings: EntraSettings, tenant_id: str) -> AppTokens:
    """For any tenant. A managed identity has no token of another tenant, but our registration may have one there."""
    if tenant_id == settings.tenant_id:
        return app_tokens(settings)
    return registration_tokens(replace(settings, tenant_id=tenant_id))


def registration_tokens(settings: EntraSettings) -> AppTokens:
    """Our registration's own in the tenant that `settings` names, by whatever proves it there."""
    return AppTokens(ClientCredentialsSource(settings, client_proof(settings)))
