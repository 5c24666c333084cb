"""Citations that hold: numbers are checked while the answer streams, sentences when it is complete (S15)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.domain import bm25
from shared.domain.events import Source
from shared.domain.prompts import neutralise
from shared.domain.sentences import sentences
from shared.domain.support import supported

# "[2]", "[2, 5]", "[2][5]" and "【2】" are how models cite. Longer brackets are ordinary text.
_CITATION = re.compile(r"\s*(?:\[|【)\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*(?:†[^\]】]{0,40})?(?:\]|】)")
# What may still become a citation once more text comes: white space, or a bracket not closed yet.
_OPEN = re.compile(r"\s*(?:(?:\[|【)[\d\s,;]*(?:†[^\]】]{0,40})?)?$")


class CitationFilter:
    """Renumbers citations by first use and drops numbers that were not given, token by token.

    `feed` returns the text that is safe to show; a bracket that may become a citation is held back until it is
    decided, so a held piece is never longer than a citation.
    """

    def __init__(self, given: Sequence[Source]) -> None:
        self._given = {source.n: source for source in given}
        self._numbers: dict[int, int] = {}
        self._held = ""

    def feed(self, text: str) -> str:
        if not self._held and "[" not in text and "【" not in text and not text[-1:].isspace():
            return text
        self._held += text
        ready: list[str] = []
        position = 0
        for match in _CITATION.finditer(self._held):
            ready.append(self._held[position : match.start()])
            ready.append(self._replacement(match))
            position = match.end()
        rest = self._held[position:]
        held_from = self._undecided(rest)
        ready.append(rest[:held_from])
        self._held = rest[held_from:]
        return "".join(ready)

    def flush(self) -> str:
        """What was held back at the end of the answer: it is no citation any more."""
        held, self._held = self._held, ""
        return held

    def _replacement(self, match: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d+", match.group(1))]
        shown = [self._number(number) for number in numbers if number in self._given]
        if not shown:
            return ""
        space = re.match(r"\s*", match.group())
        return (space.group() if space else "") + "".join(f"[{number}]" for number in dict.fromkeys(shown))

    def _number(self, given: int) -> int:
        return self._numbers.setdefault(given, len(self._numbers) + 1)

    @staticmethod
    def _undecided(rest: str) -> int:
        match = _OPEN.search(rest)
        return match.start() if match else len(rest)

    @property
    def idle(self) -> bool:
        """Whether nothing is held back."""
        return not self._held

    @property
    def cited(self) -> tuple[Source, ...]:
        """The passages cited so far, under the numbers the reader sees."""
        return tuple(replace(self._given[given], n=number) for given, number in self._numbers.items())


def sources_block(cited: Sequence[Source]) -> str:
    """The block the server (never the model) puts under an answer; one line a number."""
    if not cited:
        return ""
    return "\n\nSources:\n" + "\n".join(map(_line_of, cited))


def _line_of(source: Source) -> str:
    """An uploaded file has no address: it is private to its session."""
    name = f"[{source.n}] {' '.join(neutralise(source.file_name).split())}"
    return f"{name} - {source.file_url}" if source.file_url else name


_CITED = re.compile(r"\[(\d+)\]")
_LEADING = re.compile(r"(?:\s*\[\d+\])+")


def unsupported_sentences(
    answer: str, cited: Iterable[Source], texts: dict[int, str], *, asked: str = ""
) -> tuple[str, ...]:
    """Cited sentences that the passages cited in them do not support, taken together (`shared.domain.support`).

    `texts` maps the reader's numbers to whole passage texts; `asked` is the question, which may be repeated. Compared
    without any further model call.
    """
    evidence = {
        source.n: "\n".join((source.file_name, source.section or "", texts.get(source.n, ""))) for source in cited
    }
    language = bm25.spoken(without_numbers(answer))
    wrong: list[str] = []
    for sentence in cited_sentences(answer):
        given = [evidence[n] for n in numbers_in(sentence) if n in evidence]
        if not supported(without_numbers(sentence), "\n".join(given), asked=asked, language=language):
            wrong.append(sentence)
    return tuple(wrong)


def numbers_in(sentence: str) -> list[int]:
    """The numbers that it cites, in the order of the text."""
    return [int(number) for number in _CITED.findall(sentence)]


def without_numbers(text: str) -> str:
    """The text without its citations."""
    return _CITED.sub("", text)


def cited_sentences(answer: str) -> list[str]:
    """With their citations, which may stand behind the full stop."""
    pieces: list[str] = []
    for piece in sentences(answer):
        leading = _LEADING.match(piece)
        if leading and pieces:
            pieces[-1] += leading.group()
            piece = piece[leading.end() :]
        pieces.append(piece)
    return [piece.strip() for piece in pieces if _CITED.search(piece)]
