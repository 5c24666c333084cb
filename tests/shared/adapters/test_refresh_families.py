"""Refresh families in a real Valkey: one lineage whatever happens at once, and nothing in it that is a token (S05)."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from devstack.stack.redis import Redis
from shared.adapters.redis_store import RedisConnection
from shared.adapters.refresh_families import GRACE_S, LIFE_S, RedisRefreshFamilies
from shared.domain.ids import SessionId, UserId
from shared.domain.refresh_tokens import RefreshTokens
from shared.errors import RefreshReused, SessionEnded, Unavailable
from tests.conftest import PATIENCE_S
from tests.redis_dump import redis_dump

KEY = secrets.token_bytes(32)
USER = UserId(uuid4())


@pytest.fixture
async def redis(redis_server: Redis) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(redis_server.url, timeout_s=PATIENCE_S)
    yield connection
    await connection.close()


@pytest.fixture
def families(redis: RedisConnection) -> RedisRefreshFamilies:
    return RedisRefreshFamilies(redis, RefreshTokens([KEY]))


async def seconds_later(redis: RedisConnection, session_id: SessionId, seconds: int) -> None:
    """As if the last rotation had been that much earlier."""
    await redis.client.hincrby(f"session:{session_id}", "rotated_at", -seconds * 1000)


async def test_a_token_is_replaced_at_every_use_and_the_newest_works(families: RedisRefreshFamilies) -> None:
    first = await families.create(USER, 3)
    seen, token = {first.token}, first.token
    for _ in range(10):
        successor = await families.rotate(token)
        assert successor.session_id == first.session_id
        assert successor.token not in seen
        seen.add(token := successor.token)
    family = await families.find(token)
    assert family is not None
    assert (family.session_id, family.user_id, family.epoch) == (first.session_id, USER, 3)


async def test_within_the_grace_the_token_before_brings_the_same_successor_again(
    families: RedisRefreshFamilies, redis: RedisConnection
) -> None:
    first = await families.create(USER, 0)
    successor = await families.rotate(first.token)
    await seconds_later(redis, first.session_id, GRACE_S - 2)
    again = await families.rotate(first.token)
    assert again.token == successor.token
    assert (await families.rotate(successor.token)).token not in (first.token, successor.token)


async def test_s05_after_the_grace_a_replaced_token_ends_the_family(
    families: RedisRefreshFamilies, redis: RedisConnection
) -> None:
    first = await families.create(USER, 0)
    successor = await families.rotate(first.token)
    await seconds_later(redis, first.session_id, GRACE_S + 1)
    with pytest.raises(RefreshReused):
        await families.rotate(first.token)
    assert await families.find(successor.token) is None
    for token in (successor.token, first.token):
        with pytest.raises(SessionEnded) as ended:
            await families.rotate(token)
        assert ended.value.code == "session_ended"


async def test_s05_a_token_two_generations_old_ends_the_family_even_within_the_grace(
    families: RedisRefreshFamilies,
) -> None:
    first = await families.create(USER, 0)
    third = await families.rotate((await families.rotate(first.token)).token)
    with pytest.raises(RefreshReused):
        await families.rotate(first.token)
    with pytest.raises(SessionEnded):
        await families.rotate(third.token)


async def test_s05_a_hundred_refreshes_of_one_token_at_once_leave_one_lineage(redis_server: Redis) -> None:
    """Over connections of their own, as of four instances; fifty times."""
    instances = [RedisConnection(redis_server.url, timeout_s=PATIENCE_S) for _ in range(4)]
    families = [RedisRefreshFamilies(instance, RefreshTokens([KEY])) for instance in instances]
    try:
        for repetition in range(50):
            first = await families[0].create(USER, 0)
            rotated = await asyncio.gather(*(families[number % 4].rotate(first.token) for number in range(100)))
            lineage = {successor.token for successor in rotated}
            assert len(lineage) == 1
            token = lineage.pop()
            assert token != first.token
            following = await asyncio.gather(*(families[number % 4].rotate(token) for number in range(4)))
            assert len({successor.token for successor in following}) == 1
            with pytest.raises(RefreshReused):
                await families[repetition % 4].rotate(first.token)
    finally:
        for instance in instances:
            await instance.close()


async def test_an_invented_token_of_a_known_family_is_refused_and_harms_nobody(
    families: RedisRefreshFamilies, redis: RedisConnection
) -> None:
    """A session's id is in access tokens: knowing it must not be enough to sign somebody out."""
    first = await families.create(USER, 0)
    await families.rotate(first.token)
    content = base64.urlsafe_b64decode(first.token)
    invented = base64.urlsafe_b64encode(content[:22] + secrets.token_bytes(32)).decode()
    stranger = RedisRefreshFamilies(redis, RefreshTokens([secrets.token_bytes(32)]))
    foreign = stranger._tokens.make(first.session_id, 0)
    for token in (invented, foreign, "x" * 72, "", "a.b.c"):
        with pytest.raises(SessionEnded) as refused:
            await families.rotate(token)
        assert refused.value.code == "session_ended", token
    assert (await families.rotate(first.token)).session_id == first.session_id


async def test_no_use_prolongs_a_family_beyond_seven_days(
    families: RedisRefreshFamilies, redis: RedisConnection
) -> None:
    first = await families.create(USER, 0)
    assert first.expires_in_s == LIFE_S == 7 * 24 * 3600
    key = f"session:{first.session_id}"
    ends = await redis.client.pexpiretime(key)
    # as if six days had gone by
    await redis.client.pexpireat(key, ends - 6 * 24 * 3600 * 1000)
    successor = await families.rotate(first.token)
    assert await redis.client.pexpiretime(key) == ends - 6 * 24 * 3600 * 1000
    assert 23 * 3600 < successor.expires_in_s <= 24 * 3600
    assert (await families.rotate(first.token)).expires_in_s <= 24 * 3600
    await redis.client.pexpireat(key, 1)
    with pytest.raises(SessionEnded):
        await families.rotate(successor.token)
    assert await families.find(successor.token) is None


async def test_one_family_or_all_of_a_user_can_be_ended(families: RedisRefreshFamilies, redis: RedisConnection) -> None:
    user, other = UserId(uuid4()), UserId(uuid4())
    mine = [await families.create(user, 0) for _ in range(3)]
    theirs = await families.create(other, 0)
    await families.revoke(mine[0].session_id)
    assert [await families.find(token.token) is not None for token in mine] == [False, True, True]
    await families.revoke_all(user)
    assert [await families.find(token.token) for token in mine] == [None] * 3
    assert await redis.client.exists(f"sessions-of-user:{user}") == 0
    assert (await families.rotate(theirs.token)).session_id == theirs.session_id
    await families.revoke_all(user)
    await families.revoke(mine[0].session_id)


async def test_the_index_of_a_users_families_forgets_those_that_have_ended(
    families: RedisRefreshFamilies, redis: RedisConnection
) -> None:
    user = UserId(uuid4())
    old = await families.create(user, 0)
    index = f"sessions-of-user:{user}"
    await redis.client.zadd(index, {str(old.session_id): 1.0})
    new = await families.create(user, 0)
    assert await redis.client.zrange(index, 0, -1) == [str(new.session_id).encode()]
    assert await redis.client.ttl(index) > LIFE_S


async def test_a_change_of_the_servers_key_signs_nobody_out(redis: RedisConnection) -> None:
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    before, between, after = (RedisRefreshFamilies(redis, RefreshTokens(keys)) for keys in ([old], [new, old], [new]))
    first = await before.create(USER, 0)
    second = await before.rotate(first.token)
    assert (await between.rotate(first.token)).token == second.token, "the grace goes on over a deployment"
    third = await after.rotate(second.token)
    assert (await after.rotate(third.token)).session_id == first.session_id


async def test_when_two_instances_rotate_with_different_keys_one_successor_is_kept(redis: RedisConnection) -> None:
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    ahead, behind = (RedisRefreshFamilies(redis, RefreshTokens(keys)) for keys in ([new, old], [old]))
    first = await behind.create(USER, 0)
    successor = await ahead.rotate(first.token)
    with pytest.raises(SessionEnded):
        await behind.rotate(first.token)
    assert (await ahead.rotate(first.token)).token == successor.token, "not ended by what was behind"
    assert (await behind.rotate(successor.token)).session_id == first.session_id


async def test_s05_redis_holds_hashes_only(families: RedisRefreshFamilies, redis: RedisConnection) -> None:
    first = await families.create(USER, 0)
    tokens = [first.token]
    for _ in range(3):
        tokens.append((await families.rotate(tokens[-1])).token)
    await families.rotate(tokens[-2])
    dump = await redis_dump(redis.client)
    assert str(first.session_id).encode() in dump, "the dump sees families"
    for token in tokens:
        content = base64.urlsafe_b64decode(token)
        for secret in (token.encode(), content, content[22:], content[22:].hex().encode()):
            assert secret not in dump


@pytest.mark.parametrize("what", ["create", "find", "rotate", "revoke", "revoke_all"])
async def test_without_redis_everything_says_so(what: str) -> None:
    from devstack.stack.ports import free_port

    families = RedisRefreshFamilies(RedisConnection(f"redis://127.0.0.1:{free_port()}"), RefreshTokens([KEY]))
    token = RefreshTokens([KEY]).make(SessionId(uuid4()), 0)
    calls = {
        "create": lambda: families.create(USER, 0),
        "find": lambda: families.find(token),
        "rotate": lambda: families.rotate(token),
        "revoke": lambda: families.revoke(SessionId(uuid4())),
        "revoke_all": lambda: families.revoke_all(USER),
    }
    with pytest.raises(Unavailable) as away:
        await calls[what]()
    assert away.value.dependency == "redis"
