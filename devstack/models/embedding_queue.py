"""Texts to vectors: first from the cache, then through worker processes, small requests before large ones."""

import asyncio
import heapq
import json
import logging
import os
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from devstack.models.encoders import Encoder, Matrix
from devstack.models.vector_cache import Half, VectorCache, text_hash

log = logging.getLogger(__name__)

REPOSITORY = Path(__file__).resolve().parents[2]
# One BLAS thread a process: on two cores, two processes of one thread embed 1.5 times what one of two threads does.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class ModelBroken(Exception):
    """The model's process ended instead of answering."""


@dataclass(slots=True)
class _Worker:
    """A process of `worker.py`; speaks one frame at a time."""

    process: asyncio.subprocess.Process
    batch: int

    @classmethod
    async def start(cls, embedding: str) -> "_Worker":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "devstack.models.worker", "--embedding", embedding),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | ONE_THREAD,
            cwd=REPOSITORY,
            # A terminal's Ctrl-C is for the server, which then ends its workers.
            start_new_session=True,
        )
        worker = cls(process, 1)
        try:
            _, worker.batch = struct.unpack("<II", await worker._frame())
        except BaseException:
            await worker.stop()
            raise
        return worker

    async def _frame(self) -> bytes:
        assert self.process.stdout is not None
        try:
            (length,) = struct.unpack("<I", await self.process.stdout.readexactly(4))
            return await self.process.stdout.readexactly(length)
        except asyncio.IncompleteReadError as error:
            raise ModelBroken("the embedding model's process ended") from error

    async def encode(self, texts: Sequence[str]) -> Matrix:
        assert self.process.stdin is not None
        body = json.dumps(texts).encode()
        try:
            self.process.stdin.write(struct.pack("<I", len(body)) + body)
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise ModelBroken("the embedding model's process is gone") from error
        frame = await self._frame()
        return np.frombuffer(frame, dtype="<f4", offset=8).reshape(struct.unpack_from("<II", frame))

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@dataclass(slots=True, order=True)
class _Waiting:
    """One text in the queue; ordered by the size class of its request, then by arrival."""

    size_class: int
    number: int
    text: str = field(compare=False)
    vector: "asyncio.Future[Half]" = field(compare=False)


class Embedder(Protocol):
    """Texts to float16 vectors, shape (n, the model's own dimensions). Raises ModelBroken."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float16]: ...


class InlineEmbedder:
    """An encoder that is cheaper than a queue and a cache would be (hash)."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        return (await asyncio.to_thread(self._encoder.encode, texts)).astype(np.float16)


class EmbeddingQueue:
    """Vectors of one model for many callers. `start` before use, `stop` at the end; belongs to one event loop.

    A request's place depends on its size in characters, by powers of two: a question overtakes any number of
    passages and waits at most for the batch in work (one passage with e5).
    """

    def __init__(self, embedding: str, cache: VectorCache, workers: int) -> None:
        self._embedding = embedding
        self._cache = cache
        self._worker_count = workers
        self._queue: list[_Waiting] = []
        self._arrived = asyncio.Condition()
        self._number = 0
        self._runners: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._runners = [asyncio.create_task(self._run()) for _ in range(self._worker_count)]

    async def stop(self) -> None:
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        for waiting in self._queue:
            waiting.vector.cancel()

    async def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        """Shape (n, the model's own dimensions). Raises ModelBroken. Cancelling takes the texts off the queue."""
        hashes = [text_hash(text) for text in texts]
        known = await asyncio.to_thread(self._cache.find, hashes)
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        if missing:
            known |= await self._computed(missing)
        return np.stack([known[key] for key in hashes])

    async def _computed(self, missing: dict[bytes, str]) -> dict[bytes, Half]:
        size_class = sum(map(len, missing.values())).bit_length()
        loop = asyncio.get_running_loop()
        futures: dict[bytes, asyncio.Future[Half]] = {}
        async with self._arrived:
            for key, text in missing.items():
                futures[key] = loop.create_future()
                heapq.heappush(self._queue, _Waiting(size_class, self._number, text, futures[key]))
                self._number += 1
            self._arrived.notify_all()
        try:
            vectors = await asyncio.gather(*futures.values())
        finally:
            for future in futures.values():
                future.cancel()
        return dict(zip(futures, vectors, strict=True))

    async def _next(self, batch: int) -> list[_Waiting]:
        """Up to `batch` texts of the most urgent size class."""
        taken: list[_Waiting] = []
        async with self._arrived:
            while not taken:
                while self._queue and len(taken) < batch:
                    if taken and self._queue[0].size_class != taken[0].size_class:
                        break
                    waiting = heapq.heappop(self._queue)
                    if not waiting.vector.done():
                        taken.append(waiting)
                if not taken:
                    await self._arrived.wait()
        return taken

    async def _run(self) -> None:
        worker: _Worker | None = None
        taken: list[_Waiting] = []
        try:
            while True:
                taken = []
                try:
                    worker = worker or await _Worker.start(self._embedding)
                    taken = await self._next(worker.batch)
                    await self._encode(worker, taken)
                except ModelBroken as error:
                    log.warning("%s model: %s; starting another", self._embedding, error)
                    taken = taken or await self._next(1)
                    for waiting in taken:
                        if not waiting.vector.done():
                            waiting.vector.set_exception(ModelBroken(str(error)))
                    if worker is not None:
                        await worker.stop()
                        worker = None
        finally:
            for waiting in taken:
                waiting.vector.cancel()
            if worker is not None:
                await worker.stop()

    async def _encode(self, worker: _Worker, taken: list[_Waiting]) -> None:
        # Two requests with the same text may wait at once (a caller that timed out and came again).
        keys = [text_hash(waiting.text) for waiting in taken]
        known = await asyncio.to_thread(self._cache.find, keys)
        fresh = {key: waiting.text for key, waiting in zip(keys, taken, strict=True) if key not in known}
        if fresh:
            # Halved before anybody sees them: a vector is the same whether it was computed or remembered.
            vectors = (await worker.encode(list(fresh.values()))).astype(np.float16)
            computed = dict(zip(fresh, vectors, strict=True))
            await asyncio.to_thread(self._cache.add, computed)
            known |= computed
        for key, waiting in zip(keys, taken, strict=True):
            if not waiting.vector.done():
                waiting.vector.set_result(known[key])
