"""What administrators steer at run time: the provider and the prompt of each mode, fresh within 30 s everywhere."""

import asyncio
import time
from dataclasses import dataclass, field

from shared.db import steering
from shared.db.pool import Db
from shared.domain.chat import Mode, ProviderConfig
from shared.domain.prompts import DEFAULT_PROMPTS

FRESH_S = 30.0


@dataclass(frozen=True, slots=True)
class ModeSettings:
    provider: ProviderConfig
    prompt: str


@dataclass(slots=True)
class Steering:
    """A small cache over the rows, so that a question costs no extra round trip. Defaults serve where no row is
    active: the provider of the settings and the product's own prompt."""

    db: Db
    default_provider: ProviderConfig
    _rows: dict[Mode, ModeSettings] = field(default_factory=dict[Mode, ModeSettings])
    _fresh_until: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, mode: Mode) -> ModeSettings:
        if time.monotonic() >= self._fresh_until:
            async with self._reading:
                if time.monotonic() >= self._fresh_until:
                    await self._read()
        return self._rows[mode]

    async def _read(self) -> None:
        async with self.db.connection() as connection:
            providers = await steering.active_providers(connection)
            prompts = await steering.active_prompts(connection)
        self._rows = {
            mode: ModeSettings(providers.get(mode, self.default_provider), prompts.get(mode, DEFAULT_PROMPTS[mode]))
            for mode in Mode
        }
        self._fresh_until = time.monotonic() + FRESH_S
