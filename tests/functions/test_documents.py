"""Libraries, and what comes of their documents: search, answers with sources, and nobody else's documents."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person, names, text

LEAVE = """# Zeppelin leave

Pilots of the zeppelin receive 33 days of leave per year.

# Hangar

The hangar of the zeppelin opens at 7 o'clock.
"""
QUESTION = "How many days of leave do zeppelin pilots receive per year?"


def in_hr(nexus: Nexus) -> dict[str, str]:
    return {"department_id": nexus.departments["HR"], "country_id": nexus.countries["DE"]}


@dataclass
class Zeppelin:
    library: dict[str, Any]
    run: dict[str, Any]


_synced: dict[int, Zeppelin] = {}


@pytest.fixture
async def zeppelin(nexus: Nexus, carol: Person) -> Zeppelin:
    """A library of HR in Germany with one file, synced once for all tests."""
    if id(nexus) not in _synced:
        url = nexus.sharepoint_library("Zeppelin", leave_md=LEAVE)
        library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
        _synced[id(nexus)] = Zeppelin(library, await carol.synced(library["id"]))
    return _synced[id(nexus)]


async def test_a_library_that_sharepoint_does_not_have_is_not_found(nexus: Nexus, carol: Person) -> None:
    url = "https://contoso.sharepoint.com/sites/hub/Not there"
    problem = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)}, status=404)
    assert problem["code"] == "library_not_found"


@pytest.mark.parametrize(
    "url",
    [
        "not an address",
        "ftp://contoso.sharepoint.com/sites/hub/X",
        "http://127.0.0.1/sites/hub/X",
        "https://169.254.169.254/latest/meta-data",
        "https://evil.example/sites/hub/X",
        "https://contoso.sharepoint.com@evil.example/sites/hub/X",
    ],
)
async def test_s13_an_address_that_is_no_sharepoint_library_is_refused(nexus: Nexus, carol: Person, url: str) -> None:
    problem = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)}, status=422)
    assert problem["code"] in ("invalid", "library_url_malformed")


async def test_a_library_is_registered_once_whatever_its_address_looks_like(nexus: Nexus, carol: Person) -> None:
    url = nexus.sharepoint_library(f"Once {uuid4().hex[:6]}")
    made = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    assert (made["status"], made["enabled"], made["last_sync_at"]) == ("idle", True, None)
    for same in (url, url + "/Forms/AllItems.aspx"):
        problem = await carol.post("admin/libraries", {"library_url": same, **in_hr(nexus)}, status=409)
        assert problem["code"] == "library_exists"


@pytest.mark.parametrize("status", [401, 403])
async def test_a_library_that_nexus_may_not_read_is_no_fault_of_nexus(
    nexus: Nexus, carol: Person, anyone: httpx.AsyncClient, status: int
) -> None:
    url = nexus.sharepoint_library(f"Denied {uuid4().hex[:6]}")
    nexus.fault(nexus.graph, "^/v1.0/", {"status": status, "body": {"error": {"code": "accessDenied"}}})
    body = {"library_url": url, **in_hr(nexus)}
    reply = await anyone.post("/api/admin/libraries", json=body, headers=carol.session.headers)
    assert reply.json()["code"] == "permission_missing"
    assert reply.status_code == 409


@pytest.mark.parametrize("field", ["department_id", "country_id"])
async def test_a_library_for_an_unknown_department_or_country_is_refused(
    nexus: Nexus, admin: Person, field: str
) -> None:
    url = nexus.sharepoint_library(f"Nobody {uuid4().hex[:6]}")
    problem = await admin.post("admin/libraries", {"library_url": url, field: str(uuid4())}, status=422)
    assert problem["code"] == field.replace("_id", "_not_found")
    assert problem["detail"] == f"There is no such {field.removesuffix('_id')}."


async def test_lists_of_administration_come_in_pages_without_gaps_or_repeats(nexus: Nexus, admin: Person) -> None:
    for _ in range(3):
        url = nexus.sharepoint_library(f"Paged {uuid4().hex[:6]}")
        await admin.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    for path in ("admin/libraries", "admin/users"):
        whole = [row["id"] for row in (await admin.get(path, limit=100))["items"]]
        paged: list[str] = []
        page = await admin.get(path, limit=2)
        while True:
            paged += [row["id"] for row in page["items"]]
            assert len(page["items"]) <= 2
            if page["next_cursor"] is None:
                break
            page = await admin.get(path, limit=2, cursor=page["next_cursor"])
        assert paged == whole
        assert len(set(paged)) == len(paged) >= 3


async def test_a_sync_says_what_it_did_and_the_document_what_became_of_it(
    nexus: Nexus, zeppelin: Zeppelin, carol: Person
) -> None:
    run = zeppelin.run
    assert (run["status"], run["trigger"], run["seen"], run["added"], run["failed"]) == ("complete", "manual", 1, 1, 0)
    (document,) = (await carol.get("admin/documents", library_id=zeppelin.library["id"]))["items"]
    assert (document["file_name"], document["path"], document["status"]) == ("leave.md", "leave.md", "indexed")
    assert document["passages"] == run["passages"] > 0
    assert (await carol.get(f"admin/documents/{document['id']}"))["id"] == document["id"]
    for status, number in (("indexed", 1), ("failed", 0), ("inactive", 0)):
        narrowed = {"library_id": zeppelin.library["id"], "status": status}
        reply = await carol.call("GET", "admin/documents", status=200, params=narrowed)
        assert len(reply.json()["items"]) == number


async def test_a_rag_answer_cites_its_passages_and_the_server_writes_the_sources(
    nexus: Nexus, zeppelin: Zeppelin, alice: Person
) -> None:
    conversation = await alice.conversation("rag")
    events = await alice.ask(conversation, QUESTION)
    assert names(events) == ["meta", "sources", "token", "title", "done"]
    candidates, done = events[1].data["sources"], events[-1].data
    assert [source["n"] for source in candidates] == list(range(1, len(candidates) + 1))
    assert (done["status"], done["supported"]) == ("complete", True)
    (cited,) = {source["file_name"] for source in done["sources"]}
    assert cited == "leave.md"
    assert {source["passage_id"] for source in done["sources"]} <= {source["passage_id"] for source in candidates}
    answer = text(events)
    assert "33 days" in answer
    body, _, block = answer.partition("\n\nSources:\n")
    written = [f"[{source['n']}] {source['file_name']} - {source['file_url']}" for source in done["sources"]]
    assert block.splitlines() == written
    assert {int(n) for n in re.findall(r"\[(\d+)\]", body)} == {source["n"] for source in done["sources"]}
    assert all(quote in source["snippet"] for source in done["sources"] for quote in source["quotes"])
    assert any("33 days" in quote for source in done["sources"] for quote in source["quotes"])
    assert all(source["quotes"] == [] for source in candidates)
    stored = await alice.answer(conversation)
    assert (stored["content"], stored["sources"], stored["supported"]) == (answer, done["sources"], True)


async def test_s15_invented_citations_are_not_shown(nexus: Nexus, zeppelin: Zeppelin, alice: Person) -> None:
    nexus.script(invent_citations=[77, 99])
    events = await alice.ask(await alice.conversation("rag"), QUESTION)
    assert "[77]" not in text(events)
    assert "[99]" not in text(events)
    assert {source["file_name"] for source in events[-1].data["sources"]} == {"leave.md"}


async def test_a_search_finds_what_an_answer_would_be_made_from(
    nexus: Nexus, zeppelin: Zeppelin, alice: Person
) -> None:
    found = (await alice.post("search", {"query": QUESTION, "limit": 1}, status=200))["items"]
    assert len(found) == 1
    assert "33 days" in found[0]["text"]
    document = await alice.get(f"documents/{found[0]['document_id']}")
    assert (document["file_name"], document["file_url"]) == (found[0]["file_name"], found[0]["file_url"])
    scores = [passage["score"] for passage in (await alice.post("search", {"query": QUESTION}, status=200))["items"]]
    assert scores == sorted(scores, reverse=True)


async def test_s10_who_may_read_nothing_is_told_honestly_and_the_model_is_not_asked(
    nexus: Nexus, zeppelin: Zeppelin, bob: Person, admin: Person, anyone: httpx.AsyncClient
) -> None:
    """Not even the administrator: administering a library is not reading it."""
    (document,) = (await admin.get("admin/documents", library_id=zeppelin.library["id"]))["items"]
    for person in (bob, admin):
        assert (await person.post("search", {"query": QUESTION}, status=200))["items"] == []
        await person.call("GET", f"documents/{document['id']}", status=404)
        conversation = await person.conversation("rag")
        events = await person.ask(conversation, QUESTION)
        assert names(events) == ["meta", "sources", "token", "title", "done"]
        assert events[1].data == {"sources": []}
        done = events[-1].data
        assert (done["status"], done["supported"], done["sources"]) == ("complete", False, [])
        assert text(events) == "The documents you may read do not cover this question."
        assert (await person.answer(conversation))["supported"] is False
    assert nexus.model_requests() == []


async def test_a_second_sync_joins_the_one_that_runs(nexus: Nexus, carol: Person) -> None:
    url = nexus.sharepoint_library(f"Joined-{uuid4().hex[:6]}", a_md="# A\n\nText.")
    library = await carol.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    nexus.fault(nexus.graph, "/root/delta", {"delay_ms": 1500}, times=1)
    first = await carol.post(f"admin/libraries/{library['id']}/sync", {}, status=202)
    second = await carol.post(f"admin/libraries/{library['id']}/sync", {"full": True}, status=202)
    assert second["id"] == first["id"]
    assert (await carol.synced(library["id"]))["status"] == "complete"


async def test_a_sync_asked_for_beside_a_changed_scope_embeds_nothing_again(
    nexus: Nexus, admin: Person, alice: Person, bob: Person
) -> None:
    word = f"Quagga{uuid4().hex[:8]}"
    url = nexus.sharepoint_library(word, a_md=f"# {word}\n\nThe {word} is kept in the west stable.")
    library = await admin.post("admin/libraries", {"library_url": url, **in_hr(nexus)})
    await admin.synced(library["id"])

    async def sees(person: Person) -> bool:
        found = await person.post("search", {"query": word}, status=200)
        return any(word in passage["text"] for passage in found["items"])

    assert (await sees(alice), await sees(bob)) == (True, False)
    scope = {"department_id": nexus.departments["Engineering"], "country_id": nexus.countries["US"]}
    await admin.patch(f"admin/libraries/{library['id']}", scope)
    run = await admin.synced(library["id"])
    assert (run["status"], run["passages"], run["embed_tokens"]) == ("complete", 0, 0), "nothing is embedded again"
    assert (await sees(alice), await sees(bob)) == (False, True)
    # so that nobody else's test meets it
    await admin.patch(f"admin/libraries/{library['id']}", in_hr(nexus))
    await admin.synced(library["id"])
