"""The app of tests/functions, asked by pages of its own origins and of others."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest

from devstack.stack.azurite import NODE_FOLDER, Azurite
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from tests.functions import conftest as functions
from tests.functions.nexus import Nexus
from tests.functions.promises import Promises
from tests.security.browser import ORIGIN, Browser

nexus, anyone, signed_in = functions.nexus, functions.anyone, functions.signed_in
admin, alice, bob = functions.admin, functions.alice, functions.bob


class NexusWithOrigins(Nexus):
    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"NEXUS_CORS_ORIGINS": f"{ORIGIN},https://app.corp.com"}


@pytest.fixture(scope="session")
def app(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nexus]:
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("Azurite is not installed: `make up`, or `npm ci --ignore-scripts` in devstack/node")
    home = tmp_path_factory.mktemp("nexus")
    azurite = Azurite(home / "blob").start()
    database = postgres.fresh_database()
    nexus = NexusWithOrigins(home, postgres, database, redis_server, qdrant_server, azurite)
    try:
        nexus.start()
        asyncio.run(functions._populate(nexus))
        yield nexus
    finally:
        nexus.stop()
        azurite.stop()
        database.drop()


@pytest.fixture(scope="session")
def promises(app: Nexus) -> Promises:
    return Promises(json.loads(httpx.get(f"{app.host.url}/api/openapi.json", timeout=60, trust_env=False).content))


@pytest.fixture
def browser(anyone: httpx.AsyncClient) -> Browser:
    return Browser(anyone)
