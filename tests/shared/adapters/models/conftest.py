from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from devstack.models.app import create_app
from devstack.serving import ServerThread
from shared.adapters.anthropic_clients import AnthropicClients
from shared.adapters.openai_clients import OpenAIClients
from tests.shared.adapters.models.loopback import Chats


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    """The model stand-in with hashed vectors, as fast as it goes."""
    with ServerThread(create_app(tmp_path_factory.mktemp("models"))) as server:
        yield server


@pytest.fixture
def model(server: ServerThread) -> Iterator[httpx.Client]:
    """The stand-in's control, cleared before and after."""

    def clear(control: httpx.Client) -> None:
        for path in ("faults", "script", "requests"):
            control.delete(f"/_control/{path}").raise_for_status()

    with httpx.Client(base_url=server.url) as control:
        clear(control)
        yield control
        clear(control)


@pytest.fixture
async def clients() -> AsyncIterator[OpenAIClients]:
    clients = OpenAIClients(secret={"MODEL_KEY": "k-123"}.get)
    yield clients
    await clients.aclose()


@pytest.fixture
async def chats(clients: OpenAIClients) -> AsyncIterator[Chats]:
    anthropic = AnthropicClients(secret={"MODEL_KEY": "k-123"}.get)
    yield Chats(clients, anthropic)
    await anthropic.aclose()
