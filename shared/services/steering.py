"""What administrators steer at run time: the providers and the prompt of each mode, fresh within 30 s everywhere."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.db import steering
from shared.db.pool import Db
from shared.domain.chat import Mode, ProviderConfig
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.errors import Unavailable

log = logging.getLogger(__name__)

FRESH_S = 30.0
# How soon rows that could not be read are asked for again: who waits for PostgreSQL in vain waits 5 s for it.
RETRY_S = 10.0


@dataclass(frozen=True, slots=True)
class ModeSettings:
    """`fallbacks` are asked one after the other when `provider` gives no first token."""

    provider: ProviderConfig
    prompt: str
    fallbacks: tuple[ProviderConfig, ...] = ()

    @property
    def providers(self) -> tuple[ProviderConfig, ...]:
        """In the order of asking."""
        return (self.provider, *self.fallbacks)


@dataclass(slots=True)
class Steering:
    """A small cache over the rows, so that a question costs no extra round trip. Defaults serve where no row is
    active: the provider of the settings and the product's own prompt. `clock` is in seconds."""

    db: Db
    default_provider: ProviderConfig
    clock: Callable[[], float] = time.monotonic
    _rows: dict[Mode, ModeSettings] = field(default_factory=dict[Mode, ModeSettings])
    _fresh_until: float = float("-inf")
    _changes: int = 0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, mode: Mode) -> ModeSettings:
        """Raises Unavailable only as long as nothing was ever read: rows that are old are better than none."""
        if self.clock() >= self._fresh_until:
            async with self._reading:
                if self.clock() >= self._fresh_until:
                    await self._refresh()
        return self._rows[mode]

    def expire(self) -> None:
        """The next question of this process reads anew; what is known goes on serving while it cannot."""
        self._changes += 1
        self._fresh_until = float("-inf")

    async def _refresh(self) -> None:
        # counted from before the read: a row that changes while it is under way may not be in it
        asked_at, changes = self.clock(), self._changes
        try:
            self._rows = await self._read()
        except Unavailable:
            if not self._rows:
                raise
            log.warning("the steering rows cannot be read, the last known ones go on")
            self._fresh_until = self.clock() + RETRY_S
            return
        if changes == self._changes:
            self._fresh_until = asked_at + FRESH_S

    async def _read(self) -> dict[Mode, ModeSettings]:
        async with self.db.connection() as connection:
            providers = await steering.providers_by_mode(connection)
            prompts = await steering.active_prompts(connection)
        return {
            mode: ModeSettings(
                providers[mode].active or self.default_provider,
                prompts.get(mode, DEFAULT_PROMPTS[mode]),
                tuple(providers[mode].fallbacks),
            )
            for mode in Mode
        }
