from collections.abc import AsyncIterator

import pytest

from devstack.stack.qdrant import Qdrant
from shared.db.pool import Db
from tests.shared.services.steered_library import SteeredLibrary
from tests.shared.services.world import World


@pytest.fixture
async def steered(db: Db, qdrant_server: Qdrant) -> AsyncIterator[SteeredLibrary]:
    made = await SteeredLibrary.made(db, qdrant_server)
    yield made
    await made.index.vectors.close()


@pytest.fixture
async def world(db: Db) -> World:
    made = World(db)
    await made.add()
    return made
