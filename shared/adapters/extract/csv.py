"""Delimited text: the delimiter is the one that gives the most even columns, not a guess from letters."""

import csv
from collections import Counter
from pathlib import Path

from shared.adapters.extract.characters import clean_line
from shared.adapters.extract.charsets import decode
from shared.adapters.extract.tables import Grid, looks_like_header, table_blocks
from shared.domain.extracted import Extracted
from shared.errors import ExtractionFailed

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 60
_LONGEST_FIELD = 10_000_000


def extract(path: Path) -> Extracted:
    text = decode(path.read_bytes()).replace("\0", "")
    csv.field_size_limit(_LONGEST_FIELD)
    lines = text.splitlines(keepends=True)
    delimiter = _declared_delimiter(lines)
    if delimiter is not None:
        lines = lines[1:]
    else:
        delimiter = max(_DELIMITERS, key=lambda candidate: _evenness(lines, candidate))
    rows = _rows(lines, delimiter)
    headed = bool(rows) and looks_like_header(rows[0], rows[1:4])
    blocks = tuple(table_blocks(Grid(rows), header_rows=int(headed)))
    return Extracted("csv", title=None, page_count=None, blocks=blocks, metadata={"rows": str(len(rows))})


def _rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        parsed = [[clean_line(cell) for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise ExtractionFailed("corrupt", "The table could not be parsed: a quoted field never ends.") from error
    return [row for row in parsed if any(row)]


def _declared_delimiter(lines: list[str]) -> str | None:
    """Excel writes `sep=;` into the first line where the country's list separator is not a comma."""
    first = lines[0].strip() if lines else ""
    return first[4:] if first.lower().startswith("sep=") and len(first) == 5 else None


def _evenness(lines: list[str], delimiter: str) -> float:
    """Share of sample rows with the commonest number of columns, in favour of more columns; 0 without any."""
    try:
        widths = Counter(len(row) for row in csv.reader(lines[:_SAMPLE_ROWS], delimiter=delimiter) if row)
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, rows = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return 0.0 if width < 2 else rows / widths.total() + min(width, 50) / 100
