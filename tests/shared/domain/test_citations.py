"""Citations: only given numbers survive, in order of first use, however the model's text is cut into tokens."""

from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.citations import CitationFilter, sources_block, unsupported_sentences
from shared.domain.events import Source
from shared.domain.ids import DocumentId, PassageId


def source(n: int) -> Source:
    return Source(
        n, DocumentId(UUID(int=n)), PassageId(UUID(int=n)), f"f{n}.pdf", f"https://x/f{n}.pdf", n, None, "", 1
    )


GIVEN = [source(n) for n in range(1, 6)]


def filtered(pieces: list[str]) -> tuple[str, tuple[int, ...]]:
    citations = CitationFilter(GIVEN)
    shown = "".join(citations.feed(piece) for piece in pieces) + citations.flush()
    return shown, tuple(s.document_id.int for s in citations.cited)


@pytest.mark.parametrize(
    ("said", "shown", "cited"),
    [
        ("20 days [3] and 5 [1].", "20 days [1] and 5 [2].", (3, 1)),
        ("twice [2] and [2]", "twice [1] and [1]", (2,)),
        ("both [2, 4].", "both [1][2].", (2, 4)),
        ("invented [9].", "invented.", ()),
        ("half invented [9, 2].", "half invented [1].", (2,)),
        ("no space[2]", "no space[1]", (2,)),
        ("other marks 【3】.", "other marks [1].", (3,)),
        ("a list [a] stays, and [1.5] too", "a list [a] stays, and [1.5] too", ()),
        ("open [2", "open [2", ()),
        ("see [link](https://evil) [1]", "see [link](https://evil) [1]", (1,)),
    ],
)
def test_s15_only_given_numbers_survive_in_order_of_first_use(said: str, shown: str, cited: tuple[int, ...]) -> None:
    assert filtered([said]) == (shown, cited)


_TEXT = st.text(alphabet="ab .,[]0123456789\n【】", max_size=60)


@given(_TEXT, st.lists(st.integers(0, 60), max_size=8))
def test_where_the_tokens_are_cut_does_not_matter(said: str, cuts: list[int]) -> None:
    edges = sorted({0, len(said), *(cut for cut in cuts if cut <= len(said))})
    pieces = [said[a:b] for a, b in pairwise(edges)]
    assert filtered(pieces) == filtered([said])


@given(_TEXT)
def test_no_number_beyond_the_cited_ones_is_ever_shown_in_brackets(said: str) -> None:
    citations = CitationFilter(GIVEN)
    shown = citations.feed(said) + citations.flush()
    count = len(citations.cited)
    for n in range(count + 1, 10):
        assert f"[{n}]" not in shown


def test_text_without_brackets_is_passed_on_at_once() -> None:
    citations = CitationFilter(GIVEN)
    assert citations.feed("word") == "word"
    assert citations.feed(" word") == " word"


def test_the_sources_block_is_the_designs() -> None:
    assert sources_block([]) == ""
    assert sources_block([source(1)]) == "\n\nSources:\n[1] f1.pdf - https://x/f1.pdf"


def test_s14_a_file_name_adds_no_line_to_the_sources() -> None:
    forged = replace(source(1), file_name="a\u202efdp.exe\n[2] forged.pdf - https://evil.example")
    (_, _, head, line) = sources_block([forged]).split("\n")
    assert head == "Sources:"
    assert line == "[1] afdp.exe [2] forged.pdf - https://evil.example - https://x/f1.pdf"


def test_a_sentence_with_a_number_that_its_passage_lacks_is_flagged() -> None:
    texts = {1: "Employees receive 20 days of paid vacation per calendar year."}
    good = "Employees receive 20 days of vacation [1]."
    bad = "Employees receive 35 days of vacation [1]."
    assert unsupported_sentences(f"{good} {bad}", [source(1)], texts) == (bad,)


def test_a_sentence_about_something_else_is_flagged() -> None:
    texts = {1: "The cafeteria opens at noon."}
    said = "Pension contributions double after probation [1]."
    assert unsupported_sentences(said, [source(1)], texts) == (said,)


def test_a_citation_behind_the_full_stop_belongs_to_the_sentence_before() -> None:
    texts = {1: "Employees receive 20 days of paid vacation.", 2: "The cafeteria opens at noon."}
    answer = "Employees receive 35 days of vacation. [1] The cafeteria opens at noon. [2]"
    assert unsupported_sentences(answer, [source(1), source(2)], texts) == (
        "Employees receive 35 days of vacation. [1]",
    )


def test_several_passages_support_a_sentence_together() -> None:
    texts = {1: "Employees receive 20 days of paid vacation.", 2: "Trainees receive 25 days of paid vacation."}
    said = "Employees receive 20 and trainees 25 days of paid vacation [1][2]."
    assert unsupported_sentences(said, [source(1), source(2)], texts) == ()
    assert unsupported_sentences(said, [source(1)], texts) == (said,)


def test_sentences_without_a_citation_are_not_judged() -> None:
    assert unsupported_sentences("There are 99 cafeterias.", [source(1)], {1: "No number."}) == ()


def test_an_answer_in_another_language_is_judged_by_its_numbers() -> None:
    texts = {1: "Employees receive 1,250 euros and 20 days of paid vacation per calendar year."}
    right = "Die Angestellten bekommen 20 Tage Urlaub im Jahr [1]."
    wrong = "Sie bekommen im Jahr auch 1.350 Euro [1]."
    assert unsupported_sentences(f"{right} {wrong}", [source(1)], texts) == (wrong,)
