"""What the tables mean. A ranking is a list of passages, best first; each stands on one or more pages.

page hit@k        1 when any gold page is among the pages of the first k passages, else 0
recall@k (pages)  share of the gold (document, page) pairs among the first k *distinct* pages, in the order in
                  which the passages name them; a passage over several pages names each of them
recall@k (docs)   the same with distinct documents, for sets whose evidence names documents only
hit@k (docs)      1 when any gold document is among the documents of the first k passages
nDCG@10           over distinct documents, binary gain, discount log2(rank + 1), ideal = all gold first

A gold page may hold its sentence on a line that another passage of the same page carries: pages, not passages,
are what these sets label, so that is what can be measured.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.datasets import Gold


@dataclass(frozen=True, slots=True)
class Found:
    """One retrieved passage: its document, and the pages that it stands on (empty where there are none)."""

    doc: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the bounds of its 95 % bootstrap confidence interval."""

    mean: float
    low: float
    high: float


def page_hit(ranking: Sequence[Found], gold: frozenset[Gold], k: int) -> float:
    return float(any(page in gold for found in ranking[:k] for page in _pages(found)))


def page_recall(ranking: Iterable[Found], gold: frozenset[Gold], k: int) -> float:
    return _recall((page for found in ranking for page in _pages(found)), gold, k)


def page_hit_distinct(ranking: Iterable[Found], gold: frozenset[Gold], k: int) -> float:
    """Page hit over the first k distinct pages instead of the pages of the first k passages."""
    return float(page_recall(ranking, gold, k) > 0)


def document_hit(ranking: Sequence[Found], gold: frozenset[Gold], k: int) -> float:
    return float(any(Gold(found.doc, None) in gold for found in ranking[:k]))


def document_recall(ranking: Iterable[Found], gold: frozenset[Gold], k: int) -> float:
    return _recall((Gold(found.doc, None) for found in ranking), gold, k)


def document_ndcg(ranking: Iterable[Found], gold: frozenset[Gold], k: int) -> float:
    first = _distinct((Gold(found.doc, None) for found in ranking), k)
    gained = sum(1 / math.log2(rank + 1) for rank, doc in enumerate(first, 1) if doc in gold)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(gold)) + 1))
    return gained / ideal


def bootstrap(values: Sequence[float], *, seed: int = 7, resamples: int = 10_000) -> Interval:
    """Percentile bootstrap over questions; the same values and seed give the same bounds."""
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0:
        raise ValueError("no values to take a mean of")
    picks = np.random.default_rng(seed).integers(0, sample.size, size=(resamples, sample.size))
    low, high = np.percentile(sample[picks].mean(axis=1), [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high))


def paired_difference(ours: Sequence[float], theirs: Sequence[float], *, seed: int = 7) -> Interval:
    """Mean of ours − theirs, resampled by question: far narrower than two separate intervals, since the
    questions' difficulty cancels out."""
    return bootstrap([a - b for a, b in zip(ours, theirs, strict=True)], seed=seed)


def _pages(found: Found) -> list[Gold]:
    return [Gold(found.doc, page) for page in found.pages]


def _recall(items: Iterable[Gold], gold: frozenset[Gold], k: int) -> float:
    return len(gold.intersection(_distinct(items, k))) / len(gold)


def _distinct(items: Iterable[Gold], k: int) -> list[Gold]:
    seen: dict[Gold, None] = {}
    for item in items:
        seen.setdefault(item)
        if len(seen) == k:
            break
    return list(seen)
