"""`logs`: the end of the parts' logs, and what is added to them."""

import time
from collections.abc import Iterator
from pathlib import Path

from devstack.stack.command import last_lines
from devstack.stack.failures import StackError, UsageError
from devstack.stack.local_stack import LocalStack

_ALSO_CALLED = {
    "azurite": "blob",
    "functions": "api",
    "functions_host": "api",
    "openai": "models",
    "postgresql": "postgres",
}
_SHOWN = 200
_SHOWN_OF_EACH = 20


def show_logs(stack: LocalStack, name: str | None, *, follow: bool) -> None:
    """Of one part, or of all with its name before each line. `follow` goes on until interrupted."""
    found = sorted((stack.home / "logs").glob("*.log"))
    if not found:
        raise StackError("There are no logs: the local stack was never started here. Start it with `make up`.")
    if name is not None:
        wanted = stack.log(_ALSO_CALLED.get(name, name))
        if wanted not in found:
            raise UsageError(f"There is no log called {name!r}. There are: {', '.join(log.stem for log in found)}.")
        found = [wanted]
    width = max(len(log.stem) for log in found)
    positions = {log: log.stat().st_size for log in found}
    for log in found:
        for line in last_lines(log, _SHOWN if name else _SHOWN_OF_EACH).splitlines():
            print(line if name else f"{log.stem:<{width}} | {line}")
    while follow:
        for log in found:
            for line in added(log, positions):
                print(line if name else f"{log.stem:<{width}} | {line}", flush=True)
        time.sleep(0.3)


def added(log: Path, positions: dict[Path, int]) -> Iterator[str]:
    """Whole lines written since the last look; a log that was begun anew is read from its start."""
    if not log.exists():
        return
    if log.stat().st_size < positions[log]:
        positions[log] = 0
    with log.open("rb") as source:
        source.seek(positions[log])
        text = source.read()
    whole = text[: text.rfind(b"\n") + 1]
    positions[log] += len(whole)
    yield from whole.decode("utf-8", "replace").splitlines()
