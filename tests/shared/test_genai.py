"""Names of the GenAI conventions, and what a model call tells."""

from collections.abc import AsyncGenerator, Iterator

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.schemas import Schemas

from shared import genai, metrics
from shared.adapters import telemetry
from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
from shared.errors import ModelFailed

REQUEST = ModelRequest(
    ProviderConfig(ProviderKind.AZURE, "our-gpt", "https://models.example:8443/x", None), (Turn("user", "SECRET"),), 99
)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    end = telemetry.install(SimpleSpanProcessor(exporter), InMemoryMetricReader())
    yield exporter
    end()


async def says(*events: ModelEvent, then: Exception | None = None) -> AsyncGenerator[ModelEvent]:
    for event in events:
        yield event
    if then is not None:
        raise then


def test_every_name_is_one_of_the_pinned_conventions() -> None:
    known = {value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI_")}
    known |= {value for name, value in vars(gen_ai_metrics).items() if name.startswith("GEN_AI_")}
    ours = [value for module in (genai, metrics) for value in vars(module).values() if isinstance(value, str)]
    ours = [value for value in ours if value.startswith("gen_ai.")]
    assert len(ours) == 15
    assert set(ours) <= known
    deprecated = {"gen_ai.system", "gen_ai.prompt", "gen_ai.completion", "gen_ai.usage.prompt_tokens"}
    assert not set(ours) & deprecated
    assert list(Schemas)[-1].value == telemetry.SCHEMA


async def test_a_call_tells_who_was_asked_for_what_and_what_it_took(spans: InMemorySpanExporter) -> None:
    events = says(ModelText("SECRET"), ModelText(" more"), ModelFinished("stop", 7, 3))
    heard = [event async for event in genai.told(REQUEST, events)]
    assert len(heard) == 3
    (span,) = spans.get_finished_spans()
    attributes = dict(span.attributes or {})
    assert attributes.pop("gen_ai.response.time_to_first_chunk") >= 0  # type: ignore[operator]
    assert span.name == "chat our-gpt"
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "our-gpt",
        "gen_ai.request.max_tokens": 99,
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "server.address": "models.example",
        "server.port": 8443,
    }
    assert "SECRET" not in span.to_json(), "content is off (S20)"


async def test_a_call_that_fails_tells_its_code_and_one_that_is_left_does_not_fail(
    spans: InMemorySpanExporter,
) -> None:
    with pytest.raises(ModelFailed):
        async for _ in genai.told(REQUEST, says(then=ModelFailed("SECRET", code="model_rate_limited"))):
            pass
    left = genai.told(REQUEST, says(ModelText("a"), ModelText("b")))
    await anext(left)
    await left.aclose()
    failed, closed = spans.get_finished_spans()
    assert (failed.attributes or {})["error.type"] == "model_rate_limited"
    assert "error.type" not in (closed.attributes or {})
    assert "SECRET" not in failed.to_json()


async def test_where_nobody_listens_the_events_are_not_even_wrapped() -> None:
    events = says(ModelText("a"))
    assert genai.told(REQUEST, events) is events
    await events.aclose()
