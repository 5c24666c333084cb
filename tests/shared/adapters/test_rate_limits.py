"""Counting in a real Redis (S18): never more than the limit, whoever asks at once."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from devstack.stack.redis import Redis
from shared.adapters.rate_limits import RedisRateLimits, RedisStreamSlots
from shared.adapters.redis_store import RedisConnection
from shared.domain.ids import UserId
from shared.domain.limits import Limit, LimitClass
from shared.errors import Unavailable
from tests.conftest import PATIENCE_S

# As many instances of the app.
INSTANCES = 4


@pytest.fixture
async def connections(redis_server: Redis) -> AsyncIterator[list[RedisConnection]]:
    made = [RedisConnection(redis_server.url, timeout_s=PATIENCE_S) for _ in range(INSTANCES)]
    yield made
    for connection in made:
        await connection.close()


@pytest.fixture
def limiters(connections: list[RedisConnection]) -> list[RedisRateLimits]:
    return [RedisRateLimits(connection) for connection in connections]


@pytest.mark.parametrize("count", [1, 50, 199, 200])
async def test_s18_a_race_of_200_over_four_instances_never_exceeds(limiters: list[RedisRateLimits], count: int) -> None:
    subject, limit = str(uuid4()), Limit(count, 600)
    every = itertools.cycle(limiters)
    allowances = await asyncio.gather(*(next(every).take(LimitClass.CHAT, subject, limit) for _ in range(200)))
    granted = [allowance for allowance in allowances if allowance.granted]
    assert len(granted) == count
    assert sorted(allowance.remaining for allowance in granted) == list(range(count))
    for refused in (allowance for allowance in allowances if not allowance.granted):
        assert refused.remaining == 0
        assert 0 < refused.reset_s <= 600


async def test_s18_within_any_window_there_are_never_more_than_the_limit(
    limiters: list[RedisRateLimits], connections: list[RedisConnection]
) -> None:
    """Asked without a pause over several windows; the times are those that Redis counted by."""
    subject, limit = str(uuid4()), Limit(5, 1)
    times: set[int] = set()
    while len(times) < 4 * limit.count:
        allowance = await limiters[0].take(LimitClass.SEARCH, subject, limit)
        if allowance.granted:
            kept = await connections[0].client.zrange(f"limit:search:{subject}", 0, -1, withscores=True)
            times |= {int(score) for _, score in kept}
    ordered = sorted(times)
    for earlier, later in zip(ordered, ordered[limit.count :], strict=False):
        assert later - earlier >= 1_000_000


async def test_s18_who_is_refused_is_not_kept_out_longer_by_asking_on(limiters: list[RedisRateLimits]) -> None:
    subject, limit = str(uuid4()), Limit(1, 2)
    assert (await limiters[0].take(LimitClass.CHAT, subject, limit)).granted
    resets = [(await limiters[1].take(LimitClass.CHAT, subject, limit)).reset_s for _ in range(20)]
    assert resets == sorted(resets, reverse=True)
    async with asyncio.timeout(30):
        while not (await limiters[1].take(LimitClass.CHAT, subject, limit)).granted:
            await asyncio.sleep(0.02)


async def test_s18_classes_and_subjects_are_counted_apart(limiters: list[RedisRateLimits]) -> None:
    one, other, limit = str(uuid4()), str(uuid4()), Limit(1, 600)
    assert (await limiters[0].take(LimitClass.CHAT, one, limit)).granted
    assert not (await limiters[0].take(LimitClass.CHAT, one, limit)).granted
    assert (await limiters[0].take(LimitClass.SEARCH, one, limit)).granted
    assert (await limiters[0].take(LimitClass.CHAT, other, limit)).granted


async def test_a_smaller_limit_holds_for_what_was_counted_before_it(limiters: list[RedisRateLimits]) -> None:
    subject = str(uuid4())
    for _ in range(5):
        await limiters[0].take(LimitClass.CHAT, subject, Limit(10, 600))
    allowance = await limiters[0].take(LimitClass.CHAT, subject, Limit(3, 600))
    assert (allowance.granted, allowance.remaining) == (False, 0)


async def test_nothing_is_kept_of_who_stays_away(
    limiters: list[RedisRateLimits], connections: list[RedisConnection]
) -> None:
    subject, user = str(uuid4()), UserId(uuid4())
    await limiters[0].take(LimitClass.CHAT, subject, Limit(3, 60))
    await RedisStreamSlots(connections[0]).acquire(user, 1)
    assert 0 < await connections[0].client.ttl(f"limit:chat:{subject}") <= 60
    assert 0 < await connections[0].client.ttl(f"streams:{user}") <= 45


async def test_s18_of_200_streams_opened_at_once_five_are_open(connections: list[RedisConnection]) -> None:
    slots, user = [RedisStreamSlots(connection) for connection in connections], UserId(uuid4())
    every = itertools.cycle(slots)
    leases = [lease for lease in await asyncio.gather(*(next(every).acquire(user, 5) for _ in range(200))) if lease]
    assert len(set(leases)) == 5
    assert await slots[0].acquire(UserId(uuid4()), 5), "others have their own"
    await slots[3].release(user, leases[0])
    assert await slots[1].acquire(user, 5)
    assert await slots[2].acquire(user, 5) is None


async def test_s18_the_streams_of_a_killed_instance_become_free_and_renewed_ones_do_not(
    connections: list[RedisConnection],
) -> None:
    slots, user = RedisStreamSlots(connections[0], lease_s=2), UserId(uuid4())
    alive, dead = await slots.acquire(user, 2), await slots.acquire(user, 2)
    assert alive
    assert dead
    async with asyncio.timeout(30):
        while not (third := await slots.acquire(user, 2)):
            await slots.renew(user, alive)
            await asyncio.sleep(0.1)
    kept = {member.decode() for member in await connections[0].client.zrange(f"streams:{user}", 0, -1)}
    assert kept == {alive, third}


async def test_without_redis_counting_says_so() -> None:
    away = RedisConnection("redis://127.0.0.1:1/0")
    with pytest.raises(Unavailable, match="redis"):
        await RedisRateLimits(away).take(LimitClass.CHAT, "a", Limit(1, 1))
    with pytest.raises(Unavailable, match="redis"):
        await RedisStreamSlots(away).acquire(UserId(uuid4()), 1)
