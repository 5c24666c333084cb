"""One ranking out of two: the convex combination of both retrievers' scores, each brought to 0–1 per question.

Why scores and not ranks: S. Bruch, S. Gai, A. Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM
TOIS 2023) finds the convex combination better than reciprocal rank fusion in and out of domain and nearly
indifferent to the kind of normalisation, and so do our sets (`python -m evals.ablation`; evals/RESULTS.md). It needs
both scores of every candidate: a passage that only one retriever brought is scored by the other as well.
"""

from collections.abc import Sequence

# Best, or within .01 of it, on four of the five sets of the evals, and chosen by the others for four of them;
# financebench would take 0.6, and the sets other than azure-northwind 0.6 too, which costs that one .08.
DENSE_SHARE = 0.5


def fused(
    similarities: Sequence[float], term_scores: Sequence[float], *, dense_share: float = DENSE_SHARE
) -> list[float]:
    """Scores of 0–1 for one question's candidates, in their order. The least similar candidate counts 0 and the most
    similar 1; of BM25 nothing is 0 by nature and the best candidate is 1. Without any term in common the order is
    that of the similarities."""
    least = min(similarities, default=0.0)
    span = max(similarities, default=0.0) - least
    most_terms = max(term_scores, default=0.0)
    return [
        dense_share * ((similarity - least) / span if span else 1.0)
        + (1.0 - dense_share) * (terms / most_terms if most_terms else 0.0)
        for similarity, terms in zip(similarities, term_scores, strict=True)
    ]
