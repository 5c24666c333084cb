"""From a question to the passages its reader may see, best first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.domain import bm25
from shared.domain.audience import Audience
from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.ranking import without_repeats
from shared.ports import Embeddings, Vectors

# Of 2, 10 and 60 the one that found most over financebench and sec-10q together, and as much as the others (within a
# question of fifty) on azure-northwind: evals/RESULTS.md.
RRF_K = 60
PREFETCH = 60


class SearchedIndex(Protocol):
    """Vectors of one model, and that model: what one embedded is found in no other's index."""

    @property
    def embeddings(self) -> Embeddings: ...

    @property
    def vectors(self) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """The index of an installation that never has another."""

    embeddings: Embeddings
    vectors: Vectors

    async def serving(self) -> SearchedIndex:
        return self


@dataclass(frozen=True, slots=True)
class Retrieval:
    """`serving` is asked once a search: questions are embedded for the index that is searched."""

    serving: Callable[[], Awaitable[SearchedIndex]]

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
        index = await self.serving()
        dense = await index.embeddings.embed_queries(queries)
        found = await asyncio.gather(
            *(
                index.vectors.search(
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
