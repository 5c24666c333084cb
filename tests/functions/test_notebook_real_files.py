"""Real files in a notebook: each is ready or says why not, and none of them takes the app down (S11, S12)."""

import asyncio
from itertools import batched, islice
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from tests.functions.nexus import Nexus
from tests.functions.notebooks import session_of, settled
from tests.functions.person import Person, text

ENDINGS = ("pdf", "docx", "xlsx", "pptx", "md", "html", "txt")
A_KIND = 3
MAX_BYTES = 400_000
# A session's default limit.
FILES_A_SESSION = 20
REFUSALS = {413, 415, 422}
CSV = "site,opened,beds\nHamburg,2011,40\nPorto,2019,12\n"


def some(folder: Path, count: int) -> list[Path]:
    """The first by name, without those that take long."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.stat().st_size <= MAX_BYTES)
    return list(islice(files, count))


async def sent(who: Person, files: list[tuple[str, bytes]]) -> dict[str, dict[str, Any]]:
    """What became of each file, by name: the refusal's problem, or the file once it is ready or has failed."""
    outcomes: dict[str, dict[str, Any]] = {}
    at_once = asyncio.Semaphore(4)

    async def send(session: str, name: str, content: bytes) -> None:
        async with at_once:
            reply = await who.http.post(
                f"/api/notebook/sessions/{session}/upload", headers=who.session.headers, files={"file": (name, content)}
            )
        assert reply.status_code in {201, *REFUSALS}, f"{name}: {reply.status_code} {reply.text}"
        if reply.status_code != 201:
            outcomes[name] = reply.json()

    for part in batched(files, FILES_A_SESSION, strict=False):
        session = await session_of(who, "Real files")
        await asyncio.gather(*(send(session, name, content) for name, content in part))
        for file in await settled(who, session):
            outcomes[file["file_name"]] = file
    return outcomes


def said_why(outcome: dict[str, Any]) -> str:
    """The code of a file that is not ready, whose sentence was checked."""
    if "detail" in outcome:
        code, sentence = outcome["code"], outcome["detail"]
    else:
        assert outcome["status"] == "failed", outcome
        code, sentence = outcome["reason_code"], outcome["reason"]
    assert sentence.endswith("."), outcome
    assert code not in ("internal_error", "extraction_unavailable", "took_too_long"), outcome
    return code


async def test_ordinary_files_are_read(data: Path, nexus: Nexus, alice: Person) -> None:
    paths = [path for ending in ENDINGS for path in some(data / "office" / ending, A_KIND)]
    files = [(path.name, path.read_bytes()) for path in paths]
    outcomes = await sent(alice, [*files, ("sites.csv", CSV.encode())])
    assert len(outcomes) == len(files) + 1
    why = {name: said_why(outcome) for name, outcome in outcomes.items() if outcome["status"] != "ready"}
    # nothing but having no text may keep an ordinary file out: it is empty, or its pages are pictures
    assert set(why.values()) <= {"empty", "file_empty", "needs_ocr"}, why
    assert len(why) < len(files) / 4, why
    assert outcomes["sites.csv"]["file_type"] == "csv"
    for name, outcome in outcomes.items():
        if name not in why and name.endswith((".pdf", ".pptx")):
            assert outcome["page_count"], outcome


async def test_s12_broken_files_are_refused_or_fail_with_a_reason_and_the_next_one_is_read(
    data: Path, nexus: Nexus, alice: Person
) -> None:
    pid = nexus.host.pid
    paths = [path for kind in sorted((data / "broken").iterdir()) if kind.is_dir() for path in some(kind, 3)]
    assert len({path.parent for path in paths}) >= 8
    # some bear names that others bear, too
    files = [(f"{number} {path.name}", path.read_bytes()) for number, path in enumerate(paths)]
    outcomes = await sent(alice, files)
    assert len(outcomes) == len(files)
    why = {name: said_why(outcome) for name, outcome in outcomes.items() if outcome["status"] != "ready"}
    for (name, _), path in zip(files, paths, strict=True):
        match path.parent.name:
            case "encrypted-pdf" | "legacy":
                assert name in why, f"{path.name} was read"
            case "encrypted-or-ole":
                assert name in why, f"{path.name} was read"
                assert "password" in str(outcomes[name]), outcomes[name]
            case _:
                continue  # macros are not run and damage may be mended: whether it is read is for its extractor
    assert nexus.host.pid == pid
    (whole,) = (await sent(alice, [("whole.txt", b"The canteen serves lentils on Friday.")])).values()
    assert whole["status"] == "ready", whole


async def test_a_question_is_answered_with_the_page_of_a_real_pdf(data: Path, nexus: Nexus, alice: Person) -> None:
    path = data / "azure-northwind" / "docs" / "employee_handbook.pdf"
    session = await session_of(alice)
    reply = await alice.call(
        "POST",
        f"notebook/sessions/{session}/upload",
        status=201,
        files={"file": (path.name, path.read_bytes())},
    )
    (file,) = await settled(alice, session)
    pages = PdfReader(path).pages
    assert (file["file_id"], file["status"], file["page_count"]) == (reply.json()["file_id"], "ready", len(pages))
    events = await alice.ask_notebook(session, "What does the employee handbook say about performance reviews?")
    done = events[-1].data
    assert (done["status"], done["supported"]) == ("complete", True), done
    assert "[1]" in text(events)
    for source in done["sources"]:
        assert source["file_name"] == path.name
        shown = _words(pages[source["page"] - 1].extract_text())
        snippet = _words(source["snippet"])
        # the page that is named is the page that says it
        assert len([word for word in snippet if word in shown]) > 0.8 * len(snippet), source


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text.casefold()).split()
