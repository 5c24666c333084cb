"""Row: a folder of PDFs becomes a searchable index, whole pipelines side by side.

The same files (sec-10q), the same model server (hash embedding, no delay), the same Qdrant server, passages of about
the same size. LlamaIndex and LangChain run in .cache/bench-venv, made from bench/requirements.txt when it is missing.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from bench.measure import Sample, child, interleave, versions
from bench.nexus_ingest import DIMENSIONS, MODEL
from bench.rows import Comparison, Options, Outcome
from bench.servers import REPO, Running, running
from devstack.stack.postgres import Postgres
from shared.adapters.qdrant_collection import collection_name

OURS = "nexus"
PEERS = {"LlamaIndex": "llamaindex_ingest.py", "LangChain": "langchain_ingest.py"}
FILES = REPO.parent / "shared" / "data" / "sec-10q" / "docs"
# The middle of what Nexus makes; the peers' splitters are set to it.
CHUNK_TOKENS = 400
_VENV = REPO / ".cache" / "bench-venv"
_PEER_PACKAGES = ("llama-index-core", "langchain", "langchain-openai", "pypdf", "qdrant-client")


class DataMissing(RuntimeError):
    """The documents to ingest are not on this machine."""


def _filings() -> list[Path]:
    """All that the peers can read: pypdf, which both use, gives up on Microsoft's (an array beyond its limit)."""
    return [path for path in sorted(FILES.glob("*.pdf")) if "MSFT" not in path.name]


def run(options: Options) -> Sequence[Outcome]:
    if not FILES.is_dir():
        raise DataMissing(f"no documents at {FILES}")
    peer_python = _peer_environment()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-bench-")))
        files = _folder(home, _filings()[: 2 if options.quick else None])
        models = stack.enter_context(
            running("devstack.models", "--port", "0", "--home", str(home / "models"), "--embedding", "hash")
        )
        qdrant = stack.enter_context(running("devstack.qdrant", "--port", "0", "--home", str(home / "qdrant")))
        postgres = stack.enter_context(_postgres(home / "postgres"))
        passages: dict[str, int] = {}
        names = (f"bench_{number}" for number in itertools.count())

        def ours() -> Sample:
            database = postgres.fresh_database()
            name = next(names)
            argv = [sys.executable, "-m", "bench.nexus_ingest", str(files), f"{models.url}/v1", qdrant.url, name]
            sample = child([*argv, database.dsn_app], cwd=REPO)()
            passages[OURS] = _count_and_drop(qdrant, collection_name(name, MODEL, DIMENSIONS))
            database.drop()
            return sample

        def peer(name: str, script: str) -> Callable[[], Sample]:
            def one() -> Sample:
                collection = next(names)
                argv = [str(peer_python), str(REPO / "bench" / "peers" / script), str(files), f"{models.url}/v1"]
                sample = child([*argv, qdrant.url, collection, str(CHUNK_TOKENS)])()
                passages[name] = _count_and_drop(qdrant, collection)
                return sample

            return one

        rounds = interleave(
            {OURS: ours} | {name: peer(name, script) for name, script in PEERS.items()},
            rounds=options.rounds,
            seed=options.seed,
        )
    sizes = ", ".join(f"{name} {count}" for name, count in passages.items())
    return [
        Outcome(
            f"Ingesting {2 if options.quick else len(_filings())} filings (sec-10q without MSFT's)",
            rounds,
            "s a run",
            1.0,
            tuple(
                Comparison(OURS, name, ratio(OURS, name), what)
                for name in PEERS
                for ratio, what in ((rounds.wall_ratio, "clock"), (rounds.cpu_ratio, "CPU"))
            ),
            (
                f"passages stored: {sizes}",
                "a fresh interpreter each time, its imports included; CPU of the pipeline's processes, not of servers",
                "Nexus also keeps a ledger in PostgreSQL, isolates extraction and writes BM25 vectors; they do not",
            ),
            f"{versions('qdrant-client', 'pypdfium2', 'asyncpg')}; {_peer_versions(peer_python)}",
        )
    ]


def _peer_environment() -> Path:
    """The interpreter of the peers' environment, which is made once (about a minute)."""
    python = _VENV / "bin" / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", str(_VENV)], check=True)
        lock = str(REPO / "bench" / "requirements.txt")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock], check=True)
    return python


def _peer_versions(python: Path) -> str:
    program = "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
    return subprocess.run(
        [str(python), "-c", program, *_PEER_PACKAGES], check=True, capture_output=True, text=True
    ).stdout.strip()


def _folder(home: Path, files: Sequence[Path]) -> Path:
    folder = home / "files"
    folder.mkdir()
    for path in files:
        (folder / path.name).symlink_to(path)
    return folder


@contextmanager
def _postgres(home: Path) -> Iterator[Postgres]:
    server = Postgres(home).start()
    try:
        server.migrate_template(_migrate)
        yield server
    finally:
        server.remove()


def _migrate(url: str) -> None:
    alembic = [sys.executable, "-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head"]
    environment = os.environ | {"NEXUS_MIGRATIONS_POSTGRES_URL": url}
    subprocess.run(alembic, cwd=REPO, env=environment, check=True, capture_output=True)


def _count_and_drop(qdrant: Running, collection: str) -> int:
    """How many points a run left, for the remark; the collection goes, so that no round is slower than the last."""
    address = f"{qdrant.url}/collections/{collection}"
    counted = httpx.post(f"{address}/points/count", json={"exact": True}, timeout=60).raise_for_status().json()
    httpx.delete(address, timeout=60).raise_for_status()
    return int(counted["result"]["count"])
