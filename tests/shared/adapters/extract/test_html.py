import pytest

from shared.domain.extracted import Block
from tests.shared.adapters.extract.conftest import Reader


def _blocks(reader: Reader, body: str) -> list[Block]:
    return list(reader.content("a.html", f"<!DOCTYPE html><html><body>{body}</body></html>").blocks)


def test_headings_paragraphs_and_lists_are_told_apart(reader: Reader) -> None:
    body = "<h2>Leave</h2><p>You have <b>30</b> days.</p><ul><li>Paid<ul><li>Sick</li></ul></li><li>Unpaid</li></ul>"
    assert _blocks(reader, body) == [
        Block("heading", "Leave", level=2),
        Block("paragraph", "You have 30 days."),
        Block("list_item", "Paid"),
        Block("list_item", "Sick", level=1),
        Block("list_item", "Unpaid"),
    ]


def test_numbered_items_keep_their_numbers(reader: Reader) -> None:
    body = "<ol><li>Ask<ul><li>politely</li></ul></li><li><p>Wait</p></li></ol><ol><li>Again</li></ol>"
    assert [block.text for block in _blocks(reader, body)] == ["1. Ask", "politely", "2. Wait", "1. Again"]


def test_scripts_navigation_and_hidden_text_are_left_out(reader: Reader) -> None:
    body = (
        "<nav>Home</nav><script>steal()</script><style>p{}</style><p hidden>a</p><p style='display: none'>b</p>"
        "<div aria-hidden=true>c</div><template>d</template><p>Seen</p><!-- e -->"
    )
    assert [block.text for block in _blocks(reader, body)] == ["Seen"]


def test_cells_with_spans_speak_in_every_row_they_cover(reader: Reader) -> None:
    body = (
        "<table><tr><th>Country<th>City</tr><tr><td rowspan=2>Germany<td>Bonn</tr><tr><td>Ulm</tr>"
        "<tr><td colspan=2>Closed</tr></table>"
    )
    assert [block.text for block in _blocks(reader, body)] == [
        "Country | City",
        "Germany | Bonn",
        "Germany | Ulm",
        "Closed",
    ]


def test_a_span_of_a_billion_columns_costs_nothing(reader: Reader) -> None:
    body = "<table><tr><td colspan=1000000000 rowspan=99999>a<td>b</tr><tr><td>c</tr></table>"
    assert len(_blocks(reader, body)) == 2


def test_a_table_for_layout_is_read_as_the_page_it_lays_out(reader: Reader) -> None:
    body = "<table><tr><td><h1>Title</h1><p>Text</p></td><td>Side</td></tr></table>"
    assert [block.kind for block in _blocks(reader, body)] == ["heading", "paragraph", "paragraph"]


def test_code_keeps_its_lines(reader: Reader) -> None:
    assert _blocks(reader, "<pre>if a:\n    b()</pre>") == [Block("code", "if a:\n    b()")]


def test_a_page_nested_ten_thousand_deep_is_read(reader: Reader) -> None:
    assert [block.text for block in _blocks(reader, "<div>" * 10_000 + "deep" + "</div>" * 10_000)] == ["deep"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<meta charset=windows-1251><p>Привет, мир".encode("cp1251"), "Привет, мир"),
        ("<meta charset='shift_jis'><p>鋼材の規格".encode("shift_jis"), "鋼材の規格"),
        ("<p>naïve café".encode("utf-16"), "naïve café"),
        ("<meta charset=iso-8859-1><p>“déjà vu”".encode(), "“déjà vu”"),  # declared wrongly
        (b"<meta charset=iso-8859-1><p>\x93quoted\x94", "“quoted”"),  # browsers read it as Windows-1252
    ],
)
def test_the_character_set_is_found(reader: Reader, content: bytes, text: str) -> None:
    assert reader.content("a.html", content).blocks[0].text == text


def test_the_title_names_the_page(reader: Reader) -> None:
    assert reader.content("a.html", "<title>Travel\n policy</title><p>Text").title == "Travel policy"
