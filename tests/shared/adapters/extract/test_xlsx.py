from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from shared.domain.extracted import Extracted
from tests.shared.adapters.extract.conftest import Reader


def _workbook(path: Path, fill: Callable[[Worksheet], None]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Staff"
    fill(sheet)
    book.save(path)
    book.close()
    return path


def _read(reader: Reader, fill: Callable[[Worksheet], None]) -> Extracted:
    return reader.read(_workbook(reader.path("a.xlsx"), fill))


def _rows(*rows: tuple[object, ...]) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return fill


def test_each_row_carries_its_sheet_and_its_header(reader: Reader) -> None:
    extracted = _read(reader, _rows(("Name", "City"), ("Ada", "Bonn"), ("Ben", "Ulm")))
    assert [(block.text, block.section, block.header) for block in extracted.blocks] == [
        ("Name | City", "Staff", None),
        ("Ada | Bonn", "Staff", "Name | City"),
        ("Ben | Ulm", "Staff", "Name | City"),
    ]


def test_values_read_as_people_see_them(reader: Reader) -> None:
    day, moment = date(2024, 3, 1), datetime(2024, 3, 1, 9, 30)
    extracted = _read(reader, _rows((1.0, 0.1 + 0.2, True, day, moment, time(8, 15), "a\u00a0b\nc", 12345678901234.0)))
    assert extracted.blocks[0].text == (
        "1 | 0.3 | TRUE | 2024-03-01 | 2024-03-01 09:30 | 08:15 | a b c | 12345678901234"
    )


def test_white_space_around_texts_goes_and_within_stays_single(reader: Reader) -> None:
    rows = (
        ("Name", "City"),
        (" Ada", "Bonn"),
        ("Ben ", "Ulm"),
        ("Cleo", " Graz"),
        ("Dora", "Linz "),
        ("E  F", "a | b"),
    )
    assert [block.text for block in _read(reader, _rows(*rows)).blocks[1:]] == [
        "Ada | Bonn",
        "Ben | Ulm",
        "Cleo | Graz",
        "Dora | Linz",
        "E F | a | b",
    ]


def test_hidden_sheets_are_left_out_and_mentioned(reader: Reader) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(("Visible",))
        assert sheet.parent is not None
        secret = sheet.parent.create_sheet("Salaries")
        secret.append(("Secret",))
        secret.sheet_state = "hidden"

    extracted = _read(reader, fill)
    assert [block.text for block in extracted.blocks] == ["Visible"]
    assert extracted.metadata == {"hidden_sheets": "Salaries"}


def test_merged_names_head_each_of_their_columns_and_merged_rows_repeat(reader: Reader) -> None:
    def fill(sheet: Worksheet) -> None:
        for row in (
            ("Budget 2024", None, None),
            ("Area", "Plan", None),
            ("Area", "Q1", "Q2"),
            ("North", 1, 2),
            (None, 3, 4),
        ):
            sheet.append(row)
        for merge in ("A1:C1", "B2:C2", "A4:A5"):
            sheet.merge_cells(merge)

    header = "Budget 2024\nArea | Plan / Q1 | Plan / Q2"
    assert [(block.text, block.header) for block in _read(reader, fill).blocks] == [
        (header, None),
        ("North | 1 | 2", header),
        ("North | 3 | 4", header),
    ]


def test_tables_one_below_and_one_beside_the_other_are_parted(reader: Reader) -> None:
    rows = _rows(
        ("Name", "Age", None, "City", "Country"),
        ("Ada", 36, None, "Bonn", "DE"),
        ("Ben", 41, None, "Graz", "AT"),
        (None,),
        ("Item", "Price"),
        ("Pen", 2),
    )
    assert [(block.text, block.header) for block in _read(reader, rows).blocks] == [
        ("Name | Age", None),
        ("Ada | 36", "Name | Age"),
        ("Ben | 41", "Name | Age"),
        ("City | Country", None),
        ("Bonn | DE", "City | Country"),
        ("Graz | AT", "City | Country"),
        ("Item | Price", None),
        ("Pen | 2", "Item | Price"),
    ]


def test_an_empty_cell_keeps_its_column_under_a_header(reader: Reader) -> None:
    extracted = _read(reader, _rows(("Name", "Age", "City"), ("Ada", None, "Bonn"), ("Ben", 41, None)))
    assert [block.text for block in extracted.blocks[1:]] == ["Ada |  | Bonn", "Ben | 41"]


def test_a_row_of_equal_values_stays_whole(reader: Reader) -> None:
    extracted = _read(reader, _rows(("a", "b", "c"), (0, 0, 0)))
    assert extracted.blocks[-1].text == "0 | 0 | 0"


def test_an_empty_workbook_is_empty(reader: Reader) -> None:
    assert reader.refusal(_workbook(reader.path("a.xlsx"), lambda _: None)) == "empty"
