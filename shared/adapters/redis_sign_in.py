"""Redis with Entra: AUTH with the identity's object id and a token, again on open connections before it ends.

Not redis-entraid: it asks for tokens with blocking calls in threads of its own, gives each 100 ms by default, which a
managed identity's first token does not keep, and would be a second way to the identity beside `AppTokens`.
Imported with the Redis client.
"""

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from redis.auth.token import SimpleToken
from redis.credentials import CredentialProvider
from redis.exceptions import RedisError

from shared.adapters.identity_sign_in import REDIS_SCOPE
from shared.errors import Unavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from shared.adapters.client_credentials import AppTokens


class RedisSignIn(CredentialProvider):
    """For one client. `user` is the object id of the identity."""

    def __init__(self, user: str, tokens: "AppTokens") -> None:
        self._user = user
        self._tokens = tokens
        self._signed_in_with: str | None = None

    def get_credentials(self) -> tuple[str, str]:
        raise NotImplementedError("the asynchronous client asks get_credentials_async")

    async def get_credentials_async(self) -> tuple[str, str]:
        return self._user, await self._tokens.token(REDIS_SCOPE)

    async def keep(self, client: "Redis") -> None:
        """To be called before each command. When the token was renewed, which is minutes before the server ends the
        connections of the old one, those that are open sign in again: idle ones now, others when they are given back.
        Raises Unavailable("redis") when there is no token; costs a comparison when there is nothing to do."""
        try:
            token = await self._tokens.token(REDIS_SCOPE)
        except Unavailable as error:
            raise Unavailable("redis", error.detail, retry_after_s=error.retry_after_s) from error
        if token == self._signed_in_with:
            return
        before, self._signed_in_with = self._signed_in_with, token
        if before is None:
            return
        pool = client.connection_pool
        try:
            await pool.re_auth_callback(SimpleToken(token, -1, -1, {"oid": self._user}))
        except (RedisError, OSError):
            # the next command opens another, and says what is wrong if that is refused as well
            await pool.disconnect(inuse_connections=False)


def without_user(url: str) -> tuple[str, str]:
    """The address as a client with a credential provider takes it, and the user that it named."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=server)), unquote(parts.username or "")
