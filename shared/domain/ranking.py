"""From ranked passages to the context a model is given: no repeats, neighbours joined, a budget kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.domain.documents import RetrievedPassage

# Design 05: one document must not crowd out the others.
MAX_PER_DOCUMENT = 3


def without_repeats(passages: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    """Drops passages that say the same as a better one (same words in the same order, white space aside)."""
    seen: set[str] = set()
    kept: list[RetrievedPassage] = []
    for passage in passages:
        key = " ".join(passage.text.split()).casefold()
        if key not in seen:
            seen.add(key)
            kept.append(passage)
    return kept


def _joined(first: RetrievedPassage, second: RetrievedPassage) -> RetrievedPassage:
    """Two neighbouring passages as one, under the id and place of the better; overlap is kept once."""
    before, after = (first, second) if first.chunk_index < second.chunk_index else (second, first)
    overlap = next(
        (
            size
            for size in range(min(len(before.text), len(after.text)), 15, -1)
            if before.text.endswith(after.text[:size])
        ),
        0,
    )
    return replace(first, text=before.text + ("" if overlap else "\n") + after.text[overlap:])


def assemble(
    passages: Sequence[RetrievedPassage], *, budget_tokens: int, count_tokens: Callable[[str], int]
) -> list[RetrievedPassage]:
    """Best first, at most MAX_PER_DOCUMENT of one document unless there is only one, within `budget_tokens`;
    passages that follow each other on the same page become one."""
    several = len({passage.document_id for passage in passages}) > 1
    taken: list[RetrievedPassage] = []
    per_document: Counter[object] = Counter()
    left = budget_tokens
    for passage in without_repeats(passages):
        if several and per_document[passage.document_id] >= MAX_PER_DOCUMENT:
            continue
        cost = count_tokens(passage.text)
        if cost > left:
            break
        left -= cost
        per_document[passage.document_id] += 1
        neighbour = next(
            (
                index
                for index, other in enumerate(taken)
                if other.document_id == passage.document_id
                and other.page == passage.page
                and other.section == passage.section
                and abs(other.chunk_index - passage.chunk_index) == 1
            ),
            None,
        )
        if neighbour is None:
            taken.append(passage)
        else:
            taken[neighbour] = _joined(taken[neighbour], passage)
    return taken
