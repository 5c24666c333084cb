"""The long way to the web extension, as in Azure: its own uvicorn, and the host forwarding to it over HTTP.

Kept to prove that the short way (`in_process`) does the same; half as fast.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import uvicorn
import yarl
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from devstack.functions_host.front import HttpInvocation
from devstack.functions_host.loopback import loopback_socket
from devstack.functions_host.protocol import RpcHttp, TypedData
from devstack.functions_host.worker import InvocationFailed, Worker

logger = logging.getLogger("host.http")

_HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"trailer"})
_NEVER_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class _QuietServer(uvicorn.Server):
    """The extension's server without its own signal handlers: they would replace the host's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ExtensionServer:
    """The extension's catch-all app on a free port; `start` is what the worker calls instead of its own start."""

    def __init__(self) -> None:
        self._socket = loopback_socket(0)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server: _QuietServer | None = None
        self._serving: asyncio.Task[None] | None = None

    def start(self, _host: str) -> str:
        """Builds the extension's app as `azure_functions_runtime.http_v2.initialize_http_server` does."""
        from azure_functions_runtime.http_v2 import HttpV2Registry, http_coordinator
        from azurefunctions.extensions.http.fastapi.web import WebApp

        extension_app = WebApp()
        request_type = HttpV2Registry.ext_base().RequestTrackerMeta.get_request_type()

        async def catch_all(request: Any) -> Any:
            invocation_id = request.headers["x-ms-invocation-id"]
            http_coordinator.set_http_request(invocation_id, request)
            answer = await http_coordinator.await_http_response_async(invocation_id)
            if isinstance(answer, Exception):
                raise answer
            return answer

        catch_all.__annotations__ = {"request": request_type}
        extension_app.route(catch_all)
        config = uvicorn.Config(
            extension_app.get_app(),
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=300,
            timeout_graceful_shutdown=1,
        )
        self._server = _QuietServer(config)
        self._serving = asyncio.get_running_loop().create_task(self._server.serve(sockets=[self._socket]))
        return self.url

    async def stop(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self._socket.close()


class TwoHopHandover:
    """A `Handover` that forwards the request to the extension's server while the worker runs the function."""

    def __init__(self, worker: Worker, extension: ExtensionServer) -> None:
        self._worker = worker
        self._extension = extension
        self._client = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0),
            skip_auto_headers=_NEVER_ADDED,
        )

    async def serve(self, call: HttpInvocation, scope: Scope, receive: Receive, send: Send) -> None:
        running = asyncio.create_task(self._invoke(call))
        try:
            async with self._client.request(
                scope["method"],
                self._target(scope),
                headers=[
                    (k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"] if k not in _HOP_BY_HOP
                ],
                data=_body(receive) if _has_body(scope) else None,
                allow_redirects=False,
            ) as upstream:
                answer = StreamingResponse(upstream.content.iter_any(), upstream.status)
                answer.raw_headers = [(k.lower(), v) for k, v in upstream.raw_headers if k.lower() not in _HOP_BY_HOP]
                await answer(scope, receive, send)
        except aiohttp.ClientConnectionError as error:
            logger.error("The extension's server broke off '%s': %r", call.function.name, error)
            await PlainTextResponse("Bad Gateway", 502)(scope, receive, send)
        finally:
            await running

    def _target(self, scope: Scope) -> yarl.URL:
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1")
        return yarl.URL(f"{self._extension.url}{path}{'?' + query if query else ''}", encoded=True)

    async def _invoke(self, call: HttpInvocation) -> None:
        try:
            data = TypedData(http=RpcHttp(params=call.parameters))
            await self._worker.invoke(
                call.function.name,
                data,
                invocation_id=call.invocation_id,
                trace_parent=call.trace_parent,
                trace_state=call.trace_state,
            )
        except InvocationFailed as failure:
            logger.error("Executed '%s' (Failed): %s\n%s", call.function.name, failure, failure.stack)

    async def stop(self) -> None:
        await self._client.close()
        await self._extension.stop()


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while (message := await receive())["type"] == "http.request":
        if chunk := message.get("body", b""):
            yield chunk
        if not message.get("more_body", False):
            return
