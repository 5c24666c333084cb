"""Redis: run logs, cancel flags, tickets, shared throttling. Its loss stops resume and logs people out; no data is
lost. Every call is bounded to a second, so that a dead Redis never slows an answer."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import msgspec

from shared.domain.ids import RunId
from shared.errors import Unavailable

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from shared.adapters.client_credentials import AppTokens
    from shared.adapters.redis_sign_in import RedisSignIn

TIMEOUT_S = 1.0
LOG_KEPT_S = 15 * 60
TICKET_S = 30


class RedisConnection:
    """One client per event loop, made at first use. `timeout_s` is for one answer; with its repetition a command takes
    twice as long at most. With `identity` the address names a user and its tokens are the password."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S, identity: "AppTokens | None" = None) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._identity = identity
        self._sign_in: RedisSignIn | None = None
        self._client: Redis | None = None

    @property
    def client(self) -> "Redis":
        if self._client is None:
            from redis.asyncio import Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff

            url = self._url
            if self._identity is not None:
                from shared.adapters.redis_sign_in import RedisSignIn, without_user

                url, user = without_user(url)
                self._sign_in = RedisSignIn(user, self._identity)
            self._client = Redis.from_url(
                url,
                credential_provider=self._sign_in,
                socket_timeout=self._timeout_s,
                socket_connect_timeout=self._timeout_s,
                retry=Retry(NoBackoff(), 1),
                health_check_interval=30,
            )
        return self._client

    async def ask[T](self, call: "Awaitable[T]") -> T:
        """Awaits one command; anything but an answer is Unavailable("redis")."""
        from redis.exceptions import RedisError

        if self._sign_in is not None:
            try:
                # outside of the command's own time: the first token of a process may take longer than any command
                await self._sign_in.keep(self.client)
            except BaseException:
                if isinstance(call, Coroutine):
                    call.close()
                raise
        try:
            async with asyncio.timeout(2 * self._timeout_s):
                return await call
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("redis") from error

    async def ping(self) -> None:
        await self.ask(cast("Awaitable[object]", self.client.ping()))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


class RedisRunLog:
    """Port RunLog: one stream a run, entry id `<seq>-0`, so that a repeated append of the same frame is refused by
    Redis itself and a reader asks for exactly what follows the last it saw."""

    def __init__(self, redis: RedisConnection) -> None:
        self._redis = redis

    async def append(self, run_id: RunId, events: Sequence[tuple[int, bytes]]) -> None:
        from redis.exceptions import ResponseError

        key = _log_key(run_id)
        pipe = self._redis.client.pipeline(transaction=False)
        for seq, frame in events:
            pipe.xadd(key, {"f": frame}, id=f"{seq}-0")
        pipe.expire(key, LOG_KEPT_S)
        replies = await self._redis.ask(pipe.execute(raise_on_error=False))
        refused = [reply for reply in replies if isinstance(reply, Exception) and not isinstance(reply, ResponseError)]
        if refused:
            raise Unavailable("redis") from refused[0]

    async def follow(self, run_id: RunId, after_seq: int) -> AsyncGenerator[tuple[int, bytes] | None]:
        key, last = _log_key(run_id), f"{after_seq}-0"
        while True:
            # the block ends before the socket's own timeout, so that silence is no error
            reply = await self._redis.ask(self._redis.client.xread({key: last}, count=500, block=int(TIMEOUT_S * 800)))
            if not reply:
                yield None
                continue
            for entry_id, fields in _entries(reply):
                last = entry_id.decode()
                yield int(last.partition("-")[0]), fields[b"f"]

    async def request_cancel(self, run_id: RunId) -> None:
        await self._redis.ask(self._redis.client.set(_cancel_key(run_id), b"1", ex=LOG_KEPT_S))

    async def is_cancelled(self, run_id: RunId) -> bool:
        return bool(await self._redis.ask(self._redis.client.exists(_cancel_key(run_id))))


def _entries(reply: object) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """XREAD's entries of the one stream asked for, in either protocol version's shape."""
    streams = cast("dict[bytes, list[object]] | list[list[object]]", reply)
    found = next(iter(streams.values())) if isinstance(streams, dict) else cast("list[object]", streams[0][1])
    if found and isinstance(found[0], list) and found[0] and isinstance(found[0][0], (list, tuple)):
        found = cast("list[object]", found[0])
    return cast("list[tuple[bytes, dict[bytes, bytes]]]", found)


def _log_key(run_id: RunId) -> str:
    return f"run:{run_id}"


def _cancel_key(run_id: RunId) -> str:
    return f"run:{run_id}:cancel"


class RedisTickets:
    """Port Tickets: 256 random bits, of which only the hash is stored; GETDEL makes them single use."""

    def __init__(self, redis: RedisConnection) -> None:
        self._redis = redis

    async def issue(self, claims: Mapping[str, str]) -> str:
        ticket = secrets.token_urlsafe(32)
        await self._redis.ask(
            self._redis.client.set(_ticket_key(ticket), msgspec.json.encode(dict(claims)), ex=TICKET_S)
        )
        return ticket

    async def redeem(self, ticket: str) -> Mapping[str, str] | None:
        stored = await self._redis.ask(self._redis.client.getdel(_ticket_key(ticket)))
        return None if stored is None else msgspec.json.decode(cast("bytes", stored), type=dict[str, str])


def _ticket_key(ticket: str) -> str:
    return "ticket:" + hashlib.sha256(ticket.encode()).hexdigest()


class RedisThrottle:
    """Port Throttle. Redis away means no shared pause: each caller still gets its own 429 and waits."""

    def __init__(self, redis: RedisConnection) -> None:
        self._redis = redis

    async def hold(self, service: str, seconds: float) -> None:
        milliseconds = max(1, round(seconds * 1000))
        key = f"throttle:{service}"
        try:
            left = await self._redis.ask(self._redis.client.pttl(key))
            if left < milliseconds:
                await self._redis.ask(self._redis.client.set(key, b"1", px=milliseconds))
        except Unavailable:
            return

    async def remaining(self, service: str) -> float:
        try:
            left = await self._redis.ask(self._redis.client.pttl(f"throttle:{service}"))
        except Unavailable:
            return 0.0
        return max(0, left) / 1000
