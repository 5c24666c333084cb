"""Whether a passage supports a sentence, as far as can be told without a model: numbers, names, words (S15).

Thresholds were chosen on sentences of answers with their own and with swapped passages and altered numbers
(`python -m evals.citations`; evals/RESULTS.md).
"""

import re

from shared.domain import bm25
from shared.domain.names import NAME_LANGUAGES, Mentions, names_in
from shared.domain.quantities import Numbers, quantities

# Share of the sentence's words, by their stems, that the passage has at least.
LEAST_OVERLAP = 0.4
_LIST_NUMBER = re.compile(r"^\s*(?:\d{1,2}[.)]\s|[-*•]\s+)")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")
# PI4P, Q2, B52: letters with digits inside or behind. A year within (FY2023) is a number.
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=\d*[A-Za-z])(?=[A-Za-z]*\d)(?![A-Za-z]*\d{4})[A-Za-z0-9]+")


def supported(sentence: str, evidence: str, *, asked: str = "", language: str | None = None) -> bool:
    """Every number and some name of `sentence` stands in `evidence` or was `asked` for, and enough of its words.
    Words and names are compared only within one language, since a translation has others; `language` is that of the
    whole answer, where it is known."""
    claim = _LIST_NUMBER.sub("", sentence)
    numbers = Numbers(f"{evidence}\n{asked}")
    if not all(numbers.support(number) for number in quantities(claim)):
        return False
    written = bm25.spoken(evidence)
    said = language or bm25.spoken(f"{claim}\n{asked}") or (written if _is_latin(claim) else None)
    if said is None or written not in (said, None):
        return True
    known = {code.casefold() for code in _CODE.findall(f"{evidence}\n{asked}")}
    if not all(code.casefold() in known for code in _CODE.findall(claim)):
        return False
    if said in NAME_LANGUAGES and (words := {(word,) for name in names_in(claim) for word in name}):
        mentions = Mentions([evidence, asked])
        if not any(mentions.names(word) or mentions.uses_as_word(word) for word in words):
            return False
    return _overlap(claim, evidence, said) >= LEAST_OVERLAP


def _is_latin(text: str) -> bool:
    return 2 * len(_LATIN.findall(text)) > len(_LETTER.findall(text))


def _overlap(claim: str, evidence: str, language: str) -> float:
    """1 for a sentence without words that carry a topic."""
    words = set(bm25.encode_passage(claim, language=language).indices)
    if not words:
        return 1.0
    return len(words.intersection(bm25.encode_passage(evidence, language=language).indices)) / len(words)
