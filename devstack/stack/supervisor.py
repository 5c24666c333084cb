"""Starts parts in the background, waits until each serves, and stops them again."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from devstack.stack.command import Command, ServerFailed, wait_until
from devstack.stack.failures import StackError
from devstack.stack.ports import Taken, taken
from devstack.stack.processes import Process, ProcessFile
from devstack.stack.progress import Step


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Part:
    """One server of the stack. `prepare` runs before it is started, `command` gives its process, `ready` says
    whether it serves (quickly, never raising), `provision` runs once it does."""

    name: str
    title: str
    port: int
    command: Callable[[], Command]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = _nothing
    provision: Callable[[], None] = _nothing
    limit_s: float = 60.0


class PortsTaken(StackError):
    def __init__(self, found: Sequence[Taken], free_offset: int) -> None:
        lines = [
            f"Port {each.port}, where {each.part} would listen, is in use"
            + (f" by {each.holder}." if each.holder else ".")
            for each in found
        ]
        super().__init__(
            "\n".join(lines) + f"\nStop what uses it, or set NEXUS_PORT_OFFSET={free_offset}, which adds "
            f"{free_offset} to every port of the stack: NEXUS_PORT_OFFSET={free_offset} make up"
        )
        self.found = found


class Supervisor:
    """Keeps logs below `home`/logs and the processes in `home`/processes.json, so that any later run knows them."""

    def __init__(self, home: Path) -> None:
        self._logs = home / "logs"
        self._file = ProcessFile(home)
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def running(self) -> dict[str, Process]:
        """By name, in order of their start."""
        return {entry.name: entry for entry in self._file.read() if entry.alive()}

    def recorded(self) -> set[str]:
        """What was started and not stopped, whether it still runs or not."""
        return {entry.name for entry in self._file.read()}

    def check_ports(self, parts: Sequence[Part], find_free_offset: Callable[[], int]) -> None:
        """Raises PortsTaken naming every port in use by somebody else, before anything is started."""
        running = self.running()
        found = taken({part.name: part.port for part in parts if part.name not in running})
        if found:
            raise PortsTaken(found, find_free_offset())

    def start(self, parts: Sequence[Part]) -> list[str]:
        """Starts those that do not run, together, and returns their names when all serve.

        Raises ServerFailed with the log's end of the first that does not.
        """
        running = self.running()
        fresh = [part for part in parts if part.name not in running]
        for part in fresh:
            part.prepare()
            self._spawn(part)
        for part in parts:
            with Step(part.title) as step:
                self._await(part)
                part.provision()
                step.done(f"ready on port {part.port}" + ("" if part in fresh else ", was running"))
        return [part.name for part in fresh]

    def stop(self, names: Sequence[str] | None = None) -> list[str]:
        """Stops these (default: all that is recorded), the last started first; returns those that were running."""
        stopped: list[str] = []
        for entry in reversed(self._file.read()):
            if names is None or entry.name in names:
                if entry.members():
                    stopped.append(entry.name)
                entry.end()
                self._file.remove(entry.name)
        # What ended is no child of ours any more, also when another run of the supervisor has ended it.
        self._started = {name: child for name, child in self._started.items() if child.poll() is None}
        return stopped

    def _spawn(self, part: Part) -> None:
        command = part.command()
        # What an earlier run left of it (children of a leader that crashed) would hold its port or its files.
        self.stop([part.name])
        self._logs.mkdir(parents=True, exist_ok=True)
        with self.log(part.name).open("wb") as sink:
            child = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=command.directory,
                env=dict(command.environment),
                start_new_session=True,
                user=command.user,
                group=command.group,
                extra_groups=None if command.user is None else [],
            )
        self._started[part.name] = child
        started = psutil.Process(child.pid).create_time()
        self._file.add(Process(part.name, child.pid, started, part.port, int(command.stop_signal)))

    def _await(self, part: Part) -> None:
        child = self._started.get(part.name)

        def ended() -> bool:
            return child is not None and child.poll() is not None

        # A port that somebody took in between answers too: what was started must still be there.
        if wait_until(lambda: not ended() and part.ready(), ended, part.limit_s) and not ended():
            return
        what = "ended at its start" if ended() else f"did not become ready within {part.limit_s:.0f} s"
        raise ServerFailed(part.title, what, self.log(part.name))
