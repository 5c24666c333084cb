"""The offline model's answers: the passages' own sentences that bear most on the question, each with its number.

Nothing is generated. A sentence is scored by the question's stems in it, weighted by how rare they are among the
given passages, helped by what stands around it (heading, file name, the sentence before) and by the passage's rank.
"""

import difflib
import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from devstack.models.prompt_reading import Passage, Prompt, Task, as_json
from devstack.models.sentences import Kind, Unit, units
from devstack.models.words import language, terms

NOTE = "(offline model)"
NOT_COVERED = {
    "german": "Die Dokumente enthalten dazu keine Angaben.",
    "english": "The documents do not cover this question.",
}
MOST_SENTENCES = 4

# Tuned on azure-northwind and financebench with BM25's first eight pages; see tests/devstack/models for the cases.
LEAST_COVERAGE = 0.33
CONTEXT_WEIGHT = 0.45
BEFORE_WEIGHT = 0.3
NEXT_SENTENCE_SHARE = 0.78
NUMBER_BONUS = 0.2
RANK_PENALTY = 0.015
PAIR_BONUS = 0.12
BEARING_WEIGHT = 0.25

_WANTS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|often|high|large|old|far)\b|\bwhen\b|\bwhat (?:is|was|were|are) the "
    r"(?:\w+ ){0,4}(?:amount|number|percentage|rate|cost|total|revenue|sales|income|limit|maximum|minimum|date|year)\b"
    r"|\bwie ?viele?\b|\bwann\b|\bwie (?:lange|oft|hoch|groß|alt|weit)\b|\bab wann\b|\bbis wann\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    order: tuple[int, int]
    unit: Unit
    own: frozenset[str]
    coverage: float
    score: float


def reply(prompt: Prompt) -> str:
    match prompt.task:
        case Task.TITLE:
            return title(prompt.question)
        case Task.QUERIES:
            return as_json([standalone(prompt)], wants_object=prompt.wants_object)
        case Task.ANSWER:
            if prompt.passages is None:
                return small_talk(prompt.question)
            return f"{extract(prompt.question, prompt.passages)}\n\n{NOTE}"


def extract(question: str, passages: Sequence[Passage]) -> str:
    """One to four sentences, each followed by ` [n]`, or that the documents do not cover the question."""
    name = language(question)
    chosen = _chosen(question, passages, name)
    if not chosen:
        return NOT_COVERED.get(name, NOT_COVERED["english"])
    return " ".join(f"{_quoted(candidate.unit)} [{candidate.passage.number}]" for candidate in chosen)


def _chosen(question: str, passages: Sequence[Passage], name: str) -> list[_Candidate]:
    asked = terms(question, name)
    candidates = _scored(asked, passages, name, wants_number=bool(_WANTS_NUMBER.search(question)))
    if not candidates:
        return []
    best = max(candidates, key=lambda candidate: candidate.score)
    if best.coverage < LEAST_COVERAGE:
        return []
    chosen = [best]
    said = set(best.own)
    for candidate in sorted(candidates, key=lambda candidate: -candidate.score):
        if len(chosen) == MOST_SENTENCES or candidate.score < NEXT_SENTENCE_SHARE * best.score:
            break
        # A sentence earns its place by a word of the question that nobody said yet, or by being as good as the best.
        new = candidate.own - said
        if candidate is best or not (new or candidate.score > 0.85 * best.score):
            continue
        if any(_same(candidate.unit.text, other.unit.text) for other in chosen):
            continue
        chosen.append(candidate)
        said |= candidate.own
    # The best first; what supports it follows in the documents' order.
    return [best, *sorted(chosen[1:], key=lambda candidate: candidate.order)]


def _scored(asked: list[str], passages: Sequence[Passage], name: str, *, wants_number: bool) -> list[_Candidate]:
    wanted = set(asked)
    if not wanted:
        return []
    pairs = set(itertools.pairwise(asked))
    cut = [(passage, [(unit, terms(unit.text, name)) for unit in units(passage.text)]) for passage in passages]
    cut = _bridged(wanted, cut)
    weight = _weights(wanted, [words for _, parts in cut for _, words in parts])
    total = sum(weight.values())
    candidates: list[_Candidate] = []
    for rank, (passage, parts) in enumerate(cut):
        header = wanted.intersection(terms(passage.header, name))
        all_said = header.union(*(wanted.intersection(words) for _, words in parts))
        bearing = sum(weight[word] for word in all_said) / total
        before: set[str] = set()
        for place, (unit, words) in enumerate(parts):
            own = wanted.intersection(words)
            around = (header | wanted.intersection(terms(unit.context, name))) - own
            if unit.kind is not Kind.HEADING and own:
                gained = sum(weight[word] for word in own)
                gained += CONTEXT_WEIGHT * sum(weight[word] for word in around)
                gained += BEFORE_WEIGHT * sum(weight[word] for word in before - own - around)
                coverage = gained / total
                score = coverage * _shape(unit, words)
                score += PAIR_BONUS * len(pairs.intersection(itertools.pairwise(words))) / max(1, len(pairs))
                score += NUMBER_BONUS * coverage if wants_number and unit.has_number else 0.0
                score += BEARING_WEIGHT * bearing
                score *= 1.0 - RANK_PENALTY * min(rank, 10)
                candidates.append(_Candidate(passage, (rank, place), unit, frozenset(own), coverage, score))
            before = own | (before if unit.kind is Kind.ITEM else set())
    return candidates


type _Cut = list[tuple[Passage, list[tuple[Unit, list[str]]]]]


def _bridged(wanted: set[str], cut: _Cut) -> _Cut:
    """Reads passages' words as the question's where the question's own occur nowhere: compounds ("Urlaubstage" for
    "Urlaub"), typing errors. Only then: a near word must not beat the word itself."""
    vocabulary = {word for _, parts in cut for _, words in parts for word in words}
    bridge: dict[str, str] = {}
    for word in wanted - vocabulary:
        if len(word) < 5 or word[0].isdigit():
            continue
        near = [other for other in vocabulary if len(other) >= 5 and (other.startswith(word) or word.startswith(other))]
        for other in near or difflib.get_close_matches(word, vocabulary, n=1, cutoff=0.8):
            bridge.setdefault(other, word)
    if not bridge:
        return cut
    return [
        (passage, [(unit, [bridge.get(word, word) for word in words]) for unit, words in parts])
        for passage, parts in cut
    ]


def _weights(wanted: set[str], sentences: list[list[str]]) -> dict[str, float]:
    """How much each stem of the question says, by its rareness among the sentences given (BM25's idf)."""
    count: Counter[str] = Counter()
    for words in sentences:
        count.update(wanted.intersection(words))
    number = max(1, len(sentences))
    return {word: math.log(1 + (number - count[word] + 0.5) / (count[word] + 0.5)) for word in wanted}


def _shape(unit: Unit, words: list[str]) -> float:
    """Very short units answer little, very long ones match by their length alone."""
    if len(words) < 4 and unit.kind is not Kind.ROW:
        return 0.6
    # A passage often begins or ends within a sentence; half of one is hard to read.
    torn = 0.85 if unit.kind is Kind.PROSE and unit.text[:1].islower() else 1.0
    return torn / (1.0 + max(0, len(words) - 30) / 60)


def _same(one: str, other: str) -> bool:
    first, second = set(one.casefold().split()), set(other.casefold().split())
    return len(first & second) >= 0.8 * min(len(first), len(second))


def _quoted(unit: Unit) -> str:
    text = re.sub(r"\s+", " ", unit.text).strip()
    # A number in brackets in the source would read as a citation of ours.
    return re.sub(r"\s*\[\d+\]", "", text)


def small_talk(question: str) -> str:
    asked = re.sub(r"\s+", " ", question).strip()
    asked = asked if len(asked) <= 200 else asked[:200].rsplit(" ", 1)[0] + " …"
    if language(question) == "german":
        return (
            f"Sie haben gefragt: „{asked}“. Ich bin das Offline-Modell der lokalen Umgebung: Ohne Dokumente kann ich "
            f"nichts beantworten. {NOTE}"
        )
    return (
        f"You asked: “{asked}”. I am the offline model of the local stack: without documents I cannot answer "
        f"anything. {NOTE}"
    )


def title(question: str) -> str:
    """The question's first words without politeness and punctuation; at most 60 characters."""
    text = re.sub(r"\s+", " ", re.sub(r"[\"“”„*_`#<>]", "", question)).strip(" .?!:")
    text = re.sub(
        r"^(?:hi|hello|hallo|hey|please|bitte|can you|could you|kannst du|können sie)[ ,]+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    words = ""
    for word in text.split(" ")[:8]:
        if len(words) + len(word) >= 60:
            break
        words = f"{words} {word}".strip()
    words = words or text[:60]
    return (words[:1].upper() + words[1:]).rstrip(",;:") or "New conversation"


def standalone(prompt: Prompt) -> str:
    """The last question with the salient words of the turns before it that it lacks."""
    name = language(prompt.question)
    has = set(terms(prompt.question, name))
    salient: list[str] = []
    for text in reversed(prompt.earlier[-4:]):
        for word in re.findall(r"[^\W_][\w’'-]*", text):
            stems = terms(word, name)
            if stems and not has.issuperset(stems) and len(salient) < 8:
                salient.append(word)
                has.update(stems)
    return " ".join([prompt.question.strip(), *salient])
