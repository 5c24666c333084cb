import pytest

from shared.domain.fusion import fused


def test_each_retriever_counts_from_0_to_1_among_the_candidates():
    scores = fused([0.9, 0.8, 0.7], [0.0, 4.0, 2.0], dense_share=0.6)
    assert scores == pytest.approx([0.6, 0.6 * 0.5 + 0.4, 0.4 * 0.5])


def test_the_scale_of_an_embedding_model_does_not_matter():
    terms = [3.0, 0.0, 1.0]
    compressed = fused([0.80, 0.84, 0.82], terms)
    assert compressed == pytest.approx(fused([0.1, 0.5, 0.3], terms))


def test_without_terms_in_common_the_similarities_decide():
    scores = fused([0.2, 0.6, 0.4], [0.0, 0.0, 0.0])
    assert sorted(range(3), key=lambda place: -scores[place]) == [1, 2, 0]


def test_candidates_of_one_similarity_are_told_apart_by_terms():
    assert fused([0.5, 0.5], [1.0, 2.0], dense_share=0.5) == pytest.approx([0.75, 1.0])


def test_nothing_is_fused_out_of_nothing():
    assert fused([], []) == []
    with pytest.raises(ValueError, match="shorter"):
        fused([1.0, 2.0], [1.0])
