import pytest

from shared.adapters.extract.markdown import inline
from shared.domain.extracted import Block
from tests.shared.adapters.extract.conftest import Reader


def _blocks(reader: Reader, text: str) -> list[Block]:
    return list(reader.content("a.md", text).blocks)


def test_both_kinds_of_headings_are_found(reader: Reader) -> None:
    assert _blocks(reader, "# One #\n\nTwo\n---\n\nThree\n===\n\n#not a heading") == [
        Block("heading", "One", level=1),
        Block("heading", "Two", level=2),
        Block("heading", "Three", level=1),
        Block("paragraph", "#not a heading"),
    ]


def test_a_table_repeats_its_header(reader: Reader) -> None:
    assert _blocks(reader, "| Plan | Cost |\n|:---|---:|\n| A \\| B | `1` |\n| C |\n\nAfter") == [
        Block("table_row", "Plan | Cost"),
        Block("table_row", "A | B | 1", header="Plan | Cost"),
        Block("table_row", "C", header="Plan | Cost"),
        Block("paragraph", "After"),
    ]


def test_code_is_kept_as_it_is(reader: Reader) -> None:
    blocks = _blocks(reader, "```python\n# not a heading\n  x = '*a*'\n```\nText")
    assert blocks == [Block("code", "# not a heading\n  x = '*a*'"), Block("paragraph", "Text")]


def test_a_fence_that_never_closes_loses_nothing(reader: Reader) -> None:
    assert _blocks(reader, "~~~\nleft open\nto the end") == [Block("code", "left open\nto the end")]


def test_lists_quotes_and_rules(reader: Reader) -> None:
    assert _blocks(reader, "- one\n  more of it\n    - inner\n1. first\n\n***\n\n> quoted\n> on") == [
        Block("list_item", "one\nmore of it"),
        Block("list_item", "inner", level=2),
        Block("list_item", "1. first"),
        Block("paragraph", "quoted\non"),
    ]


def test_front_matter_gives_the_title_and_is_no_text(reader: Reader) -> None:
    extracted = reader.content("a.md", '---\ntitle: "Sales handbook"\ntags: [a]\n---\n\nText\n')
    assert (extracted.title, [block.text for block in extracted.blocks]) == ("Sales handbook", ["Text"])


def test_html_within_is_read_as_html(reader: Reader) -> None:
    blocks = _blocks(reader, "<div align='center'>\n<b>Hello</b> <a href='x'>you</a>\n</div>\n\n<!-- no -->Text")
    assert [block.text for block in blocks] == ["Hello you", "Text"]


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("**bold** and *thin* and _both_", "bold and thin and both"),
        ("[the policy](https://a.example/b_(c) 'title')", "the policy"),
        ("![a chart](x.png)", "a chart"),
        ("`*code*`", "*code*"),
        ("snake_case_name and 2 * 3 * 4", "snake_case_name and 2 * 3 * 4"),
        ("a \\* b", "a * b"),
        ("<https://a.example>", "https://a.example"),
        ("a<br>b", "a\nb"),
        ("x < y and y > z", "x < y and y > z"),
    ],
)
def test_marks_of_a_line_are_taken_off(marked: str, plain: str) -> None:
    assert inline(marked) == plain
