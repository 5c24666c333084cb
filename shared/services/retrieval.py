"""From a question to the passages its reader may see, best first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain import bm25
from shared.domain.audience import Audience
from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.ranking import without_repeats
from shared.ports import Embeddings, Vectors

# Of 2, 10 and 60 the one that found most over financebench and sec-10q together, and as much as the others (within a
# question of fifty) on azure-northwind: evals/RESULTS.md.
RRF_K = 60
PREFETCH = 60


@dataclass(frozen=True, slots=True)
class Retrieval:
    embeddings: Embeddings
    vectors: Vectors

    async def search(
        self,
        queries: Sequence[str],
        *,
        audience: Audience,
        limit: int,
        mode: SearchMode = SearchMode.HYBRID,
        rrf_k: int = RRF_K,
    ) -> list[RetrievedPassage]:
        """Passages for the first query and its variants (1–4 texts), each passage once, at its best place.
        Raises Unavailable, Throttled, ModelFailed."""
        dense = await self.embeddings.embed_queries(queries)
        found = await asyncio.gather(
            *(
                self.vectors.search(
                    SearchQuery(
                        dense=vector,
                        sparse=bm25.encode_query(query),
                        limit=limit,
                        prefetch=max(PREFETCH, limit),
                        rrf_k=rrf_k,
                        mode=mode,
                    ),
                    audience=audience,
                )
                for query, vector in zip(queries, dense, strict=True)
            )
        )
        if len(found) == 1:
            return without_repeats(found[0])
        return without_repeats(_fused(found, rrf_k))[:limit]


def _fused(rankings: Sequence[Sequence[RetrievedPassage]], rrf_k: int) -> list[RetrievedPassage]:
    """Reciprocal rank fusion over the variants, as Qdrant does it over its retrievers."""
    scores: dict[object, float] = {}
    passages: dict[object, RetrievedPassage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking):
            scores[passage.passage_id] = scores.get(passage.passage_id, 0.0) + 1.0 / (rrf_k + rank)
            passages.setdefault(passage.passage_id, passage)
    return [passages[key] for key in sorted(passages, key=lambda key: -scores[key])]
