"""The words by which conversations are found: the same for what is stored and for what is asked.

PostgreSQL's own parser depends on the server's locale (with C it neither folds "Ä" nor sees "„Urlaub“" as a word) and
takes a Japanese sentence for one word; so words are cut here, and PostgreSQL keeps and compares them. No stemming:
people search their own conversations for words as they wrote them, in any language.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# A question has 16,000 characters at most, an answer about as many; a tsvector holds 1 MB.
MAX_TEXT_CHARS = 100_000
# Longer ones are keys and hashes; their beginning finds them.
MAX_WORD_CHARS = 48
# Of a query; what lies beyond narrows nothing any more.
MAX_QUERY_WORDS = 32
SNIPPET_CHARS = 160

# Scripts written without spaces between words: a run of them becomes its pairs of neighbours.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003134f"
)
# Accents and vowel signs are parts of words, though `\w` leaves them out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0dff\u20d0-\u20f0"
)
_RUN = re.compile(
    # emoji and other pictures count as words of their own
    rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]|[{_MARKS}])+|[\u2190-\u2bff\U0001f000-\U0001faff]"
)
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
# Left out by many who type: accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic.
_LEFT_OUT = re.compile("[\u00ad\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0640]")


def _folded(run: str) -> str:
    if run.isascii():
        return run.lower()
    return unicodedata.normalize("NFKC", _LEFT_OUT.sub("", unicodedata.normalize("NFKD", run.casefold())))


def _placed(text: str) -> Iterator[tuple[int, str]]:
    """(where its run begins in `text`, the word)."""
    for run in _RUN.finditer(text, 0, MAX_TEXT_CHARS):
        at, folded = run.start(), _folded(run.group())
        if _UNSPACED_START.match(folded):
            for index in range(max(1, len(folded) - 1)):
                yield at + index, folded[index : index + 2]
        else:
            # folding can bring in what is no letter: "½" becomes "1⁄2"
            yield from ((at, part[:MAX_WORD_CHARS]) for part in re.split(r"[\s\u2044'\\]+", folded) if part)


def words_of(text: str | None) -> list[str]:
    """The distinct words of a text, as they are stored."""
    return sorted({word for _, word in _placed(text or "")})


@dataclass(frozen=True, slots=True)
class WordQuery:
    """All `words` must occur; the last one may be the beginning of a word, because it may still be being typed."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "WordQuery":
        """Any text is a query; one without words finds nothing."""
        found = dict.fromkeys(word for _, word in _placed(text))
        return cls(tuple(found)[:MAX_QUERY_WORDS])

    @property
    def tsquery(self) -> str:
        """PostgreSQL's notation; each word quoted, so that no character of it is an operator."""
        quoted = ["'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in self.words]
        return " & ".join(quoted) + ":*" if quoted else ""

    def snippet(self, text: str) -> str:
        """The surroundings of the first word that was looked for, on one line."""
        *whole, last = self.words or ("",)
        exact = frozenset(whole)
        first = next((at for at, word in _placed(text) if word in exact or word.startswith(last)), 0)
        begin = max(0, first - SNIPPET_CHARS // 3)
        if begin:
            # at a word's beginning, if one is near
            begin += text[begin:first].find(" ") + 1
        end = begin + SNIPPET_CHARS
        shown = " ".join(text[begin:end].split())
        return f"{'…' if begin else ''}{shown}{'…' if end < len(text) else ''}"
