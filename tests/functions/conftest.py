"""One app with all it talks to, and people signed in to it by the real flow."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from devstack.sign_in import Session, sign_in
from devstack.stack.azurite import NODE_FOLDER, Azurite
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from shared.domain.chat import ProviderKind
from tests.functions.nexus import ADMIN, PEOPLE, Nexus
from tests.functions.notebook_backends import Backends
from tests.functions.person import Event, Person
from tests.functions.promises import Promises

RENEWED_AFTER_S = 300.0

type SignIn = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
def app(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nexus]:
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("Azurite is not installed: `make up`, or `npm ci --ignore-scripts` in devstack/node")
    home = tmp_path_factory.mktemp("nexus")
    azurite = Azurite(home / "blob").start()
    database = postgres.fresh_database()
    nexus = Nexus(home, postgres, database, redis_server, qdrant_server, azurite)
    try:
        nexus.start()
        asyncio.run(_populate(nexus))
        yield nexus
    finally:
        nexus.stop()
        azurite.stop()
        database.drop()


async def _populate(nexus: Nexus) -> None:
    """The administrator gives everyone their place, over the API."""
    async with httpx.AsyncClient(base_url=nexus.host.url, timeout=60, trust_env=False, verify=False) as http:
        admin = Person(http, await sign_in(nexus.host.url, nexus.entra.url, ADMIN, client=http))
        for name in ("HR", "Engineering"):
            nexus.departments[name] = (await admin.post("admin/departments", {"name": name}))["id"]
        for code, name in (("DE", "Germany"), ("US", "United States")):
            nexus.countries[code] = (await admin.post("admin/countries", {"code": code, "name": name}))["id"]
        for user, (role, department, country) in PEOPLE.items():
            session = await sign_in(nexus.host.url, nexus.entra.url, user, client=http)
            scope = {
                "department_id": nexus.departments[department] if department else None,
                "country_id": nexus.countries[country] if country else None,
            }
            await admin.patch(f"admin/users/{session.user['id']}", {"role": role, **scope})
    await _sign_in_all(nexus)


async def _sign_in_all(nexus: Nexus) -> None:
    nexus.signed_in_at = time.monotonic()
    async with httpx.AsyncClient(timeout=60, trust_env=False, verify=False) as http:
        for user in (ADMIN, *PEOPLE):
            nexus.sessions[user] = await sign_in(nexus.host.url, nexus.entra.url, user, client=http)


def keep_signed_in(nexus: Nexus) -> None:
    """An access token lives for 15 minutes, and a run of all tests longer: well before that, everyone gets another."""
    if time.monotonic() - nexus.signed_in_at > RENEWED_AFTER_S:
        # in a thread: the test's own loop may be the current one here
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, _sign_in_all(nexus)).result()


@pytest.fixture(scope="session")
def promises(app: Nexus) -> Promises:
    return Promises(json.loads(httpx.get(f"{app.host.url}/api/openapi.json", timeout=60, trust_env=False).content))


@pytest.fixture(scope="session")
def second(app: Nexus) -> HostProcess:
    """Another instance of the app."""
    return app.another_instance("second")


@pytest.fixture(scope="session")
def served_by(app: Nexus) -> Callable[[ProviderKind], HostProcess]:
    """`served_by(kind)`: an instance that asks a provider of that kind."""
    hosts = {ProviderKind.OPENAI: app.host}

    def host(kind: ProviderKind) -> HostProcess:
        if kind not in hosts:
            hosts[kind] = app.another_instance(kind.value, **app.asks_by_default(kind))
        return hosts[kind]

    return host


@pytest.fixture(scope="session")
def notebook_backends(app: Nexus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """`notebook_backends(name)`: an instance whose notebooks are read by Nexus itself, or by NotebookLlama."""
    backends = Backends(app, tmp_path_factory.mktemp("notebooks"))
    yield backends
    backends.stop()


@dataclass
class HungAnswer:
    """An answer whose model fell silent in the middle, read in a thread of its own while other tests go on: Nexus
    waits half a minute for the next word."""

    conversation: str = ""
    events: list[Event] = field(default_factory=list[Event])
    silent: threading.Event = field(default_factory=threading.Event)
    said: str = ""
    failure: httpx.HTTPError | None = None
    thread: threading.Thread | None = None

    def watch(self, app: Nexus) -> None:
        try:
            asyncio.run(self.read(app))
        except httpx.HTTPError as error:
            # the app was stopped first, by a session without the test that waits for this
            self.failure = error

    async def read(self, app: Nexus) -> None:
        async with httpx.AsyncClient(base_url=app.host.url, timeout=120, trust_env=False, verify=False) as http:
            alice = Person(http, app.sessions["alice"])
            self.conversation = await alice.conversation()
            async with alice.asking(self.conversation, "A question that hangs") as stream:
                self.events.append(await stream.next())
                self.said = await stream.tokens(3)
                self.silent.set()
                self.events += await stream.rest()


@pytest.fixture(scope="session", autouse=True)
def hung_answer(app: Nexus) -> HungAnswer:
    app.script(text="One two three four five", hang_after_tokens=3, times=1)
    hung = HungAnswer()
    hung.thread = threading.Thread(target=hung.watch, args=(app,), daemon=True)
    hung.thread.start()
    assert hung.silent.wait(60), "the model said nothing"
    return hung


@pytest.fixture
def nexus(app: Nexus) -> Nexus:
    """The app, with nothing left over from the test before."""
    keep_signed_in(app)
    app.forget()
    return app


@pytest.fixture
async def anyone(nexus: Nexus, promises: Promises) -> AsyncIterator[httpx.AsyncClient]:
    """Not signed in."""
    async with checked_client(nexus.host, promises) as http:
        yield http


def checked_client(host: HostProcess, promises: Promises) -> httpx.AsyncClient:
    # generous: eight others may be using this machine
    return httpx.AsyncClient(
        base_url=host.url, timeout=60, trust_env=False, verify=False, event_hooks={"response": [promises.check]}
    )


@pytest.fixture
async def elsewhere(nexus: Nexus, second: HostProcess, promises: Promises) -> AsyncIterator[Callable[[str], Person]]:
    """`elsewhere("alice")`: the same person, served by the other instance."""
    async with checked_client(second, promises) as http:
        yield lambda user: Person(http, nexus.sessions[user])


@pytest.fixture
def signed_in(nexus: Nexus, anyone: httpx.AsyncClient) -> SignIn:
    """Signs in anew, by the whole flow."""

    async def go(user: str) -> Person:
        session: Session = await sign_in(nexus.host.url, nexus.entra.url, user, client=anyone)
        return Person(anyone, session)

    return go


def _person(user: str) -> Callable[[Nexus, httpx.AsyncClient], Person]:
    @pytest.fixture(name=user)
    def person(nexus: Nexus, anyone: httpx.AsyncClient) -> Person:
        return Person(anyone, nexus.sessions[user])

    return person


admin, carol, erik, alice, bob = (_person(user) for user in (ADMIN, "carol", "erik", "alice", "bob"))
