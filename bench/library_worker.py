"""Syncs one library by the product's own services, as the orchestrator drives them, and says what each pass took.

Run by bench/library_world.py: LIBRARY_URL PASS…, each pass `delta` or `full`; one JSON object a pass on stdout.
The orchestrator's part is a loop: one step a generation, its files at once as far as the host allows.
"""

import asyncio
import inspect
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from shared import ports
from shared.adapters import embeddings_openai
from shared.adapters.graph_msgraph import MsGraph
from shared.adapters.qdrant_connection import QdrantConnection
from shared.db import libraries, sync_runs
from shared.db.pool import Connection, Db
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId
from shared.runtime import Runtime
from shared.settings import EmbeddingModel, Settings

# A worker process of the functions host takes about this many activities at a time.
AT_ONCE = 10


class NoTokens:
    """The stand-in lets everyone in."""

    async def token(self, scope: str) -> str:
        return "bench"

    def forget(self, scope: str, token: str) -> None:
        raise RuntimeError("the stand-in refused a token")


class NoThrottle:
    """The port Throttle where nobody is throttled."""

    async def hold(self, service: str, seconds: float) -> None:
        raise RuntimeError(f"{service} asked to wait {seconds} s: this run measures nothing")

    async def remaining(self, service: str) -> float:
        return 0.0


class Counted:
    """A port whose calls are counted, by name."""

    def __init__(self, port: object, counts: Counter[str], named: str) -> None:
        self._port, self._counts, self._named = port, counts, named

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def counted(*arguments: Any, **options: Any) -> Any:
            self._counts[f"{self._named}.{name}"] += 1
            if name == "embed_passages":
                self._counts["texts embedded"] += len(arguments[0])
            return await method(*arguments, **options)

        return counted


class CountedDb(Db):
    """Statements as they are sent: one for all rows of an executemany, BEGIN and COMMIT included."""

    def __init__(self, url: str, counts: Counter[str]) -> None:
        super().__init__(url)
        self._counts = counts

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        async with super().connection() as connection:
            connection.add_query_logger(self._count)
            try:
                yield connection
            finally:
                connection.remove_query_logger(self._count)

    def _count(self, _: Any) -> None:
        self._counts["statements"] += 1


class CountedRuntime(Runtime):
    def __init__(self, settings: Settings, counts: Counter[str]) -> None:
        super().__init__(settings)
        self.counts = counts
        self.db = CountedDb(settings.postgres_url, counts)
        self.throttle = NoThrottle()
        self.graph: Any = Counted(MsGraph(settings.graph, NoTokens()), counts, "graph")

    def embeddings_of(self, model: EmbeddingModel) -> ports.Embeddings:
        counted: Any = Counted(super().embeddings_of(model), self.counts, "embeddings")
        return counted


def count_requests(counts: Counter[str]) -> None:
    """To Qdrant and to the model: each goes through one function, whoever made the connection."""
    attempt: Callable[..., Any] = QdrantConnection.attempt
    post: Callable[..., Any] = embeddings_openai.post

    async def to_qdrant(self: QdrantConnection, call: Any) -> Any:
        counts["qdrant"] += 1
        return await attempt(self, call)

    async def to_model(*arguments: Any, **options: Any) -> Any:
        counts["embedding calls"] += 1
        return await post(*arguments, **options)

    QdrantConnection.attempt = to_qdrant
    embeddings_openai.post = to_model


async def one_pass(runtime: CountedRuntime, library_id: LibraryId, *, full: bool) -> dict[str, Any]:
    runtime.counts.clear()
    begun = time.perf_counter()
    async with runtime.db.transaction() as connection:
        run = await sync_runs.add(connection, library_id, "manual", is_full=full, started_by=None)
    assert run is not None, "a sync of this library is under way"
    turns = asyncio.Semaphore(AT_ONCE)
    generations: list[tuple[int, int]] = []  # activities, and bytes in and out of them
    states: Counter[str] = Counter()
    work = {"library_id": str(library_id), "run_id": str(run.id), "confirmed": False, "failures": 0}

    async def read(document: Any) -> dict[str, Any]:
        async with turns:
            outcome = await (await runtime.ingestion()).ingest(document, run.id)
        return {"result": outcome.result, "retry_after_s": outcome.retry_after_s}

    while True:
        began_step = time.perf_counter()
        step = await runtime.library_sync.step(library_id, run.id)
        states[step.state] += 1
        said = {"state": step.state, "documents": [str(each) for each in step.documents], "message": step.message}
        exchanged = [work, said]
        began_reading = time.perf_counter()
        runtime.counts["ms in steps"] += round(1000 * (began_reading - began_step))
        if step.state == "ingest":
            outcomes = await asyncio.gather(*map(read, step.documents))
            arguments = [
                {"document_id": each, "run_id": work["run_id"], "last_try": False} for each in said["documents"]
            ]
            exchanged += [*arguments, *outcomes]
            runtime.counts["ms reading files"] += round(1000 * (time.perf_counter() - began_reading))
        generations.append((1 + len(step.documents), sum(len(json.dumps(each)) for each in exchanged)))
        if step.state not in ("ingest", "again"):
            break
    if step.state != "complete":
        raise RuntimeError(f"the sync ended as {step}")
    async with runtime.db.connection() as connection:
        ended = await sync_runs.get(connection, run.id)
    return {
        "pass": "full" if full else "delta",
        "seconds": time.perf_counter() - begun,
        "counts": dict(runtime.counts),
        "steps": dict(states),
        "most_activities": max(activities for activities, _ in generations),
        "most_bytes": max(size for _, size in generations),
        "generations": len(generations),
        "run": {name: getattr(ended, name) for name in _OF_THE_RUN},
    }


_OF_THE_RUN = (
    *("seen", "added", "unchanged", "skipped", "failed", "pages", "passages"),
    *("graph_s", "download_s", "extract_s", "embed_s", "store_s"),
)


async def main(library_url: str, passes: list[str]) -> None:
    counts: Counter[str] = Counter()
    count_requests(counts)
    runtime = CountedRuntime(Settings.from_env(), counts)
    address = await runtime.graph.resolve_library(library_url)
    async with runtime.db.transaction() as connection:
        library = await libraries.add(connection, address, Scope(None, None), enabled=True)
    try:
        for kind in passes:
            print(json.dumps(await one_pass(runtime, library.id, full=kind == "full")), flush=True)
    finally:
        await runtime.extractor.close()
        await runtime.graph.close()
        await runtime.db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
