"""`/v1/responses`, whole or as its stream of typed events (order as in facts of OpenAI's API reference)."""

import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devstack.models.prompt_reading import Message, messages
from devstack.models.speech import Mishap, Speech, speech
from devstack.models.streaming import EventStream
from devstack.models.wire import Refused, clean, door, json_object, model_of

_numbers = itertools.count(1)


async def responses(request: Request) -> Response | EventStream:
    entrance = door(request)
    body = await json_object(request)
    model = model_of(body, entrance)
    limit = body.get("max_output_tokens")
    if limit is not None and (not isinstance(limit, int) or limit < 16):
        raise Refused(
            400,
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16.",
            param="max_output_tokens",
            code="integer_below_min_value",
        )
    said = speech(
        _chat(body),
        request.app.state.scripts,
        max_tokens=limit,
        stop=[],
        default_pace=request.app.state.tokens_per_second,
    )
    number = next(_numbers)
    reply = _Reply(f"resp_offline{number}", f"msg_offline{number}", int(time.time()), model, body, said)
    if body.get("stream"):
        return EventStream(reply.stream())
    return JSONResponse(await reply.whole())


def _chat(body: dict[str, Any]) -> list[Message]:
    given = body.get("input")
    chat = [Message("user", clean(given))] if isinstance(given, str) else messages(given, "input")
    instructions = body.get("instructions")
    return [Message("system", clean(instructions)), *chat] if isinstance(instructions, str) else chat


class _Reply:
    def __init__(self, name: str, item: str, created: int, model: str, body: dict[str, Any], said: Speech) -> None:
        self._item = item
        self._said = said
        self._sequence = itertools.count()
        self._base: dict[str, Any] = {
            "id": name,
            "object": "response",
            "created_at": created,
            "model": model,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "metadata": {},
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "temperature": body.get("temperature", 1.0),
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": body.get("top_p", 1.0),
            "truncation": "disabled",
        }

    def _part(self, text: str) -> dict[str, Any]:
        if self._said.is_refusal:
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}

    def _message(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": self._item, "type": "message", "status": status, "role": "assistant", "content": content}

    def _response(self, status: str, output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return self._base | {"status": status, "output": output, "usage": None} | more

    def _final(self) -> tuple[str, dict[str, Any]]:
        said = self._said
        reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(said.finish_reason)
        status = "incomplete" if reason else "completed"
        usage = said.usage and {
            "input_tokens": said.usage.get("prompt_tokens", 0),
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": said.usage.get("completion_tokens", 0),
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": said.usage.get("total_tokens", 0),
        }
        output = [self._message(status, [self._part(said.text)])]
        details = {"reason": reason} if reason else None
        return status, self._response(status, output, usage=usage, incomplete_details=details)

    async def whole(self) -> dict[str, Any]:
        async for _ in self._said.spoken():
            pass  # takes its time as the real one does
        return self._final()[1]

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = {"type": kind, "sequence_number": next(self._sequence), **fields}
        return f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()

    async def stream(self) -> AsyncIterator[bytes | Mishap]:
        said = self._said
        word = "refusal" if said.is_refusal else "output_text"
        finished = "refusal" if said.is_refusal else "text"
        place = {"item_id": self._item, "output_index": 0, "content_index": 0}
        logprobs: dict[str, Any] = {} if said.is_refusal else {"logprobs": []}
        yield self._event("response.created", response=self._response("in_progress", []))
        yield self._event("response.in_progress", response=self._response("in_progress", []))
        yield self._event("response.output_item.added", output_index=0, item=self._message("in_progress", []))
        yield self._event("response.content_part.added", **place, part=self._part(""))
        async for piece in said.spoken():
            if piece is Mishap.ERROR:
                yield self._event("error", code="server_error", message="Overloaded", param=None)
                return
            if isinstance(piece, Mishap):
                yield piece
            else:
                yield self._event(f"response.{word}.delta", **place, delta=piece, **logprobs)
        status, final = self._final()
        yield self._event(f"response.{word}.done", **place, **{finished: said.text}, **logprobs)
        yield self._event("response.content_part.done", **place, part=self._part(said.text))
        yield self._event("response.output_item.done", output_index=0, item=final["output"][0])
        yield self._event(f"response.{status}", response=final)
