"""A stack.json that leads to a fake Nexus and to the real Graph stand-in, both in threads."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.graph.app import create_app
from devstack.serving import ServerThread
from devstack.stack.configuration import MARK
from tests.devstack.cli.fake_nexus import FakeNexus


@pytest.fixture
def nexus() -> FakeNexus:
    return FakeNexus()


@pytest.fixture(scope="package")
def graph_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    graph = create_app(tmp_path_factory.mktemp("graph"))
    with ServerThread(graph.app) as server:
        yield server.url
    graph.close()


@pytest.fixture
def stack_up(nexus: FakeNexus, graph_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "home"
    home.mkdir()
    (home / MARK).touch()
    with ServerThread(nexus.app()) as api:
        content = {"api": api.url, "entra": api.url, "graph": graph_url, "openai": None}
        (home / "stack.json").write_text(json.dumps(content))
        monkeypatch.setenv("NEXUS_HOME", str(home))
        yield home
