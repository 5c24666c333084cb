"""The processes that the launcher has started, across its own runs: found again, recognised, ended.

A pid alone is not enough: after a reboot or a long time it may be somebody else's. Each is recorded with its start
time, and only a process with both is ever signalled.
"""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from devstack.stack.failures import StackError
from devstack.stack.private_file import write_private

# psutil derives start times from the boot time, which moves a little when the clock is set.
_SAME_START_S = 2.0


@dataclass(frozen=True, slots=True)
class Process:
    """The leader of a process group of its own (`pid` is the group's id too). `started` in seconds since 1970."""

    name: str
    pid: int
    started: float
    port: int
    stop_signal: int

    def alive(self) -> bool:
        """Whether the leader itself runs; a zombie does not."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < _SAME_START_S
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def members(self) -> list[psutil.Process]:
        """All that still runs of its group, also when the leader has died and left children behind."""
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self.pid)
            if abs(leader.create_time() - self.started) >= _SAME_START_S:
                return []  # the number was given to another process, and the group with it
        found: list[psutil.Process] = []
        for candidate in psutil.process_iter():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                ours = os.getpgid(candidate.pid) == self.pid
                if ours and candidate.status() != psutil.STATUS_ZOMBIE:
                    found.append(candidate)
        return found

    def end(self, grace_s: float = 10.0) -> None:
        """Asks the whole group to stop, waits, then kills what is left. Nothing to do is fine."""
        if not self.members():
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, self.stop_signal)
        if not self._gone(grace_s):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            if not self._gone(grace_s):
                raise StackError(f"{self.name} (pid {self.pid}) does not end, not even when killed.")

    def _gone(self, limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while self.members():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


class ProcessFile:
    """`processes.json` below the home: in order of their start, written at every change."""

    def __init__(self, home: Path) -> None:
        self._file = home / "processes.json"

    def read(self) -> list[Process]:
        """Empty when nothing was recorded, or when what was recorded cannot be understood any more."""
        try:
            return [Process(**entry) for entry in json.loads(self._file.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError) as error:
            raise StackError(
                f"{self._file} cannot be read ({error}), so what runs is not known. "
                "End the stack's processes by hand, delete that file, and run `make up` again."
            ) from error

    def add(self, process: Process) -> None:
        self._write([*(entry for entry in self.read() if entry.name != process.name), process])

    def remove(self, name: str) -> None:
        self._write([entry for entry in self.read() if entry.name != name])

    def _write(self, entries: list[Process]) -> None:
        write_private(self._file, json.dumps([asdict(entry) for entry in entries], indent=2))
