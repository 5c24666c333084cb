"""Tickets for EventSource, and stopping what one does not want to hear any more."""

import asyncio
import hashlib
from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Event, Person, Stream, names, text

SAID = "One two three four five six seven eight nine ten."


async def ticket_for(person: Person, conversation: str) -> str:
    return (await person.post("chat/tickets", {"conversation_id": conversation}))["ticket"]


async def with_ticket(http: httpx.AsyncClient, conversation: str, ticket: str) -> tuple[int, list[Event]]:
    """As EventSource asks: no header but its own."""
    given = {"conversation_id": conversation, "ticket": ticket}
    async with http.stream("GET", "/api/chat/stream", params=given) as response:
        if response.status_code == 200:
            return 200, await Stream(response).rest()
        return response.status_code, []


async def test_a_ticket_opens_its_stream_once(nexus: Nexus, alice: Person, anyone: httpx.AsyncClient) -> None:
    nexus.script(text=SAID)
    conversation = await alice.conversation()
    await alice.ask_later(conversation, "Count")
    ticket = await ticket_for(alice, conversation)
    status, events = await with_ticket(anyone, conversation, ticket)
    assert (status, text(events)) == (200, SAID)
    assert await with_ticket(anyone, conversation, ticket) == (401, [])


async def test_a_ticket_at_once_in_many_hands_opens_one_stream(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient
) -> None:
    conversation = await alice.conversation()
    await alice.ask(conversation, "Hello")
    ticket = await ticket_for(alice, conversation)
    outcomes = await asyncio.gather(*(with_ticket(anyone, conversation, ticket) for _ in range(8)))
    assert sorted(status for status, _ in outcomes) == [200] + [401] * 7


async def test_a_ticket_is_for_its_conversation_only(nexus: Nexus, alice: Person, anyone: httpx.AsyncClient) -> None:
    meant, other = await alice.conversation(), await alice.conversation()
    for conversation in (meant, other):
        await alice.ask(conversation, "Hello")
    ticket = await ticket_for(alice, meant)
    assert await with_ticket(anyone, other, ticket) == (401, [])
    assert (await with_ticket(anyone, meant, ticket))[0] == 401, "a try that failed used it up"


async def test_a_ticket_that_has_expired_or_was_never_given_opens_nothing(
    nexus: Nexus, alice: Person, anyone: httpx.AsyncClient
) -> None:
    conversation = await alice.conversation()
    await alice.ask(conversation, "Hello")
    ticket = await ticket_for(alice, conversation)
    with nexus.cache() as cache:
        key = "ticket:" + hashlib.sha256(ticket.encode()).hexdigest()
        assert 0 < cache.ttl(key) <= 30
        assert cache.delete(key) == 1
        assert not [name for name in cache.scan_iter() if ticket.encode() in name], "Redis holds no ticket in clear"
    for strange in (ticket, "never-given", "ü" * 2000):
        assert await with_ticket(anyone, conversation, strange) == (401, [])


async def test_a_ticket_opens_nothing_but_the_stream(nexus: Nexus, alice: Person, anyone: httpx.AsyncClient) -> None:
    conversation = await alice.conversation()
    ticket = await ticket_for(alice, conversation)
    reply = await anyone.get(f"/api/conversations/{conversation}", params={"ticket": ticket})
    assert reply.status_code == 401


# --- cancelling ------------------------------------------------------------------------------------------------------


async def upstream_closed(nexus: Nexus, question: str) -> None:
    async def closed() -> bool:
        return not nexus.in_flight.holds(question)

    await eventually(closed, "the end of the call to the model")


@pytest.mark.parametrize("here", [True, False], ids=["on this instance", "on another instance"])
async def test_a_cancelled_run_keeps_what_was_said_and_closes_the_call_to_the_model(
    nexus: Nexus, alice: Person, elsewhere: Callable[[str], Person], here: bool
) -> None:
    question = f"Count {uuid4()}"
    nexus.script(text=SAID, hang_after_tokens=3, times=1)
    conversation = await alice.conversation()
    async with alice.asking(conversation, question) as stream:
        run_id = (await stream.next()).data["run_id"]
        said = await stream.tokens(3)
        assert nexus.in_flight.holds(question)
        person = alice if here else elsewhere("alice")
        reply = await person.call("POST", f"chat/runs/{run_id}/cancel", status=202)
        assert reply.content == b""
        events = await stream.rest()
    assert names(events) == ["title", "done"]
    done = events[-1].data
    assert (done["status"], done["finish_reason"]) == ("cancelled", "cancelled")
    await upstream_closed(nexus, question)
    message = await alice.answer(conversation)
    assert (message["status"], message["content"]) == ("cancelled", said)
    await person.call("POST", f"chat/runs/{run_id}/cancel", status=202)
    assert await alice.answer(conversation) == message, "a run that has ended stays as it ended"


async def test_a_run_cancelled_at_full_speed_holds_exactly_what_was_shown(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID * 200, tokens_per_second=400)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        run_id = (await stream.next()).data["run_id"]
        said = await stream.tokens(20)
        await alice.call("POST", f"chat/runs/{run_id}/cancel", status=202)
        events = await stream.rest()
    message = await alice.answer(conversation)
    assert message["content"] == said + text(events)
    assert (message["status"], events[-1].data["status"]) == ("cancelled", "cancelled")
    assert (SAID * 200).startswith(message["content"])


async def test_a_run_cancelled_before_anybody_opened_it_is_never_made(nexus: Nexus, alice: Person) -> None:
    conversation = await alice.conversation()
    run = await alice.ask_later(conversation, "Count")
    await alice.call("POST", f"chat/runs/{run['run_id']}/cancel", status=202)
    events = await alice.watch(conversation)
    assert names(events) == ["meta", "done"]
    assert events[-1].data["status"] == "cancelled"
    assert nexus.model_requests() == []
    assert (await alice.answer(conversation))["content"] == ""
