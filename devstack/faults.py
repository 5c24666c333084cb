"""Faults on demand for every HTTP stand-in.

`FaultControl(app)` answers `/_control/…` itself and hands all else to `app`, bent by the rules in force:

    POST   /_control/faults    [rule, …] or {"rules": [rule, …], "replace": true}: adds, newest list first
    GET    /_control/faults    the rules with their seeds and how often each was seen and applied
    DELETE /_control/faults    clears
    GET    /_control/requests  {"requests": […]}: what was asked, oldest first, the last 5,000; DELETE empties
    POST   /_control/script    a JSON object for the stand-in's own `script`
    GET    /_control/health    200 {"status": "ok"}

A rule: `{match: {method?, path?, nth?, every?, probability?}, then: {…}, times?, seed?}`. Every rule counts
the requests that fit its method and path, applied or not; the first rule that fires decides. `then`:

    delay_ms            waits first
    status, body        answers instead of the app (a body that is no string is sent as JSON; default empty)
    headers             of that answer, or set on the app's own
    hang                never answers: holds the connection until the client goes
    reset               a real TCP reset instead of an answer
    truncate_after      n bytes of the body, then the connection ends; with hang or reset, then that
    drip_bytes_per_s    the body at this pace
"""

import asyncio
import json
import socket
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from devstack.fault_rules import FaultRule

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Script = Callable[[dict[str, Any]], Awaitable[Any]]

REQUESTS_KEPT = 5_000
BODY_KEPT = 64 * 1024
LOOPBACK_HOSTS = ("127.0.0.1", "::1")


@dataclass(slots=True)
class _Asked:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    time: float
    body: bytearray = field(default_factory=bytearray)
    body_bytes: int = 0
    status: int | None = None
    fault: dict[str, Any] | None = None

    def keep(self, body: bytes) -> None:
        self.body_bytes += len(body)
        self.body += body[: BODY_KEPT - len(self.body)]

    def shown(self) -> dict[str, Any]:
        """`body` is text (bytes that are no UTF-8 are replaced); `body_bytes` is its true size."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "body_bytes": self.body_bytes,
            "time": self.time,
            "status": self.status,
            "fault": self.fault,
        }


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(send: Send) -> asyncio.Transport:
    # ASGI cannot say "break the connection"; uvicorn's own `send` is bound to the object that can.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("faults on the connection need uvicorn, with FaultControl as its outermost app")
    return transport


async def _break(send: Send, receive: Receive, *, reset: bool) -> None:
    """Ends the connection (FIN after what was written, or RST) and returns when the server has noticed."""
    transport = _transport(send)
    if reset:
        while transport.get_write_buffer_size():
            await asyncio.sleep(0.01)
        # SO_LINGER 0 turns the close into a reset; a plain abort() would still say goodbye with a FIN.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    await _until_gone(receive)


class _Bent:
    """The app's `send` with headers, pace and end of one rule applied to what passes."""

    def __init__(self, then: dict[str, Any], receive: Receive, send: Send) -> None:
        self._then = then
        self._receive = receive
        self._send = send
        self._left: int | None = then.get("truncate_after")
        self._broken = False

    async def __call__(self, message: Message) -> None:
        if self._broken:
            return
        if message["type"] == "http.response.start":
            await self._send(self._with_headers(message))
        elif message["type"] == "http.response.body":
            await self._body(message.get("body", b""), bool(message.get("more_body", False)))
        else:
            await self._send(message)

    def _with_headers(self, message: Message) -> Message:
        extra = {str(key).lower().encode(): str(value).encode() for key, value in self._then.get("headers", {}).items()}
        kept = [(key, value) for key, value in message.get("headers", []) if key.lower() not in extra]
        return {**message, "headers": [*kept, *extra.items()]}

    async def _body(self, body: bytes, more: bool) -> None:
        ends_here = self._left is not None and len(body) >= self._left and (more or len(body) > self._left)
        if self._left is not None:
            body = body[: self._left]
            self._left -= len(body)
        await self._paced(body, more or ends_here)
        if ends_here:
            self._broken = True
            if self._then.get("hang"):
                await _until_gone(self._receive)
            else:
                await _break(self._send, self._receive, reset=bool(self._then.get("reset")))

    async def _paced(self, body: bytes, more: bool) -> None:
        rate = self._then.get("drip_bytes_per_s")
        size = max(1, int(rate / 20)) if rate else max(1, len(body))
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        for index, piece in enumerate(pieces):
            if rate:
                await asyncio.sleep(len(piece) / rate)
            last = index == len(pieces) - 1
            await self._send({"type": "http.response.body", "body": piece, "more_body": more or not last})


class FaultControl:
    """ASGI middleware, to be the outermost app; `script` receives the object of `POST /_control/script`.

    What `script` returns is the reply (None: `{"status": "ok"}`); a `ValueError` it raises becomes a 400.
    """

    def __init__(self, app: App, *, script: Script | None = None) -> None:
        self._app = app
        self._script = script
        self._rules: list[FaultRule] = []
        self._asked: deque[_Asked] = deque(maxlen=REQUESTS_KEPT)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith("/_control/"):
            await self._control(scope, receive, send)
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers: dict[str, str] = {}
        for raw_key, raw_value in scope["headers"]:
            key, value = raw_key.decode("latin-1"), raw_value.decode("latin-1")
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        query = scope["query_string"].decode("latin-1")
        asked = _Asked(scope["method"], scope["path"], query, headers, time.time())
        self._asked.append(asked)

        async def kept_receive() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                asked.keep(message.get("body", b""))
            return message

        # All rules count, the first that fires decides: "the 3rd request" is the 3rd, whatever else holds.
        fired = [rule for rule in self._rules if rule.fires(asked.method, asked.path)]
        then: dict[str, Any] = {}
        if fired:
            fired[0].applied += 1
            asked.fault = then = fired[0].then
        if "delay_ms" in then:
            await asyncio.sleep(then["delay_ms"] / 1000)
        if "truncate_after" not in then and (then.get("hang") or then.get("reset")):
            await self._no_answer(then, kept_receive, send)
            return
        bent = _Bent(then, kept_receive, send)

        async def noted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                asked.status = message["status"]
            await bent(message)

        if "status" in then or "body" in then:
            await _drain(kept_receive)
            await _answer(noted_send, then.get("status", 200), then.get("body", ""))
        else:
            await self._app(scope, kept_receive, noted_send)

    async def _no_answer(self, then: dict[str, Any], receive: Receive, send: Send) -> None:
        if then.get("hang"):
            await _until_gone(receive)
        else:
            await _drain(receive)
            await _break(send, receive, reset=True)

    async def _control(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is None or client[0] not in LOOPBACK_HOSTS:
            await _answer(send, 403, {"error": "control is for loopback only"})
            return
        body = await _drain(receive)
        try:
            status, reply = await self._controlled(scope["method"], scope["path"].removeprefix("/_control/"), body)
        except ValueError as error:
            status, reply = 400, {"error": str(error)}
        await _answer(send, status, reply)

    async def _controlled(self, method: str, name: str, body: bytes) -> tuple[int, Any]:
        match method, name:
            case "GET", "health":
                return 200, {"status": "ok"}
            case "GET", "faults":
                return 200, {"rules": [rule.shown() for rule in self._rules]}
            case "POST", "faults":
                self._add(json.loads(body))
                return 200, {"rules": [rule.shown() for rule in self._rules]}
            case "DELETE", "faults":
                self._rules.clear()
                return 200, {"rules": []}
            case "GET", "requests":
                return 200, {"requests": [asked.shown() for asked in self._asked]}
            case "DELETE", "requests":
                self._asked.clear()
                return 200, {"requests": []}
            case "POST", "script" if self._script is not None:
                given = json.loads(body)
                if not isinstance(given, dict):
                    raise ValueError("a script is a JSON object")
                reply = await self._script(given)
                return 200, {"status": "ok"} if reply is None else reply
            case _:
                return 404, {"error": f"no {method} /_control/{name} here"}

    def _add(self, given: Any) -> None:
        replace = isinstance(given, dict) and given.get("replace") is True
        rules = given.get("rules") if isinstance(given, dict) else given
        if not isinstance(rules, list):
            raise ValueError('rules are a list, or {"rules": [...]}')
        new = [FaultRule.parse(rule) for rule in rules]
        # Newest first: a test that posts a second rule for the same path means the second one.
        self._rules = new if replace else [*new, *self._rules]


async def _drain(receive: Receive) -> bytes:
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


async def _answer(send: Send, status: int, body: Any) -> None:
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    kind = b"text/plain; charset=utf-8" if isinstance(body, str) else b"application/json"
    headers = [(b"content-type", kind)]
    if status not in (204, 304):
        headers.append((b"content-length", str(len(content)).encode()))
    else:
        content = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})
