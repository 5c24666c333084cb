"""A whole app with settings of its own, for tests that exhaust limits or break things."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import redis as redis_client

from devstack.sign_in import sign_in
from devstack.stack.azurite import NODE_FOLDER, Azurite
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from tests.functions.nexus import Nexus

# Far above what a test asks.
UNLIMITED = '{"sign_in": "9999/60", "refresh": "9999/60", "chat": "9999/60", "search": "9999/60", "admin": "9999/60"}'


@dataclass
class OwnNexus(Nexus):
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    def _environment(self) -> dict[str, str]:
        shared = super()._environment()
        # these tests are about the limits that the shared one opens
        for name in ("NEXUS_STREAMS_PER_USER", "NEXUS_RATE_LIMITS"):
            shared.pop(name, None)
        return shared | dict(self.settings)


@contextmanager
def own_nexus(
    home: Path,
    postgres: Postgres,
    redis: Redis,
    qdrant: Qdrant,
    *,
    people: tuple[str, ...],
    **settings: str,
) -> Iterator[OwnNexus]:
    """`people` are signed in; who they are to Nexus is what a first sign-in makes of them."""
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("Azurite is not installed: `make up`, or `npm ci --ignore-scripts` in devstack/node")
    azurite = Azurite(home / "blob").start()
    database = postgres.fresh_database()
    _forget_counts(redis)
    nexus = OwnNexus(home, postgres, database, redis, qdrant, azurite, settings=settings)
    try:
        nexus.start()
        asyncio.run(_sign_in(nexus, people))
        yield nexus
    finally:
        nexus.stop()
        azurite.stop()
        database.drop()


def _forget_counts(redis: Redis) -> None:
    """Earlier tests signed in from the same address."""
    with redis_client.from_url(redis.url) as store:
        for key in store.scan_iter("limit:*"):
            store.delete(key)


async def _sign_in(nexus: OwnNexus, people: tuple[str, ...]) -> None:
    async with client(nexus) as http:
        for user in people:
            nexus.sessions[user] = await sign_in(nexus.host.url, nexus.entra.url, user, client=http)


def client(nexus: Nexus) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=nexus.host.url,
        timeout=60,
        trust_env=False,
        verify=False,
        limits=httpx.Limits(max_connections=250, max_keepalive_connections=50),
    )
