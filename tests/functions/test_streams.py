"""An answer as its reader sees it: event by event, interrupted, resumed, asked for twice."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, names, text

SAID = "One two three four five six seven eight nine ten."
META = {"run_id", "conversation_id", "user_message_id", "message_id", "mode", "correlation_id"}
DONE = {"done", "message_id", "status", "finish_reason", "usage", "provider", "model", "sources", "supported"}

type Elsewhere = Callable[[str], Person]


async def ended(person: Person, conversation: str) -> dict[str, object]:
    """The stored answer, once it is not streaming any more."""

    async def answer() -> dict[str, object] | None:
        message = await person.answer(conversation)
        return None if message["status"] in ("waiting", "streaming") else message

    return await eventually(answer, "the end of the answer")


async def test_an_answer_comes_as_meta_tokens_title_and_done(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID, usage={"prompt_tokens": 31, "completion_tokens": 11, "total_tokens": 42})
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count to ten, please") as stream:
        events = await stream.rest()
        correlation_id = stream.response.headers["x-correlation-id"]
        assert stream.response.headers["cache-control"] == "no-store, no-transform"
    assert names(events) == ["meta", "token", "title", "done"]
    meta, title, done = events[0].data, events[-2].data, events[-1].data
    assert set(meta) == META
    assert (meta["conversation_id"], meta["mode"]) == (conversation, "assistant")
    assert meta["correlation_id"] == correlation_id
    assert [event.id for event in events] == [f"{meta['run_id']}:{seq}" for seq in range(1, len(events) + 1)]
    assert {event.name for event in events if "token" in event.data or "done" in event.data} == {"message"}
    assert title == {"title": "Count to ten, please"}
    assert set(done) >= DONE
    assert (done["done"], done["status"], done["finish_reason"]) == (True, "complete", "stop")
    assert (done["usage"]["input_tokens"], done["usage"]["output_tokens"]) == (31, 11)
    assert (done["provider"], done["model"]) == ("openai", "gpt-4.1")
    assert (done["message_id"], done["sources"], done["supported"]) == (meta["message_id"], [], None)
    assert text(events) == SAID

    stored = await alice.get(f"conversations/{conversation}")
    assert stored["title"] == "Count to ten, please"
    question, answer = stored["messages"]
    assert (question["id"], question["role"]) == (meta["user_message_id"], "user")
    assert question["content"] == "Count to ten, please"
    assert (answer["id"], answer["role"], answer["content"]) == (meta["message_id"], "assistant", SAID)
    assert (answer["status"], answer["run_id"]) == ("complete", meta["run_id"])
    assert (answer["input_tokens"], answer["output_tokens"]) == (31, 11)


async def test_meta_comes_before_the_model_says_anything(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID, hang_after_tokens=0, times=1)
    async with alice.asking(await alice.conversation(), "Hello?") as stream:
        meta = await stream.next()
        assert (meta.name, meta.seq) == ("meta", 1)
        await alice.call("POST", f"chat/runs/{meta.data['run_id']}/cancel", status=202)
        assert [event.data["status"] for event in await stream.rest() if event.data.get("done")] == ["cancelled"]


async def test_a_follow_up_is_asked_with_the_turns_before_it(nexus: Nexus, alice: Person) -> None:
    nexus.script(text="The first answer.")
    conversation = await alice.conversation()
    await alice.ask(conversation, "The first question")
    events = await alice.ask(conversation, "The second question")
    assert names(events) == ["meta", "token", "done"], "the title is given once"
    body = nexus.model_requests()[-1]["body"]
    assert body.index("The first question") < body.index("The first answer.") < body.index("The second question")


@pytest.mark.parametrize(
    "said", ["", "ein 🙂 Emoji, ein „Zitat“\r\n\n\ndata: {}\n\nevent: done\n\n\u2028 Ende", "\\u0000"]
)
async def test_whatever_the_model_says_arrives_as_it_was_said(nexus: Nexus, alice: Person, said: str) -> None:
    nexus.script(text=said)
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Say it")
    assert text(events) == said
    assert (await alice.answer(conversation))["content"] == said
    assert events[-1].data["status"] == "complete"


async def test_a_character_that_postgresql_cannot_hold_does_not_lose_the_answer(nexus: Nexus, alice: Person) -> None:
    nexus.script(text="before\0after")
    conversation = await alice.conversation()
    async with asyncio.timeout(20):
        events = await alice.ask(conversation, "Say it")
    assert events[-1].data["status"] == "complete"
    assert (await alice.answer(conversation))["content"] == text(events)


async def test_without_reported_usage_tokens_are_counted_and_said_to_be_estimated(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID, usage=None)
    done = (await alice.ask(await alice.conversation(), "Count"))[-1].data
    assert done["usage"]["estimated"] is True
    assert done["usage"]["output_tokens"] == 11
    assert done["usage"]["input_tokens"] > 0


# --- asked now, read later -------------------------------------------------------------------------------------------


async def test_a_run_asked_for_as_json_waits_for_its_stream(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID)
    conversation = await alice.conversation()
    accepted = await alice.ask_later(conversation, "Count")
    assert set(accepted) == {"run_id", "user_message_id", "message_id"}
    assert (await alice.answer(conversation))["status"] == "waiting"
    assert nexus.model_requests() == []
    events = await alice.watch(conversation)
    assert names(events) == ["meta", "token", "title", "done"]
    assert {name: events[0].data[name] for name in accepted} == accepted
    assert (await alice.answer(conversation))["content"] == text(events) == SAID


async def test_a_waiting_run_is_made_once_however_many_open_its_stream(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere
) -> None:
    nexus.script(text=SAID, tokens_per_second=100)
    conversation = await alice.conversation()
    await alice.ask_later(conversation, "Count")
    there = elsewhere("alice")
    read = await asyncio.gather(*(person.watch(conversation) for person in (alice, there) * 4))
    assert len(nexus.model_requests()) == 1
    assert all(events == read[0] for events in read)
    assert text(read[0]) == SAID


@pytest.mark.parametrize("seen", [1, 3, 5])
async def test_a_stream_is_replayed_from_the_start_or_after_the_last_event_seen(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere, seen: int
) -> None:
    """By the instance that made it, from memory, and by another, from Redis."""
    nexus.script(text=SAID, tokens_per_second=50)
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    for person in (alice, elsewhere("alice")):
        assert await person.watch(conversation) == events
        assert await person.watch(conversation, **{"Last-Event-ID": events[seen - 1].id}) == events[seen:]
        for strange in (f"{uuid4()}:3", "3", "", f"{events[0].data['run_id']}:x"):
            replayed = await person.watch(conversation, **{"Last-Event-ID": strange})
            assert replayed == events, f"Last-Event-ID: {strange!r}"


async def test_a_second_reader_joins_a_running_answer_from_its_start(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere
) -> None:
    nexus.script(text=SAID, tokens_per_second=20)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        first = await stream.next()
        await stream.tokens(2)
        async with alice.watching(conversation) as here, elsewhere("alice").watching(conversation) as there:
            assert await here.next() == first
            assert await there.next() == first
            await stream.rest()
            assert text(await here.rest()) == text(await there.rest()) == SAID


async def test_an_answer_whose_stream_redis_has_lost_is_told_from_the_stored_message(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere
) -> None:
    nexus.script(text=SAID, tokens_per_second=50)
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    run_id = events[0].data["run_id"]

    async def logged() -> bool:
        with nexus.cache() as cache:
            return cache.xlen(f"run:{run_id}") == len(events)

    await eventually(logged, "the whole run in Redis")
    with nexus.cache() as cache:
        assert cache.delete(f"run:{run_id}") == 1
    there = elsewhere("alice")
    told, late = await asyncio.gather(
        there.watch(conversation), there.watch(conversation, **{"Last-Event-ID": events[4].id})
    )
    assert names(told) == ["meta", "token", "done"]
    assert told[0] == events[0]
    assert text(told) == SAID
    for field in DONE:
        assert told[-1].data[field] == events[-1].data[field], field
    # what a reader in the midst of it misses is nowhere any more
    assert names(late) == ["error", "done"]
    assert (late[0].data["status"], late[0].data["code"]) == (410, "events_expired")


# --- R09, R12 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens", [0, 1, 4, 11])
async def test_r09_an_answer_is_finished_and_stored_when_its_reader_goes(
    nexus: Nexus, alice: Person, tokens: int
) -> None:
    nexus.script(text=SAID, tokens_per_second=50)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        await stream.next()
        await stream.tokens(tokens)
    message = await ended(alice, conversation)
    assert (message["status"], message["content"]) == ("complete", SAID)
    assert text(await alice.watch(conversation)) == SAID


async def test_r09_a_reader_that_goes_before_the_first_byte_loses_nothing(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID)
    conversation = await alice.conversation()
    asking = asyncio.create_task(alice.ask(conversation, "Count"))

    async def asked() -> bool:
        return bool((await alice.get(f"conversations/{conversation}"))["messages"])

    await eventually(asked, "the question in the database")
    asking.cancel()
    await asyncio.wait([asking])
    message = await ended(alice, conversation)
    assert (message["status"], message["content"]) == ("complete", SAID)


async def test_r12_the_same_key_gives_the_same_answer_in_series(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere
) -> None:
    nexus.script(text=SAID)
    conversation = await alice.conversation()
    key = {"Idempotency-Key": str(uuid4())}
    events = await alice.ask(conversation, "Count", **key)
    assert await alice.ask(conversation, "Count", **key) == events
    assert await elsewhere("alice").ask(conversation, "Count", **key) == events
    accepted = await alice.ask_later(conversation, "Count", **key)
    assert accepted["message_id"] == events[0].data["message_id"]
    assert len((await alice.get(f"conversations/{conversation}"))["messages"]) == 2
    assert len(nexus.model_requests()) == 1
    another = await alice.ask(await alice.conversation(), "Count", **key)
    assert another[0].data["run_id"] != events[0].data["run_id"], "a key is its conversation's own"


async def test_r12_twenty_posts_at_once_with_one_key_are_one_message(
    nexus: Nexus, alice: Person, elsewhere: Elsewhere
) -> None:
    nexus.script(text=SAID, tokens_per_second=50)
    conversation = await alice.conversation()
    key = {"Idempotency-Key": str(uuid4())}
    people = [alice, elsewhere("alice")] * 10
    read = await asyncio.gather(*(person.ask(conversation, "Count", **key) for person in people))
    assert {events[0].data["run_id"] for events in read} == {read[0][0].data["run_id"]}
    assert {text(events) for events in read} == {SAID}
    assert len((await alice.get(f"conversations/{conversation}"))["messages"]) == 2
    assert len(nexus.model_requests()) == 1


async def test_a_conversation_deleted_while_it_is_answered_ends_its_stream_properly(
    nexus: Nexus, alice: Person
) -> None:
    nexus.script(text=SAID, tokens_per_second=50)
    conversation = await alice.conversation()
    async with alice.asking(conversation, "Count") as stream:
        await stream.tokens(2)
        await alice.call("DELETE", f"conversations/{conversation}", status=204)
        events = await stream.rest()
    assert names(events) == ["token", "done"]
    await alice.call("GET", f"conversations/{conversation}", status=404)


# --- the list --------------------------------------------------------------------------------------------------------


async def test_conversations_are_listed_newest_first_in_pages_and_by_mode(nexus: Nexus, alice: Person) -> None:
    titled = f"Listed {uuid4()}"
    made = [await alice.conversation(mode, title=titled) for mode in ("assistant", "rag", "assistant")]
    await alice.ask(made[0], "Up again")

    async def listed(**narrowed: str) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            page = await alice.get("conversations", limit=2, **narrowed, **({"cursor": cursor} if cursor else {}))
            found += [row["id"] for row in page["items"] if row["title"] == titled]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert await listed() == [made[0], made[2], made[1]]
    assert await listed(mode="rag") == [made[1]]
    renamed = await alice.patch(f"conversations/{made[1]}", {"title": "Another"})
    assert UUID(renamed["id"]) == UUID(made[1])
    assert await listed() == [made[0], made[2]]
    await alice.call("DELETE", f"conversations/{made[2]}", status=204)
    assert await listed() == [made[0]]
