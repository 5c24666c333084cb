"""R04: whatever the model does, the stream ends with `error` and `done`, and what was said is kept. The same for each
kind of provider."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from devstack.functions_host.process import HostProcess
from shared.domain.chat import ProviderKind
from tests.functions.conftest import HungAnswer, checked_client
from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Event, Person, names, text
from tests.functions.promises import Promises

SAID = "One two three four five six seven eight nine ten."
CHAT = "(/chat/completions|/v1/messages)$"


@pytest.fixture(params=ProviderKind, ids=str)
def kind(request: pytest.FixtureRequest) -> ProviderKind:
    return request.param


@pytest.fixture
async def alice(
    nexus: Nexus, kind: ProviderKind, served_by: Callable[[ProviderKind], HostProcess], promises: Promises
) -> AsyncIterator[Person]:
    """Served by an instance that asks a provider of this kind. Her conversations have a title: a title that the model
    is asked for would meet the faults as well."""
    async with checked_client(served_by(kind), promises) as http:
        yield Titled(http, nexus.sessions["alice"])


class Titled(Person):
    async def conversation(self, mode: str = "assistant", **more: Any) -> str:
        return await super().conversation(mode, **{"title": "A title"} | more)


async def failed(
    person: Person, conversation: str, events: list[Event], code: str, *, why: str = "failed"
) -> dict[str, Any]:
    """Checks the end of a failed run as a client sees it and as it is stored; the error's problem."""
    assert names(events)[-2:] == ["error", "done"]
    problem, done = events[-2].data, events[-1].data
    assert set(problem) == {"type", "title", "status", "detail", "code", "correlation_id"}
    assert problem["code"] == code, problem
    assert problem["status"] >= 400
    assert problem["correlation_id"] == events[0].data["correlation_id"]
    assert "127.0.0.1" not in str(problem), "S21: no addresses"
    assert (done["status"], done["finish_reason"]) == ("failed", why)
    message = await person.answer(conversation)
    assert (message["id"], message["status"]) == (done["message_id"], "failed")
    assert message["content"] == text(events)
    assert message["output_tokens"] == done["usage"]["output_tokens"]
    return problem


@pytest.mark.parametrize(
    ("then", "code", "attempts"),
    [
        ({"status": 429, "headers": {"retry-after": "0"}}, "model_rate_limited", 2),
        ({"status": 429, "headers": {"retry-after": "600"}}, "model_rate_limited", 1),
        ({"status": 500, "body": {"error": {"message": "at 10.0.0.7", "code": None}}}, "model_unavailable", 2),
        ({"status": 503, "body": "<html>busy</html>"}, "model_unavailable", 2),
        ({"reset": True}, "model_unavailable", 2),
        ({"status": 401}, "model_key_missing", 1),
        ({"status": 404}, "model_not_found", 1),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:1/"}}, "model_refused_request", 1),
        ({"status": 200, "body": "<html>a proxy's page</html>"}, None, None),
    ],
)
async def test_r04_a_model_that_does_not_answer_is_asked_twice_at_most(
    nexus: Nexus, alice: Person, then: dict[str, Any], code: str | None, attempts: int | None
) -> None:
    nexus.fault(nexus.models, CHAT, then)
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    # without a first token there is nothing but the ends; which words fit a proxy's page is not the contract's
    assert names(events) == ["meta", "error", "done"]
    problem = await failed(alice, conversation, events, code or events[-2].data["code"])
    assert "10.0.0.7" not in str(problem)
    assert len(nexus.model_requests()) == (attempts or len(nexus.model_requests()))
    nexus.forget()
    nexus.script(text=SAID)
    assert text(await alice.ask(conversation, "Again")) == SAID, "the conversation goes on"


@pytest.mark.parametrize("then", [{"status": 429, "headers": {"retry-after": "0"}}, {"status": 500}, {"reset": True}])
async def test_r04_one_failure_before_the_first_token_is_not_seen(
    nexus: Nexus, alice: Person, then: dict[str, Any]
) -> None:
    nexus.script(text=SAID)
    nexus.fault(nexus.models, CHAT, then, times=1)
    events = await alice.ask(await alice.conversation(), "Count")
    assert names(events) == ["meta", "token", "done"]
    assert text(events) == SAID
    assert len(nexus.model_requests()) == 2


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        ("cut_after_tokens", "model_stream_cut"),
        ("malformed_after_tokens", "model_bad_reply"),
        ("error_after_tokens", "model_unavailable"),
    ],
)
async def test_r04_a_stream_that_breaks_keeps_what_was_said(
    nexus: Nexus, alice: Person, mishap: str, code: str
) -> None:
    nexus.script(text=SAID, **{mishap: 3})
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    await failed(alice, conversation, events, code)
    assert text(events) == "One two three"
    assert len(nexus.model_requests()) == 1, "never asked again once something was said"


async def test_a_refused_prompt_says_so(nexus: Nexus, alice: Person) -> None:
    nexus.script(prompt_filtered=True)
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    problem = await failed(alice, conversation, events, "content_filtered")
    assert "filter" in problem["detail"]


async def test_an_answer_that_ran_out_of_room_says_so(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID, finish_reason="length")
    done = (await alice.ask(await alice.conversation(), "Count"))[-1].data
    assert (done["status"], done["finish_reason"]) == ("complete", "length")


@pytest.mark.parametrize("said", [SAID, ""], ids=["in the middle", "before a word was said"])
async def test_an_answer_that_the_providers_filter_stopped_says_why_and_keeps_what_was_shown(
    nexus: Nexus, alice: Person, said: str
) -> None:
    nexus.script(text=said, finish_reason="content_filter")
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    problem = await failed(alice, conversation, events, "content_filtered", why="content_filter")
    assert "filter" in problem["detail"]
    assert text(events) == said


async def test_a_models_refusal_is_told_in_its_own_words(nexus: Nexus, alice: Person, kind: ProviderKind) -> None:
    """OpenAI's models say it and stop; Anthropic's is a stop reason of its own."""
    nexus.script(refusal="I would rather not.")
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Count")
    assert text(events) == "I would rather not."
    if kind is ProviderKind.ANTHROPIC:
        await failed(alice, conversation, events, "content_filtered", why="content_filter")
    else:
        assert events[-1].data["status"] == "complete"


async def test_what_was_asked_is_told_with_the_answer(nexus: Nexus, alice: Person, kind: ProviderKind) -> None:
    nexus.script(text=SAID)
    done = (await alice.ask(await alice.conversation(), "Count"))[-1].data
    assert done["provider"] == kind.value
    assert done["usage"]["estimated"] is False
    assert done["usage"]["output_tokens"] == 11
    nexus.script(text=SAID, usage=None)
    counted = (await alice.ask(await alice.conversation(), "Count"))[-1].data["usage"]
    assert (counted["estimated"], counted["output_tokens"]) == (True, 11)
    assert counted["input_tokens"] > 0


@pytest.mark.parametrize("tokens", [0, 3], ids=["before the first token", "in the middle"])
async def test_a_cancelled_run_closes_the_call_to_the_model_at_once(nexus: Nexus, alice: Person, tokens: int) -> None:
    question = f"Count {uuid4()}"
    nexus.script(text=SAID, hang_after_tokens=tokens, times=1)
    conversation = await alice.conversation()
    async with alice.asking(conversation, question) as stream:
        run_id = (await stream.next()).data["run_id"]
        said = await stream.tokens(tokens)

        async def asked() -> bool:
            return nexus.in_flight.holds(question)

        await eventually(asked, "the call to the model")
        await alice.call("POST", f"chat/runs/{run_id}/cancel", status=202)
        events = await stream.rest()
    assert (names(events), events[-1].data["status"]) == (["done"], "cancelled")

    async def closed() -> bool:
        return not nexus.in_flight.holds(question)

    await eventually(closed, "the end of the call to the model")
    assert (await alice.answer(conversation))["content"] == said
    assert len(nexus.model_requests()) == 1


async def test_a_failed_run_asked_for_later_reads_the_same_for_who_comes_back(nexus: Nexus, alice: Person) -> None:
    nexus.script(text=SAID, cut_after_tokens=3)
    conversation = await alice.conversation()
    await alice.ask_later(conversation, "Count")
    events = await alice.watch(conversation)
    await failed(alice, conversation, events, "model_stream_cut")
    assert await alice.watch(conversation) == events


async def test_r04_a_model_that_falls_silent_is_given_up_after_half_a_minute(
    hung_answer: HungAnswer, alice: Person
) -> None:
    assert hung_answer.thread is not None
    hung_answer.thread.join(90)
    assert not hung_answer.thread.is_alive(), "the stream never ended"
    assert hung_answer.failure is None
    events = hung_answer.events
    assert names(events)[-2:] == ["error", "done"]
    assert events[-2].data["code"] == "model_timeout"
    message = await alice.answer(hung_answer.conversation)
    assert (message["status"], message["content"]) == ("failed", hung_answer.said)
