"""What streams say. The text of a stream is described by the events that a client parses out of it."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec

from shared.domain import events
from shared.domain.frames import PING, frame
from shared.domain.ids import RunId
from shared.web.routes import Route

# The domain's words are short because they stand beside each other there; in a client they stand alone.
_NAMES = {"Meta": "RunMeta", "Sources": "RunSources", "Token": "RunToken", "Title": "RunTitle", "Done": "RunDone"}
MODELS = (events.Meta, events.Sources, events.Token, events.Title, events.Done)

EVENT_STREAM = "text/event-stream"

_RUN_EVENT = """One event of a run, as parsed. `id` is `<run_id>:<seq>`, `seq` from 1. First comes `meta`, then
`sources` (candidates, of rag only), then pieces of text. `title` names a new conversation. `error` is always followed
by the last event, which has `done`. Text and `done` have no name, so that a bare `EventSource.onmessage` sees them."""


def complete(components: dict[str, dict[str, Any]]) -> None:
    """Gives the events' models the names that clients see, and adds the event itself."""
    for short, name in _NAMES.items():
        components[name] = components.pop(short) | {"title": name}
    done = components["RunDone"]
    done["properties"] = {"done": {"const": True}, **done["properties"]}
    done["required"] = ["done", *done["required"]]
    # money is written as a number here, with all its places
    components["Usage"]["properties"]["cost"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    kinds = {
        "meta": [_ref("RunMeta")],
        "sources": [_ref("RunSources")],
        "message": [_ref("RunToken"), _ref("RunDone")],
        "title": [_ref("RunTitle")],
        "error": [_ref("Problem")],
    }
    components["RunEvent"] = {
        "title": "RunEvent",
        "description": _RUN_EVENT,
        "oneOf": [_event(name, data[0] if len(data) == 1 else {"anyOf": data}) for name, data in kinds.items()],
    }


def content(route: Route, shape: dict[str, Any] | None, example: Any) -> dict[str, Any]:
    """The stream of a route; `shape` and `example` are those of its events where all are of one kind."""
    item = _ref("RunEvent") if shape is None else _event("message", shape)
    told = {
        "type": "string",
        "contentMediaType": EVENT_STREAM,
        "contentSchema": {"type": "array", "items": item},
    }
    return {"schema": told, "example": _run_text() if shape is None else _text_of(example)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _event(name: str, data: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": {"type": "string"}, "event": {"const": name}, "data": data}
    return {"type": "object", "required": list(fields), "properties": fields}


def _run_text() -> str:
    """A short answer, framed by the code that frames answers."""
    run, at = RunId(UUID("3f0e4f0f-9a58-4f4a-9c1b-7d115b0f7c2e")), UUID("6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55")
    source: dict[str, Any] = {
        "n": 1, "document_id": at, "passage_id": at, "file_name": "Policy_DE.pdf", "page": 7, "section": "3.2 Leave",
        "file_url": "https://contoso.sharepoint.com/sites/hr/Policy_DE.pdf", "snippet": "… up to 36 months …",
        "score": 0.83, "quotes": [],
    }  # fmt: skip
    meta: dict[str, Any] = {
        "run_id": run, "conversation_id": at, "user_message_id": at, "message_id": at, "mode": "rag",
        "correlation_id": "0af7651916cd43dd8448eb211c80319c",
    }  # fmt: skip
    done: dict[str, Any] = {
        "message_id": at, "status": "complete", "finish_reason": "stop", "provider": "OpenAI", "model": "gpt-4.1",
        "usage": {"input_tokens": 1840, "output_tokens": 9}, "sources": [source], "supported": True,
    }  # fmt: skip
    said: list[events.RunEvent] = [
        msgspec.convert(meta, events.Meta),
        msgspec.convert({"sources": [source]}, events.Sources),
        events.Token("Up to 36 months"),
        events.Token(" per child [1]."),
        events.Title("Parental leave"),
        msgspec.convert(done, events.Done),
    ]
    frames = [frame(run, number, event) for number, event in enumerate(said, start=1)]
    return b"".join([*frames[:2], PING, *frames[2:]]).decode()


def _text_of(example: dict[str, Any]) -> str:
    return f"id: {example.get('id', '0')}:1\ndata: {json.dumps(example)}\n\n"


def lacking(routes: Iterable[Route]) -> list[str]:
    return [
        f"{route.name} has an `event` but is not marked `events`"
        for route in routes
        if route.event is not None and not route.events
    ]
