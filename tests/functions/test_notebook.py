"""Notebook mode over HTTP: private sessions, uploads, cited answers, and everything gone when it is deleted."""

import asyncio
from typing import Any

import pytest

from tests.functions.nexus import Nexus
from tests.functions.notebooks import PATIENCE_S, session_of, settled, upload
from tests.functions.person import Person, names, text

CONTRACT = (
    "Framework agreement with Borealis Shipping\n\n"
    "The notice period is 90 days to the end of a quarter.\n\n"
    "Invoices are paid within 30 days of receipt."
)
QUESTION = "How long is the notice period of the agreement with Borealis Shipping?"


async def answer_of(who: Person, session: str, question: str = QUESTION) -> list[Any]:
    return await who.ask_notebook(session, question)


async def test_a_file_is_uploaded_read_asked_and_cited(alice: Person) -> None:
    session = await session_of(alice)
    uploaded = await upload(alice, session, "Borealis.txt", CONTRACT)
    assert (uploaded["file_name"], uploaded["file_type"]) == ("Borealis.txt", "txt")
    assert uploaded["status"] in ("stored", "processing", "ready")
    (file,) = await settled(alice, session)
    assert file["status"] == "ready", file
    events = await answer_of(alice, session)
    assert names(events)[-1] == "done"
    done = events[-1].data
    assert "90 days" in text(events)
    assert done["supported"] is True
    assert [source["file_name"] for source in done["sources"]] == ["Borealis.txt"]
    assert done["sources"][0]["document_id"] == file["file_id"]
    view = (await alice.get(f"notebook/sessions/{session}"))["session"]
    stored = await alice.get(f"conversations/{view['conversation_id']}")
    assert stored["mode"] == "notebook"
    assert stored["messages"][-1]["content"] == text(events)
    assert 23 * 3600 < view["seconds_left"] <= 24 * 3600


async def test_an_answer_is_resumed_like_any_other(alice: Person) -> None:
    session = await session_of(alice)
    await upload(alice, session, "Borealis.txt", CONTRACT)
    await settled(alice, session)
    events = await answer_of(alice, session)
    view = (await alice.get(f"notebook/sessions/{session}"))["session"]
    rest = await alice.watch(view["conversation_id"], **{"Last-Event-ID": events[1].id})
    assert [event.id for event in rest] == [event.id for event in events[2:]]


async def test_s08_nobody_sees_anything_of_anothers_notebook(alice: Person, bob: Person) -> None:
    mine, theirs = await session_of(alice), await session_of(bob)
    file = await upload(alice, mine, "Borealis.txt", CONTRACT)
    await settled(alice, mine)
    await upload(bob, theirs, "Lunch.txt", "The canteen serves lentils on Friday.")
    await settled(bob, theirs)
    listed = await bob.get("notebook/sessions")
    assert mine not in [session["id"] for session in listed["items"]]
    for method, path, body in (
        ("GET", f"notebook/sessions/{mine}", None),
        ("PATCH", f"notebook/sessions/{mine}", {"is_pinned": True}),
        ("DELETE", f"notebook/sessions/{mine}", None),
        ("GET", f"notebook/sessions/{mine}/files", None),
        ("DELETE", f"notebook/sessions/{mine}/files/{file['file_id']}", None),
        ("POST", f"notebook/sessions/{mine}/files/{file['file_id']}/retry", None),
        ("DELETE", f"notebook/sessions/{theirs}/files/{file['file_id']}", None),
        ("POST", f"notebook/sessions/{mine}/chat", {"content": "What is in it?"}),
    ):
        await bob.call(method, path, status=404, json=body)
    reply = await bob.call(
        "POST", f"notebook/sessions/{mine}/upload", status=404, files={"file": ("x.txt", b"in her session")}
    )
    assert reply.json()["code"] == "notebook_session_not_found"
    events = await answer_of(bob, theirs)
    assert "90 days" not in text(events)
    assert "Borealis.txt" not in str([event.data for event in events])
    # nor does a company answer know of it, not even her own
    found = (await alice.post("search", {"query": QUESTION}, status=200))["items"]
    assert "Borealis.txt" not in [passage["file_name"] for passage in found]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415, "unsupported_type"),
        ("report.pdf", b"just words, no PDF at all", 422, "file_corrupt"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, 415, "unsupported_type"),
        ("empty.txt", b"", 422, "file_empty"),
        ("..", b"words", 422, "file_name_missing"),
        ("bundle.zip", b"PK\x03\x04" + b"\0" * 100, 422, "file_corrupt"),
    ],
)
async def test_s11_what_is_no_document_is_refused_readably(
    alice: Person, name: str, content: bytes, status: int, code: str
) -> None:
    session = await session_of(alice)
    problem = await upload(alice, session, name, content, status=status)
    assert problem["code"] == code
    assert problem["detail"].endswith(".")
    assert (await alice.get(f"notebook/sessions/{session}/files"))["items"] == []


async def test_a_body_that_is_no_upload_is_refused(alice: Person) -> None:
    path = f"notebook/sessions/{await session_of(alice)}/upload"
    assert (await alice.call("POST", path, status=415, json={"file": "x"})).json()["code"] == "not_multipart"
    other = await alice.call("POST", path, status=422, files={"attachment": ("a.txt", b"words")})
    assert other.json()["code"] == "file_missing"


async def test_a_file_that_cannot_be_read_says_why_and_can_be_tried_again(alice: Person) -> None:
    session = await session_of(alice)
    # a PDF by its first bytes and nothing else: only reading it shows that
    file = await upload(alice, session, "broken.pdf", b"%PDF-1.7\n" + b"garbage " * 50)
    (failed,) = await settled(alice, session)
    assert failed["status"] == "failed"
    assert failed["reason"].endswith(".")
    path = f"notebook/sessions/{session}/files/{file['file_id']}/retry"
    await alice.call("POST", path, status=202)
    assert (await settled(alice, session))[0]["status"] == "failed"
    events = await answer_of(alice, session)
    assert events[-1].data["supported"] is False


async def test_a_session_without_a_file_says_so(alice: Person) -> None:
    events = await answer_of(alice, await session_of(alice), "What do the files say?")
    assert "no file" in text(events)
    assert events[-1].data["status"] == "complete"
    assert events[-1].data["supported"] is False


async def test_deleting_a_file_ends_its_being_answered_from(alice: Person) -> None:
    session = await session_of(alice)
    file = await upload(alice, session, "Borealis.txt", CONTRACT)
    await upload(alice, session, "Lunch.txt", "The canteen serves lentils on Friday.")
    await settled(alice, session)
    await alice.call("DELETE", f"notebook/sessions/{session}/files/{file['file_id']}", status=204)
    events = await answer_of(alice, session)
    assert "90 days" not in text(events)
    await alice.call("DELETE", f"notebook/sessions/{session}/files/{file['file_id']}", status=404)


async def test_deleting_a_session_takes_its_conversation_along(alice: Person, nexus: Nexus) -> None:
    session = await session_of(alice)
    await upload(alice, session, "Borealis.txt", CONTRACT)
    await settled(alice, session)
    view = (await alice.get(f"notebook/sessions/{session}"))["session"]
    await answer_of(alice, session)
    await alice.call("DELETE", f"notebook/sessions/{session}", status=204)
    await alice.call("GET", f"notebook/sessions/{session}", status=404)
    await alice.call("GET", f"conversations/{view['conversation_id']}", status=404)


async def test_pinning_and_renaming(alice: Person) -> None:
    session = await session_of(alice)
    pinned = await alice.patch(f"notebook/sessions/{session}", {"is_pinned": True, "title": "Kept"})
    assert (pinned["title"], pinned["is_pinned"], pinned["seconds_left"]) == ("Kept", True, None)
    loose = await alice.patch(f"notebook/sessions/{session}", {"is_pinned": False})
    assert 23 * 3600 < loose["seconds_left"] <= 24 * 3600
    problem = await alice.patch(f"notebook/sessions/{session}", {"expires_at": "2030-01-01"}, status=422)
    assert problem["code"] == "invalid"


async def test_too_large_is_told_before_it_is_sent_whole(alice: Person) -> None:
    path = f"/api/notebook/sessions/{await session_of(alice)}/upload"
    address = alice.http.base_url
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = {
        "Host": address.host,
        "Content-Length": str(10 * 2**30),
        "Content-Type": "multipart/form-data; boundary=b",
        **alice.session.headers,
    }
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", "--b", ""]
    writer.write("\r\n".join(lines).encode())
    reply = await asyncio.wait_for(reader.read(4096), PATIENCE_S)
    writer.close()
    assert reply.startswith(b"HTTP/1.1 413")
