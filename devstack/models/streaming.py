"""Server-sent events straight onto the ASGI connection, so that a script can break it where it likes."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope, Send

from devstack.models.speech import Mishap

BROKEN_CHUNK = b'data: {"id":"chatcmpl-offline","choices":[{"index":0,"delta":{"content":\n\n'


class EventStream:
    """A response: frames as they come, and mishaps. Ends its source as soon as the client is gone.

    `broken` is the frame that is said where a script wants one that cannot be read."""

    def __init__(self, frames: AsyncIterator[bytes | Mishap], *, broken: bytes = BROKEN_CHUNK) -> None:
        self._frames = frames
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.create_task(self._write(scope, send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        finally:
            for task in (writing, leaving):
                task.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)

    async def _write(self, scope: Scope, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for frame in self._frames:
            match frame:
                case Mishap.HANG:
                    await asyncio.Event().wait()
                case Mishap.CUT:
                    # Without the last chunk: what the client sees is a connection that broke.
                    scope["nexus.connection"].close()
                    await asyncio.Event().wait()
                case Mishap.MALFORMED:
                    await send({"type": "http.response.body", "body": self._broken, "more_body": True})
                case Mishap.ERROR:
                    raise RuntimeError("what an error looks like is the protocol's affair")
                case bytes():
                    await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
