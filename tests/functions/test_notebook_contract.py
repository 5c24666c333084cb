"""Notebook mode is the same whoever reads the files: Nexus itself, NotebookLlama, or a service that has nothing but
an upload and a chat."""

import pytest

from tests.functions.nexus import eventually
from tests.functions.notebook_backends import BARE, LLAMA, NEXUS, Backend, Backends
from tests.functions.notebooks import (
    LUNCH,
    QUESTION,
    answered,
    asking,
    conversation_of,
    ended,
    people,
    session_of,
    settled,
    told_and_stored,
    upload,
    with_agreement,
)
from tests.functions.person import names, text
from tests.functions.promises import Promises


@pytest.fixture(params=[NEXUS, LLAMA, BARE])
def backend(request: pytest.FixtureRequest, notebook_backends: Backends) -> Backend:
    return notebook_backends(request.param)


@pytest.fixture(params=[NEXUS, LLAMA])
def streaming(request: pytest.FixtureRequest, notebook_backends: Backends) -> Backend:
    return notebook_backends(request.param)


async def test_a_notebook_from_its_first_file_to_its_end(backend: Backend, promises: Promises) -> None:
    async with people(backend, promises) as (alice, bob):
        session, file = await with_agreement(alice)
        lunch = (await upload(alice, session, "Lunch.txt", LUNCH))["file_id"]
        theirs = await session_of(bob)
        await upload(bob, theirs, "Lunch.txt", LUNCH)
        assert {each["status"] for each in await settled(alice, session) + await settled(bob, theirs)} == {"ready"}

        # a cited answer, with file and page
        events = await alice.ask_notebook(session, QUESTION)
        assert names(events) == ["meta", "sources", "token", "done"]
        done = events[-1].data
        assert (done["status"], done["supported"], done["finish_reason"]) == ("complete", True, "stop")
        assert "90 days" in text(events)
        assert "[1]" in text(events)
        cited = done["sources"][0]
        assert (cited["n"], cited["file_name"], cited["document_id"]) == (1, "Borealis.pdf", file)
        assert cited["page"] == 2
        assert any("90 days" in quote for quote in cited["quotes"])
        assert done["usage"]["output_tokens"] > 0

        # kept, told again from any place, and part of what comes next
        conversation = await conversation_of(alice, session)
        stored = await alice.answer(conversation)
        assert (stored["status"], stored["content"]) == ("complete", text(events))
        assert [source["page"] for source in stored["sources"]] == [source["page"] for source in done["sources"]]
        for seen in (1, 2, len(events) - 1):
            assert await alice.watch(conversation, **{"Last-Event-ID": events[seen - 1].id}) == events[seen:]
        await alice.ask_notebook(session, QUESTION)
        history = (await alice.get(f"conversations/{conversation}"))["messages"]
        assert [message["role"] for message in history] == ["user", "assistant"] * 2

        # nobody else's
        assert "90 days" not in text(await bob.ask_notebook(theirs, QUESTION))
        await bob.call("POST", f"notebook/sessions/{session}/chat", status=404, json={"content": QUESTION})
        await bob.call("GET", f"conversations/{conversation}", status=404)

        # one file goes, the other stays
        assert set(backend.keeps(session, [file, lunch])) == {file, lunch}
        await alice.call("DELETE", f"notebook/sessions/{session}/files/{file}", status=204)
        events = await alice.ask_notebook(session, QUESTION)
        assert "90 days" not in text(events)
        assert file not in [source["document_id"] for source in events[-1].data["sources"]]
        assert len(await backend.blobs(session)) == 1

        # all of it goes
        await alice.call("DELETE", f"notebook/sessions/{session}", status=204)
        await alice.call("GET", f"notebook/sessions/{session}", status=404)
        await alice.call("GET", f"conversations/{conversation}", status=404)
        assert await backend.blobs(session) == []
        # a service that cannot delete keeps its copies: docs/notebook.md tells operators so
        assert set(backend.keeps(session, [file, lunch])) == (set() if backend.deletes else {file, lunch})
        assert len(await settled(bob, theirs)) == 1, "the neighbour's file is untouched"


async def test_r09_an_answer_is_stopped_in_the_middle_and_keeps_what_was_said(
    backend: Backend, promises: Promises
) -> None:
    async with people(backend, promises) as (alice, _):
        session, _ = await with_agreement(alice)
        backend.falls_silent(after=3)
        async with asking(alice, session) as stream:
            run_id = (await stream.next()).data["run_id"]
            said = await stream.tokens(3) if backend.streams else ""

            async def asked() -> bool:
                return backend.is_asked(QUESTION)

            await eventually(asked, "the question at what answers")
            await alice.call("POST", f"chat/runs/{run_id}/cancel", status=202)
            events = await stream.rest()
        assert names(events) == ["done"]
        assert (events[-1].data["status"], events[-1].data["finish_reason"]) == ("cancelled", "cancelled")

        async def let_go() -> bool:
            return not backend.is_asked(QUESTION)

        await eventually(let_go, "the end of the call to what answers")
        message = await ended(alice, session)
        assert (message["status"], message["content"]) == ("cancelled", said)
        backend.well()
        await answered(alice, session)


@pytest.mark.parametrize("tokens", [0, 1, 6])
async def test_r09_an_answer_goes_on_when_its_reader_has_gone(
    streaming: Backend, promises: Promises, tokens: int
) -> None:
    async with people(streaming, promises) as (alice, _):
        session, _ = await with_agreement(alice)
        streaming.dawdles()
        async with asking(alice, session) as stream:
            await stream.next()
            begun = await stream.tokens(tokens)
        message = await ended(alice, session)
        assert message["status"] == "complete"
        assert message["content"].startswith(begun)
        assert "90 days" in message["content"]
        assert text(await alice.watch(await conversation_of(alice, session))) == message["content"]


@pytest.mark.parametrize("how", ["cut", "error"])
async def test_r04_an_answer_that_breaks_off_is_told_and_kept_as_far_as_it_came(
    streaming: Backend, promises: Promises, how: str
) -> None:
    async with people(streaming, promises) as (alice, _):
        session, _ = await with_agreement(alice)
        streaming.breaks(how, after=3)
        events = await alice.ask_notebook(session, QUESTION)
        assert names(events) == ["meta", "sources", "token", "error", "done"]
        await told_and_stored(alice, session, events)
        streaming.well()
        await answered(alice, session)
