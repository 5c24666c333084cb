"""What changed between two texts, line by line, in the order of reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Literal

# Comparing costs up to the square of this; longer texts are told as replaced between what they share at both ends.
MAX_COMPARED = 1_000

type Change = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """Numbered from 1 in the older and the newer text; None where the line does not stand in it. Removed lines come
    before the added ones that replace them."""

    change: Change
    old_number: int | None
    new_number: int | None
    text: str


def line_diff(older: str, newer: str) -> list[DiffLine]:
    """Read without the added lines it is `older`, without the removed ones `newer`."""
    old, new = older.split("\n"), newer.split("\n")
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    blocks = _blocks(old[head : len(old) - tail], new[head : len(new) - tail])
    lines: list[DiffLine] = []
    at_old = at_new = 0
    whole = [(0, 0, head), *((head + a, head + b, size) for a, b, size in blocks)]
    for start_old, start_new, size in [*whole, (len(old) - tail, len(new) - tail, tail)]:
        lines += [DiffLine("removed", n + 1, None, old[n]) for n in range(at_old, start_old)]
        lines += [DiffLine("added", None, n + 1, new[n]) for n in range(at_new, start_new)]
        lines += [DiffLine("same", start_old + n + 1, start_new + n + 1, old[start_old + n]) for n in range(size)]
        at_old, at_new = start_old + size, start_new + size
    return lines


def _shared(old: Sequence[str], new: Sequence[str]) -> int:
    """How many lines both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    if max(len(old), len(new)) <= MAX_COMPARED:
        yield from SequenceMatcher(None, old, new).get_matching_blocks()
