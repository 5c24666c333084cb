from collections.abc import AsyncIterator, Iterator

import pytest

from devstack.graph.app import create_app
from devstack.serving import ServerThread
from devstack.stack.postgres import Database
from devstack.stack.qdrant import Qdrant
from shared.db.pool import Db
from tests.shared.services.guarantees.synced_library import SyncedLibrary, synced_library


@pytest.fixture(scope="session")
def graph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    stand_in = create_app(tmp_path_factory.mktemp("sharepoint"), token_required=True)
    with ServerThread(stand_in.app) as running:
        yield running
    stand_in.close()


@pytest.fixture
async def library(
    db: Db, database: Database, qdrant_server: Qdrant, graph_server: ServerThread
) -> AsyncIterator[SyncedLibrary]:
    async with synced_library(db, database.dsn_app, qdrant_server, graph_server.url) as made:
        yield made
