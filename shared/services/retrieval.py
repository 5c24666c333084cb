"""From a question to the passages its reader may see, best first."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from shared import genai, tracing
from shared.domain import bm25
from shared.domain.audience import Audience
from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.ids import PassageId
from shared.domain.ranking import without_repeats
from shared.ports import Embeddings, Vectors

# Passages that each retriever brings. From 30 to 80 the evals' rankings hardly differ; below, dense search misses.
CANDIDATES = 40


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
        self, queries: Sequence[str], *, audience: Audience, limit: int, mode: SearchMode = SearchMode.HYBRID
    ) -> list[RetrievedPassage]:
        """At most `limit` passages for the first query and its variants (1–4 texts), each passage once. Two retrievers
        that bring the same passages bring fewer than `limit` together, where it is more than CANDIDATES.
        Raises Unavailable, Throttled, ModelFailed."""
        asked = {
            genai.OPERATION: "retrieval",
            "nexus.retrieval.mode": mode.value,
            "nexus.retrieval.queries": len(queries),
        }
        with tracing.begin("retrieval", asked) as span:
            index = await self.serving()
            dense = await index.embeddings.embed_queries(queries)
            # How many are wanted must not change which ones are best.
            candidates = max(CANDIDATES, limit // 2 if mode is SearchMode.HYBRID else limit)
            encoded = [
                SearchQuery(vector, bm25.encode_query(query), candidates, mode)
                for query, vector in zip(queries, dense, strict=True)
            ]
            with tracing.begin("qdrant search", {"db.system.name": "qdrant"}, kind="client"):
                found = await index.vectors.search(encoded, audience=audience)
            passages = without_repeats(_combined(found))[:limit]
            span.set({"nexus.retrieval.passages": len(passages)})
        return passages


def _combined(rankings: Sequence[Sequence[RetrievedPassage]]) -> list[RetrievedPassage]:
    """The mean of a passage's scores over the variants: what several forms of a question find comes before what
    only one of them does (CombSUM; E. Fox, J. Shaw, TREC-2, 1994)."""
    if len(rankings) == 1:
        return list(rankings[0])
    scores: dict[PassageId, float] = {}
    best: dict[PassageId, RetrievedPassage] = {}
    for ranking in rankings:
        for passage in ranking:
            key = passage.passage_id
            scores[key] = scores.get(key, 0.0) + passage.score / len(rankings)
            if key not in best or passage.score > best[key].score:
                best[key] = passage
    return sorted(
        (replace(passage, score=scores[key]) for key, passage in best.items()), key=lambda passage: -passage.score
    )
