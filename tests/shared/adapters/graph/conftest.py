from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devstack.graph.app import create_app
from devstack.graph.client import GraphControl, Library
from devstack.serving import ServerThread
from shared.adapters.graph_msgraph import MsGraph
from shared.setting_groups import GraphSettings


class Tokens:
    """Gives "token-1" until that is refused, then "token-2"; remembers what was refused."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def token(self, scope: str) -> str:
        assert scope == "https://graph.microsoft.com/.default"
        return f"token-{len(self.forgotten) + 1}"

    def forget(self, scope: str, token: str) -> None:
        self.forgotten.append(token)


def settings(url: str, *download_hosts: str) -> GraphSettings:
    return GraphSettings(
        base_url=f"{url}/v1.0",
        scope="https://graph.microsoft.com/.default",
        download_hosts=download_hosts,
        max_file_bytes=10_000_000,
    )


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
async def library(control: GraphControl) -> Library:
    return await control.create_library("Handbook")


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def graph(server: ServerThread, tokens: Tokens) -> AsyncIterator[MsGraph]:
    adapter = MsGraph(settings(server.url, "sharepoint.com", "localhost"), tokens)
    yield adapter
    await adapter.close()
