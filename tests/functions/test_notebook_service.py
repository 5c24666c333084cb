"""What a NotebookLlama service can do to notebook mode: forget, fail, be away, fall silent (R03)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import eventually
from tests.functions.notebook_backends import CHAT, LLAMA, Backend, Backends, StandIn
from tests.functions.notebooks import (
    AGREEMENT,
    LUNCH,
    QUESTION,
    answered,
    asking,
    ended,
    people,
    session_of,
    settled,
    told_and_stored,
    upload,
    with_agreement,
)
from tests.functions.person import Event, Person, names, text
from tests.functions.promises import Promises


@dataclass
class Silence:
    """An answer that stays away in the middle, read in a thread of its own while other tests go on: Nexus waits half
    a minute for the next word."""

    backend: Backend
    session: str = ""
    events: list[Event] = field(default_factory=list[Event])
    message: dict[str, Any] = field(default_factory=dict[str, Any])
    begun: threading.Event = field(default_factory=threading.Event)
    failure: BaseException | None = None
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self) -> None:
        try:
            asyncio.run(self.read())
        except (AssertionError, httpx.HTTPError) as error:
            self.failure = error
        finally:
            self.begun.set()

    async def read(self) -> None:
        async with httpx.AsyncClient(base_url=self.backend.host.url, timeout=120, trust_env=False) as http:
            alice = Person(http, self.backend.nexus.sessions["alice"])
            self.session, _ = await with_agreement(alice)
            self.backend.falls_silent(after=3)
            async with asking(alice, self.session) as stream:
                self.events.append(await stream.next())
                while len(self.events) < 3:
                    self.events.append(await stream.next())
                self.begun.set()
                self.events += await stream.rest()
            problem = await told_and_stored(alice, self.session, self.events)
            self.message = await ended(alice, self.session)
            assert problem["code"] == "notebook_timeout", problem


@pytest.fixture(scope="module", autouse=True)
def silence(notebook_backends: Backends) -> Iterator[Silence]:
    silence = Silence(notebook_backends(LLAMA))
    silence.thread.start()
    assert silence.begun.wait(60), "the stand-in said nothing"
    yield silence
    silence.thread.join(60)


@pytest.fixture
def llama(notebook_backends: Backends) -> StandIn:
    stand_in = notebook_backends(LLAMA).stand_in
    assert stand_in is not None
    return stand_in


@pytest.fixture
async def by_llama(notebook_backends: Backends, promises: Promises) -> AsyncIterator[Person]:
    async with people(notebook_backends(LLAMA), promises) as (alice, _):
        yield alice


async def test_what_it_has_forgotten_is_handed_over_again_in_the_middle_of_a_question(
    llama: StandIn, by_llama: Person
) -> None:
    session, _ = await with_agreement(by_llama)
    await upload(by_llama, session, "Lunch.txt", LUNCH)
    await settled(by_llama, session)
    llama.script(forget=True)
    assert llama.holds(session) == []
    await answered(by_llama, session)
    assert len(llama.holds(session)) == 2
    # in the middle of an upload: what it does not know any more is sent once more
    llama.script(processing_s=3600)
    await upload(by_llama, session, "Third.txt", LUNCH)
    await eventually(lambda: _states(by_llama, session, "processing"), "a file under way")
    llama.script(forget=True)
    assert [each["status"] for each in await settled(by_llama, session)] == ["ready"] * 3


async def _states(who: Person, session: str, status: str) -> list[Any]:
    files = (await who.get(f"notebook/sessions/{session}/files"))["items"]
    return [each for each in files if each["status"] == status]


async def test_a_file_that_it_cannot_read_says_so_and_is_tried_again_without_an_upload(
    llama: StandIn, by_llama: Person
) -> None:
    session = await session_of(by_llama)
    llama.script(fail_documents=True)
    file = (await upload(by_llama, session, "Borealis.pdf", AGREEMENT))["file_id"]
    (failed,) = await settled(by_llama, session)
    assert (failed["status"], failed["reason_code"]) == ("failed", "backend_failed")
    assert failed["reason"].endswith(".")
    assert "told to" not in failed["reason"], "the service's own words stay in the log"
    llama.script()
    await by_llama.call("POST", f"notebook/sessions/{session}/files/{file}/retry", status=202)
    assert [each["status"] for each in await settled(by_llama, session)] == ["ready"]
    await answered(by_llama, session)


@pytest.mark.parametrize("then", [{"status": 503}, {"reset": True}, {"status": 429, "headers": {"retry-after": "1"}}])
async def test_r03_an_upload_waits_for_a_service_that_is_away(
    llama: StandIn, by_llama: Person, then: dict[str, Any]
) -> None:
    llama.fault("^/upload$", then, times=2)
    session, _ = await with_agreement(by_llama)
    assert len(llama.requests("/upload")) == 3
    await answered(by_llama, session)


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ({"status": 503}, "notebook_unavailable"),
        ({"status": 401}, "notebook_refused"),
        ({"reset": True}, "notebook_unavailable"),
        ({"truncate_after": 150}, "notebook_unavailable"),
        ({"status": 200, "headers": {"content-type": "text/event-stream"}, "body": "data: {"}, "notebook_unavailable"),
        ({"status": 200, "headers": {"content-type": "application/json"}, "body": "<html>"}, "notebook_bad_reply"),
    ],
)
async def test_r03_a_question_to_a_service_in_trouble_ends_readably_and_the_next_one_is_answered(
    llama: StandIn, by_llama: Person, then: dict[str, Any], code: str
) -> None:
    session, _ = await with_agreement(by_llama)
    llama.fault(CHAT, then, times=1)
    problem = await told_and_stored(by_llama, session, await by_llama.ask_notebook(session, QUESTION))
    assert problem["code"] == code
    await answered(by_llama, session)


async def test_r03_what_it_could_not_delete_is_hidden_at_once(llama: StandIn, by_llama: Person) -> None:
    session, file = await with_agreement(by_llama)
    llama.fault("^/(documents|sessions)/", {"status": 503})
    await by_llama.call("DELETE", f"notebook/sessions/{session}/files/{file}", status=202)
    assert (await by_llama.get(f"notebook/sessions/{session}/files"))["items"] == []
    await by_llama.call("DELETE", f"notebook/sessions/{session}", status=202)
    await by_llama.call("GET", f"notebook/sessions/{session}", status=404)
    assert llama.holds(session) == [file], "for the hourly timer"


async def test_s10_the_service_learns_neither_who_asks_nor_of_other_sessions(llama: StandIn, by_llama: Person) -> None:
    session, file = await with_agreement(by_llama)
    await with_agreement(by_llama)
    marker = f"Marker {uuid4().hex}"
    await by_llama.ask_notebook(session, f"{QUESTION} {marker}")
    (asked,) = [each for each in llama.requests("/chat") if marker in each["body"]]
    assert session in asked["body"]
    assert file in asked["body"]
    everything = str(llama.requests("/chat") + llama.requests("/upload"))
    for private in (by_llama.id, "alice", by_llama.session.headers["Authorization"].removeprefix("Bearer ")):
        assert private not in everything


def test_r03_an_answer_that_falls_silent_ends_with_what_came(silence: Silence) -> None:
    silence.thread.join(90)
    assert silence.failure is None, silence.failure
    assert names(silence.events) == ["meta", "sources", "token", "error", "done"]
    assert silence.message["content"] == text(silence.events) != ""
