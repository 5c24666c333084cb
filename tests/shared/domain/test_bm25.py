"""Terms and weights: what meets what, in which language, and what does not."""

import math
import sys
import threading
from collections.abc import Iterator
from zlib import crc32

import pytest
import snowballstemmer

from shared.domain.bm25 import AVERAGE_TERMS, K1, QUERY_LANGUAGES, B, encode_passage, encode_query
from shared.domain.stop_words import STOP_WORDS


def meets(query: str, passage: str, language: str | None) -> bool:
    return bool(set(encode_query(query).indices) & set(encode_passage(passage, language=language).indices))


@pytest.mark.parametrize(
    ("language", "query", "passage"),
    [
        ("en", "policy", "Our policies are strict"),
        ("en", "travelling", "travelled"),
        ("de", "Kündigungsfrist", "Die Kündigungsfristen gelten"),
        ("de", "Ueberstunden", "Überstunden"),
        ("de", "grosse", "die größe"),
        ("fr", "congés", "le congé annuel"),
        ("fr", "entreprise", "l’entreprise"),
        ("es", "vacación", "las vacaciones"),
        ("it", "ferie", "l'aspettativa e le ferie"),
        ("pt", "férias", "dias de férias"),
        ("nl", "werknemer", "werknemers"),
        ("da", "ferie", "feriens"),
        ("sv", "semesterdagar", "semesterdag"),
        ("no", "ansatte", "ansattes"),
        ("nb", "ansatte", "ansattes"),
        ("fi", "työntekijä", "työntekijät"),
        ("hu", "szabadság", "szabadságok"),
        ("ro", "angajat", "angajații"),
        ("tr", "çalışan", "çalışanlar"),
        ("ru", "отпуск", "отпуска сотрудников"),
        ("ar", "موظف", "الموظفين"),
        ("el", "άδεια", "άδειας"),
        ("zh", "年假", "员工有二十天年假"),
        ("ja", "有給休暇", "年次有給休暇は二十日"),
        ("ko", "휴가", "연차휴가는"),
        ("th", "วันลา", "วันลาพักร้อน"),
        ("hi", "छुट्टी", "छुट्टी के दिन"),
        (None, "Quartalszahlen", "Quartalszahlen"),
        ("xx", "budget", "Budget"),
    ],
)
def test_a_question_meets_another_form_of_its_word(language: str | None, query: str, passage: str):
    assert meets(query, passage, language)


@pytest.mark.parametrize(
    ("query", "passage"),
    [
        ("OPX40", "the OPX-40 pump"),
        ("OPX-40", "the OPX40 pump"),
        ("opx‑40", "OPX-40"),
        ("20260301", "2026-03-01"),
        ("ＩＳＯ　９００１", "ISO 9001"),
        ("SharePoint", "die SharePoint-Bibliothek"),
        ("co\u00adoperation", "cooperation"),
    ],
)
def test_names_and_numbers_meet_however_they_are_written(query: str, passage: str):
    assert meets(query, passage, "en")


@pytest.mark.parametrize(
    ("query", "passage", "language"),
    [
        ("the", "the house", "en"),
        ("is it in the", "it is in the house", None),
        ("und der die", "und der Hund", "de"),
        ("universe", "rivers", "en"),
        ("年末", "年假", "zh"),
    ],
)
def test_what_does_not_belong_together_does_not_meet(query: str, passage: str, language: str | None):
    assert not meets(query, passage, language)


def test_a_text_without_terms_is_an_empty_vector():
    for text in ("", "   \n", "the of and", "…—!?"):
        assert encode_query(text).indices == ()
        assert encode_passage(text, language="en").values == ()


def test_a_passage_weighs_terms_by_frequency_and_length():
    vector = encode_passage("alpha beta alpha gamma alpha", language="en")
    weights = dict(zip(vector.indices, vector.values, strict=True))
    (alpha,) = encode_query("alpha", languages=("en",)).indices
    norm = K1 * (1 - B + B * 5 / AVERAGE_TERMS)
    assert weights[alpha] == pytest.approx(3 * (K1 + 1) / (3 + norm))
    assert sorted(weights.values())[:2] == pytest.approx([(K1 + 1) / (1 + norm)] * 2)


def test_a_longer_passage_weighs_the_same_word_less():
    (term,) = encode_query("alpha", languages=("en",)).indices
    weights = []
    for filler in (0, 50, 500):
        vector = encode_passage("alpha " + " ".join(f"word{n}x" for n in range(filler)), language="en")
        weights.append(dict(zip(vector.indices, vector.values, strict=True))[term])
    assert weights[0] > weights[1] > weights[2] > 0
    assert max(weights) < K1 + 1


def test_a_question_names_each_term_once_with_weight_one():
    vector = encode_query("budget budget BUDGET plan", languages=("en",))
    assert len(set(vector.indices)) == len(vector.indices) == 2
    assert set(vector.values) == {1.0}


def test_a_question_that_tells_its_language_is_stemmed_by_it_alone():
    told = encode_query("wie viele Urlaubstage haben die Mitarbeiter im ersten Jahr")
    asked = encode_query("wie viele Urlaubstage haben die Mitarbeiter im ersten Jahr", languages=("de",))
    assert told == asked
    assert set(encode_query("Urlaubstage").indices) == set(
        encode_query("Urlaubstage", languages=QUERY_LANGUAGES).indices
    )


def test_ids_are_the_same_in_every_process_and_fit_a_sparse_vector():
    # CRC-32 of "polici": a number that changes means that every stored vector is wrong.
    assert encode_passage("policies", language="en").indices == (0xEDCA1572,)
    text = "Überstunden 東京都 отпуск " + " ".join(f"word{n}" for n in range(2000))
    indices = encode_passage(text, language="de").indices
    assert len(set(indices)) == len(indices)
    assert all(0 <= index < 2**32 for index in indices)


@pytest.mark.parametrize("text", ["\ud800 lone", "\x00\x01", "a" * 100_000, "1." * 5_000, "-" * 5_000, "ñ" * 100])
def test_no_text_is_too_strange(text: str):
    vector = encode_passage(text, language="en")
    assert len(vector.indices) == len(vector.values)
    assert all(math.isfinite(value) and value > 0 for value in vector.values)


@pytest.fixture
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching_often")
def test_threads_that_stem_at_once_spoil_no_stem():
    endings = ("ations", "ies", "ingly", "ousness")
    words = [f"{chr(97 + n)}{chr(97 + m)}rel{ending}" for n in range(26) for m in range(8) for ending in endings]
    results: dict[int, set[int]] = {}

    def work(number: int) -> None:
        results[number] = set(encode_passage(" ".join(words[number::4]), language="en").indices)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stem = snowballstemmer.stemmer("english").stemWord
    for number in range(4):
        assert results[number] == {crc32(stem(word).encode()) for word in words[number::4]}


def test_stop_words_are_written_as_tokens_are():
    for language, words in STOP_WORDS.items():
        assert len(words) >= 60, language
        assert {word for word in words if word != word.lower() or "'" in word} == set(), language
