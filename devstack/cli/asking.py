"""`ask`: one question to Nexus, with its answer as it is written."""

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from devstack.cli.api import ApiFailed, NexusApi
from devstack.cli.output import print_json, say
from devstack.cli.stack_address import StackAddress
from devstack.stack.failures import StackError


@dataclass(slots=True)
class Answer:
    """What was heard of one run so far. `done` is the last event's object, None while it runs."""

    text: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] | None = None
    done: dict[str, Any] | None = None

    def take(self, event: str, data: dict[str, Any]) -> str:
        """Notes an event; returns the text that it adds."""
        if event == "meta":
            self.meta = data
        elif event == "error":
            self.problem = data
        elif event == "message" and data.get("done"):
            self.done = data
        elif event == "message":
            piece = data.get("token", "")
            self.text += piece
            return piece
        return ""

    def as_json(self) -> dict[str, Any]:
        done = {name: value for name, value in (self.done or {}).items() if name != "done"}
        ids = {name: self.meta.get(name) for name in ("conversation_id", "run_id", "correlation_id")}
        return {"answer": self.text} | done | ids | ({"error": self.problem} if self.problem else {})


async def ask(stack: StackAddress, question: str, *, user: str, mode: str, as_json: bool) -> None:
    """Raises StackError when the run did not end well."""
    async with await stack.sign_in(user) as nexus:
        answer = Answer()
        async for event, data in _events(nexus, question, mode):
            piece = answer.take(event, data)
            if not as_json:
                sys.stdout.write(piece)
                sys.stdout.flush()
    if as_json:
        print_json(answer.as_json())
    else:
        print()
        _print_sources(answer)
    _check(answer)


async def _events(nexus: NexusApi, question: str, mode: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    conversation = await nexus.post("/conversations", {"mode": mode})
    lines = nexus.stream(f"/conversations/{conversation['id']}/messages", {"content": question})
    async for event, data in read_events(lines):
        yield event, json.loads(data)


async def read_events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """(event name, data) of a server-sent event stream, by its standard: several data lines are one text, a line
    that begins with a colon is a comment, an event without data is none."""
    event, data = "message", list[str]()
    async for line in lines:
        if not line:
            if data:
                yield event, "\n".join(data)
            event, data = "message", []
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "data":
                data.append(value)


def _print_sources(answer: Answer) -> None:
    done = answer.done or {}
    sources = done.get("sources") or []
    # The server ends an answer that cites with the list of what it cites.
    if sources and "\nSources:\n" not in answer.text:
        print("\nSources:")
        for source in sources:
            print(f"[{source['n']}] {source['file_name']} - {source['file_url']}")
    if done.get("supported") is False:
        say("(The documents do not support an answer.)")


def _check(answer: Answer) -> None:
    if answer.problem is not None:
        raise ApiFailed.of("The answer failed", answer.problem, int(answer.problem.get("status", 500)))
    if answer.done is None:
        correlation_id = answer.meta.get("correlation_id", "unknown")
        raise StackError(
            f"The answer's stream ended before the answer did (correlation id {correlation_id}). "
            "`make logs s=api` shows what happened."
        )
    if answer.done.get("status") != "complete":
        raise StackError(f"The answer ended as {answer.done.get('status')!r}.")
