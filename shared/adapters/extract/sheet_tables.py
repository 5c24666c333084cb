"""The tables on a sheet: parted by empty rows, and by empty columns where both sides stand as tables alone."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from shared.adapters.extract.tables import Grid, looks_like_header


def sheet_tables(sheet: Grid) -> Iterator[Grid]:
    """From top to bottom, left before right, without empty rows and columns around them."""
    for block in _row_runs(sheet):
        sides = _sides(block)
        if len(sides) == 1:
            yield block
        else:
            for side in sides:
                yield from sheet_tables(side)


def _row_runs(sheet: Grid) -> Iterator[Grid]:
    first = 0
    for number in range(len(sheet.rows) + 1):
        if number < len(sheet.rows) and any(sheet.rows[number]):
            continue
        if number > first:
            yield _cut(sheet, first, number, 0, None)
        first = number + 1


def _sides(block: Grid) -> list[Grid]:
    """An empty column alone may only be a gap between names and values: each side must have columns of its own
    and, on its first row, names for them."""
    gaps = _empty_columns(block.rows)
    if not gaps:
        return [block]
    edges = [-1, *gaps, len(block.rows[0])]
    parts = [_cut(block, 0, len(block.rows), left + 1, right) for left, right in pairwise(edges) if right > left + 1]
    return parts if len(parts) > 1 and all(map(_stands_alone, parts)) else [block]


def _stands_alone(part: Grid) -> bool:
    rows = [row for row in part.rows if any(row)]
    return len(rows) > 1 and max(map(len, rows)) > 1 and looks_like_header(rows[0], rows[1:4])


def _cut(grid: Grid, first: int, end: int, left: int, right: int | None) -> Grid:
    """A part of the sheet without the empty columns at its sides. All rows of a sheet are of one length."""
    rows = [row[left:right] for row in grid.rows[first:end]] if left or right is not None else grid.rows[first:end]
    begin, stop = 0, len(rows[0])
    if empty := set(_empty_columns(rows)):
        while begin in empty:
            begin += 1
        while stop - 1 in empty:
            stop -= 1
    shift = left + begin
    spread = {
        (row - first, place - shift)
        for row, place in grid.spread
        if first <= row < end and shift <= place < left + stop
    }
    if begin or stop < len(rows[0]):
        rows = [row[begin:stop] for row in rows]
    return Grid(rows, spread)


def _empty_columns(rows: Sequence[Sequence[str]]) -> list[int]:
    """Most tables have something in each column of their first rows, so that few rows are looked at."""
    empty = [place for place, cell in enumerate(rows[0]) if not cell]
    for row in rows:
        if not empty:
            break
        empty = [place for place in empty if not row[place]]
    return empty
