"""A provider that is down costs one question its patience, not every one."""

from dataclasses import dataclass, field, replace

import pytest

from shared.domain.chat import ModelText, ProviderConfig, ProviderKind, Turn
from shared.errors import ModelFailed
from shared.services.model_calls import FALLS_OVER, ModelCalls
from shared.services.provider_health import ProviderHealth
from tests.fakes.models import ScriptedModel

OPENAI, AZURE = (ProviderConfig(kind, f"m-{kind}", None, "KEY") for kind in (ProviderKind.OPENAI, ProviderKind.AZURE))
REST_S = 30.0
DOWN = ModelFailed("It failed.", code="model_unavailable")


@dataclass
class House:
    """Two providers; `openai` is down until it is mended."""

    now: float = 1_000.0
    first: ScriptedModel = field(default_factory=lambda: ScriptedModel([DOWN]))
    second: ScriptedModel = field(default_factory=lambda: ScriptedModel(["Second."]))

    def __post_init__(self) -> None:
        self.calls = ModelCalls(
            {ProviderKind.OPENAI: self.first, ProviderKind.AZURE: self.second},
            ProviderHealth(REST_S, lambda: self.now),
        )

    async def ask(self, *providers: ProviderConfig) -> str:
        choice = self.calls.choice(providers or (OPENAI, AZURE))
        stream = self.calls.stream(choice, (Turn("user", "What is it?"),), 100)
        return "".join([event.text async for event in stream if isinstance(event, ModelText)])

    @property
    def asked(self) -> tuple[int, int]:
        return len(self.first.requests), len(self.second.requests)


async def test_who_failed_is_asked_last_until_its_rest_is_over() -> None:
    house = House()
    assert [await house.ask() for _ in range(3)] == ["Second."] * 3
    assert house.asked == (1, 3)
    house.now += REST_S
    house.first.pieces = ["First."]
    assert [await house.ask() for _ in range(2)] == ["First."] * 2
    assert house.asked == (3, 3)


async def test_still_down_after_its_rest_it_costs_one_question_more_and_rests_again() -> None:
    house = House()
    await house.ask()
    house.now += REST_S
    assert [await house.ask() for _ in range(3)] == ["Second."] * 3
    assert house.asked == (2, 4)


async def test_one_question_alone_finds_out_whether_it_is_back() -> None:
    house = House()
    await house.ask()
    house.now += REST_S
    orders = [house.calls.choice((OPENAI, AZURE)).current for _ in range(3)]
    assert orders == [OPENAI, AZURE, AZURE]


async def test_who_rests_is_asked_all_the_same_when_the_others_fail_too() -> None:
    house = House(second=ScriptedModel([DOWN]))
    for _ in range(2):
        with pytest.raises(ModelFailed):
            await house.ask()
    assert house.asked == (2, 2)
    assert house.calls.choice((OPENAI, AZURE)).providers == (OPENAI, AZURE)


async def test_a_provider_that_an_administrator_mended_is_asked_at_once() -> None:
    house = House()
    await house.ask()
    house.first.pieces = ["First."]
    assert await house.ask(replace(OPENAI, model="another"), AZURE) == "First."


@pytest.mark.parametrize("code", sorted(FALLS_OVER))
async def test_a_question_that_one_provider_refuses_says_nothing_of_the_next_question(code: str) -> None:
    house = House(first=ScriptedModel([ModelFailed("It failed.", code=code)]))
    await house.ask()
    is_first_again = house.calls.choice((OPENAI, AZURE)).current == OPENAI
    assert is_first_again is (code == "model_refused_request")
