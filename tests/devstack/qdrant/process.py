"""`python -m devstack.qdrant` as a child of a test."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType

REPOSITORY = Path(__file__).parents[3]


class QdrantProcess:
    """Up when constructed; `kill` is SIGKILL, `stop` SIGTERM. Both wait for the end,
    and so does leaving a `with` block, which kills a server that still runs."""

    def __init__(self, home: Path, *options: str) -> None:
        command = [sys.executable, "-m", "devstack.qdrant", "--port", "0", "--home", str(home), *options]
        self._child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line.startswith("ready "):
            self.kill()
            raise AssertionError(f"the server did not start: {line!r}")
        self.url = line.removeprefix("ready ").strip()

    def _ended(self) -> int:
        assert self._child.stdout is not None
        code = self._child.wait(timeout=30)
        self._child.stdout.close()
        return code

    def __enter__(self) -> "QdrantProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child.returncode is None:
            self.kill()

    def kill(self) -> int:
        self._child.kill()
        return self._ended()

    def stop(self) -> int:
        self._child.terminate()
        return self._ended()
