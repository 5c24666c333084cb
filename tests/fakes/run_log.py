"""A run log in memory; `down` makes every call fail as a dead Redis does."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from shared.domain.ids import RunId
from shared.errors import Unavailable


@dataclass
class MemoryRunLog:
    down: bool = False
    entries: dict[RunId, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    cancelled: set[RunId] = field(default_factory=set)

    def _check(self) -> None:
        if self.down:
            raise Unavailable("redis")

    async def append(self, run_id: RunId, events: Sequence[tuple[int, bytes]]) -> None:
        self._check()
        last = self.entries[run_id][-1][0] if self.entries[run_id] else 0
        self.entries[run_id].extend(event for event in events if event[0] > last)

    async def follow(self, run_id: RunId, after_seq: int) -> AsyncGenerator[tuple[int, bytes] | None]:
        last = after_seq
        while True:
            self._check()
            new = [entry for entry in self.entries[run_id] if entry[0] > last]
            for entry in new:
                last = entry[0]
                yield entry
            if not new:
                await asyncio.sleep(0.01)
                yield None

    async def request_cancel(self, run_id: RunId) -> None:
        self._check()
        self.cancelled.add(run_id)

    async def is_cancelled(self, run_id: RunId) -> bool:
        self._check()
        return run_id in self.cancelled
