"""Administration of single documents over HTTP: lists and counts, off and on, read again, and why not found."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person
from tests.functions.test_documents import in_hr
from tests.functions.test_outages import away


@dataclass
class Kept:
    """A library of HR in Germany: two files that are read, one that is empty, one of a foreign type."""

    word: str
    url: str
    library: dict[str, Any]

    @property
    def id(self) -> str:
        return self.library["id"]


@pytest.fixture
async def kept(nexus: Nexus, carol: Person) -> Kept:
    word = f"Okapi{uuid4().hex[:8]}"
    url = nexus.sharepoint_library(
        word, a_md=f"# {word}\n\nThe {word} eats leaves.", b_md=f"The {word} sleeps.", c_txt="", d_mp4="film"
    )
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    await carol.synced(library["id"])
    return Kept(word, url, library)


async def named(person: Person, kept: Kept, name: str) -> dict[str, Any]:
    (document,) = (await person.get("admin/documents", library_id=kept.id, q=name))["items"]
    return document


async def finds(person: Person, kept: Kept) -> set[str]:
    found = (await person.post("search", {"query": kept.word, "limit": 50}, status=200))["items"]
    return {passage["file_name"] for passage in found if kept.word in passage["text"]}


async def test_the_list_says_of_every_document_what_became_of_it_and_why(kept: Kept, carol: Person) -> None:
    listed = (await carol.get("admin/documents", library_id=kept.id))["items"]
    told = [(each["file_name"], each["status"], each["reason_code"], each["passages"] > 0) for each in listed]
    assert told == [
        ("a.md", "indexed", None, True),
        ("b.md", "indexed", None, True),
        ("c.txt", "skipped", "empty", False),
        ("d.mp4", "skipped", "unsupported_type", False),
    ]
    for each in listed:
        assert (each["reason"] is None) == (each["status"] == "indexed")
        assert (each["library_name"], each["department"], each["country"]) == (kept.word, "HR", "Germany")
        assert (each["todo"], each["waits"], each["retry_at"]) == (None, None, None)
        assert each["file_url"].endswith(f"/{each['file_name']}")
    narrowed = await carol.get("admin/documents", library_id=kept.id, reason_code="empty")
    assert [each["file_name"] for each in narrowed["items"]] == ["c.txt"]
    assert (await carol.get("admin/documents", library_id=kept.id, q="%"))["items"] == []
    summary = await carol.get("admin/documents/summary", library_id=kept.id)
    assert summary["total"] == 4
    assert summary["by_status"] == {"indexed": 2, "pending": 0, "skipped": 2, "failed": 0, "inactive": 0}
    assert {(each["status"], each["reason_code"], each["documents"]) for each in summary["reasons"]} == {
        ("skipped", "empty", 1),
        ("skipped", "unsupported_type", 1),
    }
    assert (await carol.get("admin/documents/summary", library_id=kept.id, q="A.MD"))["total"] == 1


async def test_a_document_switched_off_is_in_no_search_from_then_on_until_it_is_switched_on(
    nexus: Nexus, kept: Kept, carol: Person, alice: Person
) -> None:
    document = await named(carol, kept, "a.md")
    path = f"admin/documents/{document['id']}"
    assert await finds(alice, kept) == {"a.md", "b.md"}
    off = await carol.patch(path, {"is_active": False})
    assert (off["status"], off["is_active"], off["todo"]) == ("inactive", False, None)
    assert await finds(alice, kept) == {"b.md"}
    await alice.call("GET", f"documents/{document['id']}", status=404)
    await carol.synced(kept.id)
    assert await finds(alice, kept) == {"b.md"}
    assert (await carol.get("admin/documents/summary", library_id=kept.id))["by_status"]["inactive"] == 1
    assert (await carol.patch(path, {"is_active": True}))["status"] == "indexed"
    assert await finds(alice, kept) == {"a.md", "b.md"}
    assert (await alice.get(f"documents/{document['id']}"))["file_name"] == "a.md"


async def test_r03_without_qdrant_the_switch_says_that_it_waits_and_is_done_once_it_is_back(
    nexus: Nexus, kept: Kept, carol: Person, alice: Person, anyone: httpx.AsyncClient
) -> None:
    path = f"admin/documents/{(await named(carol, kept, 'a.md'))['id']}"
    with away(nexus.qdrant):
        waiting = (await carol.call("PATCH", path, status=202, json={"is_active": False})).json()
        assert (waiting["status"], waiting["todo"]) == ("inactive", "relabel")
        assert "next step of a sync" in waiting["waits"]

    async def done() -> bool:
        return (await carol.get(path))["todo"] is None

    await eventually(done, "the switch, by the run that was started for it", limit_s=120)
    assert await finds(alice, kept) == {"b.md"}


@pytest.mark.parametrize("is_paused", [False, True], ids=["", "paused"])
async def test_a_document_is_read_again_at_once_also_in_a_paused_library(
    nexus: Nexus, kept: Kept, carol: Person, alice: Person, is_paused: bool
) -> None:
    document = await named(carol, kept, "a.md")
    if is_paused:
        await carol.patch(f"admin/libraries/{kept.id}", {"enabled": False})
    reply = await carol.post(f"admin/documents/{document['id']}/reingest", None, status=202)
    assert reply["document"]["todo"] in ("ingest", None)
    assert await finds(alice, kept) == {"a.md", "b.md"}

    async def again() -> dict[str, Any] | None:
        now = await carol.get(f"admin/documents/{document['id']}")
        return now if now["todo"] is None and now["ingested_at"] > document["ingested_at"] else None

    now = await eventually(again, "the document, read again", limit_s=120)
    assert (now["status"], now["passages"]) == ("indexed", document["passages"])
    run = await carol.get(f"admin/sync-runs/{reply['sync_run_id']}")
    assert (run["library_id"], run["pages"]) == (kept.id, 0)
    assert await finds(alice, kept) == {"a.md", "b.md"}


async def test_why_a_document_is_not_found_is_told_by_id_and_by_address(
    kept: Kept, carol: Person, alice: Person, bob: Person
) -> None:
    document = await named(carol, kept, "a.md")
    asked = {"document_id": document["id"], "user_id": alice.id, "query": kept.word}
    told = await carol.get("admin/documents/explain", **asked)
    assert (told["verdict"]["findable"], told["verdict"]["code"]) == (True, "findable"), told
    assert told["place"] in (1, 2)
    assert told["passages"] == {
        "ledger": document["passages"],
        "active": document["passages"],
        "inactive": 0,
        "staged": 0,
        "readable": document["passages"],
    }
    assert all(check["ok"] for check in told["checks"])
    address = {"url": f"{kept.url}/a.md?web=1", "user_id": bob.id}
    told = await carol.get("admin/documents/explain", **address)
    assert told["verdict"]["code"] == "outside_audience"
    assert told["document"]["id"] == document["id"]
    assert "Engineering" not in str(told["checks"]), "carol is not told where people of others belong"
    unread = {"url": f"{kept.url}/c.txt", "user_id": alice.id}
    told = await carol.get("admin/documents/explain", **unread)
    assert told["verdict"]["code"] == "skipped"
    assert "empty" in told["verdict"]["sentence"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({}, "/document_id"),
        ({"url": "https://contoso.sharepoint.com/a/b.pdf", "document_id": str(uuid4())}, "/document_id"),
        ({"url": "https://contoso.sharepoint.com/a/b.pdf", "query": "leave"}, "/user_id"),
        ({"url": "b.pdf"}, "/url"),
    ],
)
async def test_an_explanation_that_asks_for_nothing_sensible_is_refused(
    carol: Person, asked: dict[str, str], pointer: str
) -> None:
    problem = await carol.get("admin/documents/explain", status=422, **asked)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_steering_documents_is_in_the_audit_log(kept: Kept, carol: Person, admin: Person) -> None:
    document = await named(carol, kept, "b.md")
    await carol.patch(f"admin/documents/{document['id']}", {"is_active": False})
    await carol.post(f"admin/documents/{document['id']}/reingest", None, status=202)
    entries = (await admin.get("admin/audit", actor=carol.id, limit=20))["items"]
    mine = [entry for entry in entries if entry["target"] == document["id"]]
    assert [entry["action"] for entry in mine] == ["document.reingest", "document.change"]
    assert mine[1]["detail"] == {"before": {"is_active": True}, "after": {"is_active": False}}
