"""Redis by identity, on a real server: AUTH with the object id and a token, again before the token ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from redis import Redis as Administrator
from redis.asyncio import Redis as Client

from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from devstack.stack.redis import Redis
from shared.adapters.client_credentials import RENEW_BEFORE_S, AppToken, AppTokens
from shared.adapters.redis_sign_in import without_user
from shared.adapters.redis_store import RedisConnection, RedisTickets
from shared.errors import Unavailable
from shared.runtime import Runtime
from shared.settings import Settings
from tests.shared.test_settings import COMPLETE

IDENTITY = "8e3fa051-6c4d-4d7c-8d8b-3c7d4f4ea044"
USER = "7d2e9f40-5b3c-4c6b-9c7a-2b6c3e3d9f33"
LIFE_S = 3600


class Identity:
    """Source of tokens, each at once the only password of the server's user; `ahead` moves the clock."""

    def __init__(self, admin: Client) -> None:
        self.admin = admin
        self.ahead = 0.0
        self.given: list[str] = []
        self.fails = False

    def clock(self) -> float:
        return time.time() + self.ahead

    async def fetch(self, scope: str) -> AppToken:
        assert scope == "https://redis.azure.com/.default"
        if self.fails:
            raise Unavailable("entra", "The managed identity gives Nexus no token.", retry_after_s=30)
        token = f"token-{len(self.given) + 1}"
        self.given.append(token)
        await self.accept(token)
        return AppToken(token, self.clock() + LIFE_S)

    async def accept(self, token: str) -> None:
        await cast(Any, self.admin).acl_setuser(
            USER, enabled=True, reset_passwords=True, passwords=[f"+{token}"], keys=["*"], categories=["+@all"]
        )

    async def close(self) -> None: ...


@pytest.fixture
async def identity(redis_server: Redis) -> AsyncIterator[Identity]:
    admin = Client.from_url(redis_server.url, socket_timeout=5)
    identity = Identity(admin)
    yield identity
    await cast(Any, admin).acl_deluser(USER)
    await admin.aclose()


@pytest.fixture
def address(redis_server: Redis) -> str:
    return f"redis://{USER}@{redis_server.url.rpartition('@')[2]}"


@pytest.fixture
async def redis(identity: Identity, address: str) -> AsyncIterator[RedisConnection]:
    connection = RedisConnection(address, timeout_s=5, identity=AppTokens(identity, clock=identity.clock))
    yield connection
    await connection.close()


async def opened(identity: Identity) -> tuple[int, int]:
    """Connections and sign-ins that the server has seen."""
    counts = await cast(Any, identity.admin).info("all")
    return counts["total_connections_received"], counts.get("cmdstat_auth", {}).get("calls", 0)


async def mine(identity: Identity) -> list[str]:
    """Ids of the open connections of the identity's user."""
    clients = await cast(Any, identity.admin).client_list()
    return sorted(client["id"] for client in clients if client.get("user") == USER)


async def test_the_object_id_and_a_token_open_redis(redis: RedisConnection, identity: Identity) -> None:
    tickets = RedisTickets(redis)
    ticket = await tickets.issue({"who": "alice"})
    assert await tickets.redeem(ticket) == {"who": "alice"}
    assert identity.given == ["token-1"]
    assert len(await mine(identity)) == 1


async def test_open_connections_sign_in_again_before_their_token_ends(
    redis: RedisConnection, identity: Identity
) -> None:
    await asyncio.gather(*(redis.ping() for _ in range(5)))
    before, (_, signed_in) = await mine(identity), await opened(identity)
    assert before

    identity.ahead = LIFE_S - RENEW_BEFORE_S + 1
    await redis.ping()

    assert identity.given == ["token-1", "token-2"]
    assert await mine(identity) == before, "the same connections go on"
    connections, now_signed_in = await opened(identity)
    assert now_signed_in - signed_in == len(before), "each of them, and no other"
    await redis.ping()
    assert await opened(identity) == (connections, now_signed_in), "and only once"


async def test_a_connection_in_use_signs_in_again_when_it_is_given_back(
    redis: RedisConnection, identity: Identity
) -> None:
    await redis.ping()
    waiting = asyncio.create_task(redis.ask(redis.client.blpop(["nothing"], timeout=2)))
    while not [one for one in await cast(Any, identity.admin).client_list() if one["cmd"] == "blpop"]:
        await asyncio.sleep(0.01)
    (_, before), open_before = await opened(identity), await mine(identity)
    identity.ahead = LIFE_S - RENEW_BEFORE_S + 1
    await redis.ping()
    assert await waiting is None
    assert set(open_before) <= set(await mine(identity))
    # the one for the ping is new and signs in as it opens (HELLO); the one that waited, once it was given back
    assert (await opened(identity))[1] - before == 1


async def test_connections_that_the_server_ended_are_replaced(redis: RedisConnection, identity: Identity) -> None:
    """As Azure ends those whose token has ended: here after an idle hour."""
    await redis.ping()
    identity.ahead = LIFE_S + 1
    for each in await mine(identity):
        await cast(Any, identity.admin).client_kill_filter(_id=each)
    await redis.ping()
    assert identity.given == ["token-1", "token-2"]


async def test_a_token_that_redis_refuses_is_told_and_the_next_one_is_taken(
    redis: RedisConnection, identity: Identity
) -> None:
    await redis.ping()
    identity.ahead = LIFE_S - RENEW_BEFORE_S + 1
    accept, identity.accept = identity.accept, _refused  # type: ignore[method-assign]
    await redis.ask(asyncio.sleep(0))  # renews
    await cast(Any, identity.admin).acl_setuser(USER, enabled=True, reset_passwords=True, passwords=["+other"])
    with pytest.raises(Unavailable, match="redis"):
        await redis.ping()
    await accept("token-2")
    await redis.ping()


async def _refused(token: str) -> None: ...


async def test_without_a_token_redis_is_unavailable_and_says_why(redis: RedisConnection, identity: Identity) -> None:
    identity.fails = True
    with pytest.raises(Unavailable, match="managed identity gives Nexus no token") as failed:
        await redis.ping()
    assert failed.value.code == "redis_unavailable"
    identity.fails = False
    await redis.ping()


def test_the_user_is_taken_out_of_the_address() -> None:
    assert without_user("rediss://an%2Did@cache.example:10000/0?x=1") == ("rediss://cache.example:10000/0?x=1", "an-id")


async def test_the_app_signs_in_to_redis_by_its_settings_alone(
    identity: Identity, redis_server: Redis, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host's identity endpoint gives the token; both of the app's connections open with it."""
    with Administrator.from_url(redis_server.url, socket_timeout=5) as administrator:

        def accept(resource: str, token: str) -> None:
            cast(Any, administrator).acl_setuser(
                USER, enabled=True, reset_passwords=True, passwords=[f"+{token}"], keys=["*"], categories=["+@all"]
            )

        host = HostIdentity(IDENTITY, object_id=USER, issued=accept)
        with ServerThread(host.app) as server:
            for name, value in host.environment(server.url).items():
                monkeypatch.setenv(name, value)
            named = {"NEXUS_REDIS_URL": address, "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY}
            runtime = Runtime(Settings.from_env(COMPLETE | named))
            await runtime.redis.ping()
            await runtime.counting_redis.ping()
            assert len(await mine(identity)) == 2
            await runtime.close()
    assert host.resources == ["https://redis.azure.com"]
