"""The stand-in as `make up` starts it."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx

from devstack.graph.client import GraphControl
from tests.devstack.graph.reading import read_delta, root_delta


class Process:
    def __init__(self, home: Path) -> None:
        self._home = home

    async def __aenter__(self) -> "Process":
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "devstack.graph", "--port", "0", "--home", str(self._home), "--require-token"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        line = (await asyncio.wait_for(self._process.stdout.readline(), 60)).decode()
        assert line.startswith("ready "), line
        self.url = line.removeprefix("ready ").strip()
        return self

    async def stop(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return await asyncio.wait_for(self._process.wait(), 60)

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


async def test_libraries_files_and_delta_links_outlive_a_stop_and_a_kill(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer some-token"}
    async with Process(tmp_path) as first, GraphControl(first.url) as control:
        library = await control.create_library("Handbook")
        before = await control.put_file("Handbook", "hr/a.md", b"text")
        async with httpx.AsyncClient(base_url=f"{first.url}/v1.0", headers=headers, trust_env=False) as graph:
            read = await read_delta(graph, root_delta(library.drive_id))
        query = httpx.URL(read.link).query.decode()
        assert await first.stop(signal.SIGTERM) == 0
    async with Process(tmp_path) as second, GraphControl(second.url) as control:
        assert await control.library("Handbook") == library
        await control.put_file("Handbook", "b.md", b"more")
        await second.stop(signal.SIGKILL)
    async with Process(tmp_path) as third, GraphControl(third.url) as control:
        assert [item.path for item in await control.items("Handbook")] == ["b.md", "hr", "hr/a.md"]
        async with httpx.AsyncClient(base_url=f"{third.url}/v1.0", headers=headers, trust_env=False) as graph:
            later = await read_delta(graph, root_delta(library.drive_id, f"?{query}"))
            address = (await graph.get(f"/drives/{library.drive_id}/items/{before.id}/content")).headers["Location"]
        assert set(later.names) == {"root", "b.md"}
        async with httpx.AsyncClient(trust_env=False) as plain:
            assert (await plain.get(address)).content == b"text"
        assert await third.stop(signal.SIGTERM) == 0
