import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.packing import Piece, divide
from shared.domain.sentences import halves, sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It rains. We stay! Why? Because…", ["It rains.", "We stay!", "Why?", "Because…"]),
        (
            "Mr. Smith met Dr. Jones, e.g. in Bonn. They talked.",
            ["Mr. Smith met Dr. Jones, e.g. in Bonn.", "They talked."],
        ),
        ("Siehe z.B. Abs. 3 bzw. Nr. 4. Das gilt.", ["Siehe z.B. Abs. 3 bzw. Nr. 4.", "Das gilt."]),
        ("Am 3. März gilt es. Danach nicht.", ["Am 3. März gilt es.", "Danach nicht."]),
        ("The rate is 3.5 percent. It fell.", ["The rate is 3.5 percent.", "It fell."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        (
            "See No. 5 and Art. 7. The answer is no. We stay.",
            ["See No. 5 and Art. 7.", "The answer is no.", "We stay."],
        ),
        ("John F. Kennedy spoke.", ["John F. Kennedy spoke."]),
        ("有給休暇は二十日です。人事部に連絡。", ["有給休暇は二十日です。", "人事部に連絡。"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("first line\nsecond line", ["first line", "second line"]),
        ("version 2.0.1 of node.js is here", ["version 2.0.1 of node.js is here"]),
    ],
)
def test_sentences_end_where_readers_end_them(text: str, pieces: list[str]) -> None:
    assert [piece.strip() for piece in sentences(text)] == pieces


@given(st.text(alphabet="aB1 .!?\n\"'。؟", max_size=80))
def test_sentences_joined_again_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@given(st.text(min_size=2, max_size=60))
def test_halves_joined_again_are_the_text_and_neither_is_empty(text: str) -> None:
    first, second = halves(text)
    assert first
    assert second
    assert first + second == text


def test_halves_prefer_white_space() -> None:
    assert halves("aaaa bbbbbbbb cc") == ("aaaa ", "bbbbbbbb cc")
    assert halves("word " + "x" * 60) == ("word ", "x" * 60)


def test_pieces_are_divided_into_even_passages_rather_than_full_ones_and_a_rest() -> None:
    assert divide([Piece(10)] * 22, target=100, room=130) == [(0, 11), (11, 22)]


def test_a_dear_cut_is_avoided_for_a_cheap_one_near_by() -> None:
    pieces = [Piece(10, cut=0.2)] * 20
    pieces[8] = Piece(10, cut=0.0)
    assert divide(pieces, target=100, room=140) == [(0, 8), (8, 20)]


def test_a_piece_above_the_limit_stands_alone() -> None:
    assert divide([Piece(10), Piece(500), Piece(10)], target=50, room=100) == [(0, 1), (1, 2), (2, 3)]


def test_no_pieces_make_no_passages() -> None:
    assert divide([], target=50, room=100) == []
