"""The host as a child process, for tests and for `make up`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

_REPOSITORY = Path(__file__).resolve().parents[2]


class HostFailed(Exception):
    """The host ended instead of becoming ready; the message is what it wrote."""


class HostProcess:
    """`with HostProcess(app, home) as host: httpx.get(host.url + "/api/…")`.

    Port 0 takes a free port at the first start and keeps it for later ones, so that a restarted host is found
    where it was. Output goes to `home/host.log`, readiness to `home/host.out`.
    """

    def __init__(
        self,
        app: Path,
        home: Path,
        *,
        port: int = 0,
        settings: Path | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._home = home
        self._port = port
        self._settings = settings
        self._environment = environment or {}
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.log_file = home / "host.log"
        self._out_file = home / "host.out"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        return self._started().pid

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the host has not been started")
        return self._process

    def log(self) -> str:
        """Everything the host and the app wrote to stderr since the first start."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def spawn(self) -> None:
        """Starts the process without waiting for it."""
        self._home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "devstack.functions_host", "--app", str(self._app)]
        command += ["--port", str(self._port), "--home", str(self._home), *self._arguments]
        if self._settings is not None:
            command += ["--settings", str(self._settings)]
        path = os.pathsep.join(p for p in (str(_REPOSITORY), os.environ.get("PYTHONPATH", "")) if p)
        environment = {**os.environ, **self._environment, "PYTHONPATH": path}
        with self.log_file.open("ab") as log, self._out_file.open("wb") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=environment, cwd=self._home
            )

    def start(self, timeout_s: float = 60.0) -> "HostProcess":
        """Starts the host and returns once it answers; `HostFailed` with its output when it ends or hangs."""
        self.spawn()
        process = self._started()
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            # The app's own print() goes to the same place: look for the line, not for the beginning.
            for line in self._out_file.read_text(errors="replace").splitlines():
                if line.startswith("ready http://"):
                    self._port = int(line.rpartition(":")[2])
                    return self
            if process.poll() is not None:
                raise HostFailed(self.log())
            time.sleep(0.02)
        self.kill()
        raise HostFailed(f"not ready after {timeout_s} s\n{self.log()}")

    def wait(self, timeout_s: float = 30.0) -> int:
        """The exit status, once the process has ended."""
        return self._started().wait(timeout_s)

    def stop(self) -> int:
        """SIGTERM, and the exit status; killed when it has not ended after ten seconds."""
        process = self._started()
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        return process.returncode

    def kill(self) -> None:
        """SIGKILL: what the host had not stored is lost, as when a machine disappears."""
        process = self._started()
        process.kill()
        process.wait()

    def __enter__(self) -> "HostProcess":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
