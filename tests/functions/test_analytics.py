"""The reports over HTTP: what they say of answers that people really asked for, to whom, and as files."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person

REPORTS = ("usage", "quality", "documents")


@pytest.fixture
def today() -> str:
    return datetime.now(UTC).date().isoformat()


async def report(person: Person, name: str, **params: Any) -> dict[str, Any]:
    return await person.get(f"admin/analytics/{name}", **params)


async def used_by(person: Person, admin: Person, day: str) -> dict[str, Any]:
    """What the administrator's report says of one person's day; zeros where it says nothing."""
    found: dict[str, Any] = {"messages": 0, "answers": 0, "questions": 0, "input_tokens": 0, "output_tokens": 0}
    cursor: dict[str, str] = {}
    while True:
        page = await report(admin, "usage", **{"from": day, "to": day, "group_by": "user", "limit": 100}, **cursor)
        found |= next((item["usage"] for item in page["items"] if item["key"] == person.id), {})
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_an_answer_is_counted_as_soon_as_it_has_ended(
    nexus: Nexus, alice: Person, admin: Person, today: str
) -> None:
    before = await used_by(alice, admin, today)
    total_before = (await report(admin, "usage", **{"from": today, "to": today}))["total"]
    nexus.script(text="Twenty days.")
    conversation = await alice.conversation()
    done = (await alice.ask(conversation, "How long?"))[-1].data
    again = (await alice.ask_again(conversation, done["message_id"]))[-1].data
    stored = [
        message
        for message in (await alice.get(f"conversations/{conversation}"))["messages"]
        if message["role"] == "assistant"
    ]
    assert [message["id"] for message in stored] == [done["message_id"], again["message_id"]]
    tokens = sum(message["input_tokens"] + message["side_input_tokens"] for message in stored)
    after = await used_by(alice, admin, today)
    assert after["answers"] - before["answers"] == 2
    assert after["questions"] - before["questions"] == 1
    assert after["messages"] - before["messages"] == 3
    assert after["input_tokens"] - before["input_tokens"] == tokens > 0
    assert after["active_users"] == 1
    assert after["latency_ms"]["p50"] <= after["latency_ms"]["p95"]
    for grouping in ("day", "mode", "model", "department"):
        told = await report(admin, "usage", **{"from": today, "to": today, "group_by": grouping})
        assert told["total"]["answers"] - total_before["answers"] == 2, grouping
        assert sum(item["usage"]["answers"] for item in told["items"]) == told["total"]["answers"], grouping
        assert (told["from"], told["to"], told["next_cursor"]) == (today, today, None)


async def test_what_is_deleted_stays_counted(nexus: Nexus, alice: Person, admin: Person, today: str) -> None:
    nexus.script(text="Twenty days.")
    conversation = await alice.conversation()
    answer = (await alice.ask(conversation, "How long?"))[-1].data["message_id"]
    await alice.call("PUT", f"messages/{answer}/feedback", status=200, json={"rating": "negative"})
    before = await report(admin, "quality", **{"from": today, "to": today})
    usage = await report(admin, "usage", **{"from": today, "to": today})
    await alice.call("DELETE", f"conversations/{conversation}", status=204)
    after = await report(admin, "quality", **{"from": today, "to": today})
    assert after["total"] == before["total"]
    assert after["days"] == before["days"] == [{"day": today, "quality": after["total"]}]
    assert (await report(admin, "usage", **{"from": today, "to": today}))["items"] == usage["items"]


async def test_ratings_count_until_they_are_taken_back(nexus: Nexus, alice: Person, admin: Person, today: str) -> None:
    nexus.script(text="Twenty days.")
    answer = (await alice.ask(await alice.conversation(), "How long?"))[-1].data["message_id"]

    async def ratings() -> tuple[int, int]:
        total = (await report(admin, "quality", **{"from": today, "to": today}))["total"]
        return total["positive"], total["negative"]

    positive, negative = await ratings()
    for rating, expected in (("positive", (1, 0)), ("negative", (0, 1))):
        await alice.call("PUT", f"messages/{answer}/feedback", status=200, json={"rating": rating})
        assert await ratings() == (positive + expected[0], negative + expected[1])
    await alice.call("DELETE", f"messages/{answer}/feedback", status=204)
    assert await ratings() == (positive, negative)


async def test_s08_a_content_manager_sees_the_use_of_their_own_scope(
    nexus: Nexus, alice: Person, bob: Person, carol: Person, erik: Person, admin: Person, today: str
) -> None:
    nexus.script(text="Twenty days.")
    question = f"Question {uuid4().hex}?"
    await alice.ask(await alice.conversation("rag"), question)
    await bob.ask(await bob.conversation(), "How long?")
    period = {"from": today, "to": today}
    for manager, own, other in ((carol, alice, bob), (erik, bob, alice)):
        users = await report(manager, "usage", **period, group_by="user", limit=100)
        keys = {item["key"] for item in users["items"]}
        assert own.id in keys
        assert other.id not in keys
        departments = await report(manager, "usage", **period, group_by="department")
        mine = manager.session.user["department"]
        assert [(item["key"], item["name"]) for item in departments["items"]] == [(mine["id"], mine["name"])]
        total = (await report(admin, "usage", **period))["total"]
        assert 0 < users["total"]["answers"] < total["answers"]
        assert users["total"]["active_users"] == len(keys)

    def asked(told: dict[str, Any]) -> list[str]:
        return [example for each in told["unanswered_questions"] for example in each["examples"]]

    assert question in asked(await report(carol, "quality", **period, limit=100))
    assert question not in asked(await report(erik, "quality", **period, limit=100))


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    ("period", "code"),
    [
        ({"from": "2026-02-02", "to": "2026-02-01"}, "period_invalid"),
        ({"from": "2025-01-01", "to": "2026-01-02"}, "period_invalid"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, "period_invalid"),
        ({"from": "yesterday"}, "invalid"),
        ({"from": "2026-02-30"}, "invalid"),
        ({"to": "2026-01-01T00:00:00Z"}, "invalid"),
        ({"cursor": "x"}, "invalid"),
        ({"format": "xlsx"}, "invalid"),
    ],
)
async def test_bad_ranges_are_refused(admin: Person, name: str, period: dict[str, str], code: str) -> None:
    if "cursor" in period and name != "documents":
        period = {**period, "group_by": "user"} if name == "usage" else {"limit": "0"}
    reply = await admin.call("GET", f"admin/analytics/{name}", status=422, params=period)
    assert reply.json()["code"] == code


async def test_days_at_the_ends_of_the_calendar_are_empty_reports(admin: Person) -> None:
    for first, last in ((date.min, date.min), (date.max - timedelta(days=300), date.max)):
        for name in REPORTS:
            told = await report(admin, name, **{"from": first.isoformat(), "to": last.isoformat()})
            assert told["from"] == first.isoformat()
            assert not told.get("items")


async def as_rows(person: Person, path: str, **params: Any) -> list[dict[str, str]]:
    reply = await person.call("GET", f"admin/analytics/{path}", status=200, params=params)
    assert reply.headers["content-type"].partition(";")[0] == "text/csv"
    assert "attachment" in reply.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))


async def test_each_report_is_a_file_as_well_and_no_cell_is_a_formula(
    nexus: Nexus, alice: Person, admin: Person, anyone: httpx.AsyncClient, today: str
) -> None:
    formula = f'=HYPERLINK("https://evil.example/{uuid4().hex}")'
    await alice.ask(await alice.conversation("rag"), formula)
    period = {"from": today, "to": today, "format": "csv"}
    for grouping in ("day", "mode", "model", "department", "user"):
        told = await report(admin, "usage", **{**period, "format": "json"}, group_by=grouping, limit=100)
        rows = await as_rows(admin, "usage", **period, group_by=grouping)
        assert [row["key"] or None for row in rows] == [item["key"] for item in told["items"]]
        assert [int(row["answers"]) for row in rows] == [item["usage"]["answers"] for item in told["items"]]
    assert [row["day"] for row in await as_rows(admin, "quality", **period)] == [today]
    examples = [row["example"] for row in await as_rows(admin, "quality", **period, table="questions")]
    assert f"'{formula}" in examples
    assert not any(example.startswith("=") for example in examples)
    listed = await report(admin, "documents", limit=1)
    assert len(await as_rows(admin, "documents", format="csv", table="not_cited")) == (
        listed["documents"] - listed["cited_documents"]
    )
    await as_rows(admin, "documents", format="csv")
    reply = await anyone.get(
        "/api/admin/analytics/usage", headers={**admin.session.headers, "Accept": "text/csv;q=0.9"}
    )
    assert reply.headers["content-type"].startswith("text/csv")
