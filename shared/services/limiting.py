"""Whether a call may go on, and how many streams a person has open (S18).

Without Redis nothing can be counted: sign-in and refresh are refused (503), all else goes on uncounted.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from shared.domain.ids import UserId
from shared.domain.limits import Allowance, Limit, LimitClass, Limits
from shared.errors import RateLimited, Unavailable
from shared.ports import RateLimits, StreamSlots

log = logging.getLogger(__name__)

# How many counts are under way at once. More would open a connection each, and a flood of calls would make Redis late
# by itself: what is late counts as away, and what is away is open.
AT_ONCE = 8
PROBE_EVERY_S = 1.0
RENEW_EVERY_S = 15.0
# Longer than any run may go on; a stream that nobody closes (its response was never started) is free after this.
LONGEST_STREAM_S = 300.0


@dataclass(slots=True)
class Limiting:
    rate_limits: RateLimits
    stream_slots: StreamSlots
    limits: Limits
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _is_away: bool = False
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def count(self, limit_class: LimitClass, subject: str) -> Allowance | None:
        """Counts one call of `subject` (a user or an address). None: it goes on uncounted because Redis is away.
        Raises Unavailable("redis") for a class that is closed without a count."""
        limit = self.limits.rates[limit_class]
        if limit_class.closed_without_count:
            async with self._turns:
                return await self.rate_limits.take(limit_class, subject, limit)
        return await self._unless_away(lambda: self.rate_limits.take(limit_class, subject, limit))

    async def open_stream(self, user_id: UserId) -> "OpenStream | None":
        """None: not counted because Redis is away. Raises RateLimited("too_many_streams")."""
        given = await self._unless_away(lambda: self._acquire(user_id))
        if given is None:
            return None
        (lease,) = given
        if lease is None:
            raise RateLimited(
                f"You have {self.limits.streams_per_user} answers open at once. Close one, then try again.",
                retry_after_s=5,
                code="too_many_streams",
            )
        return OpenStream(self, user_id, lease)

    async def drain(self) -> None:
        """Waits until every closed stream has given back its slot; for tests and an orderly stop."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def in_background(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _acquire(self, user_id: UserId) -> tuple[str | None]:
        return (await self.stream_slots.acquire(user_id, self.limits.streams_per_user),)

    async def _unless_away[T](self, counted: Callable[[], Awaitable[T]]) -> T | None:
        """A dead Redis is waited for by the first callers only: from then on nobody asks until it answers again."""
        if self._is_away:
            return None
        async with self._turns:
            # those who waited for their turn learn here what the ones before them met
            if self._is_away:
                return None
            try:
                return await counted()
            except Unavailable:
                self._notice_it_is_away()
                return None

    def _notice_it_is_away(self) -> None:
        if not self._is_away:
            self._is_away = True
            log.warning("redis is away: calls are not counted, sign-in is closed")
            self.in_background(self._wait_for_it(), "limits-probe")

    async def _wait_for_it(self) -> None:
        while self._is_away:
            await asyncio.sleep(PROBE_EVERY_S)
            try:
                await self.rate_limits.take(LimitClass.GENERAL, "probe", Limit(1, 1))
            except Unavailable:
                continue
            self._is_away = False
            log.warning("redis is back: calls are counted again")


class OpenStream:
    """One counted stream: renewed in the background until `close`, which may be called in any state, and more than
    once. It awaits nothing: what ends a response cancels every await in it."""

    def __init__(self, limiting: Limiting, user_id: UserId, lease: str) -> None:
        self._limiting = limiting
        self._user_id = user_id
        self._lease = lease
        self._renewing = asyncio.create_task(self._renew(), name="stream-lease")
        self._closed = False

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._limiting.in_background(self._release(), "stream-release")

    async def _renew(self) -> None:
        ends = time.monotonic() + LONGEST_STREAM_S
        while time.monotonic() < ends:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                await self._limiting.stream_slots.renew(self._user_id, self._lease)
            except Unavailable:
                log.warning("an open stream could not be counted on")

    async def _release(self) -> None:
        # ended first: a renewal under way would count the stream again
        self._renewing.cancel()
        await asyncio.wait([self._renewing])
        try:
            await self._limiting.stream_slots.release(self._user_id, self._lease)
        except Unavailable:
            log.warning("a stream's slot could not be given back; it frees itself")
