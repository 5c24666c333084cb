"""A whole local stack for one row of the bench, as `make up` starts it."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import ChildFailed
from bench.servers import REPO
from devstack.cli.stack_address import StackAddress
from devstack.stack.ports import is_taken, ports


@contextmanager
def own_stack(home: Path, *, web: bool = False) -> Iterator[StackAddress]:
    """A whole stack of its own, with the embedding model that costs no time; it is thrown away in the end, also
    when this process dies. `web`: with the web app."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")},
        "NEXUS_HOME": str(home / "stack"),
        "NEXUS_PORT_OFFSET": str(free_offset()),
        "NEXUS_LOCAL_EMBEDDING": "hash",
        "NEXUS_WEB": "on" if web else "off",
    }
    try:
        _devstack(environment, "up", "--while", str(os.getpid()))
        yield StackAddress.read(environment)
    finally:
        _devstack(environment, "reset")


def _devstack(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "devstack", *arguments]
    done = subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildFailed(f"devstack {' '.join(arguments)} failed:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")


def free_offset() -> int:
    """Below the ports that the system gives to outgoing connections."""
    while True:
        offset = random.randrange(2_000, 15_000)
        if not any(is_taken(port) for port in ports(offset).values()):
            return offset
