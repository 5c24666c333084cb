"""Tokens of the application itself, and how it proves to Entra who it is: by secret, or by managed identity."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import httpx

from shared.adapters.entra_http import TIMEOUT, GrantRefused, post_token
from shared.errors import Unavailable
from shared.settings import EntraSettings

if TYPE_CHECKING:
    from azure.identity.aio import ManagedIdentityCredential

# Renewed this long before the end, so that no call starts with a token that dies on the way.
RENEW_BEFORE_S = 5 * 60
# After a failed renewal the living token serves on, and Entra is left alone for this long.
RENEWAL_PAUSE_S = 30
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
    """The identity of the Azure host; `client_id` names a user-assigned one, None means the system's."""

    def __init__(self, client_id: str | None = None) -> None:
        self._client_id = client_id
        self._credential: ManagedIdentityCredential | None = None

    async def fetch(self, scope: str) -> AppToken:
        from azure.core.exceptions import AzureError
        from azure.identity.aio import ManagedIdentityCredential

        if self._credential is None:
            self._credential = ManagedIdentityCredential(client_id=self._client_id)
        try:
            token = await self._credential.get_token(scope)
        except AzureError as error:
            detail = "The managed identity gives Nexus no token. An administrator must look at it."
            raise Unavailable("entra", detail, retry_after_s=30) from error
        return AppToken(token.token, token.expires_on)

    async def close(self) -> None:
        if self._credential is not None:
            await self._credential.close()
            self._credential = None


class AppTokens:
    """Keeps one token a scope; of many callers that need a new one, one asks and the others wait for it."""

    def __init__(self, source: TokenSource, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._tokens: dict[str, AppToken] = {}
        self._renew_at: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def token(self, scope: str) -> str:
        """A token with life left in it. Raises Unavailable("entra")."""
        if (token := self._current(scope)) is not None:
            return token.text
        async with self._locks.setdefault(scope, asyncio.Lock()):
            if (token := self._current(scope)) is not None:
                return token.text
            return (await self._renewed(scope)).text

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


def app_tokens(settings: EntraSettings, *, managed_identity_client_id: str | None = None) -> AppTokens:
    """For the tenant where SharePoint is: our registration's by client secret where one is set, the managed identity's
    own otherwise."""
    if settings.client_secret is not None:
        return AppTokens(ClientCredentialsSource(settings, ClientSecret(settings.client_secret)))
    return AppTokens(ManagedIdentitySource(managed_identity_client_id))


def app_tokens_of(settings: EntraSettings, tenant_id: str) -> AppTokens:
    """For any tenant. A managed identity has no token of another tenant, but our registration may have one there."""
    if tenant_id == settings.tenant_id:
        return app_tokens(settings, managed_identity_client_id=settings.managed_identity_client_id)
    return AppTokens(ClientCredentialsSource(replace(settings, tenant_id=tenant_id), client_proof(settings)))
