"""How long answers took, as histograms that can be added up.

A bucket holds times that differ by a tenth at most, so a percentile that is told as its bucket's middle is at most 5 %
away from the exact one (and exact below 20 ms). Which bucket that is, is never in doubt: buckets keep the order.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from operator import add
from typing import Self

# A packed entry is count × 256 + bucket, as PostgreSQL keeps them (migration 0012, usage_histogram_sum).
_BUCKETS = 256


def _bounds() -> tuple[int, ...]:
    bounds = [0]
    while bounds[-1] < 600_000:
        bounds.append(max(bounds[-1] + 1, bounds[-1] * 11 // 10))
    return tuple(bounds)


# Where bucket n begins, in milliseconds, is BOUNDS[n - 1]; the last one has no end.
BOUNDS = _bounds()


def bucket_of(milliseconds: int) -> int:
    return bisect_right(BOUNDS, milliseconds)


def middle_of(bucket: int) -> int:
    """What a time of this bucket is told as, in milliseconds."""
    first = BOUNDS[bucket - 1]
    last = BOUNDS[bucket] - 1 if bucket < len(BOUNDS) else first
    return (first + last) // 2


def _none() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


@dataclass(slots=True)
class Times:
    """`counts[n]` is how many fell into bucket n; there is no bucket 0."""

    counts: list[int] = field(default_factory=_none)

    def add_packed(self, packed: Iterable[int]) -> None:
        counts = self.counts
        for entry in packed:
            counts[entry % _BUCKETS] += entry // _BUCKETS

    def add(self, other: Self) -> None:
        self.counts = list(map(add, self.counts, other.counts))

    def percentile(self, percent: int) -> int | None:
        """The smallest time that so many percent of all do not exceed (nearest rank), in milliseconds, within 5 %.
        None where nothing was timed."""
        up_to = list(accumulate(self.counts))
        if up_to[-1] == 0:
            return None
        return middle_of(bisect_left(up_to, -(-up_to[-1] * percent // 100)))
