from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from devstack.graph.app import create_app
from devstack.graph.client import GraphControl, Library
from devstack.serving import ServerThread


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerThread]:
    stand_in = create_app(tmp_path / "graph", token_required=True)
    with ServerThread(stand_in.app) as running:
        yield running
    stand_in.close()


@pytest.fixture
async def control(server: ServerThread) -> AsyncIterator[GraphControl]:
    async with GraphControl(server.url) as client:
        yield client


@pytest.fixture
async def graph(server: ServerThread) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP on `/v1.0`, signed in."""
    headers = {"Authorization": "Bearer some-token"}
    async with httpx.AsyncClient(base_url=f"{server.url}/v1.0", headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
async def library(control: GraphControl) -> Library:
    return await control.create_library("Handbook")
