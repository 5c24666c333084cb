"""Signing in to databases, storage and models with tokens of the managed identity: no key or password exists.

Each service has a scope of its own (public cloud); `AppTokens` keeps one token for each.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.client_credentials import AppTokens
from shared.errors import Unavailable

if TYPE_CHECKING:
    from types import TracebackType

    from azure.core.credentials import AccessToken

POSTGRES_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
# asked for by the storage SDK itself
BLOB_SCOPE = "https://storage.azure.com/.default"
REDIS_SCOPE = "https://redis.azure.com/.default"


def postgres_password(tokens: AppTokens) -> Callable[[], Awaitable[str]]:
    """What asyncpg asks at each new connection. A token is looked at when somebody signs in and not after: open
    connections outlive it. Raises Unavailable("postgres")."""

    async def password() -> str:
        try:
            return await tokens.token(POSTGRES_SCOPE)
        except Unavailable as error:
            raise Unavailable("postgres", error.detail, retry_after_s=error.retry_after_s) from error

    return password


class StorageCredential:
    """`AsyncTokenCredential` of azure-core over our own tokens, so that all services share one way to the identity."""

    def __init__(self, tokens: AppTokens) -> None:
        self._tokens = tokens

    async def get_token(self, *scopes: str, **_: Any) -> "AccessToken":
        """Raises azure-core's error, as its pipelines expect."""
        from azure.core.credentials import AccessToken
        from azure.core.exceptions import ClientAuthenticationError

        try:
            token = await self._tokens.kept(scopes[0])
        except Unavailable as error:
            raise ClientAuthenticationError(error.detail) from error
        return AccessToken(token.text, int(token.expires_at))

    async def close(self) -> None:
        """The tokens belong to the process."""

    async def __aenter__(self) -> "StorageCredential":
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: "TracebackType | None" = None,
    ) -> None: ...
