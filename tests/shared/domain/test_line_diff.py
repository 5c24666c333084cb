"""A diff can be read back into both texts, whatever they are, and costs little."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.line_diff import MAX_COMPARED, DiffLine, line_diff

TEXTS = st.lists(st.sampled_from(["", "a", "b", "c d", "ü"]), max_size=12).map("\n".join)


def kept_promises(older: str, newer: str) -> list[DiffLine]:
    lines = line_diff(older, newer)
    old = [line for line in lines if line.change != "added"]
    new = [line for line in lines if line.change != "removed"]
    assert "\n".join(line.text for line in old) == older
    assert "\n".join(line.text for line in new) == newer
    assert [line.old_number for line in old] == list(range(1, len(old) + 1))
    assert [line.new_number for line in new] == list(range(1, len(new) + 1))
    assert all(line.new_number is None for line in lines if line.change == "removed")
    assert all(line.old_number is None for line in lines if line.change == "added")
    return lines


@settings(max_examples=150, deadline=None, database=None, print_blob=True)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back(older: str, newer: str) -> None:
    lines = kept_promises(older, newer)
    assert all(line.change == "same" for line in lines) == (older == newer)


def test_what_stayed_is_told_as_the_same() -> None:
    lines = kept_promises("You answer.\nBe brief.\nCite.", "You answer.\nBe kind.\nBe brief.\nCite!")
    assert [(line.change, line.old_number, line.new_number, line.text) for line in lines] == [
        ("same", 1, 1, "You answer."),
        ("added", None, 2, "Be kind."),
        ("same", 2, 3, "Be brief."),
        ("removed", 3, None, "Cite."),
        ("added", None, 4, "Cite!"),
    ]


def test_texts_of_very_many_lines_are_told_as_replaced_between_their_shared_ends() -> None:
    many = [str(number) for number in range(MAX_COMPARED + 1)]
    lines = kept_promises("\n".join(["head", *many, "tail"]), "\n".join(["head", *reversed(many), "tail"]))
    assert (lines[0].change, lines[-1].change) == ("same", "same")
    assert {line.change for line in lines[1:-1]} == {"removed", "added"}
