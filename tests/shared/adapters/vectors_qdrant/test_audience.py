"""Who finds what: the filter says exactly what `Audience.covers` says, in every retriever of every search (S10)."""

import itertools
import json

import pytest

from shared.adapters.qdrant_bodies import readable
from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.audience import Audience, Scope
from shared.domain.documents import SearchMode
from tests.shared.adapters.vectors_qdrant.conftest import Control
from tests.shared.adapters.vectors_qdrant.library import DE, HR, SALES, US, Document, found, indexed

SCOPES = [Scope(department, country) for department in (None, HR, SALES) for country in (None, DE, US)]
AUDIENCES = [Audience(department, country) for department in (None, HR, SALES) for country in (None, DE, US)]


async def test_every_audience_finds_exactly_what_it_covers_in_every_mode(vectors: QdrantVectors):
    for number, scope in enumerate(SCOPES):
        await indexed(vectors, Document.named(f"scope-{number}", scope), f"text {number}")
    for audience, mode in itertools.product(AUDIENCES, SearchMode):
        expected = {f"text {number}" for number, scope in enumerate(SCOPES) if audience.covers(scope)}
        assert {passage.text for passage in await found(vectors, audience, mode)} == expected, (audience, mode)


@pytest.mark.parametrize("mode", SearchMode)
async def test_every_retriever_of_every_search_carries_the_audience(
    vectors: QdrantVectors, control: Control, mode: SearchMode
):
    for audience in AUDIENCES:
        control.forget()
        await found(vectors, audience, mode)
        (asked,) = control.asked("/points/query/batch")
        searches = json.loads(asked["body"])["searches"]
        retrievers = [retriever for search in searches for retriever in search.get("prefetch", [search])]
        assert len(retrievers) == (3 if mode is SearchMode.HYBRID else 1)
        expected = json.loads(json.dumps(readable(audience), default=str))
        assert [retriever["filter"] for retriever in retrievers] == [expected] * len(retrievers)
        assert expected["must"][0] == {"key": "is_active", "match": {"value": True}}
        for condition, own in zip(expected["must"][1:], (audience.department_id, audience.country_id), strict=True):
            alternatives = condition.get("should", [condition])
            assert len(alternatives) == (1 if own is None else 2)


async def test_a_passage_hidden_from_a_reader_does_not_take_a_place_in_the_ranking(vectors: QdrantVectors):
    for number in range(60):
        await indexed(vectors, Document.named(f"hidden-{number}", Scope(SALES, None)), f"secret {number}")
    await indexed(vectors, Document.named("open"), "open text")
    assert [passage.text for passage in await found(vectors, Audience(HR, DE))] == ["open text"]
