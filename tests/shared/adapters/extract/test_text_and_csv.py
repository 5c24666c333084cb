import pytest

from shared.adapters.extract.characters import clean
from shared.adapters.extract.charsets import decode
from shared.domain.extracted import Block
from tests.shared.adapters.extract.conftest import Reader

_GERMAN = "Die Geschäftsführung prüft die Kündigungsfristen für Übergangsverträge. " * 3
_JAPANESE = "有給休暇は年に二十日です。人事部に連絡してください。" * 3


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp1252"],
)
def test_german_is_read_in_any_encoding(encoding: str) -> None:
    assert decode(_GERMAN.encode(encoding)) == _GERMAN


@pytest.mark.parametrize("encoding", ["utf-8", "shift_jis", "euc_jp", "utf-16"])
def test_japanese_is_read_in_any_encoding(encoding: str) -> None:
    assert decode(_JAPANESE.encode(encoding)) == _JAPANESE


def test_one_wrong_byte_does_not_turn_utf8_into_mojibake() -> None:
    damaged = _GERMAN.encode() * 5 + b"\xe4"
    assert decode(damaged) == _GERMAN * 5 + "\ufffd"


def test_paragraphs_are_parted_by_blank_lines(reader: Reader) -> None:
    assert list(reader.content("a.txt", "One\r\ntwo\r\n\r\n \r\nThree").blocks) == [
        Block("paragraph", "One\ntwo"),
        Block("paragraph", "Three"),
    ]


def test_the_language_is_named_and_left_open_where_too_little_tells(reader: Reader) -> None:
    assert reader.content("a.txt", _GERMAN).language == "de"
    assert reader.content("a.txt", "OK 12").language is None


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("of\ufb01ce \ufb02ow", "office flow"),
        ("Silben\u00adtren\u00adnung", "Silbentrennung"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("non\u00a0breaking\u2009thin", "non breaking thin"),
        ("Cafe\u0301", "Café"),
        ("a\u202eevil\u202c b", "aevil b"),
        ("hello\U000e0041\U000e0042", "hello"),
        ("bell\x07 null\x00", "bell null"),
        ("a \t  b \n\n\n\n c", "a b\n\nc"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("half \ud800 pair", "half \ufffd pair"),
    ],
)
def test_characters_become_what_people_read(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_even_columns(reader: Reader, delimiter: str) -> None:
    rows = [["Name", "Price", "Note"], ["Pen", "1,5", "blue; or black"], ["Ink", "22,75", "a|b"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert [(block.text, block.header) for block in reader.content("a.csv", text).blocks] == [
        ("Name | Price | Note", None),
        ("Pen | 1,5 | blue; or black", "Name | Price | Note"),
        ("Ink | 22,75 | a|b", "Name | Price | Note"),
    ]


def test_a_delimiter_that_the_file_declares_is_obeyed(reader: Reader) -> None:
    assert [block.text for block in reader.content("a.csv", "sep=;\nA;B\n1,2;3\n").blocks] == ["A | B", "1,2 | 3"]


def test_figures_alone_are_no_header(reader: Reader) -> None:
    assert [block.header for block in reader.content("a.csv", "1,2\n3,4\n").blocks] == [None, None]


def test_a_quoted_cell_may_span_lines(reader: Reader) -> None:
    assert [block.text for block in reader.content("a.csv", 'Name,Note\nAda,"two\nlines"\n').blocks] == [
        "Name | Note",
        "Ada | two lines",
    ]


def test_excel_writes_utf16_with_tabs(reader: Reader) -> None:
    content = "Größe\tFarbe\n12\trot\n".encode("utf-16")
    assert [block.text for block in reader.content("a.csv", content).blocks] == ["Größe | Farbe", "12 | rot"]
