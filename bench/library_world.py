"""A generated library in the Graph stand-in, and everything that Nexus needs to sync it: real PostgreSQL, the local
Qdrant, the local model server. Shared by the rows that sync whole libraries (no_change_sync, scale)."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.measure import ChildFailed, resident_bytes
from bench.servers import REPO, running
from devstack.graph.client import GraphControl
from devstack.stack.environment import process_environment
from devstack.stack.postgres import Postgres

# Smaller than production's 3,072, so that the stand-in for Qdrant holds a large library on a laptop.
DIMENSIONS = 256
_SAMPLE_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class World:
    """`environment` is what Nexus' settings are read from."""

    environment: Mapping[str, str]
    graph: str
    library_url: str
    folders: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of the worker's process, and with the extraction workers below it, at seconds from the start."""

    at_s: float
    own: int
    whole: int


@dataclass(slots=True)
class Worked:
    """What the worker said of each pass, and its memory meanwhile."""

    passes: list[dict[str, Any]] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)


async def filled(graph_url: str, name: str, *, items: int, seed: int) -> tuple[str, int]:
    """The address of a new library of that many files, and the number of its folders."""
    async with GraphControl(graph_url) as graph:
        library = await graph.create_library(name)
        return library.library_url, await graph.fill(name, files=items, seed=seed)


@contextmanager
def world(fill: Callable[[str], tuple[str, int]]) -> Iterator[World]:
    """`fill` is given the address of the Graph stand-in and says what `filled` says."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-bench-")))
        server = ("--port", "0", "--home")
        graph = stack.enter_context(running("devstack.graph", *server, str(home / "graph"))).url
        models = stack.enter_context(
            running("devstack.models", *server, str(home / "models"), "--embedding", "hash", "--dimensions", "256")
        ).url
        qdrant = stack.enter_context(running("devstack.qdrant", *server, str(home / "qdrant"))).url
        postgres = stack.enter_context(migrated_postgres(home / "postgres"))
        library_url, folders = fill(graph)
        database = postgres.fresh_database()
        yield World(_environment(graph, models, qdrant, database.dsn_app), graph, library_url, folders)


@contextmanager
def migrated_postgres(home: Path) -> Iterator[Postgres]:
    def migrate(url: str) -> None:
        alembic = [sys.executable, "-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head"]
        environment = os.environ | {"NEXUS_MIGRATIONS_POSTGRES_URL": url}
        subprocess.run(alembic, cwd=REPO, env=environment, check=True, capture_output=True)

    server = Postgres(home).start()
    try:
        server.migrate_template(migrate)
        yield server
    finally:
        server.remove()


def work(world: World, passes: Sequence[str]) -> Worked:
    """Runs bench.library_worker over the library and watches it. Raises ChildFailed."""
    worked, begun = Worked(), time.monotonic()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        argv = [sys.executable, "-m", "bench.library_worker", world.library_url, *passes]
        environment = process_environment(world.environment)
        process = subprocess.Popen(argv, cwd=REPO, env=environment, stdout=said, stderr=complained)
        try:
            top = psutil.Process(process.pid)
            while process.poll() is None:
                worked.memory.append(_memory(top, time.monotonic() - begun))
                time.sleep(_SAMPLE_EVERY_S)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            complained.seek(0)
            raise ChildFailed(f"the worker ended with {process.returncode}:\n{complained.read()[-3000:]}")
        said.seek(0)
        worked.passes.extend(json.loads(line) for line in said)
    return worked


def _memory(top: psutil.Process, at_s: float) -> Memory:
    try:
        return Memory(at_s, top.memory_info().rss, resident_bytes(top))
    except psutil.NoSuchProcess:
        return Memory(at_s, 0, 0)


def _environment(graph: str, models: str, qdrant: str, postgres: str) -> dict[str, str]:
    """As production sets it; what a sync does not use leads nowhere."""
    return {
        "NEXUS_ENV": "local",
        "NEXUS_POSTGRES_URL": postgres,
        "NEXUS_REDIS_URL": "redis://127.0.0.1:1",
        "NEXUS_QDRANT_URL": qdrant,
        "NEXUS_BLOB_CONNECTION_STRING": "UseDevelopmentStorage=true",
        "NEXUS_ENTRA_AUTHORITY": "http://127.0.0.1:1",
        "NEXUS_ENTRA_TENANT_ID": "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11",
        "NEXUS_ENTRA_CLIENT_ID": "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f",
        "NEXUS_ENTRA_CLIENT_SECRET": "bench",
        "NEXUS_REDIRECT_URIS": "http://localhost:4280/auth/callback",
        "NEXUS_CORS_ORIGINS": "http://localhost:4280",
        "NEXUS_ACCESS_TOKEN_KEYS": f"bench:{base64.b64encode(bytes(32)).decode()}",
        "NEXUS_GRAPH_BASE_URL": f"{graph}/v1.0",
        "NEXUS_GRAPH_DOWNLOAD_HOSTS": "localhost",
        "NEXUS_SYNC_SCHEDULE": "0 0 0 1 1 *",
        "NEXUS_EMBEDDING_PROVIDER": "openai",
        "NEXUS_EMBEDDING_MODEL": "text-embedding-3-large",
        "NEXUS_EMBEDDING_ENDPOINT": f"{models}/v1",
        "NEXUS_EMBEDDING_API_KEY_ENV": "OPENAI_API_KEY",
        "NEXUS_EMBEDDING_DIMENSIONS": str(DIMENSIONS),
        "OPENAI_API_KEY": "bench",
    }
