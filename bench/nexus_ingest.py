"""Nexus' own ingestion of a folder, start to end, as the sync orchestrator drives it: enumeration, ledger, one ingest
per file, commit. Run by bench/ingest.py: FOLDER EMBEDDINGS_URL QDRANT_URL COLLECTION POSTGRES_URL

All of it is the product's: services, PostgreSQL, extraction in its sandbox, dense and BM25 vectors. SharePoint alone
is a folder here, because the other pipelines read one too.
"""

import asyncio
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.embeddings_openai import OpenAIEmbeddings
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.openai_clients import OpenAIClients
from shared.adapters.tokenizer import O200kTokenizer
from shared.adapters.vectors_qdrant import QdrantVectors
from shared.db import libraries, sync_runs
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.documents import DeltaPage, Downloaded, DriveItem, ItemKind, LibraryAddress
from shared.domain.library_checks import Application
from shared.errors import NotFound, RemoteItemGone
from shared.services.ingestion import Ingestion
from shared.services.syncing import LibrarySync

MODEL, DIMENSIONS = "text-embedding-3-large", 3072
_MAX_FILE_BYTES = 100 * 1024 * 1024
_ADDRESS = LibraryAddress("site", "drive", "bench", "https://bench.example/sites/bench/Documents")
_ROOT = DriveItem("root", ItemKind.ROOT, "root", None)


@dataclass(frozen=True, slots=True)
class FolderGraph:
    """The port Graph over one flat folder: all files on one delta page, downloads as copies."""

    files: Mapping[str, Path]

    async def resolve_library(self, library_url: str) -> LibraryAddress:
        raise NotFound("library")

    async def delta_page(self, drive_id: str, link: str | None) -> DeltaPage:
        items = [
            DriveItem(name, ItemKind.FILE, path.name, _ROOT.item_id, size=path.stat().st_size)
            for name, path in self.files.items()
        ]
        return DeltaPage((_ROOT, *items), next_link=None, delta_link="done")

    async def item(self, drive_id: str, item_id: str) -> DriveItem:
        raise RemoteItemGone()

    async def download(self, drive_id: str, item_id: str, target: Path, *, max_bytes: int) -> Downloaded:
        await asyncio.to_thread(shutil.copyfile, self.files[item_id], target)
        return Downloaded(target.stat().st_size, item_id)

    async def application(self) -> Application:
        return Application(None, None)


class NoThrottle:
    """The port Throttle where nobody is throttled."""

    async def hold(self, service: str, seconds: float) -> None:
        raise RuntimeError(f"{service} asked to wait {seconds} s: this run measures nothing")

    async def remaining(self, service: str) -> float:
        return 0.0


async def ingest(folder: Path, embeddings_url: str, qdrant_url: str, collection: str, postgres_url: str) -> int:
    """Returns the number of passages that were written; raises RuntimeError unless every file was indexed."""
    graph = FolderGraph({f"file-{number}": path for number, path in enumerate(sorted(folder.iterdir()))})
    provider = ProviderConfig(ProviderKind.OPENAI, MODEL, embeddings_url, "BENCH_KEY")
    embeddings = OpenAIEmbeddings(OpenAIClients(secret=lambda _: "bench"), provider, DIMENSIONS)
    vectors = QdrantVectors(qdrant_url, None, alias=collection, model=MODEL, dimensions=DIMENSIONS)
    db, extractor = Db(postgres_url), ExtractionSandbox()
    ingestion = Ingestion(
        db, graph, extractor, embeddings, vectors, O200kTokenizer(), NoThrottle(), max_file_bytes=_MAX_FILE_BYTES
    )
    sync = LibrarySync(db, graph, vectors, NoThrottle())
    try:
        async with db.transaction() as connection:
            library = await libraries.add(connection, _ADDRESS, Scope(None, None), enabled=True)
            run = await sync_runs.add(connection, library.id, "manual", is_full=True, started_by=None)
        while (step := await sync.step(library.id, run.id)).state in ("again", "ingest"):
            outcomes: Sequence[object] = await asyncio.gather(
                *(ingestion.ingest(document, run.id) for document in step.documents)
            )
            if any(getattr(outcome, "result", None) != "indexed" for outcome in outcomes):
                raise RuntimeError(f"not everything was indexed: {outcomes}")
        if step.state != "complete":
            raise RuntimeError(f"the sync ended as {step}")
        async with db.connection() as connection:
            return (await sync_runs.get(connection, run.id)).passages
    finally:
        await extractor.close()
        await vectors.close()
        await db.close()


if __name__ == "__main__":
    source, embeddings_at, qdrant_at, into, postgres_at = sys.argv[1:]
    print(asyncio.run(ingest(Path(source), embeddings_at, qdrant_at, into, postgres_at)))
