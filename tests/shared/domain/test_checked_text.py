"""S15: of an answer's citations, links and lists of sources a reader sees those of this answer's passages only."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.checked_text import CheckedText
from tests.shared.domain.test_citations import GIVEN

PASSAGES = [
    "Trips are booked at https://travel.example/book?step=1 (help: www.hr.example/faq).",
    "Siehe [Portal](https://intranet.example/wiki/Reise_(Ausland)), [Alt]: http://old.example/a.",
]
EVIL = "https://evil.example/a?b=1"


def checked(*pieces: str, question: str = "Where do I book?") -> tuple[str, tuple[int, ...]]:
    """(what is shown, which of the given passages are cited)."""
    text = CheckedText(GIVEN, PASSAGES, question=question)
    shown = "".join(map(text.feed, pieces)) + text.flush()
    return shown, tuple(source.document_id.int for source in text.cited)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"See [the portal]({EVIL}) now.", "See the portal now."),
        (f'See [the portal](<{EVIL}> "title (a)") now.', "See the portal now."),
        ("[a](javascript:alert(1)) [b](data:text/html;base64,AAA=) [c](//evil.example)", "a b c"),
        ("[a](\n//evil.example 'x') b", "a b"),
        ("[deep](//evil.example/((a)b)) end", "deep end"),
        ("[with spaces](https://evil.example/a b.pdf) end", "with spaces end"),
        (f"A picture ![of it]({EVIL}) here", "A picture  here"),
        (f"[![picture]({EVIL})]({EVIL}) end", " end"),
        (f"Open <{EVIL}> or <javascript:alert(1)>.", "Open (link removed) or (link removed)."),
        (f"Open {EVIL}, then wait.", "Open (link removed), then wait."),
        (f"Open it ({EVIL}).", "Open it (link removed)."),
        ("Open **www.evil.example**: done", "Open **(link removed)**: done"),
        ("HTTPS://EVIL.example ftp://evil.example/x", "(link removed) (link removed)"),
        ("sftp://evil.example/x", "sftp(link removed)"),
        (r"https:\/\/evil.example\/x and more", "(link removed) and more"),
        ('<img src="https://evil.example/x.png">', '<img src="(link removed)">'),
        (f"a [portal][p]\n\n[p]: {EVIL}\n", "a [portal][p]\n\n\n"),
        ("a [portal][p]\n\n[p]:\n//evil.example", "a [portal][p]\n\n"),
        ("[cut off](https://evil.exam", "cut off"),
        ("cut off https://evil.exam", "cut off (link removed)"),
        # what is taken out makes no new link of what stood around it
        (f"ht![x]({EVIL})tps://evil.example", "(link removed)"),
        ("ht[tps](x)://evil.example", "(link removed)"),
        ("ht[9]tps://evil.example", "(link removed)"),
        (f"[a]![x]({EVIL})(//evil.example)", "[a]"),
        ("[[1]](//x)(//evil.example)", "[1]"),
        (f"[{'long ' * 80}]({EVIL}) end", f"[{'long ' * 80}] end"),
    ],
)
def test_s15_an_address_that_no_passage_holds_is_not_shown(said: str, shown: str) -> None:
    assert checked(said)[0] == shown


@pytest.mark.parametrize(
    "said",
    [
        "Book at https://travel.example/book?step=1.",
        "Book [here](https://travel.example/book?step=1), or ![see](https://travel.example/book?step=1)",
        "Book at <https://travel.example/book?step=1> or **www.hr.example/faq**.",
        "Ask at [faq](https://www.hr.example/faq/) (https://intranet.example/wiki/Reise_(Ausland)).",
        "The file [f1.pdf](https://x/f1.pdf)und mehr",
        "a [portal][p]\n\n[p]: http://old.example/a\nend",
        "a [portal][p]\n\n[p]: http://old.example/a",
    ],
)
def test_s15_an_address_of_a_passage_or_a_source_is_shown(said: str) -> None:
    assert checked(said)[0] == said


@pytest.mark.parametrize(
    "said",
    [
        "https://travel.example/book?step=12",
        "https://travel.example/book",
        "https://travel.example.evil.example/book?step=1",
        "https://x/f9.pdf",
        "https://evil.example/https://x/f1.pdf",
    ],
)
def test_s15_an_address_that_only_resembles_a_given_one_is_not_shown(said: str) -> None:
    assert checked(f"a [b]({said}) {said} c")[0] == "a b (link removed) c"


@pytest.mark.parametrize(
    "said",
    [
        "Write to hr@example.com or to mailto:hr@example.com.",
        "1 < 2, a<b>c</b>, f(x)[a](no link because of spaces) and x[i] = y[j]; 5:30, and/or, w/o, C:\\temp",
        "A list [a], [Note]: all of it, why? Wow! https:// is how it begins, www too",
        "\\[escaped\\] text! ![ open [ brackets",
        "file guide.md and portal.example without a scheme",
    ],
)
def test_text_without_an_address_stays_as_it_is(said: str) -> None:
    assert checked(said)[0] == said


@pytest.mark.parametrize(
    ("said", "shown", "cited"),
    [
        (f"20 days [3]({EVIL}).", "20 days [1].", (3,)),
        ("20 days [3](https://x/f1.pdf).", "20 days [1].", (3,)),
        (f"20 days [3]: {EVIL}", "20 days [1]", (3,)),
        ("[20 days][3] off", "[20 days][1] off", (3,)),
        (f"[20 days [2]]({EVIL})[3].", "20 days [1][2].", (2, 3)),
        (f"at {EVIL}[2].", "at (link removed)[1].", (2,)),
        (f"no such passage [9]({EVIL})", "no such passage(link removed)", ()),
    ],
)
def test_s15_citations_hold_next_to_links(said: str, shown: str, cited: tuple[int, ...]) -> None:
    assert checked(said) == (shown, cited)


def test_the_mark_is_in_the_language_of_the_question() -> None:
    question = "Wo kann ich die Reise buchen und was muss ich dabei beachten?"
    assert checked(f"Unter {EVIL}.", question=question)[0] == "Unter (Link entfernt)."


@pytest.mark.parametrize(
    "listed",
    [
        "\n\nSources:\n[1] Made_up.pdf\n[2] Other.pdf - page 3\n",
        "\n\n**Quellen:**\n\n- [1] Reise.pdf\n  Seite 4\n- Handbuch",
        "\n\n---\n\n## References\r\n1. Made up\r\n2) Other",
        "\n\nSources: [1], [9]",
        "\nVerwendete Quellen:",
    ],
)
def test_s15_a_list_of_sources_of_the_models_own_is_dropped(listed: str) -> None:
    assert checked(f"20 days [3].{listed}") == ("20 days [1].", (3,)), "and what it lists is not cited by that"


def test_s15_an_answer_that_cites_in_its_list_only_keeps_what_was_given() -> None:
    assert checked("20 days.\n\nSources:\n[2] Travel.pdf\n[9] Made up.pdf") == ("20 days.", (2,))


@pytest.mark.parametrize(
    "said",
    [
        "Rain.\nSources say that it rains:\n- in May\n- in June",
        "Rain.\n\nSources:\n- rivers\n- wells\n\nBoth are clean.",
        "Sources:\n- rivers\n- wells",
        "Rain.\n\nQuellenkunde:\n- Band 1",
        "Rain.\n\nSources of water are:\n1. rivers",
        "A list:\n\n- one\n- two\n\n**Note:** no more.\n",
    ],
)
def test_a_list_that_is_part_of_the_answer_stays(said: str) -> None:
    assert checked(said)[0] == said


_WORDS = st.sampled_from(
    [
        *'ab .:/()[]<>!\\\n"9w-*',
        "http",
        "https://",
        "www.",
        "evil.example",
        "](",
        "![",
        "[1]",
        "[7]",
        "javascript:",
        "//",
        "\nSources:\n",
        "\n- ",
        "Quellen",
        "https://x/f1.pdf",
        "(https://x/f1.pdf)",
        "【2】",
        "s://",
        "://e",
        "]: ",
        "<a:",
    ]
)
_SAID = st.lists(_WORDS, max_size=30).map("".join)


@given(_SAID, st.lists(st.integers(0, 150), max_size=12))
def test_s15_where_the_tokens_are_cut_does_not_matter(said: str, cuts: list[int]) -> None:
    edges = sorted({0, len(said), *(cut for cut in cuts if cut <= len(said))})
    whole = checked(said)
    assert checked(*(said[a:b] for a, b in pairwise(edges))) == whole
    assert checked(*said) == whole


@given(_SAID)
def test_s15_no_invented_address_is_left_whatever_is_said(said: str) -> None:
    shown = checked(said)[0]
    left = shown.replace("https://x/f1.pdf", "given").replace("(link removed)", " ")
    assert not re.search(r"(?i)(?:https?|ftp)://[^\s<>\[\]\"]*[\w]|(?<![^\W_])www\.[^\s<>\[\]\"]*[\w]", left)
    assert not re.search(r"\]\((?://|javascript:)[^\s()<>\\]*\)", left)


@pytest.mark.parametrize("piece", ["[", "](", "![", "<a:", "]:a", "[a](", "((", "https://x,", "\n- a", '[a](b "', "\\"])
def test_a_long_run_of_what_is_never_closed_is_the_same_in_pieces_and_at_once(piece: str) -> None:
    assert checked(*(piece for _ in range(2_000)))[0] == checked(piece * 2_000)[0]


def test_nothing_is_held_back_that_cannot_become_a_link_or_a_list() -> None:
    text = CheckedText(GIVEN, PASSAGES, question="?")
    for piece in ("The", " holiday", " office", ",", " (which", " is (", "open):", " a", "\n- one", " \\* "):
        text.feed(piece)
    assert text.feed("word").endswith("word")
    assert text.feed(" https") == " "
    assert text.feed(" is a scheme") == "https is a scheme"
    assert text.feed(" [closed") == " "
    assert text.feed("] again") == "[closed] again"
