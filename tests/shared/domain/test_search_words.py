"""The words by which conversations are found."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.search_words import MAX_QUERY_WORDS, SNIPPET_CHARS, WordQuery, words_of


def finds(query: str, text: str) -> bool:
    """As PostgreSQL compares: every word, the last as a beginning."""
    *whole, last = WordQuery.of(query).words
    words = set(words_of(text))
    return set(whole) <= words and any(word.startswith(last) for word in words)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("urlaub", "Wie viel „Urlaub“ habe ich?"),
        ("ÜBERSTUNDEN", "die Überstunden"),
        ("uberstunden", "die Überstunden"),
        ("strasse", "Straße 5"),
        ("parental le", "Parental LEAVE takes ten weeks"),
        ("café", "the cafe\u0301 downstairs"),
        ("休暇", "年次休暇は20日です。"),
        ("ลาพัก", "วันลาพักร้อนประจำปี"),
        ("휴가", "휴가는 며칠인가요"),
        ("छुट्टी", "वार्षिक छुट्टी कितनी है"),
        ("отпуск", "Сколько дней ОТПУСКА?"),
        ("إجازة", "كم يوم إِجَازَة لدي"),
        ("🎉", "Fertig 🎉 endlich"),
        ("3.5", "version 3.5 of it"),
        ("don't", "they don't"),
        ("opx-40", "the OPX-40 pump"),
    ],
)
def test_a_text_is_found_by_its_words_in_any_language(query: str, text: str) -> None:
    assert finds(query, text)
    assert finds(unicodedata.normalize("NFD", query), unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(("query", "text"), [("laub", "Urlaub"), ("leave par", "leave"), ("urla tage", "Urlaub Tage")])
def test_only_the_last_word_may_be_a_beginning(query: str, text: str) -> None:
    assert not finds(query, text)


@given(st.text(max_size=300))
def test_any_text_is_a_query_of_bounded_quoted_words(text: str) -> None:
    query = WordQuery.of(text)
    assert len(query.words) <= MAX_QUERY_WORDS
    assert all(word and not set(word) & set("'\\& \t\n") for word in query.words), query.words
    assert set(query.words) <= set(words_of(text))
    assert query.tsquery.count("'") == 2 * len(query.words)


@given(st.text(max_size=400), st.text(max_size=20))
def test_a_snippet_is_one_short_line_of_the_text(text: str, asked: str) -> None:
    snippet = WordQuery.of(asked).snippet(text)
    assert len(snippet) <= SNIPPET_CHARS + 2
    assert "\n" not in snippet
    assert snippet.strip("…").strip() in " ".join(text.split()) or "…" in text


def test_a_snippet_shows_the_surroundings_of_what_was_looked_for() -> None:
    text = "word " * 200 + "the zeppelin\nhangar opens at nine " + "more " * 200
    snippet = WordQuery.of("hangar zepp").snippet(text)
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert "the zeppelin hangar opens at nine" in snippet
