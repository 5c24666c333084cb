import itertools
import json
import time
import zipfile
from datetime import date, datetime
from pathlib import Path

import docx
import pptx
import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from devstack.sample import QUESTIONS, SAMPLE_LIBRARIES, TEXTS
from devstack.sample.build import build
from devstack.sample.source import SourceMistake, read_source

ACCOUNTS = {"alice": ("HR", "DE"), "carol": ("HR", "DE"), "bob": ("Engineering", "US"), "dave": (None, None)}


def load_questions() -> list[dict]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def pages_of(path: Path) -> list[str]:
    """The text by page, slide or sheet, read with other libraries than those that wrote the file."""
    match path.suffix:
        case ".pdf":
            with pypdfium2.PdfDocument(path) as document:
                return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
        case ".pptx":
            return [slide_text(slide) for slide in pptx.Presentation(str(path)).slides]
        case ".docx":
            document = docx.Document(str(path))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            return ["\n".join([paragraph.text for paragraph in document.paragraphs] + cells)]
        case ".xlsx":
            book = CalamineWorkbook.from_path(str(path))
            return [
                "\n".join(" | ".join(map(str, row)) for row in book.get_sheet_by_name(name).to_python())
                for name in book.sheet_names
            ]
        case _:
            return [path.read_text(encoding="utf-8")]


def slide_text(slide) -> str:
    parts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    parts += [c.text for s in slide.shapes if s.has_table for row in s.table.rows for c in row.cells]
    if slide.has_notes_slide:
        parts.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(parts)


def may_read(user: str, file: str) -> bool:
    department, country = ACCOUNTS[user]
    library = next(library for library in SAMPLE_LIBRARIES if library.folder == file.split("/")[0])
    return library.department in (None, department) and library.country in (None, country)


def expectations() -> list[tuple[str, str, int | None, str]]:
    wanted = []
    for row in load_questions():
        if row["expected_file"]:
            wanted.append((row["user"], row["expected_file"], row["expected_page"], row["expected_contains"]))
        if also := row.get("also_expected"):
            wanted.append((row["user"], also["file"], also["page"], also["contains"]))
    return wanted


@pytest.mark.parametrize(("user", "file", "page", "text"), expectations())
def test_every_expected_text_stands_in_the_built_file_on_its_page_and_its_reader_may_open_it(
    sample_dir: Path, user: str, file: str, page: int | None, text: str
):
    pages = pages_of(sample_dir / file)
    found_on = [number for number, content in enumerate(pages, 1) if text in content]
    assert found_on if page is None else found_on == [page]
    assert may_read(user, file)


def test_forbidden_files_exist_and_are_outside_the_scope_of_the_one_who_asks(sample_dir: Path):
    forbidden = [(row["user"], row["forbidden_file"]) for row in load_questions() if "forbidden_file" in row]
    assert forbidden
    for user, file in forbidden:
        assert (sample_dir / file).is_file()
        assert not may_read(user, file)


def test_what_is_said_to_be_not_covered_is_not_in_any_document(sample_dir: Path):
    everything = "\n".join(itertools.chain.from_iterable(pages_of(path) for path in sample_dir.glob("*/*.*"))).lower()
    assert "expense" in everything
    for word in ("dog ", "dogs", "hund ", "hunde", "haustier", "animal"):
        assert word not in everything


def test_the_questions_show_what_they_are_meant_to_show():
    rows = load_questions()
    assert len(rows) == 10
    assert any(row.get("also_expected") for row in rows)
    refused = [row for row in rows if row["expected_file"] is None]
    assert any("forbidden_file" in row for row in refused)
    assert any("forbidden_file" not in row for row in refused)
    assert {row["user"] for row in rows} == set(ACCOUNTS)


def test_two_builds_are_equal_to_the_byte(sample_dir: Path, tmp_path: Path):
    moment = time.localtime().tm_sec // 2  # the resolution of a zip archive's clock is two seconds
    while time.localtime().tm_sec // 2 == moment:
        time.sleep(0.05)
    names = build(tmp_path)
    assert len(names) == len(list(TEXTS.glob("*/*.md")))
    for name in names:
        assert (tmp_path / name).read_bytes() == (sample_dir / name).read_bytes(), name


def test_every_library_has_documents_and_every_folder_is_a_library(sample_dir: Path):
    assert {path.name for path in sample_dir.iterdir()} == {library.folder for library in SAMPLE_LIBRARIES}
    assert all(any((sample_dir / library.folder).iterdir()) for library in SAMPLE_LIBRARIES)


def test_pdfs_carry_an_outline_whose_entries_lead_to_the_page_with_that_heading(sample_dir: Path):
    pdfs = sorted(sample_dir.glob("*/*.pdf"))
    assert pdfs
    for path in pdfs:
        pages = pages_of(path)
        with pypdfium2.PdfDocument(path) as document:
            outline = [(entry.get_title(), entry.get_dest().get_index()) for entry in document.get_toc()]
        assert len(pages) >= 3
        assert len(outline) >= 5
        for title, page in outline:
            assert title in pages[page]


def test_word_documents_have_real_headings_lists_and_tables(sample_dir: Path):
    for path in sample_dir.glob("*/*.docx"):
        document = docx.Document(str(path))
        styles = {paragraph.style.name for paragraph in document.paragraphs}
        assert "Heading 1" in styles
        assert styles & {"List Bullet", "List Number"}
        assert document.tables


def test_spreadsheets_have_typed_cells_and_merged_ones(sample_dir: Path):
    directory = CalamineWorkbook.from_path(str(sample_dir / "Company/Site_Directory.xlsx"))
    closures = directory.get_sheet_by_name("Company closures").to_python()
    assert closures[1][0] == date(2026, 11, 27)
    assert directory.get_sheet_by_name("First aiders").merged_cell_ranges == [((1, 0), (3, 0)), ((4, 0), (5, 0))]
    bands = CalamineWorkbook.from_path(str(sample_dir / "HR/Gehaltsbaender_2026.xlsx"))
    assert bands.get_sheet_by_name("Gehaltsbänder").to_python()[4][2:] == [67000.0, 77500.0, 88000.0, 0.08]


def test_office_files_are_dated_by_their_source_and_not_by_the_clock(sample_dir: Path):
    document = docx.Document(str(sample_dir / "HR/Recruiting_Guide.docx"))
    assert document.core_properties.created.replace(tzinfo=None) == datetime(2026, 7, 20, 9)
    with zipfile.ZipFile(sample_dir / "Company/All_Hands_Q3_2026.pptx") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("| a | b |\n|---|---|\n| 1 |\n", "different lengths"),
        ("| a | b |\n| 1 | 2 |\n", "its rule"),
        ("####### too deep\n", "not a block"),
        ("1. one\ntwo\n", "mixed with text"),
        ("A paragraph\n- with an item\n", "not a block"),
    ],
)
def test_a_mistake_in_a_source_is_refused_with_the_files_name(tmp_path: Path, body: str, complaint: str):
    path = tmp_path / "Wrong.docx.md"
    path.write_text("---\ntitle: T\nauthor: A\ndate: 2026-01-01\nlanguage: en\n---\n" + body, encoding="utf-8")
    with pytest.raises(SourceMistake, match=complaint) as caught:
        read_source(path)
    assert "Wrong.docx.md" in str(caught.value)
