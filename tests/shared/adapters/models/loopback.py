"""A server on loopback that says exactly the bytes it was given (recorded bodies, connections that end), and how
the chat tests talk to it and to the stand-in."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from shared.adapters.anthropic_clients import AnthropicClients
from shared.adapters.llm_anthropic import AnthropicChat
from shared.adapters.llm_openai import OpenAIChat
from shared.adapters.llm_stream import SecondTry
from shared.adapters.openai_clients import OpenAIClients
from shared.domain.chat import ModelEvent, ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
from shared.errors import ModelFailed
from shared.ports import ChatModel

KINDS = tuple(ProviderKind)
# Where each provider is asked for an answer.
PATHS = {
    ProviderKind.OPENAI: "/v1/chat/completions",
    ProviderKind.AZURE: "/openai/v1/chat/completions",
    ProviderKind.ANTHROPIC: "/v1/messages",
}


@dataclass(frozen=True, slots=True)
class Chats:
    """The adapters, each with its own connections."""

    openai: OpenAIClients
    anthropic: AnthropicClients

    def of(self, kind: ProviderKind, *, silence_timeout_s: float = 30.0) -> ChatModel:
        second_try = SecondTry(jitter_s=0.05)
        if kind is ProviderKind.ANTHROPIC:
            return AnthropicChat(self.anthropic, silence_timeout_s, second_try)
        return OpenAIChat(self.openai, silence_timeout_s, second_try)


@dataclass(slots=True)
class Loopback:
    """`bodies` are answered in turn (the last one again and again), each as its pieces in writes of their own."""

    bodies: Sequence[Sequence[bytes]]
    content_type: bytes = b"text/event-stream"
    head: bytes = b"HTTP/1.1 200 OK"
    ends: bool = True
    url: str = ""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    all_gone: asyncio.Event = field(default_factory=asyncio.Event)
    _open: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open += 1
        self.all_gone.clear()
        try:
            while head := await _head(reader):
                length = re.search(rb"content-length: (\d+)", head.lower())
                self.requests.append(head + await reader.readexactly(int(length[1]) if length else 0))
                await self._answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left, which is what some tests wait for
        finally:
            writer.close()
            self._open -= 1
            if self._open == 0:
                self.all_gone.set()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        pieces = self.bodies[min(len(self.requests), len(self.bodies)) - 1]
        writer.write(self.head + b"\r\ncontent-type: " + self.content_type + b"\r\ntransfer-encoding: chunked\r\n\r\n")
        for piece in pieces:
            if piece:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(0)
        if self.ends:
            writer.write(b"0\r\n\r\n")
            await writer.drain()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def loopback(loopback: Loopback) -> AsyncIterator[Loopback]:
    server = await asyncio.start_server(loopback.handle, "127.0.0.1", 0)
    loopback.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield loopback
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


def request(url: str, kind: ProviderKind = ProviderKind.OPENAI, *, question: str = "Hello?") -> ModelRequest:
    """A request of `kind` to a stand-in at `url`; the key is in the variable MODEL_KEY."""
    endpoint = f"{url}/v1" if kind is ProviderKind.OPENAI else url
    model = "claude-opus-4-8" if kind is ProviderKind.ANTHROPIC else "gpt-4o"
    provider = ProviderConfig(kind, model, endpoint, "MODEL_KEY")
    return ModelRequest(provider, (Turn("system", "Be brief."), Turn("user", question)), 500)


def say(model: httpx.Client, **script: Any) -> None:
    model.post("/_control/script", json=script).raise_for_status()


def fault(model: httpx.Client, path: str, then: dict[str, Any], **rule: Any) -> None:
    rules = [{"match": {"path": path}, "then": then, **rule}]
    model.post("/_control/faults", json=rules).raise_for_status()


def asked(model: httpx.Client) -> list[dict[str, Any]]:
    return model.get("/_control/requests").json()["requests"]


async def heard(chat: ChatModel, request: ModelRequest) -> list[ModelEvent]:
    return [event async for event in chat.stream(request)]


async def broken(chat: ChatModel, request: ModelRequest) -> tuple[str, ModelFailed]:
    """The text before the failure, and the failure."""
    text = ""
    try:
        async for event in chat.stream(request):
            assert isinstance(event, ModelText)
            text += event.text
    except ModelFailed as failure:
        return text, failure
    pytest.fail(f"the stream ended well after {text!r}")


def text_of(events: list[ModelEvent]) -> str:
    assert all(isinstance(event, ModelText) for event in events[:-1])
    return "".join(event.text for event in events if isinstance(event, ModelText))


def chunk(**fields: Any) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()


def delta(text: str | None, finish: str | None = None) -> bytes:
    return chunk(choices=[{"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}])


# --- the same stream as each provider writes it -----------------------------------------------------------------------


def event(kind: str, **fields: Any) -> bytes:
    """One of Anthropic's."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def text_delta(text: str) -> bytes:
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def piece(kind: ProviderKind, text: str) -> bytes:
    return text_delta(text) if kind is ProviderKind.ANTHROPIC else delta(text)


def ending(kind: ProviderKind) -> bytes:
    """The finish, without usage."""
    if kind is ProviderKind.ANTHROPIC:
        return event("message_delta", delta={"stop_reason": "end_turn"}) + event("message_stop")
    return delta(None, "stop") + b"data: [DONE]\n\n"
