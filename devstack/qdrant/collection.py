"""One collection: an engine shard on disk, written to one request after the other and read beside that."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import qdrant_edge as engine

from devstack.qdrant.collection_config import CollectionConfig
from devstack.qdrant.refusals import missing_collection, of_engine


@dataclass(slots=True)
class _OpenShard:
    """An engine shard with the requests that are using it, so that it is closed after the last of them."""

    folder: Path
    shard: Any
    users: int = 0
    unused: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.unused.set()

    def __enter__(self) -> Any:
        self.users += 1
        self.unused.clear()
        return self.shard

    def __exit__(self, *_: object) -> None:
        self.users -= 1
        if not self.users:
            self.unused.set()


class Collection:
    """`operation` is the number of the last update, `unflushed` says that the log holds what segments do not yet.

    The engine (0.9) keeps Python's GIL during a call, so its threads here take turns: what they buy is that the
    event loop waits for none of them once the engine lets go, and that no request order depends on it.
    """

    def __init__(self, name: str, folder: Path, shard: Any, config: CollectionConfig, pool: Executor) -> None:
        self.name = name
        self.config = config
        self.operation = 0
        self.unflushed = False
        self._open: _OpenShard | None = _OpenShard(folder, shard)
        self._pool = pool
        self._writing = asyncio.Lock()

    @classmethod
    async def create(cls, name: str, folder: Path, config: CollectionConfig, pool: Executor) -> "Collection":
        folder.mkdir(parents=True)
        settings = config.for_engine()
        shard = await _off_loop(pool, lambda: engine.EdgeShard.create(str(folder), settings))
        return cls(name, folder, shard, config, pool)

    @classmethod
    async def load(cls, name: str, folder: Path, config: CollectionConfig, pool: Executor) -> "Collection":
        """Replays what the write-ahead log holds beyond the last flush."""
        shard = await _off_loop(pool, lambda: engine.EdgeShard.load(str(folder)))
        return cls(name, folder, shard, config, pool)

    @property
    def folder(self) -> Path:
        return self._current().folder

    def _current(self) -> _OpenShard:
        if self._open is None:
            raise missing_collection(self.name)
        return self._open

    async def read[Result](self, call: Callable[[Any], Result]) -> Result:
        """`call(shard)` in a thread. Raises Refused for what the engine refuses."""
        with self._current() as shard:
            return await _off_loop(self._pool, lambda: call(shard))

    async def write(self, operations: Sequence[Any]) -> int:
        """Applies the operations in order and returns the number of the last one; stops at the first refused."""
        async with self._writing:
            with self._current() as shard:
                for operation in operations:
                    # One hop each: a long batch lets searches in between its steps.
                    self.unflushed = True
                    self.operation += 1
                    await _off_loop(self._pool, lambda operation=operation: shard.update(operation))
            return self.operation

    async def flush(self) -> None:
        """Moves what is in the write-ahead log into the segments, so that the next start has less to replay."""
        async with self._writing:
            self.unflushed = False
            await self.read(lambda shard: shard.flush())

    async def close(self) -> None:
        async with self._writing:
            retiring, self._open = self._current(), None
            await self._retire(retiring)

    async def _retire(self, retiring: _OpenShard) -> None:
        await retiring.unused.wait()
        await _off_loop(self._pool, retiring.shard.close)

    async def optimize_aside(self, folder: Path, adopted: Callable[[Path], None]) -> bool:
        """Builds HNSW on a copy of the shard in a process of its own, then swaps it in.

        `optimize()` keeps the GIL until it is done (3 s for 10k points of 512 dimensions, minutes for 50k of
        3072): in this process it would answer nobody meanwhile. False, and nothing changed, when somebody wrote
        while it ran; `adopted` is told the new folder before the first request uses it.
        """
        try:
            async with self._writing:
                await self.read(lambda shard: shard.flush())
                await _off_loop(self._pool, lambda: shutil.copytree(self.folder, folder))
                mark = self.operation
            worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "devstack.qdrant.optimize", str(folder))
            try:
                code = await worker.wait()
            finally:
                if worker.returncode is None:
                    worker.kill()
                    await worker.wait()
            async with self._writing:
                if code or self.operation != mark or self._open is None:
                    return False
                shard = await _off_loop(self._pool, lambda: engine.EdgeShard.load(str(folder)))
                adopted(folder)
                retiring, self._open = self._open, _OpenShard(folder, shard)
                folder = retiring.folder  # at once: what is not in use goes, even when this task is cancelled now
            await self._retire(retiring)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True


async def _off_loop[Result](pool: Executor, call: Callable[[], Result]) -> Result:
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, call)
    except Exception as error:
        if type(error) is Exception:  # what the engine raises, whatever went wrong
            raise of_engine(error) from error
        raise
