"""A server that lives no longer than the process that started it: what tests use."""

import abc
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Self

from devstack.stack.command import Command, ServerFailed, wait_until

_GUARD = Path(__file__).with_name("guard.py")


class Guarded:
    """One running server behind `guard.py`. Build it with `run`; `stop` is idempotent."""

    def __init__(self, name: str, guard: "subprocess.Popen[bytes]", pid: int, log: Path) -> None:
        self.name = name
        self.pid = pid
        self._guard = guard
        self._log = log

    @classmethod
    def run(
        cls,
        name: str,
        command: Command,
        log: Path,
        ready: Callable[[], bool],
        *,
        limit_s: float = 60.0,
        throwaway: Path | None = None,
    ) -> "Guarded":
        """Starts the server and returns once `ready()` holds. Raises `ServerFailed` with the log's end.

        `throwaway` is a folder that goes too when this process dies without `stop`.
        """
        user, group = ("-" if number is None else str(number) for number in (command.user, command.group))
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            guard = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", str(_GUARD)),
                    *(str(int(command.stop_signal)), user, group, str(throwaway or "-"), "--"),
                    *command.arguments,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                cwd=command.directory,
                env=dict(command.environment),
                start_new_session=True,
            )
        assert guard.stdout is not None  # asked for above
        first_line = guard.stdout.readline()
        guard.stdout.close()
        running = cls(name, guard, int(first_line or 0), log)
        if not wait_until(ready, running.ended, limit_s):
            what = "ended before it was ready" if running.ended() else f"was not ready after {limit_s:.0f} s"
            running.stop()
            raise ServerFailed(name, what, log)
        return running

    def ended(self) -> bool:
        return self._guard.poll() is not None

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the server's process group, e.g. SIGSTOP to make it hang and SIGCONT to go on."""
        os.killpg(self.pid, number)

    def stop(self) -> None:
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            with contextlib.suppress(BrokenPipeError):  # the server ended, and its guard with it
                self._guard.stdin.write(b"done\n")
                self._guard.stdin.flush()
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()
        self._guard.wait(timeout=30)


class GuardedEngine(abc.ABC):
    """A server of the stack, started guarded by tests; the launcher uses `prepare`, `command` and `ready` alone."""

    def __init__(self, name: str, log: Path) -> None:
        self.log = log
        self._name = name
        self._running: Guarded | None = None

    @abc.abstractmethod
    def prepare(self) -> None:
        """Makes what the server needs before it starts; may be called again."""

    @abc.abstractmethod
    def command(self) -> Command: ...

    @abc.abstractmethod
    def ready(self) -> bool:
        """Whether the server answers."""

    @property
    def throwaway(self) -> Path | None:
        """A folder that goes with the process that started the server; asked for after `prepare`."""
        return None

    def start(self) -> Self:
        """Returns once the server answers. Raises `ServerFailed`."""
        self.prepare()
        throwaway = self.throwaway
        self._running = Guarded.run(self._name, self.command(), self.log, self.ready, throwaway=throwaway)
        return self

    def stop(self) -> None:
        """Idempotent; the server may be started again, on the same port."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def signal(self, number: signal.Signals) -> None:
        """E.g. SIGSTOP: the server accepts connections and never answers, until SIGCONT."""
        assert self._running is not None, "start() comes first"
        self._running.signal(number)
