"""What the clients of all model providers share: keys by name, connections by event loop, the same limits in time."""

import asyncio
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed

if TYPE_CHECKING:
    import httpx2

# For the connection with its TLS handshake, and then for each piece of the reply.
CONNECT_TIMEOUT_S = 5.0
SILENCE_TIMEOUT_S = 30.0

type Secrets = Callable[[str], str | None]
# Who is asked for what with which key. The key's value is part of it: a rotated key is used at once.
type Identity = tuple[ProviderKind, str | None, str, str | None]


class Connections[Client]:
    """The SDK clients in use, over one connection pool an event loop: sockets belong to the loop that opened them."""

    def __init__(self) -> None:
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClients[Client]] = WeakKeyDictionary()

    def client(self, identity: Identity, make: "Callable[[httpx2.AsyncClient], Client]") -> Client:
        loop = asyncio.get_running_loop()
        clients = self._loops.get(loop)
        if clients is None:
            from shared.adapters.model_transport import pool

            clients = self._loops[loop] = _LoopClients(pool())
        client = clients.made.get(identity)
        if client is None:
            client = clients.made[identity] = make(clients.pool)
        return client

    async def aclose(self) -> None:
        """Closes the connections of the running event loop."""
        clients = self._loops.pop(asyncio.get_running_loop(), None)
        if clients is not None:
            await clients.pool.aclose()


class _LoopClients[Client]:
    def __init__(self, pool: "httpx2.AsyncClient") -> None:
        self.pool = pool
        self.made: dict[Identity, Client] = {}


def timeouts(silence_s: float) -> "httpx2.Timeout":
    """`silence_s` bounds the wait for each piece of the reply."""
    import httpx2

    return httpx2.Timeout(silence_s, connect=CONNECT_TIMEOUT_S)


def key_of(provider: ProviderConfig, secrets: Secrets) -> str | None:
    """The provider's key; None for Azure without one, which means the managed identity.
    Raises ModelFailed (model_key_missing) when the key's variable is not set."""
    if provider.api_key_env is None:
        if provider.provider is ProviderKind.AZURE:
            return None
        raise ModelFailed("The provider names no variable for its key.", code="model_key_missing")
    key = (secrets(provider.api_key_env) or "").strip()
    if not key:
        raise ModelFailed(
            f"The variable {provider.api_key_env}, which should hold the provider's key, is not set.",
            code="model_key_missing",
        )
    return key


_loaded: set[str] = set()


async def loaded(sdk: str) -> None:
    """Imports an SDK beside the event loop: in the loop its seconds would stop every answer that streams meanwhile."""
    if sdk not in _loaded:
        await asyncio.to_thread(importlib.import_module, sdk)
        _loaded.add(sdk)
