"""Starts servers as processes of their own and ends them, for the bench and the evals."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.stack.command import Command
from devstack.stack.guarded import Guarded

REPO = Path(__file__).resolve().parents[1]
_READY = re.compile(rb"^ready (http://\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Running:
    """`log` holds everything that the server has printed so far."""

    pid: int
    url: str
    log: Path


@contextmanager
def running(module: str, *arguments: str) -> Iterator[Running]:
    """Runs `python -m module …` from the repository until the block, or this process, ends. The server announces
    itself with a line `ready http://…`, as everything in devstack does. Raises ServerFailed with its log's end."""
    with tempfile.TemporaryDirectory(prefix="nexus-server-") as folder:
        log = Path(folder, "server.log")
        command = Command((sys.executable, "-m", module, *arguments), REPO, dict(os.environ))
        server = Guarded.run(module, command, log, lambda: _READY.search(log.read_bytes()) is not None)
        try:
            ready = _READY.search(log.read_bytes())
            assert ready is not None  # what Guarded.run has waited for
            yield Running(server.pid, ready[1].decode(), log)
        finally:
            server.stop()
