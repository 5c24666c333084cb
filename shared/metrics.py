"""Counts for whoever watches the app: OpenTelemetry's own interface, so that where they go is the deployment's choice.
Without a meter provider (the local stack) they go nowhere."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter

FALLBACKS = "nexus.model.fallbacks"


def count(name: str, **attributes: str) -> None:
    """One more of `name`. Attributes are closed sets (a kind, a code), never ids or text: each value is a series."""
    _counter(name).add(1, attributes)


@cache
def _counter(name: str) -> "Counter":
    # imported when something is counted first: most instances of an hour have nothing to count
    from opentelemetry.metrics import get_meter

    return get_meter("nexus").create_counter(name)
