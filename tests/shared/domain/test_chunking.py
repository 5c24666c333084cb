import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.chunking import Passage, chunk
from shared.domain.extracted import Block, BlockKind, Extracted

_WORD = re.compile(r"\S+")


def words(text: str) -> int:
    """Additive, as byte-pair tokenizers nearly are; long words cost more, as they do there."""
    return sum(1 + len(word) // 8 for word in _WORD.findall(text))


def document(*blocks: Block) -> Extracted:
    return Extracted("pdf", None, None, blocks)


def divide(*blocks: Block, target: int = 50, maximum: int = 100, overlap: int = 0, crumb: str = "HR") -> list[Passage]:
    return chunk(
        document(*blocks),
        breadcrumb=crumb,
        count_tokens=words,
        target_tokens=target,
        max_tokens=maximum,
        overlap_tokens=overlap,
    )


def prose(sentences: int, name: str = "leave") -> str:
    return " ".join(f"Sentence {number} is about {name} and little else." for number in range(sentences))


def test_a_short_document_is_one_passage_under_its_breadcrumb() -> None:
    (passage,) = divide(Block("paragraph", "You have 30 days.", page=3), crumb="HR › Leave › a.pdf")
    assert passage == Passage(0, "You have 30 days.", "HR › Leave › a.pdf", 3, 3, None, passage.tokens)
    assert passage.embedded_text == "HR › Leave › a.pdf\nYou have 30 days."


def test_an_empty_document_has_no_passages() -> None:
    assert divide() == []


def test_headings_begin_passages_and_name_them() -> None:
    passages = divide(
        Block("heading", "Leave", level=1),
        Block("heading", "Sick leave", level=2),
        Block("paragraph", prose(5, "illness")),
        Block("heading", "Parental leave", level=2),
        Block("paragraph", prose(5, "children")),
    )
    assert [passage.section for passage in passages] == ["Leave › Sick leave", "Leave › Parental leave"]
    assert passages[1].text.startswith("Parental leave\nSentence 0 is about children")
    assert passages[1].breadcrumb == "HR › Leave › Parental leave"


def test_a_heading_is_never_the_end_of_a_passage() -> None:
    blocks: list[Block] = []
    for number in range(30):
        blocks.append(Block("heading", f"Title{number}", level=3))
        blocks.append(Block("paragraph", prose(1 + number % 4)))
    passages = divide(*blocks)
    assert len(passages) > 5
    assert not [passage for passage in passages if re.search(r"Title\d+$", passage.text)]


def test_a_section_that_the_extractor_names_outranks_headings() -> None:
    (passage,) = divide(Block("heading", "Text heading", level=1, section="Sheet 1"))
    assert passage.section == "Sheet 1"


def test_pages_are_not_mixed_unless_one_is_tiny() -> None:
    passages = divide(
        Block("paragraph", prose(5), page=1),
        Block("paragraph", prose(5), page=2),
        Block("paragraph", "A last line.", page=3),
        Block("paragraph", prose(5), page=4),
    )
    assert [(passage.page, passage.last_page) for passage in passages] in (
        [(1, 1), (2, 3), (4, 4)],
        [(1, 1), (2, 2), (4, 4)],
    )
    assert sum("A last line." in passage.text for passage in passages) == 1


def test_the_page_is_the_one_with_most_of_the_text() -> None:
    (passage,) = divide(Block("paragraph", "End of it.", page=7), Block("paragraph", prose(4), page=8), maximum=200)
    assert (passage.page, passage.last_page) == (8, 8)


def test_each_passage_of_a_table_begins_with_its_header() -> None:
    header = "Name | City | Year"
    rows = [Block("table_row", f"Person {number} | Bonn | 2024", header=header) for number in range(60)]
    passages = divide(Block("table_row", header), *rows)
    assert len(passages) > 3
    assert all(passage.text.startswith(header + "\n") and passage.text.count(header) == 1 for passage in passages)


def test_a_header_too_long_to_repeat_is_not_repeated() -> None:
    header = " | ".join(f"column{number}" for number in range(40))
    rows = [Block("table_row", f"value {number}", header=header) for number in range(60)]
    passages = divide(*rows, target=50)
    assert not [passage for passage in passages if "column39" in passage.text]


def test_running_text_overlaps_by_whole_sentences() -> None:
    passages = divide(Block("paragraph", prose(40)), overlap=20)
    assert len(passages) > 3
    for before, after in pairwise(passages):
        repeated = before.text.rsplit("Sentence", 1)[1]
        assert after.text.startswith(f"Sentence{repeated}")


def test_nothing_overlaps_over_a_heading_or_a_page() -> None:
    passages = divide(
        Block("paragraph", prose(6, "one"), page=1),
        Block("heading", "Next", level=1, page=1),
        Block("paragraph", prose(6, "two"), page=1),
        Block("paragraph", prose(6, "three"), page=2),
        overlap=20,
    )
    assert ["one" in passage.text for passage in passages] == [True, False, False]
    assert ["two" in passage.text for passage in passages] == [False, True, False]


def test_a_sentence_cut_by_a_page_is_whole_in_the_overlap() -> None:
    passages = divide(
        Block("paragraph", f"{prose(6)} The notice period is", page=1),
        Block("paragraph", f"three months. {prose(6)}", page=2),
        overlap=20,
    )
    assert any("The notice period is" in passage.text and "three months." in passage.text for passage in passages)


def test_text_without_spaces_is_cut_between_characters() -> None:
    text = "年次有給休暇は入社の日から起算して六か月間継続勤務した者に与える" * 20
    passages = chunk(
        document(Block("paragraph", text)),
        breadcrumb="",
        count_tokens=len,
        target_tokens=60,
        max_tokens=90,
        overlap_tokens=0,
    )
    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= 90


def test_combining_marks_stay_with_their_letter() -> None:
    text = "e\u0301" * 400
    passages = chunk(
        document(Block("paragraph", text)),
        breadcrumb="",
        count_tokens=len,
        target_tokens=61,
        max_tokens=90,
        overlap_tokens=0,
    )
    assert "".join(passage.text for passage in passages) == text
    assert not [passage for passage in passages if passage.text.startswith("\u0301")]


def test_a_breadcrumb_longer_than_a_passage_loses_its_beginning() -> None:
    crumb = " › ".join(f"folder {number} with a long name" for number in range(60)) + " › file.pdf"
    passages = divide(Block("paragraph", prose(20)), crumb=crumb, maximum=100)
    assert all(passage.breadcrumb.endswith("file.pdf") and words(passage.embedded_text) <= 100 for passage in passages)


@pytest.mark.parametrize("text", ["." * 300_000, "x" * 300_000, "word " * 60_000, "a.b" * 100_000, "年" * 300_000])
def test_endless_text_of_any_kind_is_cut_in_reasonable_time(text: str) -> None:
    passages = divide(Block("paragraph", text))
    assert "".join(passage.text for passage in passages).replace(" ", "") == text.replace(" ", "")
    assert max(words(passage.embedded_text) for passage in passages) <= 100


def test_sheets_are_not_mixed() -> None:
    passages = divide(
        *(Block("table_row", f"Row {number} of sales", section="Sales") for number in range(12)),
        *(Block("table_row", f"Row {number} of costs", section="Costs") for number in range(12)),
    )
    assert not [passage for passage in passages if "sales" in passage.text and "costs" in passage.text]


@pytest.mark.parametrize(("target", "maximum", "overlap"), [(50, 40, 0), (50, 100, 25), (10, 30, 0), (50, 100, -1)])
def test_limits_that_contradict_each_other_are_refused(target: int, maximum: int, overlap: int) -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        divide(Block("paragraph", "Text"), target=target, maximum=maximum, overlap=overlap)


# Words of all lengths and scripts, with the stops, quotes and marks that a splitter may trip over.
_words = st.text(alphabet="abcXYZäß0.!?,:;'\"-年月ก्\u0301", min_size=1, max_size=30).filter(
    lambda word: bool(word.strip())
)
_texts = st.lists(_words, min_size=1, max_size=60).map(" ".join).map(str.strip).filter(bool)
_kinds: st.SearchStrategy[BlockKind] = st.sampled_from(
    ["paragraph", "paragraph", "list_item", "heading", "table_row", "note", "code"]
)


@st.composite
def _documents(draw: st.DrawFn) -> Extracted:
    blocks: list[Block] = []
    page = 1
    for kind, text in draw(st.lists(st.tuples(_kinds, _texts), max_size=25)):
        page += draw(st.integers(0, 3)) // 3
        header = draw(st.none() | st.just("Name | City")) if kind == "table_row" else None
        level = draw(st.integers(1, 6)) if kind == "heading" else 0
        blocks.append(Block(kind, text, level=level, page=page, header=header))
    return Extracted("pdf", None, page, tuple(blocks))


def _squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=150, deadline=None)
@given(_documents(), st.sampled_from([(40, 60, 0), (50, 100, 12), (100, 100, 30)]))
def test_passages_hold_the_whole_text_in_order_within_the_limit(
    extracted: Extracted, sizes: tuple[int, int, int]
) -> None:
    target, maximum, overlap = sizes

    def cut(overlap_tokens: int) -> list[Passage]:
        return chunk(
            extracted,
            breadcrumb="HR › a.pdf",
            count_tokens=words,
            target_tokens=target,
            max_tokens=maximum,
            overlap_tokens=overlap_tokens,
        )

    passages = cut(overlap)
    assert passages == cut(overlap), "the same document gives the same passages"
    assert [passage.index for passage in passages] == list(range(len(passages)))
    assert max((words(passage.embedded_text) for passage in passages), default=0) <= maximum
    assert max((passage.tokens for passage in passages), default=0) <= maximum
    pages = [passage.page or 0 for passage in passages]
    assert pages == sorted(pages)
    assert all((passage.page or 0) <= (passage.last_page or 0) for passage in passages)
    # Headers are repeated by intention; without them and without overlap the text is there once, in order.
    plain = [passage.text.replace("Name | City\n", "") for passage in cut(0)]
    assert _squeezed("".join(plain)) == _squeezed("".join(block.text for block in extracted.blocks))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abcdefg", min_size=1, max_size=12), min_size=200, max_size=600))
def test_no_cut_falls_inside_a_word(vocabulary: list[str]) -> None:
    passages = divide(Block("paragraph", " ".join(vocabulary)))
    assert [word for passage in passages for word in passage.text.split()] == vocabulary
