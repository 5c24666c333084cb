"""The same question anew."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Event, Person, names, text


async def answered(nexus: Nexus, person: Person, says: str, question: str = "Which one?") -> tuple[str, str]:
    """(conversation, answer's id)."""
    nexus.script(text=says)
    conversation = await person.conversation()
    return conversation, (await person.ask(conversation, question))[0].data["message_id"]


async def stored(person: Person, conversation: str) -> list[dict[str, Any]]:
    return (await person.get(f"conversations/{conversation}"))["messages"]


async def refused(person: Person, conversation: str, body: dict[str, str], status: int) -> str:
    reply = await person.call("POST", f"conversations/{conversation}/messages", status=status, json=body)
    return reply.json()["code"]


async def test_an_answer_given_anew_takes_the_place_of_the_first_which_stays_readable(
    nexus: Nexus, alice: Person
) -> None:
    conversation, first = await answered(nexus, alice, "The first answer.")
    nexus.script(text="The second answer.")
    events = await alice.ask_again(conversation, first)
    assert names(events) == ["meta", "token", "done"], "the title stays"
    assert text(events) == "The second answer."
    second = events[0].data["message_id"]
    question, old, new = await stored(alice, conversation)
    assert (old["id"], old["content"], old["replaced_by"]) == (first, "The first answer.", second)
    assert (new["id"], new["content"], new["replaced_by"]) == (second, "The second answer.", None)
    assert old["reply_to"] == new["reply_to"] == question["id"] == events[0].data["user_message_id"]
    assert old["run_id"] != new["run_id"] == events[0].data["run_id"]
    assert await alice.watch(conversation) == events, "the newest run is the new one"
    asked = [request["body"] for request in nexus.model_requests()]
    assert asked[0] == asked[1], "the same question with the same history"

    await alice.ask(conversation, "And then?")
    body = nexus.model_requests()[-1]["body"]
    assert "The second answer." in body
    assert "The first answer." not in body


async def test_only_the_last_answer_is_given_anew(nexus: Nexus, alice: Person, bob: Person) -> None:
    conversation, first = await answered(nexus, alice, "One.")
    second = (await alice.ask(conversation, "Next?"))[0].data
    assert await refused(alice, conversation, {"regenerate": first}, 409) == "not_the_last_answer"
    assert await refused(alice, conversation, {"regenerate": second["user_message_id"]}, 404) == "message_not_found"
    assert await refused(alice, conversation, {"regenerate": str(uuid4())}, 404) == "message_not_found"
    other = await alice.conversation()
    assert await refused(alice, other, {"regenerate": second["message_id"]}, 404) == "message_not_found"
    assert await refused(bob, conversation, {"regenerate": second["message_id"]}, 404) == "message_not_found"
    wrong = {"regenerate": second["message_id"], "content": "Something else?"}
    assert await refused(alice, conversation, wrong, 422) == "content_differs"
    assert len(await stored(alice, conversation)) == 4, "nothing came of any of it"
    again = {"regenerate": second["message_id"], "content": "Next?"}
    reply = await alice.call("POST", f"conversations/{conversation}/messages", status=200, json=again)
    assert '"token":"One' in reply.text


async def test_an_answer_under_way_is_not_given_anew(nexus: Nexus, alice: Person) -> None:
    nexus.script(text="One two three", hang_after_tokens=2, times=1)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        meta = (await stream.next()).data
        assert await refused(alice, conversation, {"regenerate": meta["message_id"]}, 409) == "answer_unfinished"
        await alice.call("POST", f"chat/runs/{meta['run_id']}/cancel", status=202)
        await stream.rest()
    nexus.script(text="Whole.")
    events = await alice.ask_again(conversation, meta["message_id"])
    assert (text(events), events[-1].data["status"]) == ("Whole.", "complete")


@pytest.mark.parametrize("fault", ["cut", "refused"])
async def test_r04_a_failed_answer_is_given_anew(nexus: Nexus, alice: Person, fault: str) -> None:
    conversation = await alice.conversation()
    if fault == "cut":
        nexus.script(text="One two three", cut_after_tokens=2)
    else:
        nexus.fault(nexus.models, "/chat/completions$", {"status": 401})
    events = await alice.ask(conversation, "Count")
    assert events[-1].data["status"] == "failed"
    failed = (await stored(alice, conversation))[-1]
    assert failed["error"]["code"] == events[-2].data["code"]
    assert failed["error"]["correlation_id"] == events[0].data["correlation_id"]
    nexus.forget()
    nexus.script(text="Whole.")
    again = await alice.ask_again(conversation, failed["id"])
    assert (text(again), again[-1].data["status"]) == ("Whole.", "complete")
    # the model's; an answer that was cut while it came may have brought it already
    assert "title" in names(again) or (fault == "cut" and "title" in names(events))


async def test_r10_an_answer_that_the_sweeper_closed_is_given_anew(nexus: Nexus, alice: Person) -> None:
    conversation, answer = await answered(nexus, alice, "One.")
    nexus.postgres.sql(
        "UPDATE messages SET status = 'streaming', content = 'On', heartbeat_at = now() - interval '61 seconds' "
        "WHERE id = :'id'",
        nexus.database.name,
        id=answer,
    )

    async def swept() -> bool:
        return (await alice.answer(conversation))["status"] == "interrupted"

    await eventually(swept, "the sweeper's timer", 60)
    nexus.script(text="Whole.")
    again = await alice.ask_again(conversation, answer)
    assert (text(again), again[-1].data["status"]) == ("Whole.", "complete")
    assert [(m["content"], m["status"]) for m in (await stored(alice, conversation))[1:]] == [
        ("On", "interrupted"),
        ("Whole.", "complete"),
    ]


async def test_r12_the_same_key_gives_an_answer_anew_once(nexus: Nexus, alice: Person) -> None:
    conversation, first = await answered(nexus, alice, "One.")
    nexus.script(text="One two three four five", tokens_per_second=50)
    key = {"Idempotency-Key": str(uuid4())}
    at_once = await asyncio.gather(*(alice.ask_again(conversation, first, **key) for _ in range(8)))
    in_series = await alice.ask_again(conversation, first, **key)
    assert all(events == in_series for events in at_once)
    assert len(await stored(alice, conversation)) == 3


async def test_of_many_who_want_an_answer_anew_at_once_one_gets_it(nexus: Nexus, alice: Person) -> None:
    conversation, first = await answered(nexus, alice, "One.")

    async def again() -> int:
        reply = await alice.http.post(
            f"/api/conversations/{conversation}/messages", json={"regenerate": first}, headers=alice.session.headers
        )
        return reply.status_code

    assert sorted(await asyncio.gather(*(again() for _ in range(8)))) == [200] + [409] * 7
    assert len(await stored(alice, conversation)) == 3


async def test_an_answer_asked_for_anew_as_json_waits_for_its_stream(nexus: Nexus, alice: Person) -> None:
    conversation, first = await answered(nexus, alice, "One.")
    nexus.script(text="Two.")
    accepted = await alice.call(
        "POST",
        f"conversations/{conversation}/messages",
        status=202,
        json={"regenerate": first},
        headers={"Accept": "application/json"},
    )
    events: list[Event] = await alice.watch(conversation)
    assert events[0].data["message_id"] == accepted.json()["message_id"]
    assert text(events) == "Two."


async def test_a_message_says_what_it_wants(nexus: Nexus, alice: Person) -> None:
    conversation = await alice.conversation()
    reply = await alice.call("POST", f"conversations/{conversation}/messages", status=422, json={})
    assert reply.json()["errors"] == [{"pointer": "/content", "detail": "Object missing required field `content`"}]
