"""Of a cited passage, the sentences that say what the answer cites it for."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import Source
from shared.domain.ids import DocumentId, PassageId
from shared.domain.quotes import MOST_CLAIMS, MOST_PIECES, with_quotes

PASSAGE = """Being absent
Tell your manager before 9:30 on the first day. Nobody is asked for the nature of an illness.

Parental leave
How many weeks employees get depends on the country. In the United States a birth parent gets 16 weeks of paid \
parental leave and every other parent 10 weeks. In Germany each parent may take up to three years for each child."""
GERMAN = """Homeoffice
Beschäftigte dürfen bis zu zwei Tage pro Woche von zu Hause arbeiten. Die Vorgesetzten stimmen vorher schriftlich zu.
Eine Ausstattungspauschale von 150 Euro wird einmalig gezahlt."""


def source(n: int, snippet: str) -> Source:
    return Source(n, DocumentId(UUID(int=n)), PassageId(UUID(int=n)), "f.pdf", "https://x/f.pdf", 1, None, snippet, 1)


def quotes(answer: str, passage: str = PASSAGE) -> tuple[str, ...]:
    (told,) = with_quotes(answer, (source(1, passage),))
    assert told == replace(source(1, passage), quotes=told.quotes)
    return told.quotes


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A birth parent in the US gets 16 weeks of paid parental leave. [1]", ["In the United States a birth"]),
        ("German parents may each take three years per child [1].", ["In Germany each parent"]),
        # two sentences of the passage, each for a part of it
        (
            "Birth parents get 16 weeks of paid leave; in Germany each parent may take three years per child [1].",
            ["In the United States", "In Germany each parent"],
        ),
        # what is not cited, or about something else
        ("A birth parent gets 16 weeks of paid parental leave.", []),
        ("The canteen serves lunch from noon until two [1].", []),
        ("Parental matters are explained by the intranet's search box [1].", []),
        # one word in common is chance, unless it is all that is said
        ("Nobody [1].", ["Nobody is asked"]),
    ],
)  # fmt: skip
def test_the_sentence_that_says_it_is_quoted_and_nothing_else(answer: str, expected: list[str]) -> None:
    told = quotes(answer)
    assert len(told) == len(expected), told
    assert all(quote.startswith(begins) for quote, begins in zip(told, expected, strict=True)), told


def test_german_claims_find_german_sentences_in_other_forms_of_the_words() -> None:
    told = quotes("Zwei Tage in der Woche darf zu Hause gearbeitet werden, wenn der Vorgesetzte zustimmt [1].", GERMAN)
    assert told[0].startswith("Beschäftigte dürfen")
    assert all("Ausstattungspauschale" not in quote for quote in told)


def test_each_source_has_those_of_its_own_claims() -> None:
    answer = "A birth parent gets 16 weeks of paid parental leave [1]. Eine Pauschale von 150 Euro wird gezahlt [2]."
    first, second = with_quotes(answer, (source(1, PASSAGE), source(2, GERMAN)))
    assert [quote[:20] for quote in first.quotes] == ["In the United States"]
    assert [quote[:17] for quote in second.quotes] == ["Eine Ausstattungs"]


def test_a_row_of_a_table_is_a_sentence_too() -> None:
    table = "Situation: Birth parent; Paid leave: 8 weeks\nSituation: Non-birth parent; Paid leave: 10 weeks\n"
    told = quotes("A non-birth parent gets paid leave of 10 weeks [1]", table)
    assert told == ("Situation: Non-birth parent; Paid leave: 10 weeks",)


def test_a_sentence_that_is_broken_into_lines_is_quoted_whole() -> None:
    lines = "Plans\nAlways use an in-network provider to ensure\nthat benefits are coordinated.\nOther matters"
    told = quotes("An in-network provider is needed so that benefits are coordinated [1].", lines)
    assert told == ("Always use an in-network provider to ensure\nthat benefits are coordinated.",)


def test_a_claim_that_two_sentences_share_has_both_of_them() -> None:
    passage = "The tariff covers dental care. The canteen is closed. It reimburses glasses up to 300 euros each year."
    told = quotes(
        "Dental care is covered by the tariff, and glasses are reimbursed up to 300 euros a year [1].", passage
    )
    assert [quote[:10] for quote in told] == ["The tariff", "It reimbur"]


_TEXT = st.text(alphabet="abc .!?\n[]12äÄ。猫犬", max_size=200)


@given(_TEXT, _TEXT)
def test_a_quote_stands_in_the_passage_as_it_is_and_in_its_order(answer: str, passage: str) -> None:
    places = [passage.find(quote) for quote in quotes(f"{answer} [1]", passage)]
    assert -1 not in places


def test_of_what_is_cut_into_thousands_of_pieces_only_so_many_are_looked_at() -> None:
    far = "Glasses are reimbursed up to 300 euros.\n"
    claim = "Glasses are reimbursed up to 300 euros [1]."
    assert quotes(claim, "No.\n" * (MOST_PIECES - 1) + far) == (far.strip(),)
    assert quotes(claim, "No.\n" * MOST_PIECES + far) == ()
    assert quotes("Lunch is at noon [1]. " * MOST_CLAIMS + claim, far) == ()


def test_nothing_is_quoted_of_nothing() -> None:
    assert with_quotes("Text [1]", ()) == ()
    assert quotes("", "") == quotes(" [1]", PASSAGE) == quotes("Words and words [1]", "") == ()
