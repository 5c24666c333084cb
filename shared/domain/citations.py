"""Citations that hold: numbers are checked while the answer streams, sentences when it is complete (S15)."""

import re
from collections.abc import Iterable, Sequence

from shared.domain.events import Source

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
    def cited(self) -> tuple[Source, ...]:
        """The passages cited so far, under the numbers the reader sees."""
        return tuple(
            Source(
                n=number,
                document_id=source.document_id,
                passage_id=source.passage_id,
                file_name=source.file_name,
                file_url=source.file_url,
                page=source.page,
                section=source.section,
                snippet=source.snippet,
                score=source.score,
            )
            for given, number in self._numbers.items()
            for source in (self._given[given],)
        )


def sources_block(cited: Sequence[Source]) -> str:
    """The block the server (never the model) puts under an answer; one line a number."""
    if not cited:
        return ""
    return "\n\nSources:\n" + "\n".join(f"[{source.n}] {source.file_name} - {source.file_url}" for source in cited)


_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?(?:\s*\[\d+\])+[.!?]?")
_WORD = re.compile(r"\w{4,}")
_NUMBER = re.compile(r"\d[\d.,]*")
# Half of a sentence's longer words in its passages is what an honest paraphrase keeps at least; below a quarter
# the passage is about something else. A starting point, to be measured by the evals.
_MIN_OVERLAP = 0.25


def unsupported_sentences(answer: str, cited: Iterable[Source], texts: dict[int, str]) -> tuple[str, ...]:
    """Cited sentences whose passages hold neither their numbers nor enough of their words.

    `texts` maps the reader's numbers to whole passage texts. Compared without any further model call: every number
    of the sentence must stand in a cited passage, and a quarter of its longer words.
    """
    known = {source.n for source in cited}
    wrong: list[str] = []
    for match in _SENTENCE.finditer(answer):
        sentence = match.group().strip()
        numbers = [int(n) for n in re.findall(r"\[(\d+)\]", sentence)]
        evidence = " ".join(texts.get(n, "") for n in numbers if n in known).casefold()
        claim = re.sub(r"\[\d+\]", "", sentence).casefold()
        digits = {value.rstrip(".,") for value in _NUMBER.findall(claim)}
        evidence_digits = {value.rstrip(".,") for value in _NUMBER.findall(evidence)}
        words = set(_WORD.findall(claim))
        overlap = sum(word[:6] in evidence for word in words) / len(words) if words else 1.0
        if not digits <= evidence_digits or overlap < _MIN_OVERLAP:
            wrong.append(sentence)
    return tuple(wrong)
