"""What the description says of streams, held against real ones."""

import json
from typing import Any

import jsonschema
import pytest

from tests.functions import test_openapi
from tests.functions.nexus import Nexus
from tests.functions.person import Person
from tests.functions.test_openapi import operations

document = test_openapi.document


def parsed(stream: str) -> list[dict[str, Any]]:
    """As any client reads it."""
    found: list[dict[str, Any]] = []
    for block in stream.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            data = json.loads(fields["data"])
            found.append({"id": fields["id"], "event": fields.get("event", "message"), "data": data})
    return found


def event_validator(document: dict[str, Any], operation: str) -> jsonschema.Draft202012Validator:
    described = next(each for each in operations(document) if each["operationId"] == operation)
    told = described["responses"]["200"]["content"]["text/event-stream"]["schema"]
    assert told["contentMediaType"] == "text/event-stream"
    return jsonschema.Draft202012Validator({**told["contentSchema"], "components": document["components"]})


async def test_the_examples_of_streams_are_what_their_events_are_said_to_be(document: dict[str, Any]) -> None:
    streams = 0
    for operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {})
        if "text/event-stream" in content:
            events = parsed(content["text/event-stream"]["example"])
            event_validator(document, operation["operationId"]).validate(events)
            assert events
            streams += 1
    assert streams >= 4


async def test_real_streams_are_what_the_description_says(
    nexus: Nexus, alice: Person, document: dict[str, Any]
) -> None:
    """Each kind of event has come, so that none is described for nothing."""
    nexus.script(text="Thirty days.")
    seen: set[str] = set()
    conversation = await alice.conversation("rag")
    told = [await alice.ask(conversation, "How many days?")]
    nexus.script(prompt_filtered=True, times=1)
    told.append(await alice.ask(await alice.conversation(), "Something forbidden"))
    nexus.script(text="Thirty days.")
    told.append(await alice.ask(await alice.conversation(), "How many days of leave are there?"))
    for events in told:
        shown = [{"id": event.id, "event": event.name, "data": event.data} for event in events]
        event_validator(document, "ask").validate(shown)
        seen |= {event.name for event in events}
    assert seen == {"meta", "sources", "message", "title", "error"}
    wrong = [{"id": "a:1", "event": "message", "data": {"tokens": "a"}}]
    with pytest.raises(jsonschema.ValidationError):
        event_validator(document, "ask").validate(wrong)


async def test_both_forms_of_a_questions_reply_are_described(document: dict[str, Any]) -> None:
    for name in ("ask", "ask_notebook"):
        responses = next(each for each in operations(document) if each["operationId"] == name)["responses"]
        assert set(responses["200"]["content"]) == {"text/event-stream"}
        assert set(responses["202"]["content"]) == {"application/json"}
