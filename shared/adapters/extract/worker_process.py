"""One worker process as its parent sees it: start, ask, watch, kill. Never raises for what a document does."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Self

import msgspec

from shared.adapters.extract.protocol import LENGTH, Reply, Request, encode
from shared.domain.extracted import ExtractionFailure
from shared.errors import Unavailable

_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 5.0
_PROJECT = Path(__file__).resolve().parents[3]
_MEMORY_WATCH_S = 0.5
# How a process looks from outside that was stopped by a limit: by the kernel (CPU, memory), by its own alarm, or
# by an allocator that gives up (Rust and pdfium abort or trap instead of returning an error).
_LIMIT_SIGNALS = frozenset(
    {signal.SIGKILL, signal.SIGXCPU, signal.SIGALRM, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL, signal.SIGXFSZ}
)


class WorkerDied(Exception):
    """The process ended while it worked. `failure` is what to say of the document."""

    def __init__(self, failure: ExtractionFailure) -> None:
        super().__init__(failure.sentence)
        self.failure = failure


class WorkerProcess:
    """Use from the event loop that started it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.documents = 0
        self.peak_bytes = 0

    @classmethod
    async def start(cls) -> Self:
        """Raises Unavailable("extraction") when no worker can be started; no document is to blame then."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "shared.adapters.extract.worker",
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                cwd=_PROJECT,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable("extraction", "The process that reads documents could not be started.") from error
        worker = cls(process)
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await worker._reply(max_bytes=4096)
        except (WorkerDied, TimeoutError) as error:
            await worker.kill()
            raise Unavailable("extraction", "The process that reads documents could not be started.") from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: Request) -> Reply:
        """Raises WorkerDied; the process is dead then. Cancelling leaves it running: kill it."""
        self.documents += 1
        limits = request.limits
        watch = None if sys.platform == "linux" else asyncio.create_task(self._watch_memory(limits.memory_bytes))
        try:
            async with asyncio.timeout(limits.wall_s):
                self._write(encode(request))
                reply = await self._reply(max_bytes=limits.max_reply_bytes)
        except TimeoutError:
            await self.kill()
            raise WorkerDied(
                ExtractionFailure.of("limits_exceeded", f"Reading the file took longer than {limits.wall_s:.0f} s.")
            ) from None
        finally:
            if watch is not None:
                watch.cancel()
        self.peak_bytes = reply.peak_bytes
        return reply

    def _write(self, message: bytes) -> None:
        """A message is a path and a few numbers, far below a pipe's buffer. A worker that died in between shows
        when its reply is read."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing():
            pipe.write(message)

    async def _reply(self, *, max_bytes: int) -> Reply:
        pipe = self._process.stdout
        assert pipe is not None  # it was opened as a pipe
        try:
            length = LENGTH.unpack(await pipe.readexactly(LENGTH.size))[0]
            if length > max_bytes:
                await self.kill()
                raise WorkerDied(
                    ExtractionFailure.of("limits_exceeded", "The file holds more text than one document may.")
                )
            return msgspec.msgpack.decode(await pipe.readexactly(length), type=Reply)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self._await_end()
            raise WorkerDied(_cause_of_death(self._process.returncode)) from error

    async def _await_end(self) -> None:
        """Its pipe closed, so it ends by itself, and how it ends is worth knowing; no patience beyond that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_TIMEOUT_S):
                await self._process.wait()
        await self.kill()

    async def kill(self) -> None:
        """At once, with whatever it may have started; returns when the process is reaped."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it may end by itself just now
                os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.shield(self._process.wait())
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def _watch_memory(self, limit_bytes: int) -> None:
        """Where the kernel does not limit address space (macOS)."""
        while True:
            await asyncio.sleep(_MEMORY_WATCH_S)
            probe = await asyncio.create_subprocess_exec(
                "/bin/ps", "-o", "rss=", "-p", str(self.pid), stdout=PIPE, stderr=DEVNULL
            )
            output, _ = await probe.communicate()
            if output.strip().isdigit() and int(output) * 1024 > limit_bytes:
                await self.kill()
                return


def _cause_of_death(returncode: int | None) -> ExtractionFailure:
    if returncode is not None and -returncode in _LIMIT_SIGNALS:
        return ExtractionFailure.of("limits_exceeded")
    return ExtractionFailure.of("corrupt", "The file is damaged: reading it makes the reader crash.")


def _environment() -> dict[str, str]:
    """Nothing of the app's: its environment holds keys. One thread, or NumPy alone reserves the memory limit."""
    return {
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
    }
