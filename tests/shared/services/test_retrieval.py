"""What a question's forms find together, from scripted retrievers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid5

import numpy as np

from shared.domain.audience import Audience
from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.services.retrieval import CANDIDATES, Fixed, Retrieval

ANYBODY = Audience(None, None)
SPACE = UUID(int=7)


def passage(text: str, score: float) -> RetrievedPassage:
    key = uuid5(SPACE, text)
    return RetrievedPassage(
        passage_id=PassageId(key),
        document_id=DocumentId(key),
        library_id=LibraryId(SPACE),
        file_name="a.pdf",
        file_url="https://x/a.pdf",
        file_type="pdf",
        text=text,
        page=1,
        last_page=1,
        section=None,
        chunk_index=0,
        total_chunks=1,
        language="en",
        score=score,
    )


class Embedded:
    async def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 4), dtype=np.float32) / 2


@dataclass
class Ranked:
    rankings: list[list[RetrievedPassage]]
    asked: list[Sequence[SearchQuery]] = field(default_factory=list)

    async def search(self, queries: Sequence[SearchQuery], *, audience: Audience) -> list[list[RetrievedPassage]]:
        self.asked.append(queries)
        return self.rankings


def retrieval(vectors: Ranked) -> Retrieval:
    return Retrieval(Fixed(Embedded(), vectors).serving)  # type: ignore[arg-type]


async def test_all_forms_of_a_question_are_one_call_of_the_index():
    vectors = Ranked([[passage("one", 1.0)], [passage("two", 1.0)]])
    await retrieval(vectors).search(["first", "second"], audience=ANYBODY, limit=5)
    ((first, second),) = vectors.asked
    assert first.sparse != second.sparse
    assert (first.candidates, first.mode) == (CANDIDATES, SearchMode.HYBRID)


async def test_how_many_are_wanted_does_not_change_the_candidates_until_they_are_too_few():
    vectors = Ranked([[]])
    mine = retrieval(vectors)
    for limit in (1, 2 * CANDIDATES, 2 * CANDIDATES + 20):
        await mine.search(["first"], audience=ANYBODY, limit=limit)
    await mine.search(["first"], audience=ANYBODY, limit=CANDIDATES + 10, mode=SearchMode.DENSE)
    assert [query.candidates for (query,) in vectors.asked] == [
        CANDIDATES,
        CANDIDATES,
        CANDIDATES + 10,
        CANDIDATES + 10,
    ]


async def test_what_several_forms_find_comes_before_what_one_finds_best():
    vectors = Ranked(
        [[passage("only here", 1.0), passage("both", 0.8)], [passage("both", 0.9), passage("only there", 0.7)]]
    )
    found = await retrieval(vectors).search(["first", "second"], audience=ANYBODY, limit=3)
    assert [(each.text, round(each.score, 6)) for each in found] == [
        ("both", 0.85),
        ("only here", 0.5),
        ("only there", 0.35),
    ]


async def test_the_same_words_twice_are_one_result_and_the_limit_holds():
    vectors = Ranked([[passage("Same  words", 1.0), passage("same words", 0.9), passage("b", 0.8), passage("c", 0.7)]])
    found = await retrieval(vectors).search(["first"], audience=ANYBODY, limit=2)
    assert [each.text for each in found] == ["Same  words", "b"]
