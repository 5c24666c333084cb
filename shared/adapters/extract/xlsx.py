"""Workbooks: each visible sheet is a section, and what stands on it are tables."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from shared.adapters.extract.characters import clean_line, is_clean
from shared.adapters.extract.sheet_tables import sheet_tables
from shared.adapters.extract.tables import Grid, guess_header_rows, table_blocks
from shared.domain.extracted import Block, Extracted
from shared.errors import ExtractionFailed

MAX_CELLS = 5_000_000
_LARGEST_MERGE = 10_000  # a merge over whole columns is a layout, not a table


def extract(path: Path) -> Extracted:
    try:
        workbook = CalamineWorkbook.from_path(path)
        return _read(workbook)
    except CalamineError as error:
        raise ExtractionFailed("corrupt", "The file is damaged: the workbook could not be read.") from error


def _read(workbook: CalamineWorkbook) -> Extracted:
    blocks: list[Block] = []
    hidden: list[str] = []
    read, cells = 0, 0
    for sheet in workbook.sheets_metadata:
        if sheet.typ != SheetTypeEnum.WorkSheet:
            continue
        if sheet.visible != SheetVisibleEnum.Visible:
            hidden.append(sheet.name)
            continue
        content = workbook.get_sheet_by_name(sheet.name)
        cells += content.height * content.width
        if cells > MAX_CELLS:
            raise ExtractionFailed("limits_exceeded", f"The workbook has more than {MAX_CELLS:,} cells.")
        read += 1
        for table in sheet_tables(_grid(content)):
            header_rows = guess_header_rows(table)
            blocks.extend(table_blocks(table, header_rows=header_rows, section=sheet.name))
    metadata = {"hidden_sheets": ", ".join(hidden)} if hidden else {}
    return Extracted("xlsx", title=None, page_count=read, blocks=tuple(blocks), metadata=metadata)


def _grid(sheet: CalamineSheet) -> Grid:
    columns = map(_column, zip(*sheet.to_python(), strict=True))
    grid = Grid(list(map(list, zip(*columns, strict=True))))
    top, left = sheet.start or (0, 0)
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or []:
        if (last_row - first_row + 1) * (last_column - first_column + 1) > _LARGEST_MERGE:
            continue
        row, column = first_row - top, first_column - left
        if not (0 <= row < len(grid.rows) and 0 <= column < len(grid.rows[row])):
            continue
        text = grid.rows[row][column]
        for number in range(row, min(last_row - top + 1, len(grid.rows))):
            covered = grid.rows[number]
            for place in range(column, min(last_column - left + 1, len(covered))):
                if not covered[place]:
                    covered[place] = text
                    if place > column:
                        grid.spread.add((number, place))
    return grid


def _column(values: tuple[Any, ...]) -> Sequence[str]:
    """Cells of a column are of one or two kinds, and most texts are clean as they are: asked of all at once. The
    very type decides, because booleans are integers."""
    kinds = set(map(type, values))
    cells: Sequence[str] = values
    if kinds == {float}:
        cells = list(map(_number, values))
    elif kinds == {str}:
        if not any(values):
            return cells
    else:
        cells = [value if type(value) is str else _SHOWN[type(value)](value) for value in values]
    line = "|".join(cells)
    if is_clean(line) and " |" not in line and "| " not in line and not line.startswith(" ") and line[-1:] != " ":
        return cells
    return [cell and clean_line(cell) for cell in cells]


def _moment(value: datetime) -> str:
    return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


_number = "%.15g".__mod__  # Excel's own precision; no ".0", and no rounding of binary fractions in sight
# As people read them.
_SHOWN: dict[type, Callable[[Any], str]] = {
    int: str,
    float: _number,
    bool: {True: "TRUE", False: "FALSE"}.__getitem__,
    date: str,
    datetime: _moment,
    time: _clock,
    timedelta: str,
}
