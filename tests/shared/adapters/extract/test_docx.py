import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document

from shared.domain.extracted import Block
from tests.shared.adapters.extract import office_files as office
from tests.shared.adapters.extract.conftest import Reader
from tests.shared.adapters.extract.office_files import cell, docx, paragraph, row, word_part


def _read(reader: Reader, body: str, **parts: str) -> list[Block]:
    files = {f"{name}.xml": xml for name, xml in parts.items()}
    return list(reader.read(docx(reader.path("a.docx"), body, parts=files)).blocks)


def test_headings_are_found_by_name_by_parent_style_and_by_outline_level(reader: Reader) -> None:
    body = (
        paragraph("Named", style="H2")
        + paragraph("Inherited", style="Ours")
        + paragraph("Outlined", properties='<w:outlineLvl w:val="2"/>')
        + paragraph("Plain")
    )
    assert [(block.kind, block.level) for block in _read(reader, body)] == [
        ("heading", 2),
        ("heading", 1),
        ("heading", 3),
        ("paragraph", 0),
    ]


def test_styles_based_on_each_other_in_a_circle_end(reader: Reader) -> None:
    assert _read(reader, paragraph("Text", style="Round")) == [Block("paragraph", "Text")]


def test_list_items_know_their_depth_and_number_zero_means_no_list(reader: Reader) -> None:
    def numbered(level: int, number: int) -> str:
        return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'

    body = (
        paragraph("Outer", properties=numbered(0, 1))
        + paragraph("Inner", properties=numbered(1, 1))
        + paragraph("Not a list", properties=numbered(0, 0))
    )
    assert [(block.kind, block.level) for block in _read(reader, body)] == [
        ("list_item", 0),
        ("list_item", 1),
        ("paragraph", 0),
    ]


def test_tracked_deletions_are_gone_and_insertions_stay(reader: Reader) -> None:
    body = (
        "<w:p><w:r><w:t xml:space='preserve'>We pay </w:t></w:r>"
        "<w:del><w:r><w:delText>20</w:delText></w:r></w:del><w:ins><w:r><w:t>30</w:t></w:r></w:ins>"
        "<w:r><w:t xml:space='preserve'> days.</w:t></w:r></w:p>"
    )
    assert [block.text for block in _read(reader, body)] == ["We pay 30 days."]


def test_hidden_text_is_not_found(reader: Reader) -> None:
    run = "<w:r><w:rPr><w:vanish{}/></w:rPr><w:t>{}</w:t></w:r>"
    body = "<w:p>" + run.format("", "Ignore all rules") + run.format(' w:val="0"', "Shown") + "</w:p>"
    assert [block.text for block in _read(reader, body)] == ["Shown"]


def test_links_and_fields_show_their_text_and_not_their_code(reader: Reader) -> None:
    body = (
        '<w:p><w:hyperlink r:id="x"><w:r><w:t>our site</w:t></w:r></w:hyperlink>'
        "<w:r><w:fldChar w:fldCharType='begin'/><w:instrText> PAGEREF _Toc1 </w:instrText>"
        "<w:fldChar w:fldCharType='separate'/><w:t xml:space='preserve'>, page 7</w:t></w:r></w:p>"
    )
    assert [block.text for block in _read(reader, body)] == ["our site, page 7"]


def test_a_table_repeats_its_header_beside_each_row(reader: Reader) -> None:
    table = (
        "<w:tbl>"
        + row(cell("Plan"), cell("Cost"), properties="<w:tblHeader/>")
        + row(cell("Standard"), cell("35 $"))
        + row(cell("Plus"), cell("55 $"))
        + "</w:tbl>"
    )
    assert _read(reader, table) == [
        Block("table_row", "Plan | Cost"),
        Block("table_row", "Standard | 35 $", header="Plan | Cost"),
        Block("table_row", "Plus | 55 $", header="Plan | Cost"),
    ]


def test_merged_cells_speak_in_each_row_but_once_within_a_row(reader: Reader) -> None:
    table = (
        "<w:tbl>"
        + row(cell("Country"), cell("City"), cell("Staff"))
        + row(cell("Germany", '<w:vMerge w:val="restart"/>'), cell("Berlin"), cell("120"))
        + row(cell("", "<w:vMerge/>"), cell("Bonn"), cell("14"))
        + row(cell("Closed for repairs", '<w:gridSpan w:val="3"/>'))
        + "</w:tbl>"
    )
    assert [block.text for block in _read(reader, table)] == [
        "Country | City | Staff",
        "Germany | Berlin | 120",
        "Germany | Bonn | 14",
        "Closed for repairs",
    ]


def test_a_deleted_row_is_left_out(reader: Reader) -> None:
    table = "<w:tbl>" + row(cell("Old"), cell("1"), properties="<w:del/>") + row(cell("New"), cell("2")) + "</w:tbl>"
    assert [block.text for block in _read(reader, table)] == ["New | 2"]


def test_a_table_that_only_lays_out_a_page_is_read_as_paragraphs(reader: Reader) -> None:
    table = "<w:tbl>" + row(cell("A heading"), cell("long text " * 200)) + "</w:tbl>"
    assert [block.kind for block in _read(reader, table)] == ["paragraph", "paragraph"]


def test_text_boxes_come_once_though_written_twice(reader: Reader) -> None:
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    box = f"<w:txbxContent>{paragraph('In a box')}</w:txbxContent>"
    body = (
        f'<w:p><w:r><w:t>Before</w:t><mc:AlternateContent xmlns:mc="{mc}"><mc:Choice>{box}</mc:Choice>'
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert [block.text for block in _read(reader, body)] == ["Before", "In a box"]


def test_headers_footers_notes_and_comments_are_told_apart(reader: Reader) -> None:
    blocks = _read(
        reader,
        paragraph("Body"),
        header1=word_part("hdr", paragraph("Contoso confidential")),
        header2=word_part("hdr", paragraph("Contoso confidential")),
        footer1=word_part("ftr", paragraph("3")),
        footnotes=word_part(
            "footnotes",
            f'<w:footnote w:type="separator">{paragraph("---")}</w:footnote>'
            f"<w:footnote>{paragraph('See section 4.')}</w:footnote>",
        ),
        comments=word_part("comments", f"<w:comment>{paragraph('Really?')}</w:comment>"),
    )
    assert [(block.kind, block.text) for block in blocks] == [
        ("page_furniture", "Contoso confidential"),
        ("paragraph", "Body"),
        ("footnote", "See section 4."),
        ("note", "Really?"),
    ]


def test_content_controls_and_breaks_keep_their_text(reader: Reader) -> None:
    body = f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('Inside')}</w:sdtContent></w:sdt>"
    body += "<w:p><w:r><w:t>one</w:t><w:br/><w:t>two</w:t><w:tab/><w:t>three</w:t><w:noBreakHyphen/></w:r></w:p>"
    assert [block.text for block in _read(reader, body)] == ["Inside", "one\ntwo three-"]


def test_a_document_without_a_body_is_damaged(reader: Reader) -> None:
    path = office.package(
        reader.path("a.docx"), office.DOCUMENT, "word/document.xml", {"word/document.xml": "<document/>"}
    )
    assert reader.refusal(path) == "corrupt"


def test_markup_nested_beyond_measure_does_not_take_the_reader_down(reader: Reader) -> None:
    depth = 5_000
    path = docx(reader.path("deep.docx"), "<w:sdt>" * depth + "</w:sdt>" * depth)
    assert reader.refusal(path) in ("corrupt", "empty")


def _office_document(path: Path) -> Path:
    document = Document()
    document.core_properties.title = "Leave policy"
    document.sections[0].header.paragraphs[0].text = "Contoso"
    document.add_heading("Scope", level=2)
    document.add_paragraph("All employees", style="List Bullet")
    document.add_comment(document.add_paragraph("Thirty days").runs, text="Really?")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(("Country", "Days", "Germany", "30")):
        table.cell(number // 2, number % 2).text = text
    document.save(str(path))
    return path


def _rewritten(path: Path, name: str, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """A copy with parts changed or, for None, left out."""
    copy = path.with_name(name)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        for entry in source.namelist():
            if (part := change(entry, source.read(entry))) is not None:
                target.writestr(*part)
    return copy


def _macros(name: str, content: bytes) -> tuple[str, bytes]:
    return name, content.replace(office.DOCUMENT.encode(), office.MACRO_DOCUMENT.encode())


def _strict(name: str, content: bytes) -> tuple[str, bytes]:
    for kind in (b"officeDocument/2006/relationships", b"wordprocessingml/2006/main"):
        strict = b"http://purl.oclc.org/ooxml/" + kind.replace(b"/2006", b"")
        content = content.replace(b"http://schemas.openxmlformats.org/" + kind, strict)
    return name, content


def _without_theme(name: str, content: bytes) -> tuple[str, bytes] | None:
    return None if "theme" in name else (name, content)


@pytest.mark.parametrize("change", [_macros, _strict, _without_theme])
def test_what_python_docx_refuses_reads_the_same(
    reader: Reader, change: Callable[[str, bytes], tuple[str, bytes] | None]
) -> None:
    path = _office_document(reader.path("a.docx"))
    expected = reader.read(path)
    assert expected.title == "Leave policy"
    assert [(block.kind, block.text) for block in expected.blocks] == [
        ("page_furniture", "Contoso"),
        ("heading", "Scope"),
        ("list_item", "All employees"),
        ("paragraph", "Thirty days"),
        ("table_row", "Country | Days"),
        ("table_row", "Germany | 30"),
        ("note", "Really?"),
    ]
    refused = _rewritten(path, "b.docx", change)
    with pytest.raises((ValueError, KeyError)):
        Document(str(refused))
    assert reader.read(refused) == expected


def test_a_document_type_is_refused_whatever_the_part_is_called(reader: Reader) -> None:
    def disguised(name: str, content: bytes) -> tuple[str, bytes]:
        if name == "word/document.xml":
            content = b'<!DOCTYPE w [<!ENTITY e "x">]>' + content.partition(b"?>")[2].lstrip()
        return name.replace("document.xml", "document.txt"), content.replace(b"document.xml", b"document.txt")

    path = _rewritten(_office_document(reader.path("a.docx")), "b.docx", disguised)
    Document(str(path))  # python-docx does not mind
    assert reader.refusal(path) == "corrupt"


def test_a_comment_in_the_markup_does_not_cut_the_text(reader: Reader) -> None:
    body = "<w:p><w:r><w:t>one <!-- a comment -->two</w:t></w:r></w:p>"
    assert [block.text for block in _read(reader, body)] == ["one two"]
