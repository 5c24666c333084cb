"""The adapter beside a running local Qdrant: one process a module, one collection a test."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.adapters.vectors_qdrant import QdrantVectors
from tests.devstack.qdrant.process import QdrantProcess
from tests.shared.adapters.vectors_qdrant.library import DIMENSIONS


class Control:
    """The faults and the record of requests of the local Qdrant."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/_control")

    def break_(self, *rules: dict[str, Any]) -> None:
        assert self._http.post("/faults", json=list(rules)).status_code == 200

    def mend(self) -> None:
        self._http.delete("/faults")

    def forget(self) -> None:
        self._http.delete("/requests")

    def asked(self, path: str) -> list[dict[str, Any]]:
        """Requests whose path ends so, oldest first."""
        return [asked for asked in self._http.get("/requests").json()["requests"] if asked["path"].endswith(path)]

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantProcess]:
    with QdrantProcess(tmp_path_factory.mktemp("qdrant")) as process:
        yield process


@pytest.fixture
def control(server: QdrantProcess) -> Iterator[Control]:
    control = Control(server.url)
    control.forget()
    yield control
    control.mend()
    control.close()


@pytest.fixture
def alias() -> str:
    return f"docs_{uuid4().hex[:8]}"


@pytest.fixture
async def vectors(server: QdrantProcess, alias: str) -> AsyncIterator[QdrantVectors]:
    vectors = QdrantVectors(server.url, None, alias=alias, model="Test Model", dimensions=DIMENSIONS)
    await vectors.ensure_ready()
    yield vectors
    await vectors.close()
