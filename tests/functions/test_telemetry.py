"""One instance that tells a collector what it does: a request's trace, a run's, and what neither may hold."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from devstack.serving import ServerThread
from devstack.telemetry.collector import Collector, SeenSpan
from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person, names

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CANARY = "zanzibar-quartz"


@dataclass
class Watched:
    nexus: Nexus
    host: HostProcess
    collector: Collector

    async def span(self, name: str, trace: str, *, input_tokens: int | None = None) -> SeenSpan:
        """`input_tokens` tells calls of the same model apart: the title is asked for beside the answer."""

        async def come() -> list[SeenSpan]:
            spans = self.collector.named(name, trace)
            return [
                span for span in spans
                if input_tokens is None or span.attributes.get("gen_ai.usage.input_tokens") == input_tokens
            ]  # fmt: skip

        return (await eventually(come, f"the span {name} of {trace}"))[0]


@pytest.fixture(scope="module")
def watched(app: Nexus) -> Iterator[Watched]:
    collector = Collector()
    with ServerThread(collector.app) as server:
        host = app.another_instance(
            "watched",
            NEXUS_TELEMETRY="otlp",
            OTEL_EXPORTER_OTLP_ENDPOINT=server.url,
            OTEL_BSP_SCHEDULE_DELAY="100",
            OTEL_METRIC_EXPORT_INTERVAL="500",
        )
        yield Watched(app, host, collector)


@pytest.fixture
async def alice(watched: Watched) -> AsyncIterator[Person]:
    watched.nexus.forget()
    async with httpx.AsyncClient(base_url=watched.host.url, timeout=120, trust_env=False) as http:
        yield Person(http, watched.nexus.sessions["alice"])


async def test_a_question_is_one_trace_from_the_callers_header_to_the_models_tokens(
    watched: Watched, alice: Person
) -> None:
    watched.nexus.script(text=f"Yes {CANARY}")
    conversation = await alice.conversation()
    traceparent = f"00-{TRACE}-{CALLER}-01"
    async with alice.asking(conversation, f"Do you know {CANARY}?", traceparent=traceparent) as stream:
        assert stream.response.headers["x-correlation-id"] == TRACE
        events = await stream.rest()
    assert events[0].data["correlation_id"] == TRACE

    request = await watched.span("POST /api/conversations/{conversation_id}/messages", TRACE)
    run = await watched.span("run", TRACE)
    (done,) = [event.data for event in events if event.data.get("done")]
    chat = await watched.span("chat gpt-4.1", TRACE, input_tokens=done["usage"]["input_tokens"])
    assert (request.parent, run.parent) == (CALLER, request.id)
    assert chat.parent == run.id
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["nexus.stream.outcome"] == "complete"
    assert request.attributes["user.id"] == alice.id
    assert run.attributes["nexus.run.outcome"] == "complete"
    assert run.attributes["gen_ai.conversation.id"] == conversation
    assert chat.attributes["gen_ai.usage.output_tokens"] == done["usage"]["output_tokens"]

    async def logged() -> list[str]:
        return [line for line in watched.host.log().splitlines() if "run ended" in line and TRACE in line]

    (line,) = await eventually(logged, "the run's record")
    assert run.id in line, "a log record names its span"


async def test_a_search_shows_its_parts(watched: Watched, alice: Person) -> None:
    reply = await alice.call("POST", "search", status=200, json={"query": f"vacation {CANARY}"})
    trace = reply.headers["x-correlation-id"]
    request = await watched.span("POST /api/search", trace)
    retrieval = await watched.span("retrieval", trace)
    embedding = await watched.span("embeddings text-embedding-3-large", trace)
    search = await watched.span("qdrant search", trace)
    assert request.parent == ""
    assert {embedding.parent, search.parent} == {retrieval.id}
    assert retrieval.parent == request.id
    assert embedding.attributes["gen_ai.usage.input_tokens"] > 0


async def test_a_run_is_of_its_question_even_if_another_request_starts_it(watched: Watched, alice: Person) -> None:
    watched.nexus.script(text="One two")
    conversation = await alice.conversation()
    asked = await alice.call(
        "POST",
        f"conversations/{conversation}/messages",
        status=202,
        json={"content": "Count"},
        headers={"Accept": "application/json"},
    )
    async with alice.watching(conversation) as stream:
        watching = stream.response.headers["x-correlation-id"]
        events = await stream.rest()
    trace = asked.headers["x-correlation-id"]
    assert events[0].data["correlation_id"] == trace != watching
    run = await watched.span("run", trace)
    assert run.links == (watching,)


async def test_an_outcome_is_counted_with_its_code_tokens_and_time_to_first_token(
    watched: Watched, alice: Person
) -> None:
    watched.nexus.fault(watched.nexus.models, "^/v1/chat/completions$", {"status": 400})
    conversation = await alice.conversation()
    events = await alice.ask(conversation, "Will this fail?")
    assert names(events)[-2:] == ["error", "done"]

    async def counted() -> bool:
        points = list(watched.collector.points)
        answers = [point.attributes for point in points if point.name == "nexus.answer.outcomes"]
        outcomes = {(each["outcome"], each["code"]) for each in answers}
        named = {point.name for point in points}
        wanted = {"nexus.answer.tokens", "nexus.answer.time_to_first_token", "gen_ai.client.operation.duration"}
        return {("complete", ""), ("failed", "model_refused_request")} <= outcomes and wanted <= named

    await eventually(counted, "the counts of answers")
    (failed,) = [span for span in watched.collector.spans if span.attributes.get("nexus.run.outcome") == "failed"]
    assert failed.attributes["error.type"] == "model_refused_request"
    assert failed.status == 2


async def test_probes_are_no_traces(watched: Watched, alice: Person) -> None:
    await alice.http.get("/api/health/live")
    reply = await alice.call("GET", "conversations", status=200)
    await watched.span("GET /api/conversations", reply.headers["x-correlation-id"])
    assert not [span for span in watched.collector.spans if "health" in span.name]


async def test_s20_nothing_that_people_wrote_is_in_what_was_sent(watched: Watched, alice: Person) -> None:
    assert watched.collector.raw, "the tests above have sent it"
    sent = b"".join(watched.collector.raw)
    for canary in (CANARY, "alice", "northwind.example", "vacation", watched.nexus.sessions["alice"].access_token):
        assert canary.encode() not in sent, canary


async def test_a_collector_that_is_away_costs_nobody_an_answer(watched: Watched, alice: Person) -> None:
    host = watched.nexus.another_instance(
        "unwatched", NEXUS_TELEMETRY="otlp", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1"
    )
    watched.nexus.script(text="Still here")
    async with httpx.AsyncClient(base_url=host.url, timeout=120, trust_env=False) as http:
        person = Person(http, watched.nexus.sessions["alice"])
        events = await person.ask(await person.conversation(), "Are you there?")
    assert names(events)[-1] == "done"
    assert events[-1].data["status"] == "complete"
