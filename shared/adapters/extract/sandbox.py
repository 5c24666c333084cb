"""Extraction in processes that may die: a bomb, a crash or a hang costs one document (design 04.7, S12, R08)."""

import asyncio
import contextlib
from pathlib import Path

import msgspec

from shared.adapters.extract.protocol import Limits, Reply, Request
from shared.adapters.extract.worker_process import WorkerDied, WorkerProcess
from shared.domain.extracted import Extracted, FileType
from shared.errors import ExtractionFailed, Unavailable

_DOCUMENTS_A_WORKER = 200
_GROWN_BYTES = 400 * 1024 * 1024
_SHUTTING_DOWN = "Nexus is shutting down."


class ExtractionSandbox:
    """A few warm workers, started when first needed. Belongs to the event loop it is first used on, whichever
    thread runs that. Implements ports.Extractor and ports.FileTypes; close it when done."""

    def __init__(
        self,
        *,
        workers: int = 2,
        limits: Limits | None = None,
        documents_per_worker: int = _DOCUMENTS_A_WORKER,
    ) -> None:
        self._limits = limits or Limits()
        self._documents_per_worker = documents_per_worker
        self._turns = asyncio.Semaphore(workers)
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._retired: set[WorkerProcess] = set()  # busy ones whose successor is ready
        self._dying: set[WorkerProcess] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False

    async def extract(self, path: Path, file_name: str) -> Extracted:
        """`file_name` decides only among kinds of text. Raises ExtractionFailed, or Unavailable("extraction")
        when no worker can be started. Cancelling kills the worker."""
        return await self._read(Request(str(path), file_name, self._limits))

    async def prove(self, path: Path, file_name: str, *, max_bytes: int) -> FileType:
        """The type alone: of a container only its directory and its list of contents are read."""
        limits = msgspec.structs.replace(self._limits, max_file_bytes=max_bytes)
        return (await self._read(Request(str(path), file_name, limits, type_only=True))).file_type

    async def _read(self, request: Request) -> Extracted:
        async with self._turns:
            reply = await self._ask(request)
        if reply.failure is not None:
            raise ExtractionFailed(reply.failure.reason_code, reply.failure.sentence)
        if reply.extracted is None:
            raise ExtractionFailed("corrupt", "The file is damaged and could not be read.")
        return reply.extracted

    async def close(self) -> None:
        """Kills all workers and waits until they are gone. Running extractions end with Unavailable."""
        self._closed = True
        for task in tuple(self._starting):
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        workers = [*self._idle, *self._busy, *self._dying]
        self._idle.clear()
        await asyncio.gather(*(worker.kill() for worker in workers))

    async def _ask(self, request: Request) -> Reply:
        while True:
            worker = await self._take()
            used_before = worker.documents > 0
            try:
                reply = await worker.ask(request)
            except WorkerDied as death:
                self._forget(worker)
                if self._closed:
                    raise Unavailable("extraction", _SHUTTING_DOWN) from death
                self._replace()
                if used_before and death.failure.reason_code == "corrupt":
                    continue  # an earlier document may have left the damage: a fresh worker decides
                return Reply(failure=death.failure)
            except BaseException:
                self._forget(worker)
                await self._end(worker)
                self._replace()
                raise
            await self._give_back(worker)
            return reply

    async def _take(self) -> WorkerProcess:
        if not self._idle and self._starting:
            await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
        worker: WorkerProcess | None = None
        while self._idle and worker is None:
            candidate = self._idle.pop()
            worker = candidate if candidate.alive else None
        if worker is None and not self._closed:
            worker = await WorkerProcess.start()
        if self._closed:
            if worker is not None:
                await worker.kill()
            raise Unavailable("extraction", _SHUTTING_DOWN)
        assert worker is not None
        self._busy.add(worker)
        return worker

    async def _end(self, worker: WorkerProcess) -> None:
        """Where this is cancelled before the worker is gone, `close` waits for it."""
        self._dying.add(worker)
        await worker.kill()
        self._dying.discard(worker)

    def _forget(self, worker: WorkerProcess) -> None:
        self._busy.discard(worker)
        self._retired.discard(worker)

    async def _give_back(self, worker: WorkerProcess) -> None:
        self._busy.discard(worker)
        if self._closed or worker in self._retired:
            self._retired.discard(worker)
            await self._end(worker)
            return
        self._idle.append(worker)
        worn = worker.documents >= self._documents_per_worker or worker.peak_bytes > _GROWN_BYTES
        if worn and not self._starting:
            self._replace(worker)

    def _replace(self, worn: WorkerProcess | None = None) -> None:
        """Starts the next worker in the background, so that the next document need not wait for it; a worn one
        works on until then."""
        if not self._closed:
            task = asyncio.create_task(self._start_one(worn))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start_one(self, worn: WorkerProcess | None) -> None:
        with contextlib.suppress(Unavailable):  # whoever needs a worker next tries again and hears of it
            worker = await WorkerProcess.start()
            if self._closed:
                await self._end(worker)
                return
            self._idle.append(worker)
            if worn in self._idle:
                self._idle.remove(worn)
                await self._end(worn)
            elif worn in self._busy:
                self._retired.add(worn)
