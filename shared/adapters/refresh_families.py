"""Families of refresh tokens in Redis (port `RefreshFamilies`, S05).

    session:<session id>          hash: user, epoch, created_at, current and previous token hash, rotated_at (ms)
    sessions-of-user:<user id>    sorted set of session ids by their end

A family's key expires seven days after sign-in and no use prolongs it. What must happen at once happens in one script
over one key, so that it holds on a cluster too; the index is only ever ahead of the families, never behind. A family's
times are Redis' own: the clocks of instances differ.
"""

import time
from collections.abc import Awaitable
from typing import cast
from uuid import UUID, uuid4

from shared.adapters.redis_store import RedisConnection
from shared.domain.ids import SessionId, UserId
from shared.domain.refresh_tokens import RefreshTokens, hash_of
from shared.domain.sessions import RefreshFamily, RefreshToken
from shared.errors import RefreshReused, SessionEnded

LIFE_S = 7 * 24 * 3600
# Tabs that wake together present the same cookie. Long enough for a slow network, too short to be worth a theft.
GRACE_S = 10

CREATE = """
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'epoch', ARGV[2], 'current', ARGV[3],
           'created_at', redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
"""

# Presented hash, its successor's, whether the presented token is ours beyond doubt, grace in ms.
# The current token is replaced; the one before it is answered with what replaced it, for the grace; any other that we
# gave out comes from a copy, and who of the two is the thief cannot be told: the family ends.
ROTATE = """
local current, previous, rotated_at = unpack(redis.call('HMGET', KEYS[1], 'current', 'previous', 'rotated_at'))
if not current then
    return {'ended'}
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if current == ARGV[1] then
    redis.call('HSET', KEYS[1], 'current', ARGV[2], 'previous', ARGV[1], 'rotated_at', string.format('%.0f', now))
    return {'living', ARGV[2], redis.call('PTTL', KEYS[1])}
end
if previous == ARGV[1] and now - rotated_at <= tonumber(ARGV[4]) then
    return {'living', current, redis.call('PTTL', KEYS[1])}
end
if previous == ARGV[1] or ARGV[3] == '1' then
    redis.call('DEL', KEYS[1])
    return {'reused'}
end
return {'ended'}
"""


class RedisRefreshFamilies:
    def __init__(
        self, redis: RedisConnection, tokens: RefreshTokens, *, life_s: int = LIFE_S, grace_s: float = GRACE_S
    ) -> None:
        self._redis = redis
        self._tokens = tokens
        self._life_s = life_s
        self._grace_ms = round(grace_s * 1000)

    async def create(self, user_id: UserId, epoch: int) -> RefreshToken:
        session_id = SessionId(uuid4())
        token = self._tokens.make(session_id, 0)
        now, index = time.time(), _index_key(user_id)
        pipe = self._redis.client.pipeline(transaction=False)
        pipe.zremrangebyscore(index, 0, now - self._life_s)
        pipe.zadd(index, {str(session_id): now + self._life_s})
        pipe.expire(index, 2 * self._life_s)
        await self._redis.ask(pipe.execute())
        await self._run(CREATE, session_id, str(user_id), str(epoch), hash_of(token), str(self._life_s))
        return RefreshToken(session_id, token, self._life_s)

    async def find(self, token: str) -> RefreshFamily | None:
        presented = self._tokens.read(token)
        if presented is None:
            return None
        asked = self._redis.client.hmget(_key(presented.session_id), ["user", "epoch"])
        user, epoch = await self._redis.ask(cast("Awaitable[list[bytes | None]]", asked))
        if user is None or epoch is None:
            return None
        return RefreshFamily(presented.session_id, UserId(UUID(user.decode())), int(epoch))

    async def rotate(self, token: str) -> RefreshToken:
        presented = self._tokens.read(token)
        if presented is None:
            raise SessionEnded
        session_id, generation = presented.session_id, presented.generation + 1
        successor = self._tokens.make(session_id, generation)
        verdict, *rest = await self._run(
            ROTATE,
            session_id,
            hash_of(token),
            hash_of(successor),
            "1" if presented.is_ours else "0",
            str(self._grace_ms),
        )
        if verdict == b"reused":
            raise RefreshReused
        if verdict != b"living":
            raise SessionEnded
        current_hash, left_ms = cast("tuple[bytes, int]", rest)
        # within the grace it may be another instance's, made with a key that is about to be dropped
        living = self._tokens.find(session_id, generation, current_hash.decode())
        if living is None:
            raise SessionEnded
        return RefreshToken(session_id, living, max(1, left_ms // 1000))

    async def revoke(self, session_id: SessionId) -> None:
        await self._redis.ask(self._redis.client.delete(_key(session_id)))

    async def revoke_all(self, user_id: UserId) -> None:
        index = _index_key(user_id)
        found = cast("list[bytes]", await self._redis.ask(self._redis.client.zrange(index, 0, -1)))
        if not found:
            return
        # one command a key: on a cluster they live in different places
        pipe = self._redis.client.pipeline(transaction=False)
        for session_id in found:
            pipe.delete(_key(SessionId(UUID(session_id.decode()))))
        pipe.zrem(index, *found)
        await self._redis.ask(pipe.execute())

    async def _run(self, script: str, session_id: SessionId, *arguments: str) -> list[object]:
        call = self._redis.client.eval(script, 1, _key(session_id), *arguments)
        return cast("list[object]", await self._redis.ask(cast("Awaitable[object]", call)))


def _key(session_id: SessionId) -> str:
    return f"session:{session_id}"


def _index_key(user_id: UserId) -> str:
    return f"sessions-of-user:{user_id}"
