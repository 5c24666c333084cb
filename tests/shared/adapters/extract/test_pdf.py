import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdf
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from shared.adapters.extract import pdf_catalog
from shared.adapters.extract.pdf_hyphens import mend_hyphens
from shared.adapters.extract.pdf_lines import Line
from shared.domain.extracted import Extracted
from tests.shared.adapters.extract.conftest import Reader

_LEFT, _TOP = 72, 760
_PROSE = (
    "The company grants thirty days of paid leave in each calendar year to all",
    "employees who have been with it for at least six months. Leave that was not",
    "taken by the end of March of the following year lapses.",
)


def _draw(path: Path, draw: Callable[[Canvas], None]) -> Path:
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    draw(canvas)
    canvas.save()
    return path


def _lines(canvas: Canvas, lines: tuple[str, ...], top: float, size: float = 11, font: str = "Helvetica") -> float:
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(_LEFT, top, line)
        top -= size * 1.3
    return top


def _read(reader: Reader, draw: Callable[[Canvas], None]) -> Extracted:
    return reader.read(_draw(reader.path("a.pdf"), draw))


def test_lines_flow_into_paragraphs_and_pages_count_from_one(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        after = _lines(canvas, _PROSE, _TOP)
        _lines(canvas, _PROSE[1:], after - 12)
        canvas.showPage()
        _lines(canvas, _PROSE, _TOP)

    extracted = _read(reader, draw)
    assert extracted.page_count == 2
    assert [(block.page, block.text) for block in extracted.blocks] == [
        (1, " ".join(_PROSE)),
        (1, " ".join(_PROSE[1:])),
        (2, " ".join(_PROSE)),
    ]
    assert extracted.language == "en"


def test_larger_and_bold_lines_are_headings_of_lower_and_lower_levels(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        top = _lines(canvas, ("Employee handbook",), _TOP, size=22)
        for chapter in ("Leave", "Travel", "Expenses"):
            top = _lines(canvas, (chapter,), top - 14, size=16)
            top = _lines(canvas, ("Scope",), top - 8, font="Helvetica-Bold")
            top = _lines(canvas, _PROSE, top - 8)

    headings = [(block.level, block.text) for block in _read(reader, draw).blocks if block.kind == "heading"]
    assert headings[:3] == [(1, "Employee handbook"), (2, "Leave"), (3, "Scope")]
    assert len(headings) == 7


def test_running_headers_come_once_and_page_numbers_never(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        for page in range(1, 9):
            _lines(canvas, ("Contoso – internal",), 810, size=8)
            _lines(canvas, (f"Chapter {page} of the text", *_PROSE), _TOP)
            _lines(canvas, (f"Page {page} of 8",), 30, size=8)
            canvas.showPage()

    text = "\n".join(block.text for block in _read(reader, draw).blocks)
    assert text.count("Contoso – internal") == 1
    assert "of 8" not in text
    assert all(f"Chapter {page} of the text" in text for page in range(1, 9))


def test_rows_of_figures_keep_their_lines(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for number, row in enumerate((("Sales", "1,200", "1,350"), ("Costs", "900", "910"), ("Profit", "300", "440"))):
            for column, cell in enumerate(row):
                canvas.drawString(_LEFT + 150 * column, _TOP - 13 * number, cell)

    assert "\n".join(block.text for block in _read(reader, draw).blocks) == (
        "Sales 1,200 1,350\nCosts 900 910\nProfit 300 440"
    )


def test_bullets_begin_list_items(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        _lines(canvas, ("• Bring your badge", "• Lock the door", "1. Call security"), _TOP)

    assert [(block.kind, block.text) for block in _read(reader, draw).blocks] == [
        ("list_item", "Bring your badge"),
        ("list_item", "Lock the door"),
        ("list_item", "1. Call security"),
    ]


def test_the_outline_names_the_sections(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        for number, (title, level) in enumerate((("Part one", 0), ("Leave rules", 1), ("Part two", 0))):
            canvas.bookmarkPage(str(number))
            canvas.addOutlineEntry(title, str(number), level=level)
            _lines(canvas, (title, *_PROSE), _TOP)
            canvas.showPage()

    sections = {block.page: block.section for block in _read(reader, draw).blocks}
    assert sections == {1: "Part one", 2: "Part one › Leave rules", 3: "Part two"}


def _chapters(count: int) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for number in range(count):
            canvas.bookmarkPage(str(number))
            canvas.addOutlineEntry(f"Chapter {number}", str(number))
        _lines(canvas, _PROSE, _TOP)

    return draw


def test_an_outline_that_takes_too_long_costs_the_sections_only(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _draw(reader.path("a.pdf"), _chapters(2_000))
    assert reader.read(path).blocks[0].section == "Chapter 1999"
    before = signal.getsignal(signal.SIGPROF)
    monkeypatch.setattr(pdf_catalog, "CPU_S", 1e-6)
    extracted = reader.read(path)
    assert [(block.text, block.section) for block in extracted.blocks] == [(" ".join(_PROSE), None)]
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_an_outline_that_pypdf_refuses_costs_the_sections_only(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.bookmarkPage("here")
        for level in range(150):
            canvas.addOutlineEntry(f"Level {level}", "here", level=level)
        _lines(canvas, _PROSE, _TOP)

    extracted = _read(reader, draw)
    assert [(block.text, block.section) for block in extracted.blocks] == [(" ".join(_PROSE), None)]


def test_the_outline_is_read_off_the_main_thread_too(reader: Reader) -> None:
    path = _draw(reader.path("a.pdf"), _chapters(2))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(reader.read, path).result().blocks[0].section == "Chapter 1"


def test_the_title_is_that_of_the_properties(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("Leave\npolicy")
        _lines(canvas, _PROSE, _TOP)

    assert _read(reader, draw).title == "Leave policy"


def test_page_labels_are_told_where_they_are_not_the_positions(reader: Reader) -> None:
    def draw(canvas: Canvas) -> None:
        for _ in range(8):
            _lines(canvas, _PROSE, _TOP)
            canvas.showPage()

    plain = _draw(reader.path("plain.pdf"), draw)
    labelled, same = reader.path("labelled.pdf"), reader.path("same.pdf")
    writer = pypdf.PdfWriter(clone_from=plain)
    writer.set_page_label(0, 2, style="/r")
    writer.set_page_label(3, 5, style="/D")
    writer.set_page_label(6, 6, prefix="Annex")
    writer.set_page_label(7, 7, prefix="B-", style="/D", start=7)
    writer.write(labelled)
    writer = pypdf.PdfWriter(clone_from=plain)
    writer.set_page_label(0, 7, style="/D")
    writer.write(same)
    assert reader.read(labelled).metadata == {"page_labels": "1-3: i-iii, 4-6: 1-3, 7: Annex, 8: B-7"}
    assert reader.read(same).metadata == reader.read(plain).metadata == {}


def test_a_scan_needs_text_recognition_and_an_empty_page_is_empty(reader: Reader, tmp_path: Path) -> None:
    pixels = tmp_path / "scan.ppm"
    pixels.write_bytes(b"P6 8 8 255\n" + bytes(range(192)))
    picture = ImageReader(str(pixels))

    def scan(canvas: Canvas) -> None:
        for _ in range(3):
            canvas.drawImage(picture, 0, 0, 500, 700)
            canvas.showPage()

    assert reader.refusal(_draw(reader.path("scan.pdf"), scan)) == "needs_ocr"
    assert reader.refusal(_draw(reader.path("empty.pdf"), lambda canvas: canvas.showPage())) == "empty"


@pytest.mark.parametrize(("user", "owner", "opens"), [("secret", "other", False), ("", "other", True)])
def test_only_a_password_for_reading_keeps_a_file_out(reader: Reader, user: str, owner: str, opens: bool) -> None:
    plain = _draw(reader.path("plain.pdf"), lambda canvas: _lines(canvas, _PROSE, _TOP) and None)
    locked = reader.path("locked.pdf")
    writer = pypdf.PdfWriter(clone_from=plain)
    writer.encrypt(user, owner, permissions_flag=pypdf.constants.UserAccessPermissions(0), algorithm="RC4-128")
    writer.write(locked)
    if opens:
        assert reader.read(locked).blocks[0].text == " ".join(_PROSE)
    else:
        assert reader.refusal(locked) == "encrypted"


def test_a_file_under_rights_management_is_encrypted_not_damaged(reader: Reader) -> None:
    locked = reader.path("locked.pdf")
    writer = pypdf.PdfWriter(clone_from=_draw(reader.path("plain.pdf"), lambda canvas: canvas.showPage()))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(locked)
    content = locked.read_bytes()
    assert content.count(b"/Standard") == 1
    assert reader.refused_content("managed.pdf", content.replace(b"/Standard", b"/Managed1")) == "encrypted"


def test_a_cut_file_is_damaged_or_read_as_far_as_it_goes(reader: Reader) -> None:
    content = _draw(reader.path("a.pdf"), lambda canvas: _lines(canvas, _PROSE, _TOP) and None).read_bytes()
    assert reader.refused_content("cut.pdf", content[: len(content) // 3]) == "corrupt"


def _line(text: str) -> Line:
    return Line(text, 0, 100, 12, 0, 12, bold=False)


@pytest.mark.parametrize(
    ("elsewhere", "broken", "mended"),
    [
        ("they suffer", "they suf\ufffefer", "they suffer"),
        ("a long-term plan", "a long\ufffeterm plan", "a long-term plan"),
        ("", "Smith\ufffeJones and COVID\ufffe19", "Smith-Jones and COVID-19"),
        (
            "long-term in-network",
            "in\ufffenetwork, long\ufffeterm, well\ufffeknown",
            "in-network, long-term, well-known",
        ),
        ("suffer respectively", "suf\ufffefer, respec\ufffetively, gene\uffferal", "suffer, respectively, general"),
        ("", "trailing\ufffe", "trailing-"),
    ],
)
def test_words_broken_at_a_line_end_are_written_as_the_document_writes_them(
    elsewhere: str, broken: str, mended: str
) -> None:
    assert [line.text for line in mend_hyphens([[_line(elsewhere)], [_line(broken)]])[1]] == [mended]
