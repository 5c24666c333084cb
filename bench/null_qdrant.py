"""A Qdrant that keeps nothing, as fast as Python gets: `python -m bench.null_qdrant`. What talks to it is measured.

It reads every request to its end and says "done" in Qdrant's words, or "nothing found" to questions.
"""

import asyncio
import contextlib
import re
import signal

HOST = "127.0.0.1"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def _answer(result: bytes) -> bytes:
    body = b'{"result":%s,"status":"ok","time":0.0001}' % result
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


_DONE = _answer(b'{"operation_id":1,"status":"completed"}')
_FOUND_NONE = _answer(b"[]")


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Either is how a client that is done closes its connection.
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            # POST …/points asks for points by id; everything else here writes.
            writer.write(_FOUND_NONE if head.startswith(b"POST") and b"/points HTTP" in head else _DONE)
            await writer.drain()


async def _main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncio.start_server(_serve, HOST, 0, limit=2**22)
    print(f"ready http://{HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_main())
