"""Anthropic's `/v1/messages`, whole or as its event stream; order and fields are those of recorded bodies."""

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.models import prompt_reading
from devstack.models.prompt_reading import Message
from devstack.models.speech import Mishap, Speech, speech
from devstack.models.streaming import EventStream
from devstack.models.wire import Refused, clean, json_object

PATH = "/v1/messages"
_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal", "tool_calls": "tool_use"}
_ERROR_TYPES = {401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error"}
_numbers = itertools.count(1)


async def messages(request: Request) -> Response | EventStream:
    _door(request)
    body = await json_object(request)
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "model: Field required")
    if not model.startswith("claude-"):
        raise Refused(404, f"model: {model}")
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise Refused(400, "max_tokens: Field required" if limit is None else "max_tokens: must be at least 1")
    said = speech(
        _chat(body),
        request.app.state.scripts,
        max_tokens=limit,
        stop=[mark for mark in body.get("stop_sequences") or [] if mark],
        default_pace=request.app.state.tokens_per_second,
    )
    reply = _Reply(f"msg_offline{next(_numbers)}", model, said)
    if body.get("stream"):
        return EventStream(reply.stream(), broken=_BROKEN)
    return JSONResponse(await reply.whole())


def refusal(refused: Refused) -> JSONResponse:
    """An error reply in Anthropic's shape."""
    kind = "api_error" if refused.status >= 500 else _ERROR_TYPES.get(refused.status, "invalid_request_error")
    message = refused.error["message"]
    match refused.error["code"]:
        case "context_length_exceeded":
            message = "prompt is too long: more tokens > 128000 maximum"
        case "content_filter":
            message = "Output blocked by content filtering policy"
        case _:
            pass
    name = f"req_offline{next(_numbers)}"
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": name}
    return JSONResponse(body, refused.status, {"request-id": name})


def _door(request: Request) -> None:
    """Either header may bring the key: older clients send `x-api-key`. Raises Refused."""
    wanted: str | None = request.app.state.api_key
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = request.headers.get("x-api-key") or (token.strip() if scheme.lower() == "bearer" else "")
    if not given:
        raise Refused(401, "x-api-key header is required")
    if wanted is not None and given != wanted:
        raise Refused(401, "invalid x-api-key")
    if not request.headers.get("anthropic-version"):
        raise Refused(400, "anthropic-version: header is required")


def _chat(body: dict[str, Any]) -> list[Message]:
    """System text and turns, with the rules that Anthropic has beyond OpenAI's. Raises Refused."""
    turns = prompt_reading.messages(body.get("messages"))
    for index, turn in enumerate(turns):
        if turn.role not in ("user", "assistant"):
            raise Refused(400, f'messages.{index}.role: Input should be "user" or "assistant"')
        if not turn.text.strip():
            raise Refused(400, f"messages.{index}: text content blocks must be non-empty")
    if turns[0].role != "user":
        raise Refused(400, "messages: first message must use the user role")
    system = body.get("system")
    if isinstance(system, list):
        system = "".join(part.get("text", "") for part in system if isinstance(part, dict))
    return [Message("system", clean(system)), *turns] if isinstance(system, str) and system else turns


class _Reply:
    def __init__(self, name: str, model: str, said: Speech) -> None:
        self._said = said
        self._base: dict[str, Any] = {"id": name, "type": "message", "role": "assistant", "model": model}

    def _stop_reason(self) -> str:
        return "refusal" if self._said.is_refusal else _STOP_REASONS.get(self._said.finish_reason, "end_turn")

    def _usage(self) -> dict[str, Any]:
        usage = self._said.usage
        if usage is None:
            return {}
        return {
            "usage": {
                "input_tokens": usage.get("prompt_tokens", 0),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": usage.get("completion_tokens", 0),
            }
        }

    async def whole(self) -> dict[str, Any]:
        async for _ in self._said.spoken():
            pass  # takes its time as the real one does
        content = [{"type": "text", "text": self._said.text}]
        return (
            self._base
            | {"content": content, "stop_reason": self._stop_reason(), "stop_sequence": None}
            | (self._usage() or {"usage": {"input_tokens": 0, "output_tokens": 0}})
        )

    async def stream(self) -> AsyncIterator[bytes | Mishap]:
        started = self._usage()
        if started:
            started = {"usage": started["usage"] | {"output_tokens": 1}}
        opening = {"content": [], "stop_reason": None, "stop_sequence": None}
        yield _frame("message_start", message=self._base | opening | started)
        yield _frame("content_block_start", index=0, content_block={"type": "text", "text": ""})
        yield _frame("ping")
        # All deltas are alike but for the piece: encode the rest once.
        mark = "\x00piece"
        before, _, after = _frame("content_block_delta", index=0, delta={"type": "text_delta", "text": mark}).partition(
            json.dumps(mark).encode()
        )
        async for piece in self._said.spoken():
            match piece:
                case Mishap.ERROR:
                    yield _frame("error", error={"type": "overloaded_error", "message": "Overloaded"})
                    return
                case Mishap():
                    yield piece
                case str():
                    yield before + msgspec.json.encode(piece) + after
        yield _frame("content_block_stop", index=0)
        delta = {"stop_reason": self._stop_reason(), "stop_sequence": None}
        yield _frame("message_delta", delta=delta, **self._usage())
        yield _frame("message_stop")


def _frame(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=True, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode()


_BROKEN = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"text":\n\n'
