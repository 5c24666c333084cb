"""Tables as passages can carry them: one line a row, the header line beside each row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.domain.extracted import Block

CELL_SEPARATOR = " | "
_LONGEST_HEADER = 1200  # a header is repeated in every passage: one longer than this is text, not a header
_ROWS_SEARCHED_FOR_HEADER = 4


def row_text(cells: Sequence[str], *, under_header: bool) -> str:
    """Cells in one line. Under a header empty ones keep their place, but at the end; else they say nothing."""
    if not under_header:
        cells = [cell for cell in cells if cell]
    elif cells and not cells[-1]:
        last = len(cells)
        while last and not cells[last - 1]:
            last -= 1
        cells = cells[:last]
    text = CELL_SEPARATOR.join(cells).strip()
    return text.replace("\n", " ") if "\n" in text else text


@dataclass(slots=True)
class Grid:
    """Cell texts by row. A merged cell's text stands in each of its places, so that rows can be read alone;
    `spread` names the places filled sideways, which is wanted above columns and noise within a row."""

    rows: list[list[str]] = field(default_factory=list[list[str]])
    spread: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def add_row(self) -> list[str]:
        self.rows.append([])
        return self.rows[-1]

    def add_cell(self, text: str, columns: int = 1) -> None:
        """Appends to the last row."""
        row = self.rows[-1]
        row.append(text)
        for _ in range(columns - 1):
            self.spread.add((len(self.rows) - 1, len(row)))
            row.append(text)

    def above(self) -> str:
        """What the row before the last has over the next cell."""
        if len(self.rows) < 2 or len(self.rows[-2]) <= len(self.rows[-1]):
            return ""
        return self.rows[-2][len(self.rows[-1])]

    def row(self, number: int) -> list[str]:
        """A row of the table's body."""
        return ["" if (number, place) in self.spread else cell for place, cell in enumerate(self.rows[number])]

    def is_title(self, number: int) -> bool:
        """Whether the row says one thing over all columns."""
        return sum(map(bool, self.row(number))) == 1


def guess_header_rows(grid: Grid) -> int:
    """How many rows at the top belong to the header: titles and groups above the names of columns count too."""
    for place in range(min(_ROWS_SEARCHED_FOR_HEADER, len(grid.rows) - 1)):
        if looks_like_header(grid.rows[place], grid.rows[place + 1 : place + 4]):
            grouped = any((place, column) in grid.spread for column in range(len(grid.rows[place])))
            below = grid.rows[place + 1 : place + 3]
            return place + (2 if grouped and len(below) == 2 and looks_like_header(below[0], below[1:]) else 1)
        if not grid.is_title(place):
            return 0
    return 0


def table_blocks(
    grid: Grid, *, header_rows: int, page: int | None = None, section: str | None = None
) -> Iterator[Block]:
    """The header (if any) as the first row, then every row that is not empty."""
    header_rows = header_rows if header_rows < len(grid.rows) else 0
    header = _header_text(grid, header_rows)
    if header:
        yield Block("table_row", header, page=page, section=section)
    repeated = header if 0 < len(header) <= _LONGEST_HEADER else None
    under_header = bool(header)
    rows = grid.rows[header_rows:] if not grid.spread else map(grid.row, range(header_rows, len(grid.rows)))
    for row in rows:
        if text := row_text(row, under_header=under_header):
            yield Block("table_row", text, 0, page, section, repeated)


def _header_text(grid: Grid, header_rows: int) -> str:
    """Titles on lines of their own, then the names of the columns: "2024 / Q1 | 2024 / Q2"."""
    titles = [row_text(grid.row(number), under_header=False) for number in range(header_rows) if grid.is_title(number)]
    named = [grid.rows[number] for number in range(header_rows) if not grid.is_title(number)]
    columns: list[str] = []
    for place in range(max(map(len, named), default=0)):
        words = dict.fromkeys(row[place] for row in named if place < len(row) and row[place])
        columns.append(" / ".join(words))
    return "\n".join(filter(None, [*titles, row_text(columns, under_header=True)]))


def looks_like_header(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a first row names columns: all filled, short, no numbers, and something below it."""
    filled = [cell for cell in row if cell]
    if len(filled) < 2 or not below or len(filled) < 0.6 * max(len(row), *map(len, below)):
        return False
    return len(set(filled)) > 1 and all(len(cell) <= 80 and not is_number(cell) for cell in filled)


def is_number(text: str) -> bool:
    """Amounts, percentages, dates: a digit, and hardly a letter. "Q1" and "2024" name columns."""
    if text[:1].isalpha() or (len(text) == 4 and text.isdigit() and "1900" <= text <= "2100"):
        return False
    return any(map(str.isdigit, text)) and sum(map(str.isalpha, text)) <= 2
