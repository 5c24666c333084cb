"""Trying a provider out: what came and how fast, or what is wrong in words; never longer than its limit."""

from dataclasses import dataclass

import pytest

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.provider_testing import SHOWN_CHARS, ProviderTesting
from tests.fakes.models import ScriptedModel

PROVIDER = ProviderConfig(ProviderKind.OPENAI, "gpt-4.1", None, "KEY")


@dataclass
class Ticking:
    """Every look at it is a quarter of a second later."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 0.25
        return self.now


def asking(model: ScriptedModel, limit_s: float = 30) -> ProviderTesting:
    return ProviderTesting(ModelCalls({ProviderKind.OPENAI: model}, ProviderHealth(0)), limit_s, Ticking())


async def test_what_the_model_says_is_told_with_both_times() -> None:
    model = ScriptedModel(["I am ", "ready."])
    trial = await asking(model).try_out(PROVIDER)
    assert (trial.reply, trial.code, trial.detail) == ("I am ready.", None, None)
    assert (trial.first_token_ms, trial.latency_ms) == (250, 500)
    assert (trial.finish_reason, trial.input_tokens, trial.output_tokens) == ("stop", 7, 3)
    assert [request.provider for request in model.requests] == [PROVIDER]


@pytest.mark.parametrize("after", [0, 1])
async def test_a_failure_is_told_in_words_with_what_came_before_it(after: int) -> None:
    pieces = ["I am "][:after]
    trial = await asking(ScriptedModel([*pieces, ModelFailed("It broke off.", code="model_stream_cut")])).try_out(
        PROVIDER
    )
    assert (trial.code, trial.detail, trial.reply) == ("model_stream_cut", "It broke off.", "".join(pieces))
    assert (trial.first_token_ms is None) == (after == 0)


async def test_a_model_that_hangs_is_left_after_the_limit_and_its_call_is_closed() -> None:
    model = ScriptedModel(["I ", "am"], hold_at=1)
    trial = await asking(model, limit_s=0.05).try_out(PROVIDER)
    assert (trial.code, trial.reply) == ("model_timeout", "I ")
    assert trial.detail is not None
    assert "0.05 s" in trial.detail
    assert model.closed


@pytest.mark.parametrize("pieces", [[], [" \n"]])
async def test_a_model_that_ends_without_a_word_has_not_answered(pieces: list[str]) -> None:
    trial = await asking(ScriptedModel(pieces)).try_out(PROVIDER)
    assert (trial.code, trial.finish_reason) == ("model_bad_reply", "stop")


async def test_a_kind_that_this_installation_cannot_ask_is_told() -> None:
    trial = await ProviderTesting(ModelCalls({}, ProviderHealth(0))).try_out(PROVIDER)
    assert trial.code == "model_unavailable"


async def test_a_long_reply_is_cut() -> None:
    trial = await asking(ScriptedModel(["word " * 1000])).try_out(PROVIDER)
    assert (trial.code, len(trial.reply)) == (None, SHOWN_CHARS)
