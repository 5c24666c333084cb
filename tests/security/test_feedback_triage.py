"""Feedback as administrators look after it: the queue, the exchange as it was, its states, cases made of it."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import libraries, scopes
from shared.db.feedback import Rating
from shared.domain.audience import Scope
from shared.domain.chat import Mode
from shared.domain.documents import LibraryAddress
from shared.domain.identity import Role
from tests.exchanges import Left, left_behind, source
from tests.security.in_process import Api, Someone, in_process
from tests.security.test_administration import all_pages, told, trail

ADD_DOCUMENT = """
    INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, department_id, country_id,
                                      file_type, drive_id, library_id, status)
    VALUES ($1, $2, $3, 'https://sp.example/' || $3, 'https://sp.example', $4, $5, 'pdf', $6, $7, 'indexed')
"""


@dataclass
class Desk:
    """Alice and carol are of HR in Germany, bob and erik of Engineering in the US; ada is super_admin, heads of no
    department. Three documents: for everyone, for HR in Germany, and for Engineering in the US."""

    api: Api
    ada: Someone
    alice: Someone
    bob: Someone
    carol: Someone
    erik: Someone
    open: UUID
    of_hr: UUID
    of_engineering: UUID

    async def left(self, who: Someone, *arguments: Any, **more: Any) -> Left:
        return await left_behind(self.api.runtime.db, who.user.caller, *arguments, **more)


@pytest.fixture
async def desk(database: Database, redis_server: Redis) -> AsyncIterator[Desk]:
    async with in_process(database, redis_server) as api:
        async with api.runtime.db.transaction() as connection:
            hr, engineering = [(await scopes.add_department(connection, name)).id for name in ("HR", "Engineering")]
            de, us = [(await scopes.add_country(connection, code, code)).id for code in ("DE", "US")]
            documents = []
            for number, scope in enumerate((Scope(None, None), Scope(hr, de), Scope(engineering, us))):
                address = LibraryAddress("site", f"drive{number}", f"L{number}", f"https://sp.example/{number}")
                library = await libraries.add(connection, address, scope, enabled=True)
                documents.append(document := uuid4())
                place = (scope.department_id, scope.country_id, f"drive{number}", library.id)
                await connection.execute(ADD_DOCUMENT, document, str(document), f"{document.hex[:8]}.pdf", *place)
        yield Desk(
            api,
            await api.person("ada", Role.SUPER_ADMIN),
            await api.person("alice", Role.USER, hr, de),
            await api.person("bob", Role.USER, engineering, us),
            await api.person("carol", Role.CONTENT_MANAGER, hr, de),
            await api.person("erik", Role.CONTENT_MANAGER, engineering, us),
            *documents,
        )


async def ids(person: Someone, **filters: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        reply = await person.call("GET", "admin/feedback", params={"limit": 2, **filters, **cursor})
        assert reply.status_code == 200, reply.text
        found += [row["id"] for row in reply.json()["items"]]
        if reply.json()["next_cursor"] is None:
            return found
        cursor = {"cursor": reply.json()["next_cursor"]}


async def test_the_queue_is_newest_first_filtered_and_paged(desk: Desk) -> None:
    first = await desk.left(desk.alice, "How long is my leave?", rating=Rating.NEGATIVE, comment="Too short")
    second = await desk.left(desk.alice, "Write a poem", "Roses.", mode=Mode.ASSISTANT, rating=Rating.POSITIVE)
    third = await desk.left(desk.bob, "What is E17?", "A battery. 100%_sure", rating=Rating.NEGATIVE)
    assert await ids(desk.ada) == [str(left.feedback) for left in (third, second, first)]
    assert await ids(desk.ada, rating="positive") == [str(second.feedback)]
    assert await ids(desk.ada, mode="rag") == [str(third.feedback), str(first.feedback)]
    assert await ids(desk.ada, status="reviewed") == []
    for words, found in (("LEAVE", first), ("too short", first), ("100%_", third), ("e17", third)):
        assert await ids(desk.ada, q=words) == [str(found.feedback)], words
    rows = await all_pages(desk.ada, "admin/feedback")
    middle = rows[1]["created_at"]
    assert await ids(desk.ada, **{"from": middle}) == [str(third.feedback), str(second.feedback)]
    assert await ids(desk.ada, to=middle) == [str(first.feedback)]
    row = rows[-1]
    assert (row["question"], row["comment"], row["status"], row["model"]) == (
        "How long is my leave?", "Too short", "pending", "gpt-4.1",
    )  # fmt: skip
    assert row["given_by"]["display_name"] == "Alice"
    assert row["reviewed_by"] is None


WRONG_QUERIES = [
    {"status": "open"}, {"rating": "3"}, {"mode": "all"}, {"from": "2026-01-01T00:00:00"}, {"cursor": "WzBd"},
    {"to": "0001-01-01T00:00:00+14:00"}, {"q": "x" * 201}, {"user_id": str(uuid4())}, {"q": "\0"}, {"limit": "0"},
]  # fmt: skip


async def test_a_wrong_question_to_the_queue_is_refused(desk: Desk) -> None:
    for wrong in WRONG_QUERIES:
        reply = await desk.ada.call("GET", "admin/feedback", params=wrong)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid"), f"{wrong}: {reply.text}"


async def test_the_whole_exchange_is_shown_with_its_sources_as_they_were(desk: Desk) -> None:
    earlier = await desk.left(desk.alice, "Am I entitled to leave?", "Yes.", rating=None)
    retrieved = (source(desk.of_hr, n=1, snippet="Secret of HR"), source(desk.open, n=2, snippet="For all"))
    left = await desk.left(desk.alice, sources=retrieved, conversation=earlier.conversation, comment="Wrong number")
    async with desk.api.runtime.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_documents SET file_name = 'renamed.pdf'")
    shown = await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 200)
    assert (shown["question"], shown["answer"]) == ("How long is my leave?", "Thirty days [1].")
    assert (shown["comment"], shown["provider"], shown["model"]) == ("Wrong number", "openai", "gpt-4.1")
    assert (shown["input_tokens"], shown["latency_ms"], shown["first_token_ms"]) == (30, 900, 80)
    assert [(said["role"], said["content"]) for said in shown["preceding"]] == [
        ("user", "Am I entitled to leave?"),
        ("assistant", "Yes."),
    ]
    assert [(each["title"], each["cited_as"], each["page"], each["snippet"]) for each in shown["sources"]] == [
        (retrieved[0].file_name, 1, 3, "Secret of HR"),
        (retrieved[1].file_name, None, 3, "For all"),
    ]
    none_before = await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 200, preceding=0)
    assert none_before["preceding"] == []
    await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 422, preceding=21)
    assert [entry["actor_id"] for entry in await trail(desk.ada, action="feedback.read")] == [
        str(desk.carol.user.id)
    ] * 2


async def test_s10_looking_after_an_answer_does_not_open_documents(desk: Desk) -> None:
    gone = uuid4()
    retrieved = tuple(
        source(document, n=n, snippet="A passage")
        for n, document in enumerate((desk.of_hr, desk.of_engineering, desk.open, gone), 1)
    )
    left = await desk.left(desk.alice, sources=retrieved)
    by_carol = (await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 200))["sources"]
    assert [(each["is_readable"], each["snippet"]) for each in by_carol] == [
        (True, "A passage"), (False, None), (True, "A passage"), (False, None),
    ]  # fmt: skip
    # no more for who administers everything and belongs nowhere
    by_ada = (await told(desk.ada, "GET", f"admin/feedback/{left.feedback}", 200))["sources"]
    assert [each["snippet"] for each in by_ada] == [None, None, "A passage", None]
    assert all(each["title"] and each["url"] for each in by_ada)


SWITCHED_OFF = "UPDATE sharepoint_documents SET is_active = false WHERE id = $1"
DELETED = "UPDATE sharepoint_documents SET todo = 'remove' WHERE id = $1"
NOT_INDEXED = "UPDATE sharepoint_documents SET status = 'pending' WHERE id = $1"


@pytest.mark.parametrize("change", [SWITCHED_OFF, DELETED, NOT_INDEXED])
async def test_s10_what_readers_do_not_find_any_more_is_not_shown_beside_an_answer_either(
    desk: Desk, change: str
) -> None:
    left = await desk.left(desk.alice, sources=(source(desk.open, snippet="A passage"),))
    async with desk.api.runtime.db.connection() as connection:
        await connection.execute(change, desk.open)
    (shown,) = (await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 200))["sources"]
    assert (shown["is_readable"], shown["snippet"]) == (False, None)


async def test_s08_feedback_of_another_scope_is_not_there(desk: Desk) -> None:
    mine = await desk.left(desk.alice, "How long is my leave?")
    body = {"verdict": "unanswerable"}
    assert await ids(desk.erik) == []
    assert await ids(desk.erik, q="leave") == []
    for method, path, sent in (
        ("GET", f"admin/feedback/{mine.feedback}", None),
        ("PATCH", f"admin/feedback/{mine.feedback}", {"status": "reviewed"}),
        ("POST", f"admin/feedback/{mine.feedback}/eval-case", body),
    ):
        assert (await told(desk.erik, method, path, 404, sent))["code"] == "feedback_not_found"
    case = await told(desk.carol, "POST", f"admin/feedback/{mine.feedback}/eval-case", 201, body)
    assert (await told(desk.erik, "GET", "admin/eval-cases", 200))["items"] == []
    assert (await desk.erik.call("GET", "admin/eval-cases/export")).content == b""
    await told(desk.erik, "DELETE", f"admin/eval-cases/{case['id']}", 404)
    # who moves takes their feedback along: reach is where the person belongs now
    move = {
        "department_id": str(desk.bob.user.caller.department_id),
        "country_id": str(desk.bob.user.caller.country_id),
    }
    await told(desk.ada, "PATCH", f"admin/users/{desk.alice.user.id}", 200, move)
    assert await ids(desk.erik) == [str(mine.feedback)]
    assert await ids(desk.carol) == []


async def test_what_was_said_in_a_notebook_stays_its_owners(desk: Desk) -> None:
    private = source(uuid4(), snippet="The contract says 90 days.")
    left = await desk.left(
        desk.alice, "What does my contract say?", "Ninety days.", mode=Mode.NOTEBOOK, sources=(private,),
        comment="Not helpful",
    )  # fmt: skip
    path = f"admin/feedback/{left.feedback}"
    shown = await told(desk.ada, "GET", path, 200)
    assert (shown["is_private"], shown["question"], shown["answer"]) == (True, None, None)
    assert (shown["sources"], shown["preceding"], shown["unsupported"]) == ([], [], [])
    assert (shown["comment"], shown["rating"], shown["model"]) == ("Not helpful", "negative", "gpt-4.1")
    (row,) = await all_pages(desk.ada, "admin/feedback")
    assert row["question"] is None
    # nor by asking for it
    for words in ("contract", "ninety"):
        assert await ids(desk.ada, q=words) == []
    assert await ids(desk.ada, q="not helpful") == [str(left.feedback)]
    refused = await told(desk.ada, "POST", f"{path}/eval-case", 409, {"verdict": "unanswerable"})
    assert refused["code"] == "not_from_documents"


async def test_feedback_goes_on_one_step_at_a_time_with_its_reviewer(desk: Desk) -> None:
    left = await desk.left(desk.alice)
    path = f"admin/feedback/{left.feedback}"
    for wrong in ("pending", "resolved"):
        assert (await told(desk.carol, "PATCH", path, 409, {"status": wrong}))["code"] == "feedback_status"
    reviewed = await told(desk.carol, "PATCH", path, 200, {"status": "reviewed"})
    assert (reviewed["status"], reviewed["reviewed_by"]["display_name"]) == ("reviewed", "Carol")
    assert reviewed["reviewed_at"] is not None
    # the second of two who click at once learns that the first was faster
    late = await told(desk.ada, "PATCH", path, 409, {"status": "reviewed"})
    assert "is reviewed" in late["detail"]
    resolved = await told(desk.ada, "PATCH", path, 200, {"status": "resolved"})
    assert (resolved["status"], resolved["reviewed_by"]["display_name"]) == ("resolved", "Ada")
    await told(desk.ada, "PATCH", path, 409, {"status": "pending"})
    changes = [entry["detail"] for entry in await trail(desk.ada, target=str(left.feedback))]
    assert changes == [
        {"before": {"status": "reviewed"}, "after": {"status": "resolved"}},
        {"before": {"status": "pending"}, "after": {"status": "reviewed"}},
    ]
    # whoever gave it may change their mind, and it begins anew
    again = {"rating": "positive"}
    assert (await told(desk.alice, "PUT", f"messages/{left.answer}/feedback", 200, again))["status"] == "pending"


WRONG_CASES: list[tuple[dict[str, Any], str]] = [
    ({"verdict": "fine"}, "/verdict"),
    ({"verdict": "wrong"}, "/expected"),
    ({"verdict": "unanswerable", "expected": {"document_id": str(uuid4())}}, "/expected"),
    ({"verdict": "right", "expected": {"document_id": str(uuid4())}}, "/expected/document_id"),
    ({"verdict": "right", "expected": {"document_id": str(uuid4()), "page": 0}}, "/expected/page"),
    ({"verdict": "unanswerable", "note": " "}, "/note"),
    ({"verdict": "unanswerable", "question": ""}, "/question"),
    ({"verdict": "unanswerable", "asked_by": str(uuid4())}, "/asked_by"),
    ({}, "/verdict"),
]


async def test_a_case_that_makes_no_sense_is_refused(desk: Desk) -> None:
    left = await desk.left(desk.alice)
    for body, pointer in WRONG_CASES:
        problem = await told(desk.carol, "POST", f"admin/feedback/{left.feedback}/eval-case", 422, body)
        assert problem["errors"][0]["pointer"] == pointer, body
    assert (await told(desk.carol, "GET", "admin/eval-cases", 200))["items"] == []


async def test_cases_are_made_replaced_exported_and_deleted(desk: Desk) -> None:
    left = await desk.left(desk.alice, sources=(source(desk.of_hr),))
    path = f"admin/feedback/{left.feedback}/eval-case"
    wanted = {"verdict": "wrong", "expected": {"document_id": str(desk.of_hr), "page": 3}, "note": "Page 3 has it"}
    case = await told(desk.carol, "POST", path, 201, wanted)
    assert (case["question"], case["verdict"], case["note"]) == ("How long is my leave?", "wrong", "Page 3 has it")
    assert (case["expected"]["file_name"], case["expected"]["page"]) == (f"{desk.of_hr.hex[:8]}.pdf", 3)
    assert (await told(desk.carol, "GET", f"admin/feedback/{left.feedback}", 200))["eval_case_id"] == case["id"]
    # a document that was not retrieved at all, though it should have been
    other = {"verdict": "wrong", "expected": {"document_id": str(desk.open)}, "question": "How long is leave?"}
    replaced = await told(desk.carol, "POST", path, 200, other)
    assert (replaced["id"], replaced["question"]) == (case["id"], "How long is leave?")
    assert (replaced["expected"]["page"], replaced["note"]) == (None, None)
    unreachable = {"verdict": "wrong", "expected": {"document_id": str(desk.of_engineering)}}
    assert (await told(desk.carol, "POST", path, 422, unreachable))["code"] == "expected_document_unknown"

    await desk.left(desk.alice, "A poem?", mode=Mode.ASSISTANT)
    reply = await desk.carol.call("GET", "admin/eval-cases/export")
    assert reply.headers["content-type"].startswith("application/jsonl")
    assert reply.headers["content-disposition"] == 'attachment; filename="eval-cases.jsonl"'
    (row,) = [json.loads(line) for line in reply.content.splitlines()]
    assert set(row) == {"id", "question", "verdict", "expected", "note", "created_at"}
    assert (row["question"], row["expected"]["document_id"]) == ("How long is leave?", str(desk.open))
    assert "alice" not in reply.text.lower()

    assert await told(desk.carol, "DELETE", f"admin/eval-cases/{case['id']}", 204) is None
    assert (await told(desk.carol, "GET", "admin/eval-cases", 200))["items"] == []
    actions = [entry["action"] for entry in await trail(desk.ada) if entry["action"].startswith("eval_case.")]
    assert actions == ["eval_case.delete", "eval_case.export", "eval_case.change", "eval_case.create"]
    # what is written down for good holds none of people's words
    assert "leave" not in json.dumps(await trail(desk.ada)).lower()


async def test_an_export_of_several_pages_is_whole(desk: Desk) -> None:
    async with desk.api.runtime.db.connection() as connection:
        await connection.execute(
            "INSERT INTO eval_cases (question, verdict, created_at)"
            " SELECT 'q' || n, 'unanswerable', now() - n / 3 * interval '1 second' FROM generate_series(1, 1203) n"
        )
    reply = await desk.ada.call("GET", "admin/eval-cases/export")
    rows = [json.loads(line) for line in reply.content.splitlines()]
    assert len({row["question"] for row in rows}) == len(rows) == 1203
