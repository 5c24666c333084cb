"""A signed-in client of the API, and the streams it reads."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from devstack.models.speech import pieces
from devstack.sign_in import Session
from tests.functions.nexus import eventually


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is `run:seq`; `name` is what EventSource would dispatch."""

    id: str
    name: str
    data: dict[str, Any]

    @property
    def seq(self) -> int:
        return int(self.id.rpartition(":")[2])


class Stream:
    """An open stream of events; `response` is its reply."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = self._read()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def next(self) -> Event:
        return await anext(self._events)

    async def tokens(self, number: int) -> str:
        """Reads on until `number` of the model's tokens have come; their text. What reached Nexus at once comes as one
        event, so it can be more."""
        text = ""
        while len(pieces(text)) < number:
            text += (await self.next()).data.get("token", "")
        return text

    async def rest(self) -> list[Event]:
        return [event async for event in self._events]

    async def _lines(self) -> AsyncGenerator[str]:
        """Ended by line feeds, as the server writes them; httpx would end them at U+2028, too."""
        left = b""
        async for piece in self.response.aiter_bytes():
            *lines, left = (left + piece).split(b"\n")
            for line in lines:
                yield line.decode()
        assert not left, "the stream ended in the middle of a line"

    async def _read(self) -> AsyncGenerator[Event]:
        fields: dict[str, str] = {}
        async for line in self._lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                assert name in ("id", "event", "data"), line
                fields[name] = value
            elif fields:
                yield Event(fields["id"], fields.get("event", "message"), json.loads(fields["data"]))
                fields = {}
        assert not fields, "the stream ended in the middle of an event"


def text(events: list[Event]) -> str:
    return "".join(event.data.get("token", "") for event in events)


def names(events: list[Event]) -> list[str]:
    """The events' names, tokens in a row once, and the last by what it is."""
    shown: list[str] = []
    for event in events:
        name = "token" if "token" in event.data else "done" if event.data.get("done") else event.name
        if not (name == "token" and shown and shown[-1] == "token"):
            shown.append(name)
    return shown


@dataclass
class Person:
    """`http` is bound to one instance of the app and checks every reply."""

    http: httpx.AsyncClient
    session: Session

    @property
    def id(self) -> str:
        return self.session.user["id"]

    async def call(self, method: str, path: str, *, status: int, **more: Any) -> httpx.Response:
        """The reply, of which only the status is demanded here."""
        headers = self.session.headers | more.pop("headers", {})
        reply = await self.http.request(method, f"/api/{path}", headers=headers, **more)
        assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply

    async def get(self, path: str, *, status: int = 200, **params: Any) -> Any:
        return (await self.call("GET", path, status=status, params=params)).json()

    async def post(self, path: str, body: Any, *, status: int = 201) -> Any:
        return (await self.call("POST", path, status=status, json=body)).json()

    async def patch(self, path: str, body: Any, *, status: int = 200) -> Any:
        return (await self.call("PATCH", path, status=status, json=body)).json()

    async def conversation(self, mode: str = "assistant", **more: Any) -> str:
        return (await self.post("conversations", {"mode": mode, **more}))["id"]

    @asynccontextmanager
    async def asking(self, conversation: str, question: str, **headers: str) -> AsyncGenerator[Stream]:
        async with self.http.stream(
            "POST",
            f"/api/conversations/{conversation}/messages",
            json={"content": question},
            headers=self.session.headers | headers,
        ) as response:
            yield await self._stream(response)

    async def ask(self, conversation: str, question: str, **headers: str) -> list[Event]:
        async with self.asking(conversation, question, **headers) as stream:
            return await stream.rest()

    async def ask_again(self, conversation: str, answer: str, **headers: str) -> list[Event]:
        """The same question anew."""
        async with self.http.stream(
            "POST",
            f"/api/conversations/{conversation}/messages",
            json={"regenerate": answer},
            headers=self.session.headers | headers,
        ) as response:
            return await (await self._stream(response)).rest()

    async def ask_later(self, conversation: str, question: str, **headers: str) -> dict[str, str]:
        """`{run_id, user_message_id, message_id}` of a run that waits for its first reader."""
        reply = await self.call(
            "POST",
            f"conversations/{conversation}/messages",
            status=202,
            json={"content": question},
            headers={"Accept": "application/json", **headers},
        )
        return reply.json()

    @asynccontextmanager
    async def watching(self, conversation: str, **headers: str) -> AsyncGenerator[Stream]:
        async with self.http.stream(
            "GET",
            "/api/chat/stream",
            params={"conversation_id": conversation},
            headers=self.session.headers | headers,
        ) as response:
            yield await self._stream(response)

    async def watch(self, conversation: str, **headers: str) -> list[Event]:
        async with self.watching(conversation, **headers) as stream:
            return await stream.rest()

    async def ask_notebook(self, session: str, question: str, **headers: str) -> list[Event]:
        async with self.http.stream(
            "POST",
            f"/api/notebook/sessions/{session}/chat",
            json={"content": question},
            headers=self.session.headers | headers,
        ) as response:
            return await (await self._stream(response)).rest()

    async def synced(self, library_id: str) -> dict[str, Any]:
        """The run of a sync of that library, once it has ended."""
        run = await self.post(f"admin/libraries/{library_id}/sync", {}, status=202)

        async def finished() -> dict[str, Any] | None:
            seen = await self.get(f"admin/sync-runs/{run['id']}")
            return None if seen["status"] in ("queued", "running") else seen

        return await eventually(finished, "the end of the sync", limit_s=60)

    async def gone(self, library_id: str) -> None:
        """Returns once the library that was removed is no more, nor anything of it."""

        async def is_gone() -> bool:
            reply = await self.http.get(f"/api/admin/libraries/{library_id}", headers=self.session.headers)
            return reply.status_code == 404

        await eventually(is_gone, "the end of the removal", limit_s=60)

    async def answer(self, conversation: str) -> dict[str, Any]:
        """The conversation's last message, as stored."""
        return (await self.get(f"conversations/{conversation}"))["messages"][-1]

    async def _stream(self, response: httpx.Response) -> Stream:
        if response.status_code != 200:
            await response.aread()
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        return Stream(response)
