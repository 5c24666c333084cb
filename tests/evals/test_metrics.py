import math
import statistics

import pytest

from evals.datasets import Gold
from evals.metrics import (
    Found,
    bootstrap,
    document_hit,
    document_ndcg,
    document_recall,
    page_hit,
    page_hit_distinct,
    page_recall,
    paired_difference,
)

# Distinct pages in order: a1, a2, b7, a3, c1, c2 (the third passage repeats a2, the fourth stands on two pages).
RANKING = [
    Found("a", (1,)),
    Found("a", (2,)),
    Found("a", (2,)),
    Found("b", (7,)),
    Found("a", (3,)),
    Found("c", (1, 2)),
]


def pages(*gold: tuple[str, int]) -> frozenset[Gold]:
    return frozenset(Gold(doc, page) for doc, page in gold)


def docs(*names: str) -> frozenset[Gold]:
    return frozenset(Gold(name, None) for name in names)


@pytest.mark.parametrize(
    ("gold", "k", "hit"),
    [
        (pages(("a", 3)), 5, 1.0),
        (pages(("a", 3)), 4, 0.0),
        (pages(("c", 2)), 5, 0.0),
        (pages(("c", 2)), 6, 1.0),
        (pages(("b", 1)), 6, 0.0),  # the right number in another document
        (pages(("z", 1), ("b", 7)), 5, 1.0),
    ],
)
def test_page_hit_looks_at_the_pages_of_the_first_k_passages(gold: frozenset[Gold], k: int, hit: float):
    assert page_hit(RANKING, gold, k) == hit


def test_distinct_pages_are_counted_without_repeats():
    assert page_hit_distinct(RANKING, pages(("a", 3)), 3) == 0.0
    assert page_hit_distinct(RANKING, pages(("a", 3)), 4) == 1.0  # the fifth passage, but the fourth page
    assert page_hit_distinct(RANKING, pages(("c", 2)), 5) == 0.0  # c1 is the fifth page, c2 the sixth


@pytest.mark.parametrize(("k", "share"), [(1, 0.25), (2, 0.25), (3, 0.5), (5, 0.75), (6, 0.75)])
def test_page_recall_is_the_share_of_gold_pages_among_the_first_distinct_pages(k: int, share: float):
    gold = pages(("a", 1), ("b", 7), ("c", 1), ("z", 9))
    assert page_recall(RANKING, gold, k) == share


def test_document_recall_counts_each_document_once():
    assert document_recall(RANKING, docs("b", "c"), 1) == 0.0
    assert document_recall(RANKING, docs("b", "c"), 2) == 0.5
    assert document_recall(RANKING, docs("b", "c"), 3) == 1.0
    assert document_hit(RANKING, docs("c"), 5) == 0.0
    assert document_hit(RANKING, docs("c"), 6) == 1.0


def test_ndcg_equals_the_value_computed_by_hand():
    # Documents in order a, b, c. Gold b and z: gain at rank 2 only; ideal has gains at ranks 1 and 2.
    assert document_ndcg(RANKING, docs("b", "z"), 10) == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    assert document_ndcg(RANKING, docs("a"), 10) == 1.0
    assert document_ndcg(RANKING, docs("a", "c"), 10) == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3)))
    assert document_ndcg(RANKING, docs("c"), 2) == 0.0
    assert document_ndcg(RANKING, docs("z"), 10) == 0.0


def test_the_ideal_of_ndcg_is_cut_at_k():
    many = docs("a", "b", "c", "d", "e")
    assert document_ndcg(RANKING, many, 2) == pytest.approx(1.0)


def test_an_empty_ranking_finds_nothing():
    assert page_hit([], pages(("a", 1)), 5) == 0.0
    assert page_recall([], pages(("a", 1)), 5) == 0.0
    assert document_ndcg([], docs("a"), 10) == 0.0


def test_the_bootstrap_is_repeatable_and_near_the_normal_interval():
    values = [1.0] * 30 + [0.0] * 70
    interval = bootstrap(values)
    assert interval == bootstrap(values)
    assert interval.mean == pytest.approx(0.3)
    half = 1.96 * statistics.pstdev(values) / math.sqrt(len(values))
    assert interval.low == pytest.approx(0.3 - half, abs=0.015)
    assert interval.high == pytest.approx(0.3 + half, abs=0.015)


def test_the_bootstrap_of_equal_values_has_no_width_and_of_none_is_refused():
    interval = bootstrap([0.5] * 8)
    assert (interval.low, interval.mean, interval.high) == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])


def test_a_paired_difference_cancels_the_difficulty_of_questions():
    theirs = [0.0, 1.0] * 50
    ours = [value + 0.1 for value in theirs]
    difference = paired_difference(ours, theirs)
    assert difference.low == pytest.approx(0.1)
    assert difference.high == pytest.approx(0.1)
