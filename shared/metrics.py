"""Counts and durations for whoever watches the app, for the meter that a deployment installs; without one they are
dropped before anything is imported.

Attributes are closed sets (a kind, a code), never ids or text: each value is a series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter

FALLBACKS = "nexus.model.fallbacks"
ANSWERS = "nexus.answer.outcomes"
ANSWER_TOKENS = "nexus.answer.tokens"
FIRST_TOKEN = "nexus.answer.time_to_first_token"
FILES = "nexus.ingest.files"
OPERATION_DURATION = "gen_ai.client.operation.duration"
FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
TOKEN_USAGE = "gen_ai.client.token.usage"


@dataclass(frozen=True, slots=True)
class _Measure:
    """`buckets` are the upper bounds of a histogram's; None makes a counter."""

    unit: str
    description: str
    buckets: Sequence[float] | None = None


# Bounds as the GenAI conventions advise them.
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
_MEASURES = {
    FALLBACKS: _Measure("{call}", "Calls that went to the next provider"),
    ANSWERS: _Measure("{answer}", "Answers by outcome: complete, cancelled, interrupted, failed"),
    ANSWER_TOKENS: _Measure("{token}", "Tokens of answers with all that was asked beside them"),
    FIRST_TOKEN: _Measure("s", "From the start of a run to the first text that its reader saw", _SECONDS),
    FILES: _Measure("{file}", "Files that an ingest was done with, by result"),
    OPERATION_DURATION: _Measure("s", "GenAI operation duration.", _SECONDS),
    FIRST_CHUNK: _Measure("s", "Time to receive the first chunk of a streamed reply", _SECONDS),
    TOKEN_USAGE: _Measure("{token}", "Number of input and output tokens used.", _TOKENS),
}

_meter: "Meter | None" = None
_counters: "dict[str, Counter]" = {}
_histograms: "dict[str, Histogram]" = {}


def install(meter: "Meter | None") -> None:
    """Where measurements go from now on; None turns them off."""
    global _meter
    _meter = meter
    _counters.clear()
    _histograms.clear()


def is_on() -> bool:
    return _meter is not None


def count(name: str, amount: int = 1, /, **attributes: str) -> None:
    """`amount` more of `name`."""
    if _meter is None:
        return
    if name not in _counters:
        measure = _MEASURES[name]
        _counters[name] = _meter.create_counter(name, measure.unit, measure.description)
    _counters[name].add(amount, attributes)


def record(name: str, value: float, attributes: Mapping[str, str]) -> None:
    """One measurement more."""
    if _meter is None:
        return
    if name not in _histograms:
        measure = _MEASURES[name]
        _histograms[name] = _meter.create_histogram(
            name, measure.unit, measure.description, explicit_bucket_boundaries_advisory=measure.buckets
        )
    _histograms[name].record(value, attributes)
