"""BM25 as sparse vectors, computed here for passages and queries alike, so that any Qdrant serves them.

A passage's value of a term is BM25's term-frequency part; a query's is 1; Qdrant multiplies both and the term's
inverse document frequency (the collection's IDF modifier). Term ids are CRC-32 of the folded stem: with 300,000
distinct stems about ten pairs collide (n² / 2 / 2³²), so one term in 14,000 shares its id, and never with a term
of the same length that differs within four consecutive bytes.

A passage is stemmed by its language. A query rarely says its language: the stop words in it vote, and without
two votes for one it carries the stems of every language in `QUERY_LANGUAGES`, of which a passage meets those of
its own. (nDCG@10 of this BM25 alone: xquad, twelve languages in one index: every language .935, the vote .942,
the true language .946; SciFact .736, .742, .744.) Cyrillic, Arabic and Greek words are stemmed by their
script. Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese, whose words are not set apart, become character
bigrams.

Changing anything here changes stored vectors: raise the pipeline version, so that documents are encoded again.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from threading import Lock
from typing import Protocol, cast
from zlib import crc32

from shared.domain.documents import SparseVector
from shared.domain.stop_words import ANY_STOP_WORD, STOP_WORDS

K1 = 1.2
B = 0.75
# Mean over 1,281 passages of 500 cl100k tokens (reports, handbooks, six languages): 203. A constant, because a
# passage's vector must not change when others come.
AVERAGE_TERMS = 200
# Longer ones are keys, hashes and encoded data, which nobody types.
MAX_WORD = 48
# Stems of one language that are kept: 65,536 entries are about 15 MB and cover running text almost whole.
KEPT_STEMS = 65_536

_STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
_SAME_AS = {"nb": "no", "nn": "no"}
_BY_SCRIPT = frozenset({"ar", "el", "ru"})
QUERY_LANGUAGES = tuple(sorted(_STEMMERS.keys() - _BY_SCRIPT))
_VOTES_NEEDED = 2

# Scripts that are written without spaces between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
# Signs of Indic scripts and combining accents are parts of words, though `\w` leaves them out.
_LETTER = rf"(?:[^\W_{_UNSPACED}]|[\u0300-\u036f\u0900-\u0963\u0970-\u0dff])"
_JOINER = "[-‐./_]"
_TOKENS = re.compile(rf"[{_UNSPACED}]+|{_LETTER}+(?:{_JOINER}{_LETTER}+)*")
_ASCII_TOKENS = re.compile(r"[a-z0-9]+(?:[-./_][a-z0-9]+)*")
_PARTS = re.compile(_JOINER)
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_ARABIC_MARKS = re.compile("[\u064b-\u065f\u0670\u0640]")
_NOT_DECOMPOSED = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...


_stemming = Lock()  # a stemmer keeps the word it works on in itself


def encode_passage(text: str, *, language: str | None) -> SparseVector:
    """`language` is an ISO 639-1 code; one without a stemmer, or None, leaves words as they are.
    An empty vector for a text without terms."""
    counts = Counter(chain.from_iterable(map(_terms(_known(language)), _tokens(text))))
    norm = K1 * (1 - B + B * counts.total() / AVERAGE_TERMS)
    return SparseVector(tuple(counts), tuple(count * (K1 + 1) / (count + norm) for count in counts.values()))


def encode_query(text: str, *, languages: Sequence[str] | None = None) -> SparseVector:
    """Each distinct term once, with weight 1; empty when nothing but stop words was asked.
    `languages` None: those that the query's stop words speak for."""
    tokens = _tokens(text)
    asked = _spoken(tokens) if languages is None else languages
    # The unstemmed words meet passages whose language is not known.
    variants = dict.fromkeys((*map(_known, asked), None))
    found = dict.fromkeys(chain.from_iterable(chain.from_iterable(map(_terms(each), tokens) for each in variants)))
    return SparseVector(tuple(found), (1.0,) * len(found))


def spoken(text: str) -> str | None:
    """The language that the stop words of a short text speak for; None without a clear majority."""
    languages = _spoken(_tokens(text))
    return languages[0] if len(languages) == 1 else None


def _spoken(tokens: Sequence[str]) -> tuple[str, ...]:
    votes = {language: sum(token in STOP_WORDS[language] for token in tokens) for language in QUERY_LANGUAGES}
    most = max(votes.values())
    return tuple(each for each in QUERY_LANGUAGES if votes[each] == most) if most >= _VOTES_NEEDED else QUERY_LANGUAGES


def _known(language: str | None) -> str | None:
    code = _SAME_AS.get(language or "", language)
    return code if code in _STEMMERS else None


def _tokens(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_TOKENS.findall(text.lower())
    plain = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return _TOKENS.findall(_ARABIC_MARKS.sub("", plain).lower().replace("i̇", "i"))


@cache
def _terms(language: str | None) -> Callable[[str], tuple[int, ...]]:
    """A bounded, remembered function from a token to its term ids."""

    @lru_cache(maxsize=KEPT_STEMS)
    def terms(token: str) -> tuple[int, ...]:
        return tuple(crc32(term.encode("utf-8", "surrogatepass")) for term in _term_texts(token, language))

    return terms


def _term_texts(token: str, language: str | None) -> Iterator[str]:
    if _UNSPACED_START.match(token):
        yield from (token[at : at + 2] for at in range(max(1, len(token) - 1)))
        return
    parts = _PARTS.split(token)
    for part in parts:
        if len(part) <= MAX_WORD and (term := _term(part, language)):
            yield term
    # OPX-40, 3.5, 2026-03-01: a number written with signs is looked for without them, and the other way round.
    if 1 < len(parts) <= 4 and any(character.isdigit() for character in token):
        yield _folded("".join(parts))


def _term(word: str, language: str | None) -> str | None:
    code = _script_language(word[0], language)
    stop_words = ANY_STOP_WORD if code is None else STOP_WORDS[code]
    if word in stop_words:
        return None
    if code is None or not word.isalpha():
        return _folded(word)
    with _stemming:
        return _folded(_stemmer(code).stemWord(word))


def _script_language(letter: str, language: str | None) -> str | None:
    if letter < "\u0250" or "\u1e00" <= letter <= "\u1eff":
        return "en" if language in _BY_SCRIPT else language
    if "\u0400" <= letter <= "\u052f":
        return "ru"
    if "\u0600" <= letter <= "\u06ff":
        return "ar"
    if "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff":
        return "el"
    return None


def _folded(word: str) -> str:
    """Without accents in the scripts where people leave them out; marks of other scripts are letters."""
    if word.isascii() or "\u0700" <= word[0] <= "\u1dff":
        return word
    decomposed = unicodedata.normalize("NFKD", word)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_NOT_DECOMPOSED)


@cache
def _stemmer(code: str) -> _Stemmer:
    import snowballstemmer  # 30 modules of tables: not before the first word is stemmed

    return cast(_Stemmer, snowballstemmer.stemmer(_STEMMERS[code]))
