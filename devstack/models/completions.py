"""`/v1/chat/completions` and Azure's, whole or streamed; the chunks' order and fields are those of recorded bodies."""

import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.models import prompt_reading
from devstack.models.speech import FILTER_SAFE, Mishap, Speech, speech
from devstack.models.streaming import EventStream
from devstack.models.wire import Refused, door, json_object, model_of

FINGERPRINT = "fp_offline"
PROMPT_FILTER = [
    {"prompt_index": 0, "content_filter_results": FILTER_SAFE | {"jailbreak": {"detected": False, "filtered": False}}}
]
TEXT_FILTER = {"protected_material_text": {"detected": False, "filtered": False}}
BLOCKED_FILTER = FILTER_SAFE | {"violence": {"filtered": True, "severity": "medium"}}
DONE = b"data: [DONE]\n\n"
_numbers = itertools.count(1)


async def chat_completions(request: Request) -> Response | EventStream:
    entrance = door(request)
    body = await json_object(request)
    model = model_of(body, entrance)
    chat = prompt_reading.messages(body.get("messages"))
    said = speech(
        chat,
        request.app.state.scripts,
        max_tokens=_positive(body, "max_completion_tokens") or _positive(body, "max_tokens"),
        stop=_stops(body.get("stop")),
        default_pace=request.app.state.tokens_per_second,
    )
    reply = _Reply(f"chatcmpl-offline{next(_numbers)}", int(time.time()), model, said, entrance.azure)
    options = body.get("stream_options") or {}
    if body.get("stream"):
        return EventStream(reply.stream(with_usage=bool(options.get("include_usage"))))
    if body.get("stream_options") is not None:
        raise Refused(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    return JSONResponse(await reply.whole())


def _positive(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise Refused(
            400, f"Invalid '{name}': must be an integer of at least 1.", param=name, code="integer_below_min_value"
        )
    return value


def _stops(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else [mark for mark in given or [] if mark]


class _Reply:
    def __init__(self, name: str, created: int, model: str, said: Speech, azure: bool) -> None:
        self._said = said
        self._azure = azure
        self._base = {"id": name, "created": created, "model": model, "system_fingerprint": FINGERPRINT}

    async def whole(self) -> dict[str, Any]:
        said = self._said
        async for _ in said.spoken():
            pass  # takes its time as the real one does
        message = {
            "role": "assistant",
            "content": None if said.is_refusal else said.text,
            "refusal": said.text if said.is_refusal else None,
        }
        choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish_reason}
        body: dict[str, Any] = self._base | {"object": "chat.completion", "choices": [choice], "usage": said.usage}
        if self._azure:
            body["prompt_filter_results"] = PROMPT_FILTER
            choice["content_filter_results"] = self._filter_results()
        return body

    def _filter_results(self) -> dict[str, Any]:
        return BLOCKED_FILTER if self._said.finish_reason == "content_filter" else TEXT_FILTER

    def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        return _frame(self._base | {"object": "chat.completion.chunk", "choices": choices} | more)

    def _choice(self, delta: dict[str, Any], finish: str | None, filter_results: dict[str, Any]) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return choice | {"content_filter_results": filter_results} if self._azure else choice

    async def stream(self, *, with_usage: bool) -> AsyncIterator[bytes | Mishap]:
        said = self._said
        null_usage: dict[str, Any] = {"usage": None} if with_usage else {}
        if self._azure:
            yield _frame(
                {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
                | {"prompt_filter_results": PROMPT_FILTER}
            )
        key = "refusal" if said.is_refusal else "content"
        opening = (
            {"role": "assistant", "content": None, "refusal": ""}
            if said.is_refusal
            else {
                "role": "assistant",
                "content": "",
                "refusal": None,
            }
        )
        yield self._chunk([self._choice(opening, None, {})], **null_usage)
        # All chunks of the text are alike but for the piece: encode the rest once.
        mark = "\x00piece"
        before, _, after = self._chunk([self._choice({key: mark}, None, TEXT_FILTER)], **null_usage).partition(
            json.dumps(mark).encode()
        )
        async for piece in said.spoken():
            match piece:
                case Mishap.ERROR:
                    yield _frame({"error": {"message": "Overloaded", "type": "server_error", "code": None}})
                    return
                case Mishap():
                    yield piece
                case str():
                    yield before + msgspec.json.encode(piece) + after
        last_filter = BLOCKED_FILTER if said.finish_reason == "content_filter" else {}
        yield self._chunk([self._choice({}, said.finish_reason, last_filter)], **null_usage)
        if with_usage and said.usage is not None:
            yield self._chunk([], usage=said.usage)
        yield DONE


def _frame(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=True, separators=(",", ":")).encode() + b"\n\n"
