"""Costs are exact, and unknown is not free."""

from decimal import Decimal

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.costs import Spent, cost_of


def provider(read: str | None, written: str | None) -> ProviderConfig:
    prices = [None if price is None else Decimal(price) for price in (read, written)]
    return ProviderConfig(ProviderKind.OPENAI, "m", None, "KEY", *prices)


def test_a_cost_is_tokens_times_prices_without_rounding_on_the_way() -> None:
    assert cost_of(provider("2", "8"), 1_234, 567) == Decimal("0.00700400")
    assert cost_of(provider("0.0375", "0.15"), 1, 1) == Decimal("0.00000019")
    assert cost_of(provider("2", "8"), 0, 0) == 0


def test_without_a_price_for_what_was_used_there_is_no_cost() -> None:
    assert cost_of(provider(None, "8"), 1, 1) is None
    assert cost_of(provider("2", None), 1, 1) is None
    assert cost_of(provider("2", None), 1, 0) == Decimal("0.00000200")
    assert cost_of(provider(None, None), 0, 0) == 0


def test_calls_are_summed_and_one_without_a_price_makes_the_sum_unknown() -> None:
    spent = Spent()
    spent.add(provider("2", "8"), 100, 10, estimated=False)
    spent.add(provider("1", "1"), 1, 1, estimated=True)
    assert (spent.input_tokens, spent.output_tokens, spent.estimated) == (101, 11, True)
    assert spent.cost == Decimal("0.00028200")
    spent.add(provider(None, None), 1, 1, estimated=False)
    assert spent.cost is None
