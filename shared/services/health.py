"""Is everything there that chat needs?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from shared.errors import NexusError

log = logging.getLogger(__name__)

# A cold instance imports its clients first.
TIMEOUT_S = 5.0
# Answers come without these: Blob serves notebook uploads only, and Redis being away stops resume, not chat.
NOT_NEEDED_FOR_CHAT = frozenset({"blob", "redis"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """`checks` says "ok" or "down" by dependency; `ready` whether chat works. No addresses, no versions."""

    ready: bool
    checks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Health:
    pings: Mapping[str, Callable[[], Awaitable[None]]]

    async def check(self) -> Readiness:
        states = await asyncio.gather(*(self._state(name, ping) for name, ping in self.pings.items()))
        checks = dict(zip(self.pings, states, strict=True))
        needed_down = [name for name, state in checks.items() if state != "ok" and name not in NOT_NEEDED_FOR_CHAT]
        return Readiness(not needed_down, checks)

    async def _state(self, name: str, ping: Callable[[], Awaitable[None]]) -> str:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await ping()
        except (NexusError, TimeoutError) as error:
            log.warning("%s is down: %s", name, error)
            return "down"
        return "ok"
