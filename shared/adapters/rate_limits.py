"""Counting calls and open streams in Redis, each by one atomic script, so that any number of instances and callers
at once never get more than the limit. The clock is Redis' own: instances need not agree on the time."""

import asyncio
import secrets
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from shared.adapters.redis_store import RedisConnection
from shared.domain.ids import UserId
from shared.domain.limits import Allowance, Limit, LimitClass
from shared.errors import Unavailable

if TYPE_CHECKING:
    from redis.commands.core import AsyncScript

# A stream whose instance died is free again after this long; renewed three times as often.
LEASE_S = 45
# How long a count is waited for, in ticks of the event loop and not by the clock: see _patiently. The connection's own
# timeout is by the clock and lies far above.
TICK_S, TICKS = 0.05, 20
CONNECTION_TIMEOUT_S = 10.0

# A sorted set of the calls within the window, by microsecond. A refused call is not kept: it must not push the next
# free moment further away. %.0f because Lua would write so large a number with 14 digits.
_TAKE = """
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local count, window_us = tonumber(ARGV[1]), tonumber(ARGV[2]) * 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now_us - window_us))
local used, granted = redis.call('ZCARD', KEYS[1]), 0
if used < count then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now_us), ARGV[3])
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  used, granted = used + 1, 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {granted, count - used, string.format('%.0f', tonumber(oldest[2]) + window_us - now_us)}
"""

# A sorted set of a person's open streams, by the second in which each lease ends. Returns 0 for none free, else the
# number open now. A renewal (ARGV[4] = '1') always succeeds: the stream is open, whatever Redis has forgotten.
_LEASE = """
local now = redis.call('TIME')
local ends = now[1] + tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now[1])
if ARGV[4] == '0' and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('ZADD', KEYS[1], ends, ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
"""


async def _patiently[T](asked: Coroutine[Any, Any, T]) -> T:
    """The answer, or Unavailable("redis") after a second in which the event loop was free to hear it. A cold start
    imports SDKs for seconds, and a flood keeps the loop busy: by the clock Redis would seem away just when it must
    count. A tick that the loop slept through is one tick."""
    task = asyncio.create_task(asked)
    try:
        for _ in range(TICKS):
            done, _ = await asyncio.wait([task], timeout=TICK_S)
            if done:
                return task.result()
    finally:
        task.cancel()
    raise Unavailable("redis")


class RedisRateLimits:
    """Port RateLimits."""

    def __init__(self, redis: RedisConnection) -> None:
        self._redis = redis
        self._script: AsyncScript | None = None

    async def take(self, limit_class: LimitClass, subject: str, limit: Limit) -> Allowance:
        if self._script is None:
            self._script = self._redis.client.register_script(_TAKE)
        asked = self._script(
            keys=[f"limit:{limit_class}:{subject}"], args=[limit.count, limit.window_s, secrets.token_hex(8)]
        )
        granted, remaining, reset_us = cast("tuple[int, int, bytes]", await _patiently(self._redis.ask(asked)))
        return Allowance(bool(granted), limit, max(0, remaining), max(0, int(reset_us)) / 1_000_000)


class RedisStreamSlots:
    """Port StreamSlots. `lease_s` is how long a dead instance's streams count."""

    def __init__(self, redis: RedisConnection, *, lease_s: int = LEASE_S) -> None:
        self._redis = redis
        self._lease_s = lease_s
        self._script: AsyncScript | None = None

    async def acquire(self, user_id: UserId, slots: int) -> str | None:
        lease = secrets.token_hex(8)
        return lease if await self._lease(user_id, slots, lease, "0") else None

    async def renew(self, user_id: UserId, lease: str) -> None:
        await self._lease(user_id, 0, lease, "1")

    async def release(self, user_id: UserId, lease: str) -> None:
        await _patiently(self._redis.ask(cast("Any", self._redis.client.zrem(_key(user_id), lease))))

    async def _lease(self, user_id: UserId, slots: int, lease: str, renewal: str) -> int:
        if self._script is None:
            self._script = self._redis.client.register_script(_LEASE)
        asked = self._script(keys=[_key(user_id)], args=[slots, self._lease_s, lease, renewal])
        return cast("int", await _patiently(self._redis.ask(asked)))


def _key(user_id: UserId) -> str:
    return f"streams:{user_id}"
