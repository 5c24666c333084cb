"""How every stand-in is served: a uvicorn on loopback, as a process (`run`) or in a test (`ServerThread`)."""

import signal
import socket
import threading
from types import TracebackType
from typing import Any

import uvicorn

LOOPBACK = "127.0.0.1"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, up: threading.Event, announce: bool) -> None:
        super().__init__(config)
        self._up = up
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._up.set()
            if self._announce:
                port = self.servers[0].sockets[0].getsockname()[1]
                print(f"ready http://{LOOPBACK}:{port}", flush=True)


def _config(app: Any, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=LOOPBACK,
        port=port,
        log_level="warning",
        access_log=False,
        # Longer than any client keeps a connection for its next request: who asks at the moment that a server gives
        # it up is answered by a closed connection.
        timeout_keep_alive=75,
        # A stand-in holds requests open on purpose (hang, drip): the end must not wait for them.
        timeout_graceful_shutdown=1,
        # The proxy middleware would believe X-Forwarded-For, and the loopback check with it.
        proxy_headers=False,
        server_header=False,
        loop="asyncio",
        ws="none",
    )


def run(app: Any, port: int) -> None:
    """Serve `app` on 127.0.0.1:`port` (0: a free one) until SIGTERM or SIGINT; returns in about a second.

    Prints `ready http://127.0.0.1:PORT` once requests are accepted. `SystemExit(1)` when the port is in use.
    """
    # uvicorn raises the signal again when it has stopped; without these the process would die inside `run`
    # and the caller's clean-up (state files, child processes) would never happen.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _Server(_config(app, port), threading.Event(), announce=True).run()


class ServerThread:
    """The same server in a thread on a free port: `with ServerThread(app) as server: httpx.get(server.url)`.

    Works in synchronous and asynchronous tests alike, since the server has an event loop of its own.
    """

    def __init__(self, app: Any, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, port))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._up = threading.Event()
        self._ended = threading.Event()
        self._server = _Server(_config(app, self.port), self._up, announce=False)
        self._thread = threading.Thread(target=self._serve, name=f"server-{self.port}", daemon=True)

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()
            self._up.set()

    def start(self) -> "ServerThread":
        """Returns once requests are accepted; `RuntimeError` when the app did not start."""
        self._thread.start()
        if not self._up.wait(timeout=30) or self._ended.is_set():
            self._socket.close()
            raise RuntimeError(f"the server on {self.url} did not start; its log says why")
        return self

    def stop(self) -> None:
        """Ends the server and waits for it; connections still open after a second are cut."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
        if self._thread.is_alive():
            raise RuntimeError(f"the server on {self.url} did not stop")

    def __enter__(self) -> "ServerThread":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
