from collections.abc import Iterator

import httpx
import pytest

from devstack.models.app import create_app
from devstack.serving import ServerThread


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    """The stand-in with hashed vectors, as fast as it goes."""
    with ServerThread(create_app(tmp_path_factory.mktemp("models"))) as server:
        yield server


@pytest.fixture
def model(server: ServerThread) -> Iterator[httpx.Client]:
    """A plain client with a key; script, faults and the list of requests are cleared before and after."""
    with httpx.Client(base_url=server.url, headers={"authorization": "Bearer k"}, timeout=30) as client:
        for _ in range(2):
            for path in ("script", "faults", "requests"):
                client.delete(f"/_control/{path}").raise_for_status()
            if _ == 0:
                yield client
