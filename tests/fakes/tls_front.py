"""TLS in front of a real server that speaks none, as stunnel does: the tests' PostgreSQL is built without."""

import asyncio
import contextlib
import ssl
import struct
from pathlib import Path

# PostgreSQL's clients ask first, with their own length and a number in place of a protocol version; `S` is yes.
POSTGRES = struct.pack("!ii", 8, 80877103), b"S"


class TlsFront:
    """Listens on 127.0.0.1 at `port` and hands what comes encrypted to the server at `behind`. Like Azure's it takes
    nothing else. `prelude` is what a client says before and what it is answered; `encrypted` counts handshakes that
    clients were content with."""

    def __init__(
        self, behind: int, certificate: tuple[Path, Path], *, prelude: tuple[bytes, bytes] = (b"", b"")
    ) -> None:
        self._behind = behind
        self._prelude = prelude
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(*certificate)
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.encrypted = 0

    async def start(self) -> "TlsFront":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    @property
    def port(self) -> int:
        assert self._server is not None, "start() comes first"
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None, "start() comes first"
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            # a client that does not trust us hangs up in the handshake, others when they are done
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked, yes = self._prelude
        if await reader.readexactly(len(asked)) != asked:
            return
        writer.write(yes)
        await writer.drain()
        await writer.start_tls(self._context)
        self.encrypted += 1
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_relay(reader, to_server))
                both.create_task(_relay(from_server, writer))
        finally:
            to_server.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
