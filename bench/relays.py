"""Three ways to pass a model's stream on, in one small server each: `python -m bench.relays VARIANT UPSTREAM`.

The same Starlette and uvicorn carry all three, so that only the relay differs. `GET /<tokens>/<rate>` answers with
`data: {"token": …}` events, but for the pass-through, which sends on the upstream's bytes untouched.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from devstack.serving import run

if TYPE_CHECKING:
    from shared.db.turns import TurnStart

type Relay = Callable[[str], AsyncIterator[bytes]]

_QUESTION = "What is the daily allowance in the Midwest?"
_TIMEOUT_S = 60.0


def nexus(upstream: str) -> Relay:
    """The product's own path of a token: provider adapter, checked text, a producer task that frames events, and
    a reader that follows it. Without the run's log in Redis and the saved prefix, which go ten times a second and
    every five seconds whatever the number of tokens."""
    from shared.adapters.llm_openai import OpenAIChat
    from shared.adapters.openai_clients import OpenAIClients
    from shared.domain.chat import ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
    from shared.domain.checked_text import CheckedText
    from shared.domain.events import Token
    from shared.services.live_run import LiveRun

    chat = OpenAIChat(OpenAIClients(secret=lambda _: "bench"))

    async def produce(path: str, live: LiveRun) -> None:
        provider = ProviderConfig(ProviderKind.OPENAI, "gpt-4.1", f"{upstream}/v1/{path}", "BENCH_KEY")
        checked = CheckedText((), (), question=_QUESTION)
        try:
            async for event in chat.stream(ModelRequest(provider, (Turn("user", _QUESTION),), 2000)):
                if isinstance(event, ModelText) and (shown := checked.feed(event.text)):
                    live.emit(Token(shown))
            if tail := checked.flush():
                live.emit(Token(tail))
        finally:
            live.finished = True
            live.wake()

    async def relay(path: str) -> AsyncIterator[bytes]:
        live = LiveRun(_turn())
        producer = asyncio.create_task(produce(path, live))
        async for frames in live.follow(0):
            yield frames
        await producer

    return relay


def _turn() -> "TurnStart":
    from shared.db.conversations import Conversation
    from shared.db.turns import TurnStart
    from shared.domain.chat import Mode
    from shared.domain.events import RunStatus
    from shared.domain.ids import ConversationId, MessageId, RunId

    now = datetime.now(UTC)
    return TurnStart(
        conversation=Conversation(ConversationId(uuid4()), Mode.RAG, None, None, now, now),
        user_message_id=MessageId(uuid4()),
        message_id=MessageId(uuid4()),
        run_id=RunId(uuid4()),
        status=RunStatus.STREAMING,
        question=_QUESTION,
        history=(),
        correlation_id="bench",
        is_new=True,
    )


def plain_openai(upstream: str) -> Relay:
    """What a careful team writes first: the SDK's stream of chunk objects, each token encoded with json.dumps."""
    from openai import AsyncOpenAI

    clients: dict[str, AsyncOpenAI] = {}

    async def relay(path: str) -> AsyncIterator[bytes]:
        client = clients.get(path)
        if client is None:
            client = clients[path] = AsyncOpenAI(
                base_url=f"{upstream}/v1/{path}", api_key="bench", max_retries=0, timeout=_TIMEOUT_S
            )
        stream = await client.chat.completions.create(
            model="gpt-4.1",
            messages=[{"role": "user", "content": _QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                yield f"data: {json.dumps({'token': chunk.choices[0].delta.content})}\n\n".encode()

    return relay


def pass_through(upstream: str) -> Relay:
    """The floor: bytes in, bytes out, nothing looked at, over the leanest client (httpx would cost twice as much)."""
    import aiohttp

    sessions: list[aiohttp.ClientSession] = []
    body = json.dumps({"model": "gpt-4.1", "messages": [{"role": "user", "content": _QUESTION}], "stream": True})

    async def relay(path: str) -> AsyncIterator[bytes]:
        if not sessions:
            sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        async with sessions[0].post(f"{upstream}/v1/{path}/chat/completions", data=body) as reply:
            async for data in reply.content.iter_any():
                yield data

    return relay


VARIANTS: dict[str, Callable[[str], Relay]] = {
    "nexus": nexus,
    "openai-python": plain_openai,
    "pass-through": pass_through,
}


def application(relay: Relay) -> Starlette:
    async def stream(request: Request) -> StreamingResponse:
        path = f"{request.path_params['tokens']}/{request.path_params['rate']}"
        return StreamingResponse(relay(path), media_type="text/event-stream")

    return Starlette(routes=[Route("/{tokens:int}/{rate:int}", stream)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.relays", description=__doc__)
    parser.add_argument("variant", choices=sorted(VARIANTS))
    parser.add_argument("upstream")
    arguments = parser.parse_args()
    run(application(VARIANTS[arguments.variant](arguments.upstream)), port=0)


if __name__ == "__main__":
    main()
