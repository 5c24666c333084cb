"""Where to cut a row of pieces into passages: the division with the lowest cost of all, found by dynamic
programming. Pure arithmetic; what the pieces are is the chunker's matter."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """What is never cut any more.

    `tokens` counts its text and what joins it to the piece before; `header_tokens` what must be repeated when a
    passage begins here. `cut` is the price of cutting before it, `inside` of not cutting, `sticky` of ending a
    passage with it.
    """

    tokens: int
    header_tokens: int = 0
    cut: float = 0.0
    inside: float = 0.0
    sticky: float = 0.0


def divide(pieces: Sequence[Piece], *, target: int, room: int) -> list[tuple[int, int]]:
    """Half-open ranges that cover all pieces in order, none above `room` tokens unless a single piece is.

    A passage costs the squared distance from `target`; above it distance counts more, because text beyond what
    one question needs only dilutes the vector.
    """
    count = len(pieces)
    best = [0.0] + [float("inf")] * count
    begin = [0] * (count + 1)
    for first in range(count):
        start = best[first] + (pieces[first].cut if first else 0.0)
        size = pieces[first].header_tokens
        inside = 0.0
        for last in range(first, count):
            piece = pieces[last]
            size += piece.tokens
            if last > first:
                if size > room:
                    break
                inside += piece.inside
            end = last + 1
            cost = start + inside + _misfit(size, target) + (piece.sticky if end < count else 0.0)
            if cost < best[end]:
                best[end], begin[end] = cost, first
    ranges: list[tuple[int, int]] = []
    end = count
    while end:
        ranges.append((begin[end], end))
        end = begin[end]
    return ranges[::-1]


def _misfit(size: int, target: int) -> float:
    distance = size / target - 1.0
    return distance * distance if distance < 0 else 2.25 * distance * distance
