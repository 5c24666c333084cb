"""Ranking: what is fused, how, and what a question without terms finds."""

from dataclasses import replace

import numpy as np
import pytest

from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.documents import PassagePoint, SearchMode, SearchQuery, SparseVector
from tests.shared.adapters.vectors_qdrant.library import ANYBODY, Document, question


async def ranked(vectors: QdrantVectors) -> None:
    """By dense: near, middle, far. By terms: far, then middle."""
    document = Document.named("ranked")
    names = ("near", "middle", "far")
    dense = ((1, 0, 0, 0), (0.9, 0.4, 0, 0), (0, 1, 0, 0))
    terms = (SparseVector((50,), (1.0,)), SparseVector((8, 9), (0.2, 0.2)), SparseVector((8, 9), (1.0, 1.0)))
    points: list[PassagePoint] = [
        replace(point, dense=np.array(values, dtype=np.float32), sparse=sparse)
        for point, values, sparse in zip(document.points(*names), dense, terms, strict=True)
    ]
    await vectors.stage(document.labels, points)
    await vectors.publish(document.labels, document.positions(*names))


def asking(mode: SearchMode, rrf_k: int = 2, limit: int = 10) -> SearchQuery:
    return replace(question(mode, limit=limit, rrf_k=rrf_k), sparse=SparseVector((8, 9), (1.0, 1.0)))


async def test_dense_ranks_by_cosine_and_sparse_by_terms(vectors: QdrantVectors):
    await ranked(vectors)
    dense = await vectors.search(asking(SearchMode.DENSE), audience=ANYBODY)
    assert [passage.text for passage in dense] == ["near", "middle", "far"]
    assert dense[0].score == pytest.approx(1.0, abs=1e-5)
    sparse = await vectors.search(asking(SearchMode.SPARSE), audience=ANYBODY)
    assert [passage.text for passage in sparse] == ["far", "middle"]


@pytest.mark.parametrize("k", [1, 2, 60])
async def test_both_rankings_are_fused_by_reciprocal_rank_with_the_given_k(vectors: QdrantVectors, k: int):
    await ranked(vectors)
    fused = await vectors.search(asking(SearchMode.HYBRID, rrf_k=k), audience=ANYBODY)
    assert {passage.text: passage.score for passage in fused} == {
        "near": pytest.approx(1 / k),
        "middle": pytest.approx(2 / (k + 1)),
        "far": pytest.approx(1 / (k + 2) + 1 / k),
    }
    assert [passage.score for passage in fused] == sorted((passage.score for passage in fused), reverse=True)


async def test_no_more_than_the_limit_comes_back(vectors: QdrantVectors):
    await ranked(vectors)
    assert len(await vectors.search(asking(SearchMode.HYBRID, limit=2), audience=ANYBODY)) == 2


async def test_a_question_of_stop_words_only_is_answered_by_meaning(vectors: QdrantVectors):
    await ranked(vectors)
    empty = SparseVector((), ())
    fused = await vectors.search(replace(asking(SearchMode.HYBRID), sparse=empty), audience=ANYBODY)
    assert [passage.text for passage in fused] == ["near", "middle", "far"]
    assert await vectors.search(replace(asking(SearchMode.SPARSE), sparse=empty), audience=ANYBODY) == []
