"""A whole local stack, started the way a user starts it, with an embedding model that costs no time."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.cli.api import NexusApi
from devstack.cli.libraries import register, upload
from devstack.cli.stack_address import StackAddress
from devstack.cli.syncing import sync_one
from devstack.graph.client import GraphControl
from devstack.stack.ports import is_taken, ports
from tests.conftest import ROOT


def free_offset() -> int:
    """A port offset at which nothing listens, below the ports that the system gives to outgoing connections."""
    while True:
        offset = random.randrange(2_000, 15_000)
        if not any(is_taken(port) for port in ports(offset).values()):
            return offset


@dataclass
class Stack:
    """The running stack and what tests do to it. `environment` is what its commands are run with."""

    environment: dict[str, str]
    address: StackAddress = field(init=False)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "devstack", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def up(self) -> None:
        # the stack throws itself away when this process dies, however it dies
        done = self.command("up", "--while", str(os.getpid()))
        assert done.returncode == 0, done.stdout + done.stderr
        self.address = StackAddress.read(self.environment)

    def kill_api(self) -> None:
        """As a lost instance: no warning, nothing is tidied up."""
        os.kill(self.address.content["pids"]["api"], signal.SIGKILL)

    async def add_library(self, name: str, folder: Path) -> dict[str, Any]:
        async with await self.address.sign_in() as admin:
            library, _ = await upload(self.address.graph, name, folder)
            return await register(admin, library, None, None)

    async def sync(self, library: dict[str, Any]) -> dict[str, Any]:
        async with await self.address.sign_in() as admin:
            return await sync_one(admin, library, full=False)

    async def documents(self, library: dict[str, Any]) -> list[dict[str, Any]]:
        async with await self.address.sign_in() as admin:
            return await admin.all_of("/admin/documents", library_id=library["id"])

    async def search(self, user: str, query: str, limit: int = 10) -> list[dict[str, Any]]:
        async with await self.address.sign_in(user) as person:
            return (await person.post("/search", {"query": query, "limit": limit}))["items"]

    def passages(self, library: dict[str, Any]) -> list[dict[str, Any]]:
        """Every stored passage of a library: id and payload, straight from Qdrant."""
        settings = dict(line for line in self._settings())
        found: list[dict[str, Any]] = []
        offset: Any = None
        while True:
            reply = httpx.post(
                f"{settings['NEXUS_QDRANT_URL']}/collections/sharepoint_docs/points/scroll",
                headers={"api-key": settings["NEXUS_QDRANT_API_KEY"]},
                json={
                    "limit": 500,
                    "offset": offset,
                    "with_payload": True,
                    "filter": {"must": [{"key": "library_id", "match": {"value": library["id"]}}]},
                },
            ).json()["result"]
            found += reply["points"]
            offset = reply["next_page_offset"]
            if offset is None:
                return found

    def _settings(self) -> Iterator[tuple[str, str]]:
        import json

        for line in self.command("env").stdout.splitlines():
            if line.startswith("{"):
                yield from json.loads(line).items()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(
        {
            **{name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")},
            "NEXUS_HOME": str(tmp_path_factory.mktemp("stack") / "home"),
            "NEXUS_PORT_OFFSET": str(free_offset()),
            "NEXUS_LOCAL_EMBEDDING": "hash",
            "NEXUS_WEB": "off",
        }
    )
    try:
        running.up()
        yield running
    finally:
        done = running.command("reset")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
async def graph(stack: Stack) -> AsyncIterator[GraphControl]:
    async with GraphControl(stack.address.graph) as control:
        yield control


async def ask(stack: Stack, user: str, question: str) -> tuple[str, dict[str, Any]]:
    """(the whole text as it streamed, the `done` event)."""
    from devstack.cli.asking import Answer, _events

    answer = Answer()
    async with await stack.address.sign_in(user) as person:
        async for event, data in _events(person, question, "rag"):
            answer.take(event, data)
    assert answer.problem is None, answer.problem
    assert answer.done is not None
    return answer.text, answer.done


__all__ = ["NexusApi", "Stack", "ask"]
