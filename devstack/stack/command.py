"""What is needed to start one server, and how to wait until it serves."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.stack.failures import StackError


@dataclass(frozen=True, slots=True)
class Command:
    """One process. `user` and `group` are numeric ids to drop to (root only); None keeps our own.

    `environment` is the whole environment of the child, nothing is inherited beside it. `stop_signal` asks the
    server to end quickly and cleanly: PostgreSQL, for one, would wait for its clients after SIGTERM.
    """

    arguments: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a log file, or a note when nothing was written."""
    if not log.is_file():
        return "(no log was written)"
    text = log.read_bytes()[-64_000:].decode("utf-8", "replace").rstrip()
    return "\n".join(text.splitlines()[-count:]) or "(the log is empty)"


def wait_until(condition: Callable[[], bool], ended: Callable[[], bool], limit_s: float) -> bool:
    """Polls `condition`, quickly at first, until it holds (True), or `ended()`, or the time is up (False)."""
    deadline = time.monotonic() + limit_s
    pause_s = 0.01
    while True:
        if condition():
            return True
        if ended() or time.monotonic() > deadline:
            return False
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)


class ServerFailed(StackError):
    """A server ended or did not answer in time; carries the end of its log."""

    def __init__(self, name: str, what: str, log: Path) -> None:
        super().__init__(f"{name} {what}. The end of {log}:\n{last_lines(log)}")
        self.log = log
