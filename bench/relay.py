"""Row: what a relayed token costs in CPU, and how much later the first one comes.

A scripted upstream in its own process, one process per relay, and a reader here that takes what comes from raw
sockets and counts it. Streams: 30 at once at 50 tokens a second (a reader's pace), and one after another flat out.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

from bench.measure import Rounds, Sample, interleave, of_process, versions
from bench.relays import VARIANTS
from bench.rows import Comparison, Options, Outcome
from bench.servers import running
from bench.upstream import token

OURS, PLAIN, FLOOR, DIRECT = "nexus", "openai-python", "pass-through", "no relay"
# A relay that failed may leave its connection open.
_PATIENCE_S = 120.0
_TOKEN = re.compile(rb'"(?:token|content)": ?"((?:[^"\\]|\\.)+)"')


class WrongStream(RuntimeError):
    """A relay lost or invented tokens: its time means nothing."""


def run(options: Options) -> Sequence[Outcome]:
    streams, rate, tokens = (30, 50, 50) if options.quick else (30, 50, 150)
    flat = 2_000 if options.quick else 20_000
    with ExitStack() as stack:
        upstream = stack.enter_context(running("bench.upstream"))
        relays = {name: stack.enter_context(running("bench.relays", name, upstream.url)) for name in VARIANTS}
        paced = interleave(
            {
                name: _per(streams * tokens, of_process(relay.pid, _load(relay.url, streams, tokens, rate)))
                for name, relay in relays.items()
            },
            rounds=options.rounds,
            seed=options.seed,
        )
        flat_out = interleave(
            {
                name: _per(flat, of_process(relay.pid, _load(relay.url, 4, flat // 4, 0)))
                for name, relay in relays.items()
            },
            rounds=options.rounds,
            seed=options.seed + 1,
        )
        requests = 10 if options.quick else 60
        first = interleave(
            {name: _first_token(relay.url, requests) for name, relay in relays.items()}
            | {DIRECT: _first_token(upstream.url, requests, path="/v1/5/0/chat/completions")},
            rounds=options.rounds,
            seed=options.seed + 2,
        )
    used = versions("openai", "aiohttp", "starlette", "uvicorn")
    return [
        _cpu_outcome(f"Relay, {streams} streams at {rate} tokens a second", paced, used),
        _cpu_outcome("Relay, four streams flat out", flat_out, used),
        _first_outcome(first, requests, used),
    ]


def _cpu_outcome(title: str, rounds: Rounds, used: str) -> Outcome:
    comparisons = [
        Comparison(OURS, PLAIN, rounds.cpu_ratio(OURS, PLAIN), "CPU a token", 0.25),
        Comparison(OURS, FLOOR, rounds.cpu_ratio(OURS, FLOOR), "CPU a token", 1.5),
    ]
    remarks = ("CPU of the relay's process only; one uvicorn and Starlette around each; loopback, no TLS",)
    return Outcome(title, rounds, "µs a token", 1e6, tuple(comparisons), remarks, used)


def _first_outcome(rounds: Rounds, requests: int, used: str) -> Outcome:
    direct = rounds.samples[DIRECT]
    added = Rounds(
        {
            name: tuple(
                Sample(sample.cpu_s, max(sample.wall_s - base.wall_s, 1e-6))
                for sample, base in zip(samples, direct, strict=True)
            )
            for name, samples in rounds.samples.items()
            if name != DIRECT
        }
    )
    return Outcome(
        "Relay, time added before the first token",
        added,
        "ms",
        1e3,
        (Comparison(OURS, PLAIN, added.wall_ratio(OURS, PLAIN), "time added", 0.4),),
        (
            f"clock: median of {requests} requests one after another, less the same without a relay in that round",
            "CPU: of the reader, not of the relay",
        ),
        used,
    )


def _per(units: int, run: Callable[[], Sample]) -> Callable[[], Sample]:
    return lambda: run().per(units)


def _load(url: str, streams: int, tokens: int, rate: int) -> Callable[[], None]:
    expected = "".join(token(number) for number in range(tokens))

    async def all_at_once() -> None:
        bodies = await asyncio.gather(*(_read(url, f"/{tokens}/{rate}") for _ in range(streams)))
        for body in bodies:
            if (said := _said(body)) != expected:
                raise WrongStream(f"{url}: expected {len(expected)} characters, got {len(said)}")

    return lambda: asyncio.run(all_at_once())


def _first_token(url: str, requests: int, path: str = "/5/0") -> Callable[[], Sample]:
    async def one_by_one() -> float:
        waits = []
        for _ in range(requests):
            started = time.perf_counter()
            await _read(url, path, until=b'"token"' if path == "/5/0" else b'"content":"The"')
            waits.append(time.perf_counter() - started)
        return sorted(waits)[len(waits) // 2]

    def run() -> Sample:
        cpu = time.process_time()
        wait = asyncio.run(one_by_one())
        return Sample(time.process_time() - cpu, wait)

    return run


async def _read(url: str, path: str, until: bytes | None = None) -> bytes:
    """The reply to a GET (POST for the upstream itself), or what came until a mark was seen."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    method = "POST" if path.startswith("/v1/") else "GET"
    writer.write(f"{method} {path} HTTP/1.1\r\nhost: {address.netloc}\r\nconnection: close\r\n\r\n".encode())
    received: list[bytes] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while data := await reader.read(65536):
                received.append(data)
                if until and until in b"".join(received):
                    break
    finally:
        writer.close()
    return b"".join(received)


def _said(reply: bytes) -> str:
    return "".join(json.loads(b'"' + text + b'"') for text in _TOKEN.findall(_body(reply)))


def _body(reply: bytes) -> bytes:
    """Without the head and without the frames of the chunked transfer coding (RFC 9112, 7.1)."""
    rest = reply.partition(b"\r\n\r\n")[2]
    pieces = []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        pieces.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return b"".join(pieces)
