"""The stand-in as one ASGI app: OpenAI's, Azure's and Anthropic's routes, state, control."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.faults import FaultControl
from devstack.models.completions import chat_completions
from devstack.models.embedding_api import embeddings
from devstack.models.embedding_queue import Embedder, EmbeddingQueue, InlineEmbedder
from devstack.models.encoders import HashEncoder
from devstack.models.messages import PATH as MESSAGES
from devstack.models.messages import messages, refusal
from devstack.models.responses import responses
from devstack.models.script import Scripts
from devstack.models.vector_cache import VectorCache
from devstack.models.wire import Refused, door

OFFERED = ("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "text-embedding-3-large", "text-embedding-3-small")
DIMENSIONS = 3072
TOKENS_PER_SECOND = 250.0


def create_app(
    home: Path,
    *,
    embedding: str = "hash",
    dimensions: int = DIMENSIONS,
    seed_cache: Iterable[Path] = (),
    workers: int | None = None,
    tokens_per_second: float = 0.0,
    api_key: str | None = None,
) -> ASGIApp:
    """`embedding` is a name of `ENCODERS`; only that model is loaded, in `workers` processes (one a core, two at
    most, unless given). `tokens_per_second` is the pace without a script, 0 as fast as it goes. With `api_key` only
    that key is let in, else any. State (the vector cache) lies under `home`.
    """
    scripts = Scripts()
    cache: VectorCache | None = None
    embedder: Embedder
    if embedding == "hash":
        embedder = InlineEmbedder(HashEncoder())
    else:
        cache = VectorCache(home, embedding)
        for file in seed_cache:
            cache.seed(file)
        embedder = EmbeddingQueue(embedding, cache, workers or min(2, os.cpu_count() or 1))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        embedder.start()
        try:
            yield
        finally:
            await embedder.stop()
            if cache is not None:
                cache.close()

    app = Starlette(
        routes=[
            route
            for base in ("/v1", "/openai/v1", "/openai/deployments/{deployment}", "/openai")
            for route in _routes(base)
        ]
        + [Route(MESSAGES, messages, methods=["POST"])],
        lifespan=lifespan,
        exception_handlers={Refused: _refused, 404: _no_route, 405: _no_method},
    )
    app.state.scripts = scripts
    app.state.embedder = embedder
    app.state.dimensions = dimensions
    app.state.tokens_per_second = tokens_per_second
    app.state.api_key = api_key
    return _Front(FaultControl(app, script=scripts.post), scripts)


def _routes(base: str) -> list[Route]:
    posts: dict[str, Any] = {
        "/embeddings": embeddings,
        "/chat/completions": chat_completions,
        "/responses": responses,
    }
    return [
        *(Route(base + path, handler, methods=["POST"]) for path, handler in posts.items()),
        Route(base + "/models", models, methods=["GET"]),
        Route(base + "/models/{model}", model, methods=["GET"]),
    ]


def _shown(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1_715_367_049, "owned_by": "nexus-devstack"}


async def models(request: Request) -> Response:
    door(request)
    return JSONResponse({"object": "list", "data": [_shown(name) for name in OFFERED]})


async def model(request: Request) -> Response:
    door(request)
    name = request.path_params["model"]
    if name not in OFFERED:
        raise Refused(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
    return JSONResponse(_shown(name))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error) if request.url.path == MESSAGES else error.response()


async def _no_route(request: Request, _: Exception) -> Response:
    return Refused(404, f"Invalid URL ({request.method} {request.url.path})").response()


async def _no_method(request: Request, _: Exception) -> Response:
    return await _refused(request, Refused(405, f"Not allowed to {request.method} on {request.url.path}."))


class _Front:
    """Outermost: hands the connection itself down for scripts that cut it, and clears the script."""

    def __init__(self, inner: FaultControl, scripts: Scripts) -> None:
        self._inner = inner
        self._scripts = scripts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # ASGI has no word for it; uvicorn's `send` is a method of the object that holds the transport.
            scope["nexus.connection"] = getattr(getattr(send, "__self__", None), "transport", None)
            if (scope["method"], scope["path"]) == ("DELETE", "/_control/script"):
                self._scripts.clear()
                await JSONResponse({"status": "ok"})(scope, receive, send)
                return
        await self._inner(scope, receive, send)
