"""A scripted model server, as fast as Python gets: `python -m bench.upstream`.

It answers every POST with the same OpenAI chat completion stream and does no parsing beyond the request's end, so
that a relay in front of it is what gets measured. The request's path `/v1/<tokens>/<rate>/…` says how much and how
fast (tokens a second, 0 = flat out).
"""

import asyncio
import contextlib
import json
import re
import signal

HOST = "127.0.0.1"
_PATH = re.compile(rb"POST /v1/(\d+)/(\d+)/")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_WORDS = ("The", " daily", " allowance", " is", " USD", " 68", " in", " the", " Midwest", ".", "\n", " Grüße", " „ja“")


def token(number: int) -> str:
    return _WORDS[number % len(_WORDS)]


def lines(tokens: int) -> list[bytes]:
    """The stream's events: role, `tokens` pieces of text, the finish, the usage, the end mark."""
    pieces = [{"content": token(number)} for number in range(tokens)]
    deltas = [{"role": "assistant", "content": "", "refusal": None}, *pieces]
    choices = [[{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}])
    usage = {"prompt_tokens": 1200, "completion_tokens": tokens, "total_tokens": 1200 + tokens}
    events = [_chunk(choice, None) for choice in choices] + [_chunk([], usage)]
    return [*events, b"data: [DONE]\n\n"]


def _chunk(choices: list, usage: dict | None) -> bytes:
    body = {
        "id": "chatcmpl-CvQ2bOJv1mWcJ4yT0F5xq3oZr7hKd",
        "object": "chat.completion.chunk",
        "created": 1795392000,
        "model": "gpt-4.1-2025-04-14",
        "service_tier": "default",
        "system_fingerprint": "fp_7f8d3a1c2b",
        "choices": choices,
        "usage": usage,
        "obfuscation": "xK3vQ9pL2m",
    }
    return f"data: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


async def _serve_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # Either is how a relay that is done closes its connection.
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            path = _PATH.match(head)
            tokens, rate = (int(path[1]), int(path[2])) if path else (10, 0)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
                b"x-request-id: req_bench\r\n\r\n"
            )
            await _send(writer, [b"%x\r\n%s\r\n" % (len(line), line) for line in lines(tokens)], rate)


async def _send(writer: asyncio.StreamWriter, framed: list[bytes], rate: int) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number, line in enumerate(framed):
        writer.write(line)
        if rate:
            # Against the clock, not from one sleep to the next, so that lateness does not add up.
            await asyncio.sleep(max(0.0, start + (number + 1) / rate - loop.time()))
        else:
            await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncio.start_server(_serve_connection, HOST, 0)
    print(f"ready http://{HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_main())
