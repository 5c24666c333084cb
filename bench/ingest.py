"""Row: a folder of files becomes a searchable index, whole pipelines side by side.

The same files (sec-10q and the office set), the same model server (hash embedding, no delay), the same Qdrant server,
passages of about the same size. The peers run in .cache/bench-venv. Files that one of them cannot read are left out
for all, so that nobody gains by giving up.
"""

import asyncio
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx

from bench.library_world import migrated_postgres
from bench.measure import Sample, child, interleave, versions
from bench.nexus_ingest import DIMENSIONS, MODEL
from bench.peer_environment import peer_python, peer_script, peer_versions
from bench.rows import Comparison, Options, Outcome
from bench.servers import REPO, Running, running
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.qdrant_collection import collection_name
from shared.errors import ExtractionFailed

OURS = "nexus"
PEERS = {"LlamaIndex": "llamaindex_ingest", "LangChain": "langchain_ingest", "Haystack": "haystack_ingest"}
_DATA = REPO.parent / "shared" / "data"
_FILINGS, _OFFICE = _DATA / "sec-10q" / "docs", _DATA / "office"
# The middle of what Nexus makes; the peers' splitters are set to it.
CHUNK_TOKENS = 400
_PEER_PACKAGES = ("llama-index-core", "langchain", "haystack-ai", "pypdf", "python-docx", "qdrant-client")


class DataMissing(RuntimeError):
    """The documents to ingest are not on this machine."""


def _filings(*, quick: bool) -> list[Path]:
    """Those that pypdf reads, which all peers use: it gives up on Microsoft's (an array beyond its limit)."""
    return [path for path in sorted(_FILINGS.glob("*.pdf")) if "MSFT" not in path.name][: 2 if quick else None]


def _office(*, quick: bool) -> list[Path]:
    """Of the types that all peers have readers for."""
    found = [path for kind in ("pdf", "docx", "xlsx", "pptx") for path in sorted((_OFFICE / kind).iterdir())]
    return found[:: 10 if quick else 1]


def run(options: Options) -> Sequence[Outcome]:
    if not _FILINGS.is_dir() or not _OFFICE.is_dir():
        raise DataMissing(f"no documents at {_DATA}")
    python = peer_python()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nexus-bench-")))
        office = _office(quick=options.quick)
        folder = _folder(home / "office", office)
        readable = _read_by_us(folder).intersection(*(_read_by(python, script, folder) for script in PEERS.values()))
        chosen = [*_filings(quick=options.quick), *(path for path in office if path.name in readable)]
        files, count = _folder(home / "files", chosen), len(chosen)
        models = stack.enter_context(
            running("devstack.models", "--port", "0", "--home", str(home / "models"), "--embedding", "hash")
        )
        qdrant = stack.enter_context(running("devstack.qdrant", "--port", "0", "--home", str(home / "qdrant")))
        postgres = stack.enter_context(migrated_postgres(home / "postgres"))
        passages: dict[str, int] = {}
        names = (f"bench_{number}" for number in itertools.count())

        def ours() -> Sample:
            database = postgres.fresh_database()
            name = next(names)
            argv = [sys.executable, "-m", "bench.nexus_ingest", str(files), f"{models.url}/v1", qdrant.url, name]
            sample = child([*argv, database.dsn_app], cwd=REPO, watched=True)()
            passages[OURS] = _count_and_drop(qdrant, collection_name(name, MODEL, DIMENSIONS))
            database.drop()
            return sample

        def peer(name: str, script: str) -> Callable[[], Sample]:
            def one() -> Sample:
                collection = next(names)
                argv = [str(python), peer_script(script), str(files), f"{models.url}/v1"]
                sample = child([*argv, qdrant.url, collection, str(CHUNK_TOKENS)], watched=True)()
                passages[name] = _count_and_drop(qdrant, collection)
                return sample

            return one

        rounds = interleave(
            {OURS: ours} | {name: peer(name, script) for name, script in PEERS.items()},
            rounds=options.rounds,
            seed=options.seed,
            # Each run is a new interpreter on a new collection, and all have just read the files.
            warm_up=0,
        )
    sizes = ", ".join(f"{name} {count}" for name, count in passages.items())
    rates = ", ".join(f"{name} {count / rounds.wall(name).median:.1f}" for name in rounds.samples)
    return [
        Outcome(
            f"Ingesting {count} files of sec-10q and office",
            rounds,
            "s a run",
            1.0,
            tuple(
                Comparison(OURS, name, ratio(OURS, name), what)
                for name in PEERS
                for ratio, what in (
                    (rounds.wall_ratio, "clock"),
                    (rounds.cpu_ratio, "CPU"),
                    (rounds.peak_ratio, "peak memory"),
                )
            ),
            (
                f"documents a second: {rates}; passages stored: {sizes}",
                f"{len(office) - len(readable)} of {len(office)} office files are left out because one of the four "
                "does not read them or finds no text",
                "a fresh interpreter each time, its imports included; CPU and memory (RSS) of the pipeline's process "
                "and all below it, not of servers",
                "Nexus also keeps a ledger in PostgreSQL, isolates extraction and writes BM25 vectors; they do not",
                "readers: each one's own choice by file type; LangChain's for xlsx and pptx (Unstructured) fetch a "
                "model at run time and are replaced by plain openpyxl and python-pptx",
            ),
            f"{versions('qdrant-client', 'pypdfium2', 'asyncpg')}; {peer_versions(python, *_PEER_PACKAGES)}",
        )
    ]


def _read_by(python: Path, script: str, files: Path) -> set[str]:
    argv = [str(python), peer_script(script), str(files)]
    return set(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines())


def _read_by_us(files: Path) -> set[str]:
    async def read() -> set[str]:
        sandbox, found = ExtractionSandbox(), set[str]()
        try:
            for path in files.iterdir():
                with suppress(ExtractionFailed):
                    await sandbox.extract(path, path.name)
                    found.add(path.name)
        finally:
            await sandbox.close()
        return found

    return asyncio.run(read())


def _folder(folder: Path, files: Sequence[Path]) -> Path:
    folder.mkdir()
    for path in files:
        (folder / path.name).symlink_to(path)
    return folder


def _count_and_drop(qdrant: Running, collection: str) -> int:
    """How many points a run left, for the remark; the collection goes, so that no round is slower than the last."""
    address = f"{qdrant.url}/collections/{collection}"
    counted = httpx.post(f"{address}/points/count", json={"exact": True}, timeout=60).raise_for_status().json()
    httpx.delete(address, timeout=60).raise_for_status()
    return int(counted["result"]["count"])
