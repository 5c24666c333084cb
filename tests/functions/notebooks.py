"""Notebook mode as a person uses it."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from tests.functions.conftest import checked_client
from tests.functions.nexus import eventually
from tests.functions.notebook_backends import Backend
from tests.functions.person import Event, Person, Stream, names, text
from tests.functions.promises import Promises

PATIENCE_S = 90.0


async def upload(who: Person, session: str, name: str, content: bytes | str, *, status: int = 201) -> Any:
    body = content.encode() if isinstance(content, str) else content
    reply = await who.call("POST", f"notebook/sessions/{session}/upload", status=status, files={"file": (name, body)})
    return reply.json()


async def session_of(who: Person, title: str = "Contracts") -> str:
    return (await who.post("notebook/sessions", {"title": title}))["id"]


async def conversation_of(who: Person, session: str) -> str:
    return (await who.get(f"notebook/sessions/{session}"))["session"]["conversation_id"]


async def settled(who: Person, session: str) -> list[dict[str, Any]]:
    """The session's files once none is under way."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        files = (await who.get(f"notebook/sessions/{session}/files"))["items"]
        if all(file["status"] in ("ready", "failed") for file in files):
            return files
        assert time.monotonic() < deadline, f"it never came: {files}"
        await asyncio.sleep(0.1)


def pdf(*pages: str) -> bytes:
    """A PDF with this text on its pages."""
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    for page in pages:
        text = canvas.beginText(72, 760)
        for line in page.split("\n"):
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


FILLER = "The parties keep a written record of every delivery, signed by both of them on the day it was made.\n"
AGREEMENT = pdf(
    "Framework agreement with Borealis Shipping\n" + FILLER * 12 + "Invoices are paid within 30 days of receipt.",
    "Termination\nThe notice period of the agreement with Borealis Shipping is 90 days to the end of a quarter.\n"
    + FILLER * 12,
)
QUESTION = "How long is the notice period of the agreement with Borealis Shipping?"
LUNCH = "The canteen serves lentils on Friday."


@asynccontextmanager
async def people(backend: Backend, promises: Promises) -> AsyncIterator[tuple[Person, Person]]:
    async with checked_client(backend.host, promises) as http:
        yield Person(http, backend.nexus.sessions["alice"]), Person(http, backend.nexus.sessions["bob"])


@asynccontextmanager
async def asking(who: Person, session: str, question: str = QUESTION) -> AsyncIterator[Stream]:
    async with who.http.stream(
        "POST",
        f"/api/notebook/sessions/{session}/chat",
        json={"content": question},
        headers=who.session.headers,
    ) as response:
        assert response.status_code == 200
        yield Stream(response)


async def with_agreement(who: Person) -> tuple[str, str]:
    """`(session, file)`, the file ready."""
    session = await session_of(who)
    file = await upload(who, session, "Borealis.pdf", AGREEMENT)
    (ready,) = await settled(who, session)
    assert (ready["status"], ready["page_count"] or 2) == ("ready", 2), ready
    return session, file["file_id"]


async def ended(who: Person, session: str) -> dict[str, Any]:
    """The stored answer, once it is not streaming any more."""
    conversation = await conversation_of(who, session)

    async def answer() -> dict[str, Any] | None:
        message = await who.answer(conversation)
        return None if message["status"] in ("waiting", "streaming") else message

    return await eventually(answer, "the end of the answer")


async def told_and_stored(who: Person, session: str, events: list[Event]) -> dict[str, Any]:
    """A failed answer as its reader and the next one see it; the problem."""
    assert names(events)[-2:] == ["error", "done"], names(events)
    problem, done = events[-2].data, events[-1].data
    assert problem["detail"].endswith(".")
    assert "127.0.0.1" not in str(problem), "S21: no addresses"
    assert done["status"] == "failed"
    message = await ended(who, session)
    assert (message["id"], message["status"], message["content"]) == (done["message_id"], "failed", text(events))
    return problem


async def answered(who: Person, session: str) -> None:
    """What was broken is whole again, without a restart."""
    events = await who.ask_notebook(session, QUESTION)
    assert (events[-1].data["status"], "90 days" in text(events)) == ("complete", True), events
