"""Writing, reading and searching points, the same in every Qdrant. Order is never asserted inside ties."""

from uuid import UUID, uuid4

import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.devstack.qdrant.conftest import Place


def point(
    number: int | str, dense: list[float], terms: dict[int, float] | None = None, **payload: object
) -> models.PointStruct:
    terms = terms or {}
    sparse = models.SparseVector(indices=list(terms), values=list(terms.values()))
    return models.PointStruct(id=number, vector={"dense": dense, "bm25": sparse}, payload=payload)


def by(key: str, value: str | int | bool) -> models.Filter:
    return models.Filter(must=[models.FieldCondition(key=key, match=models.MatchValue(value=value))])


async def payloads(place: Place, docs: str) -> dict[object, object]:
    records, _ = await place.client.scroll(docs, limit=100)
    return {record.id: record.payload for record in records}


async def test_a_point_comes_back_as_it_was_written(place: Place):
    docs = await place.collection()
    identifier = str(uuid4())
    await place.client.upsert(docs, [point(identifier, [3.0, 4.0, 0, 0], {7: 0.5, 9: 2.0}, a=None, b=[1])], wait=True)
    (record,) = await place.client.retrieve(docs, [identifier], with_payload=True, with_vectors=True)
    assert UUID(str(record.id)) == UUID(identifier)
    assert record.payload == {"a": None, "b": [1]}
    assert isinstance(record.vector, dict)
    assert record.vector["dense"] == pytest.approx([0.6, 0.8, 0, 0])  # cosine: stored at unit length
    sparse = record.vector["bm25"]
    assert isinstance(sparse, models.SparseVector)
    assert dict(zip(sparse.indices, sparse.values, strict=True)) == {7: 0.5, 9: 2.0}


async def test_a_batch_of_columns_writes_the_same_points_as_rows(place: Place):
    docs = await place.collection()
    columns = models.Batch(
        ids=[1, 2], vectors={"dense": [[1.0, 0, 0, 0], [0, 1.0, 0, 0]]}, payloads=[{"n": 1}, {"n": 2}]
    )
    await place.client.upsert(docs, columns, wait=True)
    assert await payloads(place, docs) == {1: {"n": 1}, 2: {"n": 2}}


async def test_an_upsert_replaces_the_payload_whole(place: Place):
    docs = await place.collection()
    await place.client.upsert(docs, [point(1, [1.0, 0, 0, 0], a=1)], wait=True)
    await place.client.upsert(docs, [point(1, [1.0, 0, 0, 0], b=2)], wait=True)
    assert await payloads(place, docs) == {1: {"b": 2}}


async def test_payload_is_set_and_removed_by_ids_and_by_filter(place: Place):
    """Setting null removes the key: a label that becomes "everyone" is absent afterwards, not null."""
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(n, [1.0, n, 0, 0], kind="odd" if n % 2 else "even", n=n) for n in (1, 2, 3)])
    await client.set_payload(docs, {"seen": True}, points=[1], wait=True)
    await client.set_payload(docs, {"kind": "none", "n": None}, points=by("kind", "odd"), wait=True)
    await client.delete_payload(docs, ["n"], points=[2], wait=True)
    assert await payloads(place, docs) == {
        1: {"kind": "none", "seen": True},
        2: {"kind": "even"},
        3: {"kind": "none"},
    }
    await client.overwrite_payload(docs, {"only": 1}, points=by("kind", "none"), wait=True)
    await client.clear_payload(docs, points_selector=[2], wait=True)
    assert await payloads(place, docs) == {1: {"only": 1}, 2: {}, 3: {"only": 1}}


async def test_points_are_deleted_by_ids_and_by_filter(place: Place):
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(n, [1.0, n, 0, 0], document="a" if n < 4 else "b") for n in range(1, 7)])
    await client.delete(docs, [1, 99], wait=True)
    kept = models.Filter(must=by("document", "b").must, must_not=[models.HasIdCondition(has_id=[5])])
    await client.delete(docs, kept, wait=True)
    assert set(await payloads(place, docs)) == {2, 3, 5}


async def test_new_vectors_leave_the_payload_and_the_other_vector(place: Place):
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(1, [1.0, 0, 0, 0], {7: 0.5}, a=1), point(2, [1.0, 0, 0, 0])], wait=True)
    await client.update_vectors(docs, [models.PointVectors(id=1, vector={"dense": [0, 2.0, 0, 0]})], wait=True)
    (record,) = await client.retrieve(docs, [1], with_vectors=True)
    assert record.payload == {"a": 1}
    assert isinstance(record.vector, dict)
    assert record.vector["dense"] == pytest.approx([0, 1, 0, 0])
    assert record.vector["bm25"] == models.SparseVector(indices=[7], values=[0.5])


async def test_a_batch_of_operations_runs_in_order(place: Place):
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(1, [1.0, 0, 0, 0], v=1), point(2, [0, 1.0, 0, 0], v=1)], wait=True)
    results = await client.batch_update_points(
        docs,
        [
            models.SetPayloadOperation(set_payload=models.SetPayload(payload={"v": 2, "new": True}, points=[1])),
            models.DeleteOperation(delete=models.FilterSelector(filter=by("v", 1))),
            models.UpsertOperation(upsert=models.PointsList(points=[point(3, [0, 0, 1.0, 0], v=1)])),
        ],
        wait=True,
    )
    assert len(results) == 3
    assert await payloads(place, docs) == {1: {"v": 2, "new": True}, 3: {"v": 1}}


async def test_a_scroll_pages_through_all_points_once(place: Place):
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(n, [1.0, n, 0, 0], n=n) for n in range(25)], wait=True)
    seen: list[object] = []
    offset = None
    while True:
        records, offset = await client.scroll(docs, limit=10, offset=offset, with_payload=False)
        assert all(record.payload is None for record in records)
        seen += [record.id for record in records]
        if offset is None:
            break
    assert seen == list(range(25))


async def test_a_scroll_can_be_ordered_by_a_field(place: Place):
    docs, client = await place.collection(), place.client
    await client.upsert(docs, [point(n, [1.0, n, 0, 0], rank=(n * 7) % 11) for n in range(11)], wait=True)
    await place.index(docs, "rank", models.PayloadSchemaType.INTEGER)
    down = models.OrderBy(key="rank", direction=models.Direction.DESC)
    records, _ = await client.scroll(docs, limit=4, order_by=down)
    assert [record.payload and record.payload["rank"] for record in records] == [10, 9, 8, 7]


async def test_facets_count_the_values_of_a_field(place: Place):
    docs, client = await place.collection(), place.client
    await place.index(docs, "kind", models.PayloadSchemaType.KEYWORD)
    await client.upsert(docs, [point(n, [1.0, n, 0, 0], kind="a" if n < 4 else "b", n=n) for n in range(6)], wait=True)
    found = await client.facet(docs, "kind", exact=True)
    assert {hit.value: hit.count for hit in found.hits} == {"a": 4, "b": 2}
    none = await client.facet(docs, "kind", facet_filter=by("kind", "b"), exact=True)
    assert {hit.value: hit.count for hit in none.hits} == {"b": 2}


async def searchable(place: Place) -> str:
    docs = await place.collection()
    await place.client.upsert(
        docs,
        [
            point(1, [1.0, 0, 0, 0], {10: 1.0, 11: 1.0}, open=True),
            point(2, [0.9, 0.4, 0, 0], {10: 1.0, 12: 1.0}, open=True),
            point(3, [0.5, 0.9, 0, 0], {10: 1.0, 13: 3.0}, open=False),
            point(4, [0, 1.0, 0, 0], {14: 1.0}, open=True),
        ],
        wait=True,
    )
    return docs


async def test_a_dense_query_ranks_by_cosine(place: Place):
    docs = await searchable(place)
    found = await place.client.query_points(docs, query=[2.0, 0, 0, 0], using="dense", limit=3)
    assert [hit.id for hit in found.points] == [1, 2, 3]
    assert found.points[0].score == pytest.approx(1.0, abs=1e-5)
    assert found.points[0].payload == {"open": True}


async def test_a_sparse_query_weighs_rare_terms_higher_by_idf(place: Place):
    docs = await searchable(place)
    query = models.SparseVector(indices=[10, 12], values=[1.0, 1.0])
    found = await place.client.query_points(docs, query=query, using="bm25", limit=10)
    assert found.points[0].id == 2  # has the rare term too
    assert {hit.id for hit in found.points} == {1, 2, 3}  # 4 shares no term
    common = {hit.id: hit.score for hit in found.points}
    # ln((N - n + 0.5) / (n + 0.5) + 1) with N = 4: term 10 is in 3 points, term 12 in 1
    assert common[1] == pytest.approx(0.3567, abs=1e-3)
    assert common[2] == pytest.approx(0.3567 + 1.2040, abs=1e-3)


async def test_reciprocal_rank_fusion_uses_the_k_it_is_given(place: Place):
    docs = await searchable(place)
    prefetch = [
        models.Prefetch(query=[1.0, 0, 0, 0], using="dense", limit=3),
        models.Prefetch(query=models.SparseVector(indices=[12, 13], values=[1.0, 1.0]), using="bm25", limit=3),
    ]
    for k in (1, 60):
        found = await place.client.query_points(
            docs, prefetch=prefetch, query=models.RrfQuery(rrf=models.Rrf(k=k)), limit=10
        )
        scores = {hit.id: hit.score for hit in found.points}
        # dense ranks 1, 2, 3; sparse ranks 3 (heavier), 2; score 1 / (k + rank), rank from 0
        assert scores == {
            1: pytest.approx(1 / k),
            2: pytest.approx(1 / (k + 1) + 1 / (k + 1)),
            3: pytest.approx(1 / (k + 2) + 1 / k),
        }


async def test_a_filter_in_each_prefetch_hides_points_from_the_fusion(place: Place):
    docs = await searchable(place)
    prefetch = [
        models.Prefetch(query=[0.5, 0.9, 0, 0], using="dense", filter=by("open", True), limit=5),
        models.Prefetch(
            query=models.SparseVector(indices=[13, 14], values=[1.0, 1.0]),
            using="bm25",
            filter=by("open", True),
            limit=5,
        ),
    ]
    for fusion in (models.Fusion.RRF, models.Fusion.DBSF):
        found = await place.client.query_points(
            docs, prefetch=prefetch, query=models.FusionQuery(fusion=fusion), limit=10, with_payload=False
        )
        assert {hit.id for hit in found.points} == {1, 2, 4}
        assert all(hit.payload is None for hit in found.points)


async def test_prefetches_nest_and_a_threshold_cuts(place: Place):
    docs = await searchable(place)
    inner = models.Prefetch(query=[0, 1.0, 0, 0], using="dense", limit=3)
    outer = models.Prefetch(prefetch=[inner], query=[1.0, 0, 0, 0], using="dense", limit=2)
    nested = await place.client.query_points(docs, prefetch=[outer], query=[1.0, 0, 0, 0], using="dense", limit=5)
    assert [hit.id for hit in nested.points] == [2, 3]
    cut = await place.client.query_points(docs, query=[1.0, 0, 0, 0], using="dense", score_threshold=0.8, limit=5)
    assert [hit.id for hit in cut.points] == [1, 2]


async def test_offset_limit_and_selectors_shape_the_result(place: Place):
    docs = await searchable(place)
    found = await place.client.query_points(
        docs, query=[1.0, 0, 0, 0], using="dense", limit=2, offset=1, with_payload=["open"], with_vectors=["dense"]
    )
    assert [hit.id for hit in found.points] == [2, 3]
    assert [hit.payload for hit in found.points] == [{"open": True}, {"open": False}]
    assert all(isinstance(hit.vector, dict) and set(hit.vector) == {"dense"} for hit in found.points)
    without = await place.client.query_points(
        docs, query=[1.0, 0, 0, 0], using="dense", limit=1, with_payload=models.PayloadSelectorExclude(exclude=["open"])
    )
    assert without.points[0].payload == {}


async def test_a_batch_of_queries_answers_each(place: Place):
    docs = await searchable(place)
    requests = [
        models.QueryRequest(query=vector, using="dense", limit=1) for vector in ([1.0, 0, 0, 0], [0, 1.0, 0, 0])
    ]
    found = await place.client.query_batch_points(docs, requests)
    assert [[hit.id for hit in answer.points] for answer in found] == [[1], [4]]


async def test_a_refused_upsert_leaves_nothing_behind(place: Place):
    docs = await place.collection()
    points = [point(1, [1.0, 0, 0, 0]), point(2, [1.0, 0])]
    with pytest.raises((UnexpectedResponse, ValueError)) as refused:
        await place.client.upsert(docs, points, wait=True)
    if place.serves_http:  # local mode writes the first and fails at the second
        assert isinstance(refused.value, UnexpectedResponse)
        assert refused.value.status_code == 400
        assert b"Vector dimension error: expected dim: 4, got 2" in refused.value.content
        assert (await place.client.count(docs)).count == 0
