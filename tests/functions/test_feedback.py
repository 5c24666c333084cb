"""What a person thinks of an answer."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person


async def rate(person: Person, message: str, rating: str, status: int = 200, **more: str) -> dict[str, Any]:
    body = {"rating": rating, **more}
    return (await person.call("PUT", f"messages/{message}/feedback", status=status, json=body)).json()


async def row(nexus: Nexus, message: str) -> asyncpg.Record:
    owner = await asyncpg.connect(nexus.database.dsn_owner)
    try:
        found = await owner.fetchrow("SELECT * FROM feedback WHERE message_id = $1", message)
        assert found is not None
        return found
    finally:
        await owner.close()


async def an_answer(nexus: Nexus, person: Person) -> tuple[str, dict[str, Any]]:
    nexus.script(text="Twenty days.")
    conversation = await person.conversation()
    return conversation, (await person.ask(conversation, "How long?"))[0].data


async def test_an_answer_has_one_feedback_that_can_be_changed_and_taken_back(nexus: Nexus, alice: Person) -> None:
    conversation, meta = await an_answer(nexus, alice)
    answer = meta["message_id"]
    first = await rate(alice, answer, "negative", comment="Too short")
    assert (first["rating"], first["comment"], first["status"]) == ("negative", "Too short", "pending")
    assert first["message_id"] == answer
    assert (await alice.answer(conversation))["feedback"] == first
    nexus.postgres.sql(
        "UPDATE feedback SET status = 'reviewed', reviewed_at = now() WHERE message_id = :'id'",
        nexus.database.name,
        id=answer,
    )
    same = await rate(alice, answer, "negative", comment="Too short")
    assert same == {**first, "status": "reviewed"}, "the same again changes nothing"
    changed = await rate(alice, answer, "positive")
    assert (changed["id"], changed["rating"], changed["comment"]) == (first["id"], "positive", None)
    assert changed["status"] == "pending"
    assert (await row(nexus, answer))["reviewed_at"] is None
    for _ in range(2):
        await alice.call("DELETE", f"messages/{answer}/feedback", status=204)
    assert (await alice.answer(conversation))["feedback"] is None


async def test_only_answers_are_rated_and_only_ones_own(
    nexus: Nexus, alice: Person, bob: Person, admin: Person
) -> None:
    _, meta = await an_answer(nexus, alice)
    assert (await rate(alice, meta["user_message_id"], "positive", 409))["code"] == "not_an_answer"
    for stranger in (bob, admin):
        assert (await rate(stranger, meta["message_id"], "positive", 404))["code"] == "message_not_found"
        reply = await stranger.call("DELETE", f"messages/{meta['message_id']}/feedback", status=404)
        assert reply.json()["code"] == "message_not_found"
    assert (await rate(alice, str(uuid4()), "positive", 404))["code"] == "message_not_found"
    waiting = await alice.ask_later(await alice.conversation(), "Later")
    assert (await rate(alice, waiting["message_id"], "positive", 409))["code"] == "answer_unfinished"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rating": "meh"}, "/rating"),
        ({"comment": "x"}, "/rating"),
        ({"rating": "positive", "comment": ""}, "/comment"),
        ({"rating": "positive", "comment": "x" * 4001}, "/comment"),
        ({"rating": "positive", "status": "resolved"}, "/status"),
    ],
)
async def test_a_rating_is_one_of_two(nexus: Nexus, alice: Person, body: dict[str, str], pointer: str) -> None:
    reply = await alice.call("PUT", f"messages/{uuid4()}/feedback", status=422, json=body)
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_a_replaced_answer_keeps_its_feedback(nexus: Nexus, alice: Person) -> None:
    conversation, meta = await an_answer(nexus, alice)
    given = await rate(alice, meta["message_id"], "negative")
    await alice.ask_again(conversation, meta["message_id"])
    _, old, new = (await alice.get(f"conversations/{conversation}"))["messages"]
    assert (old["feedback"], new["feedback"]) == (given, None)
