"""What each filter finds, the same in every Qdrant: null and absent labels decide who reads a passage."""

from uuid import UUID

import pytest
from qdrant_client import models

from tests.devstack.qdrant.conftest import Place

EVERYONE = {1, 2, 3, 4, 5, 6, 7, 8}
PAYLOADS = {
    1: {"department": "hr", "country": "de", "pages": 3, "active": True, "tags": ["a", "b"]},
    2: {"department": "hr", "country": None, "pages": 10, "active": True, "tags": []},
    3: {"department": None, "country": "de", "pages": 7, "active": False, "tags": ["b"]},
    4: {"department": None, "country": None, "pages": 1, "active": True},
    5: {"country": "us", "pages": 25, "active": True, "title": "annual leave and sick days"},
    6: {"department": "eng", "country": "us", "pages": 7, "active": True, "tags": [None]},
    7: {"department": [], "country": "de", "active": False, "key": "9f0a1f6e-94a3-4c58-9f0e-0b7a53d6a9c1"},
    8: {"department": "eng", "parts": [{"kind": "x", "n": 1}, {"kind": "y", "n": 2}], "day": "2026-03-01T10:00:00Z"},
}


def equals(key: str, value: str | int | bool) -> models.FieldCondition:
    return models.FieldCondition(key=key, match=models.MatchValue(value=value))


def empty(key: str) -> models.IsEmptyCondition:
    return models.IsEmptyCondition(is_empty=models.PayloadField(key=key))


def null(key: str) -> models.IsNullCondition:
    return models.IsNullCondition(is_null=models.PayloadField(key=key))


def within(key: str, **bounds: float) -> models.FieldCondition:
    return models.FieldCondition(key=key, range=models.Range(**bounds))


def readable(department: str, country: str) -> models.Filter:
    return models.Filter(
        must=[
            models.Filter(should=[empty("department"), equals("department", department)]),
            models.Filter(should=[empty("country"), equals("country", country)]),
        ]
    )


CASES: dict[str, tuple[models.Filter, set[int]]] = {
    "an equal value": (models.Filter(must=[equals("department", "hr")]), {1, 2}),
    "a boolean": (models.Filter(must=[equals("active", False)]), {3, 7}),
    "an integer": (models.Filter(must=[equals("pages", 7)]), {3, 6}),
    "an element of a list": (models.Filter(must=[equals("tags", "b")]), {1, 3}),
    "any of several": (
        models.Filter(must=[models.FieldCondition(key="country", match=models.MatchAny(any=["us", "fr"]))]),
        {5, 6},
    ),
    "any of none": (
        models.Filter(must=[models.FieldCondition(key="country", match=models.MatchAny(any=[]))]),
        set(),
    ),
    "all but some": (
        models.Filter(must=[models.FieldCondition(key="department", match=models.MatchExcept(**{"except": ["hr"]}))]),
        {6, 8},
    ),
    "empty is null, absent and an empty list": (models.Filter(must=[empty("department")]), {3, 4, 5, 7}),
    "null is not absent": (models.Filter(must=[null("department")]), {3, 4}),
    "a list of nulls is not empty": (models.Filter(must=[empty("tags")]), {2, 4, 5, 7, 8}),
    "not empty": (models.Filter(must_not=[empty("department")]), {1, 2, 6, 8}),
    "a range": (models.Filter(must=[within("pages", gt=3, lte=10)]), {2, 3, 6}),
    "a range of times": (
        models.Filter(must=[models.FieldCondition(key="day", range=models.DatetimeRange(gte="2026-01-01T00:00:00Z"))]),
        {8},
    ),
    "ids": (models.Filter(must=[models.HasIdCondition(has_id=[2, 4, 99])]), {2, 4}),
    "not these ids": (
        models.Filter(must=[equals("department", "hr")], must_not=[models.HasIdCondition(has_id=[2])]),
        {1},
    ),
    "a part of a text without an index": (
        models.Filter(must=[models.FieldCondition(key="title", match=models.MatchText(text="sick"))]),
        {5},
    ),
    "at least two of three": (
        models.Filter(
            min_should=models.MinShould(
                conditions=[equals("department", "hr"), equals("country", "de"), within("pages", gte=7)],
                min_count=2,
            )
        ),
        {1, 2, 3},
    ),
    "one element that meets both": (
        models.Filter(
            must=[
                models.NestedCondition(
                    nested=models.Nested(key="parts", filter=models.Filter(must=[equals("kind", "x"), equals("n", 1)]))
                )
            ]
        ),
        {8},
    ),
    "no one element meets both": (
        models.Filter(
            must=[
                models.NestedCondition(
                    nested=models.Nested(key="parts", filter=models.Filter(must=[equals("kind", "x"), equals("n", 2)]))
                )
            ]
        ),
        set(),
    ),
    "a reader of hr in de": (readable("hr", "de"), {1, 2, 3, 4, 7}),
    "a reader of eng in us": (readable("eng", "us"), {4, 5, 6, 8}),
    "a reader of an unknown department": (readable("legal", "fr"), {4}),
    "should and must_not and must at once": (
        models.Filter(
            must=[equals("active", True)],
            should=[equals("country", "de"), equals("country", "us")],
            must_not=[equals("department", "eng")],
        ),
        {1, 5},
    ),
    "an empty filter": (models.Filter(), EVERYONE),
}


@pytest.mark.parametrize("indexed", [False, True], ids=["no_index", "indexed"])
async def test_every_filter_finds_the_same_points_in_every_qdrant(place: Place, indexed: bool):
    docs = await place.collection()
    points = [
        models.PointStruct(
            id=number,
            vector={"dense": [1.0, 0.1 * number, 0, 0], "bm25": models.SparseVector(indices=[1], values=[1.0])},
            payload=payload,
        )
        for number, payload in PAYLOADS.items()
    ]
    await place.client.upsert(docs, points, wait=True)
    if indexed:
        kinds = models.PayloadSchemaType
        for field, kind in {
            "department": kinds.KEYWORD,
            "country": kinds.KEYWORD,
            "tags": kinds.KEYWORD,
            "pages": kinds.INTEGER,
            "active": kinds.BOOL,
            "day": kinds.DATETIME,
            "key": kinds.UUID,
        }.items():
            await place.index(docs, field, kind)

    found, counted, searched = {}, {}, {}
    for what, (condition, _) in CASES.items():
        records, _ = await place.client.scroll(docs, scroll_filter=condition, limit=100)
        found[what] = {record.id for record in records}
        counted[what] = (await place.client.count(docs, count_filter=condition)).count
        hits = await place.client.query_points(
            docs, query=[1.0, 0, 0, 0], using="dense", query_filter=condition, limit=100
        )
        searched[what] = {hit.id for hit in hits.points}

    expected = {what: ids for what, (_, ids) in CASES.items()}
    assert found == expected
    assert searched == expected
    assert counted == {what: len(ids) for what, ids in expected.items()}


async def test_a_uuid_label_is_found_by_its_text(place: Place):
    docs = await place.collection()
    vector = {"dense": [1.0, 0, 0, 0]}
    key = UUID("9f0a1f6e-94a3-4c58-9f0e-0b7a53d6a9c1")
    await place.client.upsert(docs, [models.PointStruct(id=1, vector=vector, payload={"key": str(key)})], wait=True)
    await place.index(docs, "key", models.PayloadSchemaType.UUID)
    condition = models.Filter(must=[equals("key", str(key))])
    assert (await place.client.count(docs, count_filter=condition)).count == 1
