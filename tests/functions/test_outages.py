"""R03: one dependency away. What does not need it goes on; the rest says so soon, and recovers by itself."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, names, text

SAID = "One two three four five six seven eight nine ten."
# Far above every timeout that may play a part, far below the platform's: a call that hangs fails the test.
BOUNDED_S = 30

type Elsewhere = Callable[[str], Person]


class Engine(Protocol):
    def start(self) -> object: ...
    def stop(self) -> None: ...
    def signal(self, number: signal.Signals) -> None: ...


@contextmanager
def away(engine: Engine, how: str = "stopped") -> Iterator[None]:
    """Stopped refuses connections; frozen accepts them and never answers."""
    if how == "stopped":
        engine.stop()
    else:
        engine.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        if how == "stopped":
            engine.start()
        else:
            engine.signal(signal.SIGCONT)


async def unavailable(asked: Awaitable[httpx.Response], dependency: str) -> None:
    async with asyncio.timeout(BOUNDED_S):
        reply = await asked
    body = reply.json()
    assert (reply.status_code, body["code"]) == (503, f"{dependency}_unavailable"), reply.text
    assert int(reply.headers["retry-after"]) >= 1
    assert "127.0.0.1" not in reply.text, "S21: no addresses"


async def ready(http: httpx.AsyncClient) -> tuple[int, dict[str, str]]:
    async with asyncio.timeout(BOUNDED_S):
        reply = await http.get("/api/health/ready")
    body = reply.json()
    assert body["status"] == ("ok" if reply.status_code == 200 else "unavailable")
    return reply.status_code, body["checks"]


ALL_OK = dict.fromkeys(("postgres", "redis", "qdrant", "blob"), "ok")


async def recovered(http: httpx.AsyncClient) -> None:
    async def all_there() -> bool:
        return await ready(http) == (200, ALL_OK)

    await eventually(all_there, "a ready app")


@pytest.fixture(autouse=True)
async def all_is_there(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    """Before every test, so that what is told down is what the test took away. A cold instance's first check can be
    late: it loads every client and creates the collection within health's own 3 s."""
    await recovered(anyone)


def calls(person: Person) -> list[tuple[str, str, Any]]:
    return [
        ("GET", "auth/me", None),
        ("GET", "conversations", None),
        ("POST", "conversations", {"mode": "rag"}),
        ("GET", f"conversations/{uuid4()}", None),
        ("PATCH", f"conversations/{uuid4()}", {"title": "a"}),
        ("DELETE", f"conversations/{uuid4()}", None),
        ("POST", f"conversations/{uuid4()}/messages", {"content": "a"}),
        ("GET", f"chat/stream?conversation_id={uuid4()}", None),
        ("POST", "chat/tickets", {"conversation_id": str(uuid4())}),
        ("POST", f"chat/runs/{uuid4()}/cancel", None),
        ("GET", f"documents/{uuid4()}", None),
        ("GET", "admin/users", None),
        ("PATCH", f"admin/users/{person.id}", {"role": "super_admin"}),
        ("GET", "admin/departments", None),
        ("POST", "admin/departments", {"name": "Nowhere"}),
        ("GET", "admin/libraries", None),
        ("GET", "admin/sync-runs", None),
        ("GET", "admin/documents", None),
    ]


async def test_r03_without_postgresql_every_route_that_needs_it_says_so_and_it_recovers(
    nexus: Nexus, admin: Person, anyone: httpx.AsyncClient
) -> None:
    conversation = await admin.conversation()
    with away(nexus.postgres):
        for method, path, body in calls(admin):
            sent = {} if body is None else {"json": body}
            await unavailable(anyone.request(method, f"/api/{path}", headers=admin.session.headers, **sent), "postgres")
        assert await ready(anyone) == (503, ALL_OK | {"postgres": "down"})
        assert (await anyone.get("/api/health/live")).status_code == 200
        assert (await anyone.get("/api/auth/config")).status_code == 200
    assert (await admin.get(f"conversations/{conversation}"))["id"] == conversation
    nexus.script(text=SAID)
    assert text(await admin.ask(conversation, "Count")) == SAID
    await recovered(anyone)


async def test_r03_postgresql_gone_in_the_middle_of_an_answer_costs_neither_stream_nor_message(
    nexus: Nexus, alice: Person
) -> None:
    nexus.script(text=SAID, tokens_per_second=8)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        said = await stream.tokens(2)
        with away(nexus.postgres):
            said += await stream.tokens(9)
        events = await stream.rest()
    assert said + text(events) == SAID
    assert (names(events)[-1], events[-1].data["status"]) == ("done", "complete")
    message = await alice.answer(conversation)
    assert (message["status"], message["content"]) == ("complete", SAID)


async def test_r03_a_postgresql_that_does_not_answer_is_waited_for_a_bounded_time_by_all_who_come(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient
) -> None:
    """More callers than the pool has connections: they wait for one no longer than the others for their answer."""
    blocker = await asyncpg.connect(nexus.database.dsn_owner)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
            headers = alice.session.headers
            waiting = [unavailable(anyone.get("/api/conversations", headers=headers), "postgres") for _ in range(12)]
            await asyncio.gather(*waiting)
    finally:
        await blocker.close()
    assert "items" in await alice.get("conversations")


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_r03_without_redis_answers_stream_and_only_resume_from_elsewhere_is_lost(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere, anyone: httpx.AsyncClient, how: str
) -> None:
    nexus.script(text=SAID)
    there = elsewhere("alice")
    conversation, other = await alice.conversation(), await alice.conversation()
    with away(nexus.redis, how):
        async with asyncio.timeout(BOUNDED_S):
            events = await alice.ask(conversation, "Count")
        assert names(events) == ["meta", "token", "title", "done"]
        assert text(events) == SAID
        async with asyncio.timeout(BOUNDED_S):
            here, told = await asyncio.gather(alice.watch(conversation), there.watch(conversation))
        assert here == events, "this instance still has it"
        assert names(told) == ["meta", "token", "done"], "another tells it from the stored message"
        assert text(told) == SAID

        nexus.script(text=SAID, hang_after_tokens=2, times=1)
        async with alice.asking(other, "Count") as stream:
            run = (await stream.next()).data["run_id"]
            await stream.tokens(2)
            headers = alice.session.headers
            to_ticket = {"conversation_id": other}
            *_, checks = await asyncio.gather(
                unavailable(there.http.get("/api/chat/stream", params=to_ticket, headers=headers), "redis"),
                unavailable(there.http.post(f"/api/chat/runs/{run}/cancel", headers=headers), "redis"),
                unavailable(anyone.post("/api/chat/tickets", json=to_ticket, headers=headers), "redis"),
                unavailable(anyone.get("/api/chat/stream", params=to_ticket | {"ticket": "t"}), "redis"),
                ready(anyone),
            )
            assert checks == (200, ALL_OK | {"redis": "down"}), "chat works without it"
            await alice.call("POST", f"chat/runs/{run}/cancel", status=202)
            async with asyncio.timeout(BOUNDED_S):
                assert (await stream.rest())[-1].data["status"] == "cancelled"
    await recovered(anyone)
    again = await alice.conversation()
    events = await alice.ask(again, "Count")
    assert await there.watch(again) == events


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_r03_without_qdrant_documents_are_not_searched_and_all_else_works(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient, how: str
) -> None:
    rag, assistant = await alice.conversation("rag"), await alice.conversation()
    with away(nexus.qdrant, how):
        nexus.script(text=SAID)
        search = anyone.post("/api/search", json={"query": "leave"}, headers=alice.session.headers)
        async with asyncio.timeout(BOUNDED_S):
            _, events, checks, heard = await asyncio.gather(
                unavailable(search, "qdrant"),
                alice.ask(rag, "How much leave do I have?"),
                ready(anyone),
                alice.ask(assistant, "Count"),
            )
        assert [name for name in names(events) if name != "title"] == ["meta", "error", "done"]
        problem = events[-2].data
        assert (problem["status"], problem["code"]) == (503, "qdrant_unavailable")
        assert (await alice.answer(rag))["status"] == "failed"
        assert text(heard) == SAID
        assert checks == (503, ALL_OK | {"qdrant": "down"})
    await recovered(anyone)
    assert "items" in await alice.post("search", {"query": "leave"}, status=200)
    nexus.forget()
    assert (await alice.ask(rag, "How much leave do I have?"))[-1].data["status"] == "complete"


@pytest.mark.parametrize("then", [{"status": 500}, {"reset": True}])
async def test_r03_without_embeddings_documents_are_not_searched_and_all_else_works(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient, then: dict[str, Any]
) -> None:
    rag, assistant = await alice.conversation("rag"), await alice.conversation()
    nexus.script(text=SAID)
    nexus.fault(nexus.models, "/embeddings$", then)
    search = anyone.post("/api/search", json={"query": "leave"}, headers=alice.session.headers)
    _, events, heard = await asyncio.gather(
        unavailable(search, "embeddings"),
        alice.ask(rag, "How much leave do I have?"),
        alice.ask(assistant, "Count"),
    )
    assert [name for name in names(events) if name != "title"] == ["meta", "error", "done"]
    assert events[-2].data["code"] == "embeddings_unavailable"
    assert text(heard) == SAID


async def test_r03_throttled_embeddings_say_when_to_come_back(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient
) -> None:
    nexus.fault(nexus.models, "/embeddings$", {"status": 429, "headers": {"retry-after": "120"}})
    async with asyncio.timeout(BOUNDED_S):
        reply = await anyone.post("/api/search", json={"query": "leave"}, headers=alice.session.headers)
    assert (reply.status_code, reply.json()["code"]) == (503, "throttled")
    assert 1 <= int(reply.headers["retry-after"]) <= 120


async def test_r03_without_blob_storage_chat_is_ready(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    with away(nexus.azurite):
        assert await ready(anyone) == (200, ALL_OK | {"blob": "down"})
    await recovered(anyone)


@pytest.mark.parametrize("then", [{"status": 503}, {"reset": True}])
async def test_r03_without_graph_no_library_is_added(
    nexus: Nexus, carol: Person, anyone: httpx.AsyncClient, then: dict[str, Any]
) -> None:
    url = nexus.sharepoint_library(f"Away-{uuid4().hex[:6]}")
    scope = {"department_id": nexus.departments["HR"], "country_id": nexus.countries["DE"]}
    nexus.fault(nexus.graph, "^/v1.0/", then)
    added = anyone.post("/api/admin/libraries", json={"library_url": url, **scope}, headers=carol.session.headers)
    await unavailable(added, "graph")
    nexus.forget()
    assert (await carol.post("admin/libraries", {"library_url": url, **scope}))["library_url"] == url
