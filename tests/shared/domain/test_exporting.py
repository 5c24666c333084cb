"""An exported conversation: a Markdown reader of its own makes of it only what was said."""

import re
import unicodedata
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from shared.domain.chat import Mode
from shared.domain.events import RunStatus, Source
from shared.domain.exporting import ExportedMessage, attachment, conversation_markdown
from shared.domain.ids import DocumentId, PassageId

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
HOSTILE = [
    "# not a heading",
    "> out\n\n# of the quote",
    "```\nopen fence\n# still code",
    "````\n```\n# x\n````\n# y",
    "~~~ `\n# x",
    "[link](javascript:alert(1)) ![pixel](https://evil.example/p.png)",
    "[ref][1] ![ref][1]\n\n[1]: https://evil.example/",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<https://evil.example> <!-- hidden -->",
    "text\n===\n\ntext\n---\n\n***",
    "1. one\n2. two\n- three\n+ four\n    code",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\rb\u2028c\u0085d\x0be",
    "`code` **bold** _it_ ~~gone~~ \\[x\\] &lt;b&gt; &amp;",
    "- item\n  ```\n  # in the item\n\n# after",
    "\t# tab\n \u00a0# nbsp",
    "a\u202eb\u200b",
]
_any = (
    st.text(max_size=120)
    | st.sampled_from(HOSTILE)
    | st.lists(
        st.sampled_from(
            ["#", "`", "```", "~~~", ">", "\n", "\n\n", "[", "](", ")", "!", "<a>", "[1]: x", "-", "    ", "x"]
        )
    ).map("".join)
)


def source(name: str = "a.pdf", url: str = "https://sp.example/a.pdf", section: str | None = None) -> Source:
    one = UUID(int=1)
    return Source(1, DocumentId(one), PassageId(one), name, url, 3, section, "snippet", 0.5)


def said(text: str, *, question: bool, sources: tuple[Source, ...] = ()) -> ExportedMessage:
    return ExportedMessage(question, text, AT, RunStatus.COMPLETE, sources, is_replaced=False)


def is_shown(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc", "Co", "Cn", "Cs")


def read(markdown: str) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)


def outside(tokens: list[Token]) -> list[Token]:
    """What stands in no block quote."""
    found, depth = list[Token](), 0
    for token in tokens:
        depth += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if depth == 0 and token.type != "blockquote_close":
            found.append(token)
    return found


def inline(tokens: list[Token], kind: str) -> list[Token]:
    return [child for token in tokens for child in token.children or () if child.type == kind]


def headings(tokens: list[Token]) -> list[str]:
    return [
        "".join(child.content for child in tokens[index + 1].children or ())
        for index, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def reaching_out(tokens: list[Token]) -> list[Token]:
    return [
        *(token for token in tokens if token.type.startswith("html")),
        *(child for kind in ("link_open", "image", "html_inline") for child in inline(tokens, kind)),
    ]


@given(_any, _any, _any)
def test_nothing_that_was_said_breaks_out_of_where_it_stands(title: str, question: str, answer: str) -> None:
    messages = [said(question, question=True), said(answer, question=False), said("end", question=True)]
    tokens = read(conversation_markdown(title, Mode.ASSISTANT, AT, messages))
    # title, then one heading a message: no more, no fewer, however hard they try
    assert len(headings(outside(tokens))) == 4
    assert headings(outside(tokens))[1:] == [
        f"{who}, 2026-03-01 12:30 UTC" for who in ("Question", "Answer", "Question")
    ]
    assert [token.type for token in outside(tokens) if token.type in ("fence", "code_block", "hr", "table_open")] == []
    assert reaching_out(tokens) == []


@given(_any)
def test_a_question_reads_as_it_was_typed(question: str) -> None:
    tokens = read(conversation_markdown("t", Mode.ASSISTANT, AT, [said(question, question=True)]))
    inside = [token for token in tokens if token not in outside(tokens)]
    kinds = {token.type for token in inside} - {
        "blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline"
    }  # fmt: skip
    assert kinds == set(), "plain text only"
    shown = "".join(child.content for token in inside for child in token.children or ())
    # spaces fold in Markdown, and what cannot be seen is left out; all else is there, in order
    assert "".join(shown.split()) == "".join(char for char in question if is_shown(char))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_reads_as_it_is(text: str) -> None:
    tokens = read(conversation_markdown(text, Mode.RAG, AT, []))
    shown = "".join(c.content for c in tokens[1].children or ())
    assert "".join(shown.split()) == "".join(char for char in text if is_shown(char))


def test_answers_keep_their_markdown_and_code_stays_code() -> None:
    answer = "**Bold**\n\n- a\n- b\n\n```html\n<b>[x](y)</b>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    tokens = read(conversation_markdown("t", Mode.ASSISTANT, AT, [said(answer, question=False)]))
    kinds = [token.type for token in tokens]
    assert {"bullet_list_open", "fence", "table_open"} <= set(kinds)
    assert [token.content for token in tokens if token.type == "fence"] == ["<b>[x](y)</b>\n"]
    assert inline(tokens, "strong_open")


def test_sources_are_the_only_links_and_stand_once() -> None:
    name, url = "a]( b`_*.pdf", "https://sp.example/a b>)<[x](y).pdf?q=1#p=3"
    answer = said(
        f"Twenty [1].\n\nSources:\n[1] {name} - {url}", question=False, sources=(source(name, url, "§ 1 | *x*"),)
    )
    markdown = conversation_markdown("t", Mode.RAG, AT, [answer])
    tokens = read(markdown)
    (link,) = inline(tokens, "link_open")
    assert unquote(str(link.attrs["href"])) == url
    assert markdown.count("a\\]\\(") == 1, "the server's own list is not repeated"
    (item,) = [t for t in tokens if t.type == "inline" and "page 3" in t.content]
    assert "".join(c.content for c in item.children or ()) == f"[1] {name}, page 3, § 1 | *x*"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " https://x"])
def test_a_source_that_is_no_web_address_is_no_link(url: str) -> None:
    answer = said("x [1]", question=False, sources=(source(url=url),))
    assert inline(read(conversation_markdown("t", Mode.RAG, AT, [answer])), "link_open") == []


@given(
    st.none() | st.text(max_size=200) | st.sampled_from(["CON", "..", "../../etc/passwd", 'a";b=\r\nX: y', "%s", "…"])
)
def test_a_file_name_is_safe_whatever_the_title_is(title: str | None) -> None:
    header = attachment(title, "md")
    header.encode("latin-1")
    found = re.fullmatch(r"attachment; filename=\"([^\"]+)\.md\"; filename\*=UTF-8''([^;\s\"]+)\.md", header)
    assert found, header
    for name in (found[1], unquote(found[2])):
        assert not set(name) & set('/\\:*?"<>|%;\r\n\0.'), name
        assert name.strip() == name
        assert name.upper() not in ("CON", "PRN", "AUX", "NUL")
        assert 1 <= len(name) <= 100


def test_a_file_is_named_after_its_conversation() -> None:
    header = attachment("Urlaub & Elternzeit: Übersicht", "json")
    assert 'filename="Urlaub Elternzeit Ubersicht.json"' in header
    assert unquote(header.rpartition("''")[2]) == "Urlaub Elternzeit Übersicht.json"
