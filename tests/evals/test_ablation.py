"""The variants of the fusion, on scripted lists."""

from dataclasses import replace

import pytest

from evals.ablation import _left_out, _Lists, _table, by_rank, by_share, one_of_a_page_first, own_scores_only
from evals.metrics import Found
from evals.report import score
from shared.domain.documents import RetrievedPassage
from shared.services.retrieval import CANDIDATES
from tests.evals.test_report import small_set
from tests.shared.services.test_retrieval import passage


def scored(text: str, similarity: float, terms: float, page: int = 1) -> RetrievedPassage:
    return replace(passage(text, 0.0), similarity=similarity, term_score=terms, page=page)


NEAR, MIDDLE, FAR = scored("near", 0.9, 1.0), scored("middle", 0.8, 3.0), scored("far", 0.5, 4.0)
# Dense search did not bring "far", BM25 not "near".
LISTS = _Lists([NEAR, MIDDLE], [FAR, MIDDLE], {CANDIDATES: [NEAR, MIDDLE, FAR]})


def texts(ranking: list[RetrievedPassage]) -> list[str]:
    return [each.text for each in ranking]


def test_the_share_moves_the_ranking_from_terms_to_meaning():
    assert texts(by_share(0.0)(LISTS)) == ["far", "middle", "near"]
    assert texts(by_share(1.0)(LISTS)) == ["near", "middle", "far"]
    assert texts(by_share(0.5)(LISTS))[0] == "middle"


def test_reciprocal_ranks_count_what_both_bring_twice():
    assert texts(by_rank(60)(LISTS))[0] == "middle"
    assert set(texts(by_rank(2)(LISTS))) == {"near", "middle", "far"}


def test_without_the_other_retrievers_score_a_candidate_counts_nothing_there():
    # near: 1 + 0, middle: 0 + 3/4, far: 0 + 1
    assert texts(own_scores_only(LISTS)) == ["near", "far", "middle"]


def test_one_passage_of_each_page_comes_first():
    same = replace(NEAR, text="near, too", passage_id=MIDDLE.passage_id, similarity=0.89, term_score=4.0)
    lists = _Lists([], [], {CANDIDATES: [NEAR, same, replace(FAR, page=2)]})
    assert texts(one_of_a_page_first(lists)) == ["near, too", "far", "near"]


def test_the_table_compares_every_variant_with_the_product():
    evals = small_set()
    right, wrong = [Found("a", (1,))], [Found("b", (1,))]
    rows = [score("product", evals, [right] * 4), score("less", evals, [right, wrong, right, right])]
    text = _table(evals, rows)
    assert "| product | 1.00 [1.00–1.00] |" in text
    assert "| +0.250 [+0.000, +0.750] |" in text


@pytest.mark.skipif("not __import__('evals.datasets').datasets.DATA.is_dir()", reason="the shared data is not there")
def test_the_share_is_chosen_without_the_set_it_is_judged_on():
    shares = {0.3: 0.1, 0.4: 0.2, 0.45: 0.3, 0.5: 0.4, 0.55: 0.5, 0.6: 0.6, 0.7: 0.9}
    evals = small_set()

    def rows(values: dict[float, float]):
        base = score("product", evals, [[Found("a", (1,))]] * 4)
        names = {share: "product" if share == 0.5 else f"dense share {share}" for share in shares}
        return [
            replace(base, retriever=names[share], by_metric={"page hit@5": (value,)}) for share, value in values.items()
        ]

    falling = {share: 1 - value for share, value in shares.items()}
    text = _left_out({"azure-northwind": rows(shares), "financebench": rows(falling)})
    assert "| azure-northwind | 0.3 | 0.100 | 0.400 | 0.900 |" in text
    assert "| financebench | 0.7 | 0.100 | 0.600 | 0.900 |" in text
