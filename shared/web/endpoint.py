"""From a request to a route's handler and back: the only place that speaks the Functions extension's types."""

import re
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import date
from typing import Any

import msgspec
from azurefunctions.extensions.http.fastapi import Request, Response, StreamingResponse
from starlette.requests import ClientDisconnect

from shared import tracing
from shared.correlation import correlated
from shared.domain.identity import Caller
from shared.errors import FieldError, Forbidden, Invalid, TooLarge, Unauthenticated
from shared.runtime import begin_telemetry, current_runtime
from shared.web import origins
from shared.web.exchange import Exchange
from shared.web.problems import headers_with, problem_response
from shared.web.routes import Call, Download, EventStream, Policy, Reply, Route

# JSON bodies only; uploads stream by themselves. 100,000 characters of four-byte UTF-8 fit, so that a question far
# too long is told so by its field and not by its size.
MAX_BODY_BYTES = 512 * 1024

type Endpoint = Callable[..., Awaitable[Response]]


def endpoint(route: Route) -> Endpoint:
    """The function that Azure calls for this route. It never raises: every error becomes a problem document."""

    async def handle(req: Request) -> Response:
        return await _serve(route, req, None)

    async def handle_durable(req: Request, client: Any) -> Response:
        return await _serve(route, req, client)

    function: Any = handle_durable if route.durable else handle
    function.__name__ = function.__qualname__ = route.name
    function.__doc__ = route.handler.__doc__
    return function


async def _serve(route: Route, req: Request, starter: Any) -> Response:
    begin_telemetry()
    # The trace's id where one is under way, so that Application Insights finds the same; else that of a new one.
    caller = tracing.caller_of(req.headers.get("traceparent"))
    exchange = Exchange(route, caller.trace_id if caller else secrets.token_hex(16))
    with correlated(exchange.correlation_id), exchange.traced(caller):
        response = await _answer(route, req, starter, exchange)
        exchange.answered(response.status_code)
    response.headers.update(exchange.headers)
    # on problems and streams, too: a page could not read why it was refused
    response.headers.update(origins.reply_headers(req.headers.get("origin")))
    return response


async def _answer(route: Route, req: Request, starter: Any, exchange: Exchange) -> Response:
    try:
        if route.cookie:
            origins.require_own_origin(req.headers)
            if route.body is not None:
                origins.require_json(req.headers)
        caller = await _admitted(route, req, exchange)
        call = Call(
            correlation_id=exchange.correlation_id,
            path=req.path_params,
            headers=req.headers,
            body=await _body(req, route) if route.body is not None else None,
            query=_query(req, route.query) if route.query is not None else None,
            known_caller=caller,
            starter=starter,
            content=req.stream() if route.upload else None,
        )
        return await _reply(route, await route.handler(call), exchange)
    except Exception as error:  # noqa: BLE001 - the problem renderer: nothing leaves without a readable answer
        exchange.error = error
        return problem_response(error, exchange.correlation_id)
    finally:
        exchange.release_unless_streaming()


async def _admitted(route: Route, req: Request, exchange: Exchange) -> Caller | None:
    if route.policy is Policy.PUBLIC:
        await exchange.admit(req, None)
        return None
    runtime = current_runtime()
    if route.ticket and "authorization" not in req.headers and (ticket := req.query_params.get("ticket")):
        caller = await runtime.ticketing.redeem(ticket, req.query_params.get("conversation_id", ""))
    else:
        caller = runtime.access_tokens.verify(_bearer(req))
    exchange.caller = caller
    if not route.policy.admits(caller.role):
        raise Forbidden
    await exchange.admit(req, caller)
    return caller


def _bearer(req: Request) -> str:
    scheme, _, token = req.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token.strip()


async def _body(req: Request, route: Route) -> Any:
    content = bytearray()
    try:
        async for part in req.stream():
            content += part
            if len(content) > MAX_BODY_BYTES:
                raise TooLarge(f"A request body may hold at most {MAX_BODY_BYTES // 1024} KB.")
    except ClientDisconnect as error:
        # nobody reads this; it keeps a caller who left from being logged as a defect of ours
        raise Invalid("The body did not arrive whole.", code="body_cut_off") from error
    if route.body_optional and not content:
        return route.body()
    try:
        if b"\\u0000" in content:
            _require_storable(msgspec.json.decode(bytes(content)))
        return msgspec.json.decode(bytes(content), type=route.body)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("The body is not valid JSON.", code="invalid_json") from error


def _query(req: Request, model: Any) -> Any:
    given = dict(req.query_params)
    _require_storable(given)
    for name in given:
        if len(req.query_params.getlist(name)) > 1:
            raise _wrong_parameter(name, f"Say {name} once")
    try:
        query = msgspec.convert(given, type=model, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error) from error
    for field, name in zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True):
        value = getattr(query, field)
        # msgspec reads the word null as None; here what is not meant is left out
        if name in given and value is None:
            raise _wrong_parameter(name, f"{given[name]!r} is no value of {name}; leave it out")
        # and a number as seconds since 1970
        if name in given and isinstance(value, date) and re.match(r"\d{4}-", given[name]) is None:
            raise _wrong_parameter(name, f"{given[name]!r} is no time as RFC 3339 writes it")
    return query


def _wrong_parameter(name: str, detail: str) -> Invalid:
    return Invalid(detail + ".", errors=(FieldError(f"/{name}", detail),))


def _require_storable(value: Any, pointer: str = "") -> None:
    """JSON and query strings can say U+0000, PostgreSQL's text cannot hold it: refused here, once for all fields."""
    match value:
        case str() if "\0" in value:
            detail = "Text cannot hold the character U+0000"
            raise Invalid(detail + ".", errors=(FieldError(pointer, detail),))
        case dict():
            for name, item in value.items():
                _require_storable(item, f"{pointer}/{name}")
        case list():
            for index, item in enumerate(value):
                _require_storable(item, f"{pointer}/{index}")
        case _:
            pass


def _invalid(error: msgspec.ValidationError) -> Invalid:
    """msgspec names the first fault with its path, as in "… - at `$.content`"."""
    detail, _, path = str(error).partition(" - at `")
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path.rstrip("`").removeprefix("$")).replace(".", "/")
    missing = re.match(r"Object (?:missing required|contains unknown) field `(\w+)`", detail)
    if missing:
        pointer = f"{pointer}/{missing.group(1)}"
    return Invalid(detail + ".", errors=(FieldError(pointer, detail),))


async def _reply(route: Route, result: Any, exchange: Exchange) -> Response:
    headers = headers_with(exchange.correlation_id)
    if isinstance(result, EventStream):
        headers["Cache-Control"] = "no-store, no-transform"
        headers["X-Accel-Buffering"] = "no"
        # the first frame is awaited here: a fault before it is still told by status
        frames = exchange.counted(result.frames)
        first = await anext(frames, b"")
        return StreamingResponse(_body_of(first, frames), media_type="text/event-stream", headers=headers)
    if isinstance(result, Download):
        headers["Content-Disposition"] = f'attachment; filename="{result.file_name}"'
        pieces = exchange.counted(result.pieces, resumable=False)
        first = await anext(pieces, b"")
        return StreamingResponse(_body_of(first, pieces), media_type=result.media_type, headers=headers)
    status = route.status
    if isinstance(result, Reply):
        headers.update(result.headers)
        status, result = result.status, result.body
    if result is None:
        return Response(status_code=204 if status == 200 else status, headers=headers)
    content = result if isinstance(result, bytes) else msgspec.json.encode(result)
    return Response(content=content, status_code=status, media_type="application/json", headers=headers)


async def _body_of(first: bytes, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(frames):
        yield first
        async for piece in frames:
            yield piece
