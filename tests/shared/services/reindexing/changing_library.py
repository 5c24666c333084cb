"""A synced library whose embedding model changes: two models of the stand-in, of different sizes, and a reader in a
process of its own who never knows what is going on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import httpx

from devstack.graph import client
from devstack.stack.qdrant import Qdrant
from functions.ingest_activity.orchestration import DurableRebuild
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.graph_msgraph import MsGraph
from shared.adapters.openai_clients import OpenAIClients
from shared.adapters.qdrant_connection import QdrantConnection
from shared.db import people
from shared.db.pool import Db
from shared.domain.audience import Audience
from shared.domain.identity import Caller, EntraIdentity
from shared.domain.indexes import EmbeddingIndex, EmbeddingModel, IndexStatus
from shared.ports import Embeddings
from shared.runtime import Runtime
from shared.services.indexes import Indexes, OpenIndex
from shared.services.reindexing import IndexState, Reindexing
from shared.settings import Settings
from tests.shared.services.guarantees.mortality import mortal
from tests.shared.services.guarantees.synced_library import _ENVIRONMENT, SyncedLibrary, Tokens

LARGE, SMALL = ("text-embedding-3-large", 96), ("text-embedding-3-small", 64)
FRESH_S, SETTLE_S, GRACE_S = 0.1, 0.2, 0.4


@dataclass
class ChangingLibrary(SyncedLibrary):
    """`wrapped` stands before a model's embeddings; `clients` are of this event loop."""

    clients: OpenAIClients = field(default_factory=lambda: OpenAIClients(secret=lambda _: "k"))
    connection: QdrantConnection = field(init=False)
    wrapped: Callable[[EmbeddingModel, Embeddings], Any] = lambda _, embeddings: embeddings

    def __post_init__(self) -> None:
        self.connection = QdrantConnection(self.qdrant.url, self.qdrant.api_key)
        super().__post_init__()

    def restart(self) -> Runtime:
        runtime: Any = super().restart()
        del runtime.open_index
        self._configure(runtime, mortal_ports=True)
        return runtime

    def another_process(self) -> Runtime:
        """It shares nothing with the first, and cannot die with it."""
        runtime = Runtime(self.settings)
        runtime.db = self.ports["db"]
        runtime.throttle = self.ports["throttle"]
        self._configure(runtime, mortal_ports=False)
        return runtime

    def _configure(self, runtime: Any, *, mortal_ports: bool) -> None:
        runtime.model_clients = self.clients
        runtime.qdrant = self.connection

        def embeddings_of(model: EmbeddingModel) -> Any:
            return self.wrapped(model, Runtime.embeddings_of(runtime, model))

        def open_index(row: EmbeddingIndex) -> OpenIndex:
            opened = Runtime.open_index(runtime, row)
            if not mortal_ports:
                return opened
            embeddings = mortal("embeddings", opened.embeddings, self.mortality)
            return OpenIndex(row, embeddings, mortal("vectors", opened.vectors, self.mortality))

        runtime.embeddings_of = embeddings_of
        runtime.indexes = Indexes(
            runtime.db, self.settings.embedding, runtime._collection_of, open_index, fresh_s=FRESH_S
        )
        runtime.reindexing = Reindexing(
            runtime.db, runtime.indexes, runtime.throttle, embeddings_of, settle_s=SETTLE_S, grace_s=GRACE_S
        )

    def configure(self, model: tuple[str, int]) -> None:
        """As if the settings were changed and the process started anew."""
        name, dimensions = model
        provider = replace(self.settings.embedding.provider, model=name)
        embedding = replace(self.settings.embedding, provider=provider, dimensions=dimensions)
        self.settings = replace(self.settings, embedding=embedding)
        self.restart()

    async def someone(self) -> Caller:
        async with self.db.transaction() as connection:
            identity = EntraIdentity("tenant", uuid4().hex, f"{uuid4().hex}@example.org", "Admin")
            return (await people.record_sign_in(connection, identity, as_admin=True)).caller

    async def begin(self) -> IndexState:
        return await self.runtime.reindexing.begin(DurableRebuild(self.durable), await self.someone(), "c")

    async def change_to(self, model: tuple[str, int]) -> None:
        self.configure(model)
        await self.begin()
        await self.durable.drain()

    async def serving(self) -> EmbeddingIndex:
        state = await self.runtime.reindexing.state()
        serving = state.of(IndexStatus.SERVING)
        assert serving is not None
        return serving

    async def points_in(self, collection: str) -> dict[str, dict[str, Any]]:
        """Every passage of the library in one collection: payload without the library's id, and vectors."""
        body = {
            "limit": 10_000,
            "with_payload": True,
            "with_vector": True,
            "filter": {"must": [{"key": "library_id", "match": {"value": str(self.library.id)}}]},
        }
        async with httpx.AsyncClient(headers={"api-key": self.qdrant.api_key}, trust_env=False) as http:
            reply = await http.post(f"{self.qdrant.url}/collections/{collection}/points/scroll", json=body)
        points = reply.raise_for_status().json()["result"]["points"]
        for point in points:
            del point["payload"]["library_id"]
        return {point["id"]: point for point in points}

    async def collections(self) -> set[str]:
        async with httpx.AsyncClient(headers={"api-key": self.qdrant.api_key}, trust_env=False) as http:
            reply = (await http.get(f"{self.qdrant.url}/collections")).raise_for_status().json()
        names = {each["name"] for each in reply["result"]["collections"]}
        return {name for name in names if name.startswith(self.settings.qdrant_collection)}

    async def alias(self) -> str | None:
        async with httpx.AsyncClient(headers={"api-key": self.qdrant.api_key}, trust_env=False) as http:
            reply = (await http.get(f"{self.qdrant.url}/aliases")).raise_for_status().json()
        found = {each["alias_name"]: each["collection_name"] for each in reply["result"]["aliases"]}
        return found.get(self.settings.qdrant_collection)

    async def found(self, query: str, runtime: Runtime | None = None) -> list[str]:
        """File names, best first, as a reader of any process finds them."""
        retrieval = (runtime or self.runtime).retrieval
        passages = await retrieval.search([query], audience=Audience(None, None), limit=5)
        return [passage.file_name for passage in passages]


@asynccontextmanager
async def changing_library(
    db: Db, database_url: str, qdrant: Qdrant, graph_url: str, models_url: str, *, of: ChangingLibrary | None = None
) -> AsyncIterator[ChangingLibrary]:
    """With the large model. `of` another one: the same library of SharePoint, under care for the first time."""
    unique = uuid4().hex[:10]
    settings = Settings.from_env(
        {
            **_ENVIRONMENT,
            "NEXUS_POSTGRES_URL": database_url,
            "NEXUS_QDRANT_URL": qdrant.url,
            "NEXUS_QDRANT_API_KEY": qdrant.api_key,
            "NEXUS_QDRANT_COLLECTION": f"docs_{unique}",
            "NEXUS_GRAPH_BASE_URL": f"{graph_url}/v1.0",
            "NEXUS_EMBEDDING_ENDPOINT": f"{models_url}/v1",
            "NEXUS_EMBEDDING_MODEL": LARGE[0],
            "NEXUS_EMBEDDING_DIMENSIONS": str(LARGE[1]),
            "NEXUS_EMBED_CALL_INPUTS": "8",
        }
    )
    extractor = ExtractionSandbox(workers=1)
    graph = MsGraph(settings.graph, Tokens())
    ports: dict[str, Any] = {"db": db, "graph": graph, "extractor": extractor}
    async with client.GraphControl(graph_url) as sharepoint:
        remote = of.remote if of else await sharepoint.create_library(f"Library {unique}")
        library = ChangingLibrary(sharepoint, remote, settings, qdrant, ports)
        await library.register()
        try:
            yield library
        finally:
            await library.clients.aclose()
            await library.connection.close()
            await graph.close()
            await extractor.close()
            await asyncio.sleep(0)
