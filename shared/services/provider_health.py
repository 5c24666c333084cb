"""Which providers gave this instance no first token lately: they are asked last for a while, so that a provider that is
down costs one question its patience, not every one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.domain.chat import ProviderConfig


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """Counts for this process alone; with a rest of 0 s every question asks in the administrator's order. A provider
    whose row was changed is another one, and begins healthy."""

    rest_s: float
    clock: Callable[[], float] = time.monotonic
    _resting: dict[ProviderConfig, float] = field(default_factory=dict[ProviderConfig, float])

    def ordered(self, providers: tuple[ProviderConfig, ...]) -> tuple[ProviderConfig, ...]:
        """The administrator's order with those that rest at the end. Whose rest is over is in its place again for the
        one question that asks first, and rests on for all others until that one knows."""
        now = self.clock()
        resting = [provider for provider in providers if self._resting.get(provider, now) > now]
        if len(resting) == len(providers):
            return providers
        for provider in providers:
            if provider in self._resting and provider not in resting:
                self._resting[provider] = now + self.rest_s
                break
        return (*(provider for provider in providers if provider not in resting), *resting)

    def answered(self, provider: ProviderConfig) -> None:
        self._resting.pop(provider, None)

    def failed(self, provider: ProviderConfig) -> None:
        now = self.clock()
        # rows come and go: what nobody asked for since its rest ended is forgotten
        for old in [old for old, until in self._resting.items() if until <= now]:
            del self._resting[old]
        self._resting[provider] = now + self.rest_s
