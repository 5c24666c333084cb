"""Small stand-ins for the two APIs that the deployment's scripts speak: they remember what was asked, and refuse what
the real ones refuse."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

type Reply = tuple[int, Any]
type Answer = Callable[[str, str, dict[str, str], str, str | None], Reply]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """`answer(method, path, query, body, authorization)`; the address."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, told = answer(
                self.command, address.path, dict(parse_qsl(address.query)), body, self.headers.get("Authorization")
            )
            content = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _any

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests read what they want to know."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
