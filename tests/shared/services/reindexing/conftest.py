from collections.abc import AsyncIterator, Iterator

import pytest

from devstack.models.app import create_app as models_app
from devstack.serving import ServerThread
from devstack.stack.postgres import Database
from devstack.stack.qdrant import Qdrant
from shared.db.pool import Db
from tests.shared.services.guarantees import conftest as guarantees
from tests.shared.services.reindexing.changing_library import ChangingLibrary, changing_library

graph_server = guarantees.graph_server


@pytest.fixture(scope="session")
def models_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    """Hashed vectors, of any model and size that is asked for."""
    with ServerThread(models_app(tmp_path_factory.mktemp("models"))) as running:
        yield running


@pytest.fixture
async def library(
    db: Db, database: Database, qdrant_server: Qdrant, graph_server: ServerThread, models_server: ServerThread
) -> AsyncIterator[ChangingLibrary]:
    async with changing_library(db, database.dsn_app, qdrant_server, graph_server.url, models_server.url) as made:
        yield made
