"""Row: how many streams one core carries, found by loading it; LiteLLM's proxy beside the other relays; what a stream
weighs; memory with readers that do not read.

The relay is bound to one core, the scripted upstream and the readers to the others. A number of streams is carried
when, at 50 tokens a second each, nineteen of twenty end no later than a quarter of a second after their time.
`python -m bench.relay_load [--litellm PYTHON]`, where PYTHON is an environment with `litellm[proxy]`.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from bench.measure import machine, versions
from bench.relays import VARIANTS
from bench.servers import running

RATE = 50
TOKENS = 400
LATE_S = 0.25
PUNCTUAL_SHARE = 0.95
STREAMS = 200
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Relay:
    """`asks` is the request for a stream of so many tokens at a pace, but for its host."""

    url: str
    pid: int
    is_litellm: bool = False

    def request(self, tokens: int, rate: int) -> bytes:
        host = urlsplit(self.url).netloc
        if not self.is_litellm:
            return f"GET /{tokens}/{rate} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
        asked = {"model": f"m-{tokens}-{rate}", "stream": True, "messages": [{"role": "user", "content": "x"}]}
        body = json.dumps(asked).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer k\r\n"
        return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


class Reader(asyncio.Protocol):
    """Counts what comes; `lazy` ones stop reading once the head is there."""

    def __init__(self, request: bytes, *, lazy: bool = False) -> None:
        self._request = request
        self._lazy = lazy
        self.received = 0
        self.ended = asyncio.get_running_loop().create_future()
        self.ended_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self._lazy and self.transport is not None:
            self.transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self.ended_at = time.perf_counter()
        if not self.ended.done():
            self.ended.set_result(None)


async def opened(relay: Relay, tokens: int, rate: int, *, lazy: bool = False) -> Reader:
    address = urlsplit(relay.url)
    _, reader = await asyncio.get_running_loop().create_connection(
        lambda: Reader(relay.request(tokens, rate), lazy=lazy), address.hostname, address.port
    )
    return reader


async def lateness(relay: Relay, streams: int, seed_bytes: int) -> list[float]:
    """How late each of these streams ended, in seconds; one that brought less than it should is late without end."""

    async def one(number: int) -> float:
        # spread over a second: people do not ask all at once
        await asyncio.sleep(number / streams)
        started = time.perf_counter()
        reader = await opened(relay, TOKENS, RATE)
        async with asyncio.timeout(60):
            await reader.ended
        short = reader.received < 0.9 * seed_bytes
        return float("inf") if short else reader.ended_at - started - TOKENS / RATE

    results = await asyncio.gather(*(one(number) for number in range(streams)), return_exceptions=True)
    return sorted(result if isinstance(result, float) else float("inf") for result in results)


async def weight(relay: Relay, tokens: int) -> int:
    """The bytes of a whole stream, the head of the reply and its framing included."""
    reader = await opened(relay, tokens, 0)
    async with asyncio.timeout(60):
        await reader.ended
    return reader.received


def carried(relay: Relay) -> tuple[int, float]:
    """The most streams that were carried (to about a tenth), and the share of its core the relay took for them."""
    whole = asyncio.run(weight(relay, TOKENS))
    process = psutil.Process(relay.pid)
    best, busy, low, high, streams = 0, 0.0, 0, 0, 20
    while True:
        before, started = process.cpu_times(), time.perf_counter()
        late = asyncio.run(lateness(relay, streams, whole))
        after, elapsed = process.cpu_times(), time.perf_counter() - started
        share = (after.user + after.system - before.user - before.system) / elapsed
        holds = late[int(PUNCTUAL_SHARE * (streams - 1))] <= LATE_S
        print(f"    {streams} streams: {'carried' if holds else 'too many'}, {share:.0%} of a core", flush=True)
        if holds:
            low, best, busy = streams, streams, share
        else:
            high = streams
        if high and high - low <= max(2, low // 10):
            return best, busy
        streams = (low + high) // 2 if high else streams * 2


@contextmanager
def litellm(python: str, upstream: str) -> Iterator[Relay]:
    """LiteLLM's proxy with one worker, its defaults otherwise, without database, cache and telemetry."""
    rows = [
        {
            "model_name": f"m-{tokens}-{rate}",
            "litellm_params": {
                "model": "openai/gpt-4.1",
                "api_base": f"{upstream}/v1/{tokens}/{rate}",
                "api_key": "bench",
            },
        }
        for tokens, rate in ((TOKENS, RATE), (TOKENS, 0), (100, 0), (1000, 0), (10_000, 0))
    ]
    with tempfile.TemporaryDirectory(prefix="nexus-litellm-") as folder, contextlib.ExitStack() as stack:
        config = Path(folder, "config.yaml")
        # JSON is YAML
        config.write_text(json.dumps({"model_list": rows, "litellm_settings": {"telemetry": False}}))
        port = _free_port()
        log = stack.enter_context(Path(folder, "log").open("wb"))
        process = subprocess.Popen(
            [
                str(Path(python).with_name("litellm")),
                "--config",
                str(config),
                "--port",
                str(port),
                "--num_workers",
                "1",
            ],
            stdout=log,
            stderr=log,
            env=os.environ
            | {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"}
            # a key of its own would be looked up at every request: the comparison is of relaying
            | {"LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield Relay(url, process.pid, is_litellm=True)
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/liveliness", trust_env=False).status_code == 200:
                return
        time.sleep(0.5)
    raise RuntimeError("LiteLLM's proxy did not start")


async def memory(relay: Relay, streams: int, lazy: int) -> tuple[float, float, float]:
    """MiB of the relay a third, two thirds and all of the way through streams of which `lazy` are not read."""
    process = psutil.Process(relay.pid)
    readers = [await opened(relay, TOKENS, RATE, lazy=number < lazy) for number in range(streams)]
    sizes = []
    for _ in range(3):
        await asyncio.sleep(TOKENS / RATE / 3)
        sizes.append(process.memory_info().rss / _MEBIBYTE)
    for reader in readers:
        assert reader.transport is not None
        reader.transport.abort()
    await asyncio.gather(*(reader.ended for reader in readers))
    return sizes[0], sizes[1], sizes[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.relay_load", description=__doc__)
    parser.add_argument("--litellm", metavar="PYTHON", help="the Python of an environment with litellm[proxy]")
    arguments = parser.parse_args()
    print(machine())
    print(versions("openai", "aiohttp", "starlette", "uvicorn"))
    cores = sorted(psutil.Process().cpu_affinity() or [])
    psutil.Process().cpu_affinity(cores[1:] or cores)
    with ExitStack() as stack:
        upstream = stack.enter_context(running("bench.upstream"))
        relays: Mapping[str, Relay] = {
            name: Relay(process.url, process.pid)
            for name in VARIANTS
            for process in [stack.enter_context(running("bench.relays", name, upstream.url))]
        }
        if arguments.litellm:
            relays = {**relays, "LiteLLM's proxy": stack.enter_context(litellm(arguments.litellm, upstream.url))}
        for relay in relays.values():
            psutil.Process(relay.pid).cpu_affinity(cores[:1])
        _report(relays)


def _report(relays: Mapping[str, Relay]) -> None:
    for name, relay in relays.items():
        print(f"\n## {name}")
        sizes = {tokens: asyncio.run(weight(relay, tokens)) for tokens in (100, 1000, 10_000)}
        per_token = {tokens: (size - sizes[100]) / (tokens - 100) for tokens, size in sizes.items() if tokens > 100}
        told = ", ".join(f"{tokens} tokens: {size:,}" for tokens, size in sizes.items())
        slope = ", ".join(f"{value:.1f}" for value in per_token.values())
        print(f"  bytes of a stream: {told}; a further token: {slope}")
        first = [asyncio.run(_first_byte(relay)) for _ in range(30)]
        print(f"  until the first byte of the body, ms: {statistics.median(first) * 1e3:.1f}")
        most, busy = carried(relay)
        print(f"  streams a core at {RATE} tokens a second: {most} ({busy:.0%} of the core)")
    if "nexus" in relays:
        for lazy in (0, STREAMS // 4):
            sizes = asyncio.run(memory(relays["nexus"], STREAMS, lazy))
            told = " → ".join(f"{size:.0f}" for size in sizes)
            print(f"\nnexus, {STREAMS} streams, {lazy} of them not read: {told} MiB")


async def _first_byte(relay: Relay) -> float:
    address = urlsplit(relay.url)
    started = time.perf_counter()
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(relay.request(100, 0))
    await reader.readuntil(b"\r\n\r\n")
    await reader.read(1)
    elapsed = time.perf_counter() - started
    writer.close()
    return elapsed


if __name__ == "__main__":
    main()
