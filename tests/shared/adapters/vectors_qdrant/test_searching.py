"""Ranking: what is fused, how, and what a question without terms finds."""

from dataclasses import replace

import numpy as np
import pytest

from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.documents import PassagePoint, RetrievedPassage, SearchMode, SearchQuery, SparseVector
from shared.domain.fusion import DENSE_SHARE
from tests.shared.adapters.vectors_qdrant.conftest import Control
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


def asking(mode: SearchMode = SearchMode.HYBRID, candidates: int = 10) -> SearchQuery:
    return replace(question(mode, candidates=candidates), sparse=SparseVector((8, 9), (1.0, 1.0)))


async def answered(vectors: QdrantVectors, query: SearchQuery) -> list[RetrievedPassage]:
    (passages,) = await vectors.search([query], audience=ANYBODY)
    return passages


async def test_dense_ranks_by_cosine_and_sparse_by_terms(vectors: QdrantVectors):
    await ranked(vectors)
    dense = await answered(vectors, asking(SearchMode.DENSE))
    assert [passage.text for passage in dense] == ["near", "middle", "far"]
    assert dense[0].score == dense[0].similarity == pytest.approx(1.0, abs=1e-5)
    sparse = await answered(vectors, asking(SearchMode.SPARSE))
    assert [passage.text for passage in sparse] == ["far", "middle"]
    assert [passage.term_score for passage in sparse] == [passage.score for passage in sparse]


async def test_hybrid_joins_both_scores_of_every_candidate(vectors: QdrantVectors):
    await ranked(vectors)
    terms = {passage.text: passage.score for passage in await answered(vectors, asking(SearchMode.SPARSE))}
    similar = {passage.text: passage.score for passage in await answered(vectors, asking(SearchMode.DENSE))}
    both = await answered(vectors, asking())
    assert {passage.text: passage.similarity for passage in both} == pytest.approx(similar, abs=1e-5)
    assert {passage.text: passage.term_score for passage in both} == pytest.approx({**terms, "near": 0.0})
    # near: most similar, no term; far: least similar, all terms; middle: 0.9 / √0.97 and a fifth of far's terms
    middle = DENSE_SHARE * 0.9 / 0.97**0.5 + (1 - DENSE_SHARE) * 0.2
    assert {passage.text: passage.score for passage in both} == pytest.approx(
        {"middle": middle, "near": DENSE_SHARE, "far": 1 - DENSE_SHARE}, abs=1e-5
    )
    assert both[0].text == "middle"


async def test_a_candidate_of_terms_alone_is_scored_by_its_meaning_too(vectors: QdrantVectors):
    await ranked(vectors)
    both = await answered(vectors, asking(candidates=1))
    assert {passage.text for passage in both} == {"near", "far"}
    assert {passage.text: passage.similarity for passage in both} == pytest.approx({"near": 1.0, "far": 0.0}, abs=1e-5)


async def test_no_more_candidates_come_back_than_were_asked_for(vectors: QdrantVectors):
    await ranked(vectors)
    assert len(await answered(vectors, asking(SearchMode.DENSE, candidates=2))) == 2
    assert len(await answered(vectors, asking(SearchMode.SPARSE, candidates=1))) == 1


async def test_several_queries_are_one_round_trip_and_keep_their_order(vectors: QdrantVectors, control: Control):
    await ranked(vectors)
    control.forget()
    nothing = replace(asking(SearchMode.SPARSE), sparse=SparseVector((), ()))
    hybrid, none, sparse = await vectors.search([asking(), nothing, asking(SearchMode.SPARSE)], audience=ANYBODY)
    assert [len(hybrid), none, [passage.text for passage in sparse]] == [3, [], ["far", "middle"]]
    assert len(control.asked("/points/query/batch")) == 1


async def test_a_question_of_stop_words_only_is_answered_by_meaning(vectors: QdrantVectors):
    await ranked(vectors)
    empty = SparseVector((), ())
    by_meaning = await answered(vectors, replace(asking(), sparse=empty))
    assert [passage.text for passage in by_meaning] == ["near", "middle", "far"]
    assert await answered(vectors, replace(asking(SearchMode.SPARSE), sparse=empty)) == []
