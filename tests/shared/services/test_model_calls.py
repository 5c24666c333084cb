"""Which provider answers: the next one only before the first token, and who has to know of it."""

import logging
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from shared import metrics
from shared.domain.chat import ModelEvent, ModelFinished, ModelText, ProviderConfig, ProviderKind, Turn
from shared.errors import ModelFailed
from shared.services.model_calls import FALLS_OVER, ModelCalls, ProviderChoice
from shared.services.provider_health import ProviderHealth
from tests.fakes.models import ScriptedModel

OPENAI, AZURE, ANTHROPIC = (ProviderConfig(kind, f"m-{kind}", None, "KEY") for kind in ProviderKind)
TURNS = (Turn("user", "What is it?"),)
STAYS = ("content_filtered", "model_context_too_long")


def failure(code: str) -> ModelFailed:
    return ModelFailed("It failed.", code=code)


def calls(**models: ScriptedModel) -> ModelCalls:
    return ModelCalls({ProviderKind(name): model for name, model in models.items()}, ProviderHealth(0))


async def heard(calls: ModelCalls, choice: ProviderChoice) -> list[ModelEvent]:
    return [event async for event in calls.stream(choice, TURNS, 100)]


@pytest.mark.parametrize("code", sorted(FALLS_OVER))
async def test_a_provider_that_gives_no_first_token_is_followed_by_the_next(code: str) -> None:
    first, second, third = ScriptedModel([failure(code)]), ScriptedModel(["Yes."]), ScriptedModel(["No."])
    choice = ProviderChoice((OPENAI, AZURE, ANTHROPIC))
    events = await heard(calls(openai=first, azure=second, anthropic=third), choice)
    assert events == [ModelText("Yes."), ModelFinished("stop", 7, 3)]
    assert choice.current == AZURE
    assert [request.provider for request in second.requests] == [AZURE]
    assert (len(first.requests), len(third.requests)) == (1, 0)
    assert first.closed


@pytest.mark.parametrize("code", STAYS)
async def test_a_question_that_was_refused_is_taken_nowhere_else(code: str) -> None:
    second = ScriptedModel(["Yes."])
    choice = ProviderChoice((OPENAI, AZURE))
    with pytest.raises(ModelFailed) as failed:
        await heard(calls(openai=ScriptedModel([failure(code)]), azure=second), choice)
    assert failed.value.code == code
    assert (second.requests, choice.current) == ([], OPENAI)


@pytest.mark.parametrize("code", sorted(FALLS_OVER))
async def test_after_the_first_token_nobody_else_is_asked(code: str) -> None:
    second = ScriptedModel(["Yes."])
    stream = calls(openai=ScriptedModel(["Half ", failure(code)]), azure=second).stream(
        ProviderChoice((OPENAI, AZURE)), TURNS, 100
    )
    assert await anext(stream) == ModelText("Half ")
    with pytest.raises(ModelFailed) as failed:
        await anext(stream)
    assert failed.value.code == code
    assert second.requests == []


async def test_when_all_fail_the_last_ones_reason_is_told() -> None:
    choice = ProviderChoice((OPENAI, AZURE))
    models = calls(openai=ScriptedModel([failure("model_timeout")]), azure=ScriptedModel([failure("model_not_found")]))
    with pytest.raises(ModelFailed) as failed:
        await heard(models, choice)
    assert (failed.value.code, choice.current) == ("model_not_found", AZURE)


async def test_a_kind_that_this_installation_lacks_is_a_provider_that_gives_no_answer() -> None:
    choice = ProviderChoice((ANTHROPIC, AZURE))
    assert (await heard(calls(azure=ScriptedModel(["Yes."])), choice))[0] == ModelText("Yes.")
    with pytest.raises(ModelFailed, match="anthropic"):
        await heard(calls(), ProviderChoice((ANTHROPIC,)))


async def test_a_provider_that_failed_is_not_asked_again_for_the_same_question() -> None:
    first, second = ScriptedModel([failure("model_timeout")]), ScriptedModel(["Yes."])
    choice = ProviderChoice((OPENAI, AZURE))
    for _ in range(3):
        await heard(calls(openai=first, azure=second), choice)
    assert (len(first.requests), len(second.requests)) == (1, 3)


async def test_leaving_closes_the_provider_that_was_answering() -> None:
    second = ScriptedModel(["Yes.", "And"])
    stream = calls(openai=ScriptedModel([failure("model_timeout")]), azure=second).stream(
        ProviderChoice((OPENAI, AZURE)), TURNS, 100
    )
    await anext(stream)
    await stream.aclose()
    assert second.closed


@pytest.fixture
def reader() -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    metrics.install(provider.get_meter("nexus"))
    yield reader
    metrics.install(None)
    provider.shutdown()


def counted(reader: InMemoryMetricReader) -> dict[tuple[str, ...], int]:
    data = reader.get_metrics_data()
    points = [
        point
        for resource in (data.resource_metrics if data else [])
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "nexus.model.fallbacks"
        for point in metric.data.data_points
    ]
    names = ("provider", "next_provider", "code")
    return {tuple(str(point.attributes[name]) for name in names): point.value for point in points}


async def test_a_fallback_is_counted_and_logged_with_both_providers_and_the_reason(
    reader: InMemoryMetricReader, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted(reader)
    models = calls(openai=ScriptedModel([failure("model_rate_limited")]), azure=ScriptedModel(["Yes."]))
    with caplog.at_level(logging.WARNING):
        await heard(models, ProviderChoice((OPENAI, AZURE)))
    key = ("openai", "azure", "model_rate_limited")
    assert counted(reader)[key] == before.get(key, 0) + 1
    (record,) = caplog.records
    told = vars(record)
    assert (told["provider"], told["model"], told["code"]) == ("openai", "m-openai", "model_rate_limited")
    assert (told["next_provider"], told["next_model"]) == ("azure", "m-azure")
    assert record.levelno == logging.WARNING


@pytest.mark.parametrize("code", ["model_key_missing", "model_not_found", "model_refused_request"])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with a fallback"])
async def test_a_provider_that_is_set_up_wrongly_is_an_error_for_the_operator(
    caplog: pytest.LogCaptureFixture, code: str, alone: bool
) -> None:
    models = calls(openai=ScriptedModel([failure(code)]), azure=ScriptedModel(["Yes."]))
    try:
        await heard(models, ProviderChoice((OPENAI,) if alone else (OPENAI, AZURE)))
    except ModelFailed:
        assert alone
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [(vars(record)["provider"], vars(record)["code"]) for record in errors] == [("openai", code)]
