from shared.domain.extracted import Block
from tests.shared.adapters.extract.conftest import Reader
from tests.shared.adapters.extract.office_files import pptx, shape, slide_table


def test_slides_come_in_showing_order_under_their_titles(reader: Reader) -> None:
    slides = [
        shape("Strategy", placeholder="title") + shape("Grow", "- in Spain"),
        shape("Costs", placeholder="ctrTitle") + shape("Down by a tenth"),
    ]
    extracted = reader.read(pptx(reader.path("a.pptx"), slides))
    assert (extracted.title, extracted.page_count) == ("Strategy", 2)
    assert list(extracted.blocks) == [
        Block("slide_title", "Strategy", level=1, page=1, section="Strategy"),
        Block("paragraph", "Grow", page=1, section="Strategy"),
        Block("list_item", "in Spain", page=1, section="Strategy"),
        Block("slide_title", "Costs", level=1, page=2, section="Costs"),
        Block("paragraph", "Down by a tenth", page=2, section="Costs"),
    ]


def test_tables_groups_and_notes_are_read(reader: Reader) -> None:
    slide = f"<p:grpSp><p:grpSp>{shape('In a group')}</p:grpSp></p:grpSp>" + slide_table(
        ["Year", "Sales"], ["2024", "7"]
    )
    extracted = reader.read(pptx(reader.path("a.pptx"), [slide], notes={1: shape("Say hello", placeholder="body")}))
    assert [(block.kind, block.text, block.header) for block in extracted.blocks] == [
        ("paragraph", "In a group", None),
        ("table_row", "Year | Sales", None),
        ("table_row", "2024 | 7", "Year | Sales"),
        ("note", "Say hello", None),
    ]


def test_slide_numbers_and_dates_are_left_out_and_a_footer_comes_once(reader: Reader) -> None:
    slide = (
        shape("Text")
        + shape("7", placeholder="sldNum")
        + shape("1 May", placeholder="dt")
        + shape("ACME", placeholder="ftr")
    )
    extracted = reader.read(pptx(reader.path("a.pptx"), [slide, slide]))
    assert [block.text for block in extracted.blocks] == ["Text", "Text", "ACME"]
