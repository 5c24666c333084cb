"""The host's HTTP side: which function a request is for, may it be called, and one log line each."""

import hmac
import logging
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devstack.functions_host.configuration import HostConfiguration
from devstack.functions_host.routing import Match, Route, RouteTable
from devstack.functions_host.worker import Function, Worker

logger = logging.getLogger("host.http")

INVOCATION_HEADER = b"x-ms-invocation-id"


@dataclass(frozen=True, slots=True)
class HttpInvocation:
    """One call of an HTTP function; `parameters` are the route's, always strings."""

    function: Function
    invocation_id: str
    parameters: dict[str, str]
    trace_parent: str
    trace_state: str


class Handover(Protocol):
    """How a request gets to the worker's web extension."""

    async def serve(self, call: HttpInvocation, scope: Scope, receive: Receive, send: Send) -> None: ...


def read_routes(worker: Worker, prefix: str) -> RouteTable:
    """The routes of all HTTP functions below `prefix`; `RouteError` names a template that is not understood."""
    routes: list[Route] = []
    for function in worker.functions.values():
        if function.trigger_type != "httpTrigger":
            continue
        route = function.trigger.get("route")
        template = function.name if route is None else str(route)
        path = "/".join(piece for piece in (prefix, template.strip("/")) if piece)
        routes.append(Route.read(path, function.trigger.get("methods") or (), function.name))
    return RouteTable(routes)


class _Observed:
    """The way to the client: adds the app's custom headers and remembers what went out."""

    def __init__(self, send: Send, custom_headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in custom_headers.items()]
        self.status = 0
        self.complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._headers:
                message = message | {"headers": [*message.get("headers", ()), *self._headers]}
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.complete = True
        await self._send(message)


class HttpFront:
    """The ASGI app in front of the worker. `mounts` are the host's own paths, by prefix; they go first.

    `function_keys` empty means that keys are not asked for, as with Core Tools.
    """

    def __init__(
        self,
        worker: Worker,
        configuration: HostConfiguration,
        handover: Handover,
        function_keys: Sequence[str],
        mounts: Mapping[str, ASGIApp],
    ) -> None:
        self._worker = worker
        self._configuration = configuration
        self._handover = handover
        self._keys = tuple(key.encode() for key in function_keys)
        self._mounts = mounts
        self._outstanding = 0
        self.routes = read_routes(worker, configuration.route_prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        raw_path = scope["raw_path"].decode("latin-1")
        observed = _Observed(send, self._configuration.custom_headers)
        try:
            await self._dispatch(raw_path, scope, receive, observed)
        finally:
            own = any(raw_path.startswith(prefix) for prefix in self._mounts)
            # Without the query string: it may carry a key or what a user typed.
            logger.log(
                logging.DEBUG if own else logging.INFO,
                "%s %s %s %.1f ms%s",
                scope["method"],
                raw_path,
                observed.status or "-",
                (time.perf_counter() - started) * 1000,
                "" if observed.complete else " cut off",
            )

    async def _dispatch(self, raw_path: str, scope: Scope, receive: Receive, send: Send) -> None:
        for prefix, mounted in self._mounts.items():
            if raw_path.startswith(prefix):
                return await mounted(scope, receive, send)
        found = self.routes.find(scope["method"], raw_path)
        if not isinstance(found, Match):
            refusal = Response(status_code=405, headers={"Allow": ", ".join(sorted(found))})
            return await (refusal if found else Response(status_code=404))(scope, receive, send)
        function = self._worker.functions[found.function_name]
        request = Request(scope)
        if not self._may_call(function, request):
            return await Response(status_code=401)(scope, receive, send)
        limit = self._configuration.max_outstanding_requests
        if 0 <= limit <= self._outstanding:
            return await PlainTextResponse("Too many outstanding requests", 429)(scope, receive, send)
        call = HttpInvocation(
            function,
            str(uuid.uuid4()),
            found.parameters,
            request.headers.get("traceparent", ""),
            request.headers.get("tracestate", ""),
        )
        # The host names the invocation, whatever the client claims.
        headers = [(k, v) for k, v in scope["headers"] if k != INVOCATION_HEADER]
        headers.append((INVOCATION_HEADER, call.invocation_id.encode()))
        self._outstanding += 1
        try:
            await self._handover.serve(call, scope | {"headers": headers, "path_params": {}}, receive, send)
        finally:
            self._outstanding -= 1

    def _may_call(self, function: Function, request: Request) -> bool:
        level = str(function.trigger.get("authLevel") or "FUNCTION").upper()
        if level == "ANONYMOUS" or not self._keys:
            return True
        offered = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        return any(hmac.compare_digest(offered.encode(), key) for key in self._keys)
