"""The three Qdrants that the contract holds for: this server, qdrant-client's local mode, a real one."""

import os
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from qdrant_client import AsyncQdrantClient, models

from devstack.qdrant.server import create_app
from devstack.serving import ServerThread

SIZE = 4


class Place:
    """One Qdrant with names of our own in it, dropped afterwards. `serves_http` is false for local mode."""

    def __init__(self, client: AsyncQdrantClient, serves_http: bool) -> None:
        self.client = client
        self.serves_http = serves_http
        self.prefix = f"contract_{uuid4().hex[:8]}"
        self._made: list[str] = []

    def name(self, word: str = "docs") -> str:
        name = f"{self.prefix}_{word}"
        self._made.append(name)
        return name

    async def collection(self, word: str = "docs") -> str:
        """A new collection with vectors `dense` (4, cosine) and `bm25` (IDF)."""
        name = self.name(word)
        await self.client.create_collection(
            name,
            vectors_config={"dense": models.VectorParams(size=SIZE, distance=models.Distance.COSINE)},
            sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        return name

    async def index(self, collection: str, field: str, kind: models.PayloadSchemaType) -> None:
        with warnings.catch_warnings():
            # Local mode takes indexes and warns that it has none.
            warnings.simplefilter("ignore", UserWarning)
            await self.client.create_payload_index(collection, field, kind, wait=True)

    async def drop(self) -> None:
        for name in self._made:
            await self.client.delete_collection(name)


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home: Path = tmp_path_factory.mktemp("qdrant")
    with ServerThread(create_app(home)) as server:
        yield server.url


@pytest.fixture(params=["stand_in", "local_mode", "real"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    match request.param:
        case "stand_in":
            client = AsyncQdrantClient(url=request.getfixturevalue("stand_in"), check_compatibility=False)
        case "local_mode":
            client = AsyncQdrantClient(":memory:")
        case _:
            url = os.environ.get("QDRANT_URL")
            if not url:
                pytest.skip("QDRANT_URL names no real Qdrant")
            key = os.environ.get("QDRANT_API_KEY")
            client = AsyncQdrantClient(url=url, headers={"api-key": key} if key else None)
    place = Place(client, serves_http=request.param != "local_mode")
    try:
        yield place
    finally:
        await place.drop()
        await client.close()
