"""The function app under the local functions host, with real engines and the stand-ins, as one thing for tests."""

import base64
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import redis

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.functions_host.process import HostProcess
from devstack.graph.app import create_app as graph_app
from devstack.models.app import create_app as models_app
from devstack.serving import ServerThread
from devstack.sign_in import Session
from devstack.stack.azurite import Azurite
from devstack.stack.postgres import Database, Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from shared.domain.chat import ProviderKind
from shared.domain.titles import TITLE_PROMPT
from tests.conftest import ROOT

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"
CLIENT_SECRET = "a-secret-of-the-test"
REDIRECT_URI = "http://localhost:4280/auth/callback"
ADMIN = "admin"
# Who is who: (role, department, country) that the administrator gives them. `newcomer` never signs in before a test
# does it, `mover` is who tests change.
PEOPLE: dict[str, tuple[str, str | None, str | None]] = {
    "carol": ("content_manager", "HR", "DE"),
    "erik": ("content_manager", "Engineering", "US"),
    "alice": ("user", "HR", "DE"),
    "bob": ("user", "Engineering", "US"),
    "mover": ("user", None, None),
}

# Where models are asked for an answer: OpenAI's and Azure's path, and Anthropic's.
ASKED = ("/chat/completions", "/v1/messages")


class InFlight:
    """Which questions the model server is answering at this moment: one that is not among them has no connection."""

    def __init__(self, app: Any, asked: tuple[str, ...] = ASKED) -> None:
        self._app = app
        self._asked = asked
        self._bodies: list[bytearray] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(self._asked):
            return await self._app(scope, receive, send)
        body = bytearray()

        async def noted_receive() -> Any:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        self._bodies.append(body)
        try:
            # `send` goes down as it is: the stand-in finds the connection by it
            await self._app(scope, noted_receive, send)
        finally:
            self._bodies = [other for other in self._bodies if other is not body]

    def holds(self, question: str) -> bool:
        return any(question.encode() in body for body in self._bodies)


@dataclass
class Nexus:
    """Addresses and levers. `host` is the instance that tests ask, `another_instance` one more over the same data."""

    home: Path
    postgres: Postgres
    database: Database
    redis: Redis
    qdrant: Qdrant
    azurite: Azurite
    entra: ServerThread = field(init=False)
    graph: ServerThread = field(init=False)
    models: ServerThread = field(init=False)
    host: HostProcess = field(init=False)
    in_flight: InFlight = field(init=False)
    signing_key: str = "test1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])
    signed_in_at: float = 0.0
    departments: dict[str, str] = field(default_factory=dict[str, str])
    countries: dict[str, str] = field(default_factory=dict[str, str])
    _control: httpx.Client = field(init=False)
    _ending: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])

    def start(self) -> None:
        self._control = httpx.Client(trust_env=False, verify=False)
        self._ending.append(self._control.close)
        accounts = Accounts.parse(
            [*({"user": user} for user in (ADMIN, *PEOPLE, "newcomer")), {"user": "mallory", "assigned": False}],
            TENANT,
        )
        client = Client(CLIENT_ID, TENANT, secret=CLIENT_SECRET, redirect_uris=(REDIRECT_URI,))
        self.entra = self._serve(EntraStandIn(self.home / "entra", client=client, accounts=accounts).app)
        graph = graph_app(self.home / "graph", entra_issuer=f"{self.entra.url}/{TENANT}/v2.0")
        self.graph = self._serve(graph.app)
        self._ending.insert(0, graph.close)
        self.in_flight = InFlight(models_app(self.home / "models", embedding="hash"))
        self.models = self._serve(self.in_flight)
        self.host = self._run(HostProcess(ROOT, self.home / "host", environment=self._environment()))

    def another_instance(self, name: str, **settings: str) -> HostProcess:
        """Knows of runs only what is in Redis and PostgreSQL. `settings` replace some of the first one's."""
        return self._run(HostProcess(ROOT, self.home / name, environment=self.settings_with(**settings)))

    def settings_with(self, **settings: str) -> dict[str, str]:
        """The first instance's, some of them replaced."""
        return self._environment() | settings

    def asks_by_default(self, kind: ProviderKind) -> dict[str, str]:
        """The settings of an instance whose provider is of this kind."""
        return {
            "NEXUS_CHAT_PROVIDER": kind.value,
            "NEXUS_CHAT_ENDPOINT": f"{self.models.url}/v1" if kind is ProviderKind.OPENAI else self.models.url,
            "NEXUS_CHAT_MODEL": "claude-opus-4-8" if kind is ProviderKind.ANTHROPIC else "gpt-4.1",
            "NEXUS_CHAT_API_KEY_ENV": "OPENAI_API_KEY",
        }

    def stop(self) -> None:
        while self._ending:
            self._ending.pop()()

    def _serve(self, app: Any) -> ServerThread:
        server = ServerThread(app).start()
        self._ending.append(server.stop)
        return server

    def _run(self, host: HostProcess) -> HostProcess:
        host.start()
        self._ending.append(host.stop)
        return host

    def _environment(self) -> dict[str, str]:
        return {
            "NEXUS_ENV": "local",
            "NEXUS_POSTGRES_URL": self.database.dsn_app,
            "NEXUS_REDIS_URL": self.redis.url,
            "NEXUS_QDRANT_URL": self.qdrant.url,
            "NEXUS_QDRANT_API_KEY": self.qdrant.api_key,
            "NEXUS_QDRANT_COLLECTION": f"docs_{self.database.name}",
            "NEXUS_BLOB_CONNECTION_STRING": self.azurite.connection_string,
            "NEXUS_ENTRA_AUTHORITY": self.entra.url,
            "NEXUS_ENTRA_TENANT_ID": TENANT,
            "NEXUS_ENTRA_CLIENT_ID": CLIENT_ID,
            "NEXUS_ENTRA_CLIENT_SECRET": CLIENT_SECRET,
            "NEXUS_REDIRECT_URIS": REDIRECT_URI,
            "NEXUS_BOOTSTRAP_ADMINS": f"{ADMIN}@northwind.example",
            "NEXUS_ACCESS_TOKEN_KEYS": self.signing_key,
            "NEXUS_GRAPH_BASE_URL": f"{self.graph.url}/v1.0",
            "NEXUS_GRAPH_DOWNLOAD_HOSTS": "localhost",
            "NEXUS_SYNC_SCHEDULE": "0 0 0 1 1 *",
            "NEXUS_NOTEBOOK_UPKEEP_SCHEDULE": "0 0 0 1 1 *",
            # limits have tests of their own in tests/security
            "NEXUS_STREAMS_PER_USER": "100",
            "NEXUS_RATE_LIMITS": '{"chat": "9999/60", "search": "9999/60", "upload": "9999/60"}',
            "NEXUS_NOTEBOOK_SESSIONS": "1000",
            "NEXUS_CHAT_ENDPOINT": f"{self.models.url}/v1",
            "NEXUS_CHAT_MODEL": "gpt-4.1",
            "NEXUS_EMBEDDING_ENDPOINT": f"{self.models.url}/v1",
            "OPENAI_API_KEY": "no-key-is-needed",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    # --- levers ----------------------------------------------------------------------------------------------------

    def script(self, **says: Any) -> None:
        """What the model says next; see devstack.models.script."""
        _told(self._control.post(f"{self.models.url}/_control/script", json=says))

    def fault(self, server: ServerThread, path: str, then: dict[str, Any], **more: Any) -> None:
        """A rule for a stand-in; see devstack.faults."""
        rule = {"match": {"path": path}, "then": then, **more}
        _told(self._control.post(f"{server.url}/_control/faults", json=[rule]))

    def graph_script(self, **steps: Any) -> None:
        """What SharePoint does from now on; see devstack.graph.script."""
        _told(self._control.post(f"{self.graph.url}/_control/script", json=steps))

    def sharepoint_library(self, name: str, **files: str) -> str:
        """Puts a library with these files (`a_md="text"` is a.md) into SharePoint; its address."""
        at = f"{self.graph.url}/_control/libraries"
        made = self._control.post(at, json={"name": name})
        made.raise_for_status()
        for file, text in files.items():
            path = f"{at}/{name}/files/{'.'.join(file.rsplit('_', 1))}"
            self._control.put(path, content=text.encode()).raise_for_status()
        return made.json()["library_url"]

    def model_requests(self, *, titles: bool = False) -> list[dict[str, Any]]:
        """The calls for answers and for rewritten questions, or those for titles."""
        reply = _told(self._control.get(f"{self.models.url}/_control/requests"))
        asked = [asked for asked in reply.json()["requests"] if asked["path"].endswith(ASKED)]
        return [each for each in asked if (TITLE_PROMPT in each["body"]) is titles]

    def forget(self) -> None:
        """No script, no fault, no request remembered: what every test begins with."""
        _told(self._control.delete(f"{self.models.url}/_control/script"))
        for server in (self.models, self.graph, self.entra):
            _told(self._control.delete(f"{server.url}/_control/faults"))
            _told(self._control.delete(f"{server.url}/_control/requests"))

    def cache(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis.url, socket_timeout=5)


def _told(reply: httpx.Response) -> httpx.Response:
    assert reply.status_code == 200, reply.text
    return reply


async def eventually(holds: Callable[[], Awaitable[Any]], what: str, limit_s: float = 30.0) -> Any:
    """The first true value of `holds`, asked again and again; fails saying `what` did not come."""
    import asyncio

    deadline = time.monotonic() + limit_s
    while not (value := await holds()):
        assert time.monotonic() < deadline, f"never came: {what}"
        await asyncio.sleep(0.05)
    return value
