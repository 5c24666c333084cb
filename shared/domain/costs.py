"""What model calls cost: tokens × the provider row's prices at the time of the call."""

from dataclasses import dataclass
from decimal import Decimal

from shared.domain.chat import ProviderConfig

_PER_MILLION = Decimal(1_000_000)
# A hundredth of a millionth of the row's currency; PostgreSQL keeps as many places.
_PLACES = Decimal("0.00000001")


def cost_of(provider: ProviderConfig, input_tokens: int, output_tokens: int) -> Decimal | None:
    """None when the row has no price for what was used: unknown is not free."""
    total = Decimal(0)
    for tokens, price in (
        (input_tokens, provider.input_price_per_mtok),
        (output_tokens, provider.output_price_per_mtok),
    ):
        if tokens and price is None:
            return None
        total += tokens * (price or Decimal(0)) / _PER_MILLION
    return total.quantize(_PLACES)


@dataclass(slots=True)
class Spent:
    """What the calls beside an answer took (rewriting the question, the title); filled in as they end."""

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    cost: Decimal | None = Decimal(0)

    def add(self, provider: ProviderConfig, input_tokens: int, output_tokens: int, *, estimated: bool) -> None:
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        self.estimated = self.estimated or estimated
        cost = cost_of(provider, input_tokens, output_tokens)
        self.cost = None if self.cost is None or cost is None else self.cost + cost
