"""The HTTP side: routes, API key, envelope, errors in Qdrant's form."""

import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.faults import FaultControl
from devstack.qdrant.calls import ROUTES, Call, Handler
from devstack.qdrant.catalog import Catalog
from devstack.qdrant.refusals import Refused, not_served
from devstack.qdrant.replies import encode, envelope, refusal

# The version whose REST behaviour this follows; qdrant-client warns when it is too far from its own.
VERSION = "1.20.0"
_OPEN_PATHS = {
    "/": encode({"title": "qdrant - vector search engine", "version": VERSION}),
    "/healthz": b"healthz check passed",
    "/livez": b"healthz check passed",
    "/readyz": b"all shards are ready",
}


def create_app(home: Path, *, api_key: str | None = None) -> FaultControl:
    """The stand-in with its state under `home` (made if missing); opened and closed by ASGI's lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        catalog = Catalog(home)
        await catalog.start()
        app.state.catalog = catalog
        try:
            yield
        finally:
            await catalog.stop()

    routes = [
        *(Route(path, _open_path, methods=["GET"]) for path in _OPEN_PATHS),
        *(Route(path, _endpoint(handler), methods=[method]) for method, path, handler in ROUTES),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={404: _unserved, 405: _unserved})
    return FaultControl(app if api_key is None else _KeyCheck(app, api_key))


async def _open_path(request: Request) -> Response:
    kind = "application/json" if request.url.path == "/" else "text/plain"
    return Response(_OPEN_PATHS[request.url.path], media_type=kind)


def _endpoint(handler: Handler):
    async def endpoint(request: Request) -> Response:
        started = time.perf_counter()
        body = await request.body()
        call = Call(request.app.state.catalog, request.path_params, dict(request.query_params), body)
        try:
            return envelope(await handler(call), started)
        except Refused as refused:
            return refusal(refused.status, refused.message, started)

    return endpoint


async def _unserved(request: Request, error: Exception) -> Response:
    refused = not_served(f"{request.method} {request.url.path}")
    return refusal(refused.status, refused.message, time.perf_counter())


class _KeyCheck:
    """Qdrant's texts for a missing and a wrong key; health and version are open to all."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN_PATHS:
            headers = dict(scope["headers"])
            given = headers.get(b"api-key") or headers.get(b"authorization", b"").removeprefix(b"Bearer ")
            if not hmac.compare_digest(given, self._key):
                reason = (
                    "Invalid API key or JWT" if given else "Must provide an API key or an Authorization bearer token"
                )
                await PlainTextResponse(reason, 401)(scope, receive, send)
                return
        await self._app(scope, receive, send)
