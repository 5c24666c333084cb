"""One library in SharePoint under Nexus' care: the real services over PostgreSQL, Qdrant, the Graph stand-in and the
extraction sandbox. Embeddings alone are made up: eight numbers that follow from the text."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import httpx
import numpy as np

from devstack.graph import client
from devstack.stack.qdrant import Qdrant
from functions.sync_orchestrator.orchestrations import DurableOrchestrations
from shared import runtime as process
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.graph_msgraph import MsGraph
from shared.db import documents, libraries, sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Scope
from shared.domain.drift import DriftReport
from shared.domain.ids import IndexId
from shared.domain.indexes import EmbeddingIndex
from shared.domain.ledger import LedgerDocument, Library
from shared.runtime import Runtime
from shared.services.indexes import OpenIndex
from shared.settings import Settings
from tests.shared.services.guarantees.durable import Clock, ClockedThrottle, Durable
from tests.shared.services.guarantees.mortality import Mortality, mortal

DIMENSIONS = 8
_ENVIRONMENT = {
    "NEXUS_ENV": "local",
    "NEXUS_REDIS_URL": "redis://127.0.0.1:1",
    "NEXUS_BLOB_CONNECTION_STRING": "UseDevelopmentStorage=true",
    "NEXUS_ENTRA_AUTHORITY": "http://127.0.0.1:1",
    "NEXUS_ENTRA_TENANT_ID": "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11",
    "NEXUS_ENTRA_CLIENT_ID": "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f",
    "NEXUS_ENTRA_CLIENT_SECRET": "a-secret-of-the-test",
    "NEXUS_REDIRECT_URIS": "http://localhost:4280/auth/callback",
    "NEXUS_ACCESS_TOKEN_KEYS": "test1:" + base64.b64encode(bytes(32)).decode(),
    "NEXUS_GRAPH_DOWNLOAD_HOSTS": "localhost",
    "NEXUS_SYNC_SCHEDULE": "0 0 0 1 1 *",
    "NEXUS_EMBEDDING_DIMENSIONS": str(DIMENSIONS),
    "NEXUS_CORS_ORIGINS": "http://localhost:4280",
    "OPENAI_API_KEY": "no-key-is-needed",
}


class Tokens:
    """Of the application, refused ones replaced."""

    def __init__(self) -> None:
        self.forgotten = 0

    async def token(self, scope: str) -> str:
        return f"token-{self.forgotten}"

    def forget(self, scope: str, token: str) -> None:
        self.forgotten += 1


@dataclass
class TextEmbeddings:
    """The same text has the same vector; what was embedded is remembered."""

    texts: list[str] = field(default_factory=list)

    async def embed_passages(self, texts: Sequence[str]) -> "tuple[np.ndarray[Any, np.dtype[np.float32]], int]":
        self.texts += texts
        return self._vectors(texts), len(texts)

    async def embed_queries(self, texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        return self._vectors(texts)

    @staticmethod
    def _vectors(texts: Sequence[str]) -> "np.ndarray[Any, np.dtype[np.float32]]":
        rows = [np.frombuffer(hashlib.sha256(text.encode()).digest()[:DIMENSIONS], dtype=np.uint8) for text in texts]
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(texts), DIMENSIONS) + 1
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


@dataclass
class SyncedLibrary:
    """`sharepoint` changes the library as a user of SharePoint would; `sync` is what the timer or an administrator
    starts. `runtime` is one process, `restart` the next one."""

    sharepoint: client.GraphControl
    remote: client.Library
    settings: Settings
    qdrant: Qdrant
    ports: dict[str, Any]
    runtime: Runtime = field(init=False)
    library: Library = field(init=False)
    embeddings: TextEmbeddings = field(default_factory=TextEmbeddings)
    # passages by index: their connections outlive a process here, to save time
    indexes: dict[IndexId, Any] = field(default_factory=dict[IndexId, Any])
    clock: Clock = field(default_factory=Clock)
    mortality: Mortality = field(default_factory=Mortality)
    durable: Durable = field(init=False)

    def __post_init__(self) -> None:
        self.durable = Durable(self.clock)
        self.ports["throttle"] = ClockedThrottle(self.clock)
        self.restart()

    def restart(self) -> Runtime:
        """A new process: nothing that a service kept in memory is left."""
        self.mortality.live_until(None)
        self.runtime = Runtime(self.settings)
        for name, port in self.ports.items():
            setattr(self.runtime, name, mortal(name, port, self.mortality) if name != "throttle" else port)
        opened = self.runtime.open_index

        def open_index(row: EmbeddingIndex) -> OpenIndex:
            if row.id not in self.indexes:
                self.indexes[row.id] = opened(row).vectors
            embeddings = mortal("embeddings", self.embeddings, self.mortality)
            return OpenIndex(row, embeddings, mortal("vectors", self.indexes[row.id], self.mortality))

        self.runtime.open_index = open_index
        process._runtimes[asyncio.get_running_loop()] = self.runtime  # the activities ask for it
        return self.runtime

    @property
    def db(self) -> Db:
        return self.ports["db"]

    async def register(self) -> None:
        address = await self.ports["graph"].resolve_library(self.remote.library_url)
        async with self.db.connection() as connection:
            self.library = await libraries.add(connection, address, Scope(None, None), enabled=True)

    # --- syncing ---------------------------------------------------------------------------------------------------

    async def start(self, *, full: bool = False, confirmed: bool = False) -> SyncRun:
        """The new run, or the one that is not finished; its orchestration waits in `durable`."""
        return await self.runtime.sync_starting.start(
            DurableOrchestrations(self.durable), self.library.id, "manual", is_full=full, confirmed=confirmed
        )

    async def sync(self, *, full: bool = False, confirmed: bool = False) -> SyncRun:
        run = await self.start(full=full, confirmed=confirmed)
        await self.durable.drain()
        return await self.run(run)

    async def run(self, run: SyncRun) -> SyncRun:
        async with self.db.connection() as connection:
            return await sync_runs.get(connection, run.id)

    async def let_retries_come(self) -> None:
        """As if the waiting time of every failed file were over."""
        async with self.db.connection() as connection:
            await connection.execute("UPDATE sharepoint_documents SET retry_at = now() WHERE retry_at IS NOT NULL")

    async def let_failed_be_tried(self) -> None:
        """Also those that had their three attempts: as an administrator would who looks through them."""
        async with self.db.connection() as connection:
            await connection.execute(
                "UPDATE sharepoint_documents SET retry_at = now(), attempts = 0 WHERE status = 'failed'"
            )

    async def forget_everything(self) -> None:
        """As if the library had just been added, under the same id."""
        async with self.db.connection() as connection:
            known = [row["id"] for row in await connection.fetch("SELECT id FROM sharepoint_documents")]
        await self.runtime.vectors.remove(known)
        assert await self.points() == {}
        async with self.db.transaction() as connection:
            await connection.execute("DELETE FROM sharepoint_documents")
            await connection.execute("DELETE FROM sharepoint_folders")
            await connection.execute("UPDATE sharepoint_sync_state SET delta_token = NULL")

    # --- looking ---------------------------------------------------------------------------------------------------

    async def state(self) -> Library:
        async with self.db.connection() as connection:
            return await libraries.get(connection, self.library.id)

    async def documents(self) -> dict[str, LedgerDocument]:
        """By path; by item id where the path is not known."""
        async with self.db.connection() as connection:
            rows = await connection.fetch(
                f"SELECT {documents.COLUMNS} FROM sharepoint_documents WHERE library_id = $1",  # noqa: S608
                self.library.id,
            )
        found = [documents.document_of(row) for row in rows]
        return {document.path or document.item_id: document for document in found}

    async def points(self, *, vectors: bool = False) -> dict[str, dict[str, Any]]:
        """Every stored passage of the library as Qdrant has it, by its id."""
        found: dict[str, dict[str, Any]] = {}
        body: dict[str, Any] = {
            "limit": 1000,
            "with_payload": True,
            "with_vector": vectors,
            "filter": {"must": [{"key": "library_id", "match": {"value": str(self.library.id)}}]},
        }
        async with httpx.AsyncClient(headers={"api-key": self.qdrant.api_key}, trust_env=False) as http:
            while True:
                reply = await http.post(f"{self.collection_url}/points/scroll", json=body)
                result = reply.raise_for_status().json()["result"]
                found |= {point["id"]: point for point in result["points"]}
                if result["next_page_offset"] is None:
                    return found
                body["offset"] = result["next_page_offset"]

    @property
    def collection_url(self) -> str:
        return f"{self.qdrant.url}/collections/{self.settings.qdrant_collection}"

    async def readable(self) -> dict[str, list[str]]:
        """Path → texts in their order, as readers would find them."""
        return self.readable_of(await self.points())

    def readable_of(self, points: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
        shown = [point["payload"] for point in points.values() if point["payload"]["is_active"]]
        found: dict[str, list[str]] = {}
        for payload in sorted(shown, key=lambda each: each["chunk_index"]):
            path = unquote(payload["file_url"].removeprefix(self.remote.library_url).strip("/"))
            found.setdefault(path, []).append(payload["text"])
        return found

    async def put(self, path: str, text: str | bytes) -> client.LibraryItem:
        content = text.encode() if isinstance(text, str) else text
        return await self.sharepoint.put_file(self.remote.name, path, content)

    async def move(self, path: str, new_path: str) -> None:
        await self.sharepoint.move(self.remote.name, path, new_path)

    async def remove(self, path: str) -> None:
        await self.sharepoint.remove(self.remote.name, path)

    async def drift(self) -> DriftReport:
        return await self.runtime.drift.check(self.library.id)

    async def downloads(self) -> int:
        """Since the requests were forgotten."""
        return sum("download.aspx" in asked["path"] for asked in await self.sharepoint.requests())


@asynccontextmanager
async def synced_library(
    db: Db, database_url: str, qdrant: Qdrant, graph_url: str, *, max_file_mb: int = 50
) -> AsyncIterator[SyncedLibrary]:
    """An empty library, registered. The stand-in is left as it was found: no fault, no script."""
    unique = uuid4().hex[:10]
    settings = Settings.from_env(
        {
            **_ENVIRONMENT,
            "NEXUS_POSTGRES_URL": database_url,
            "NEXUS_QDRANT_URL": qdrant.url,
            "NEXUS_QDRANT_API_KEY": qdrant.api_key,
            "NEXUS_QDRANT_COLLECTION": f"docs_{unique}",
            "NEXUS_GRAPH_BASE_URL": f"{graph_url}/v1.0",
            "NEXUS_MAX_FILE_MB": str(max_file_mb),
        }
    )
    extractor = ExtractionSandbox(workers=1)
    graph = MsGraph(settings.graph, Tokens())
    ports = {"db": db, "graph": graph, "extractor": extractor}
    async with client.GraphControl(graph_url) as sharepoint:
        await sharepoint.clear_faults()
        remote = await sharepoint.create_library(f"Library {unique}")
        library = SyncedLibrary(sharepoint, remote, settings, qdrant, ports)
        await library.register()
        try:
            yield library
        finally:
            # a test may have put another one in its place
            await ports["extractor"].close()
            await sharepoint.clear_faults()
            await sharepoint.script(resync=None, empty_page=False, page_size=None, duplicate_items=False)
            await sharepoint.script(deleted_descendants=False, expire_downloads_after_s=None, allow_site="hub")
            await sharepoint.forget_requests()
            for vectors in library.indexes.values():
                await vectors.close()
            await graph.close()
            process._runtimes.pop(asyncio.get_running_loop(), None)
