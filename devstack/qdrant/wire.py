"""The bodies that Qdrant's REST calls take, as far as they are served here.

msgspec has no untagged unions of objects, so each such union (Condition, Match, Query, PointsSelector, …) is one
struct with the fields of all its members; `engine_requests` checks that exactly one member was meant.
Unknown fields are refused: a client that asks for more than is served learns it at once.
"""

from typing import Any

from msgspec import Struct, field

PointId = int | str


class Body(Struct, forbid_unknown_fields=True):
    """Base of all. What is `None` here only (shard keys, look-ups elsewhere) has one value without a cluster."""


class Sparse(Body):
    indices: list[int]
    values: list[float]


NamedVector = list[float] | Sparse
Vectors = list[float] | dict[str, NamedVector]


class PayloadKey(Body):
    key: str


class Match(Body):
    value: str | int | bool | None = None
    any: list[str | int] | None = None
    except_: list[str | int] | None = field(name="except", default=None)
    text: str | None = None
    text_any: str | None = None
    phrase: str | None = None


class Range(Body):
    """Bounds are numbers or RFC 3339 times, all of one kind."""

    gt: float | str | None = None
    gte: float | str | None = None
    lt: float | str | None = None
    lte: float | str | None = None


class ValuesCount(Body):
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None


class Nested(Body):
    key: str
    filter: "Condition"


class MinShould(Body):
    conditions: "list[Condition]"
    min_count: int


class Condition(Body):
    """A condition or, with must/should/must_not/min_should, a filter: the wire makes no difference."""

    must: "list[Condition] | Condition | None" = None
    should: "list[Condition] | Condition | None" = None
    must_not: "list[Condition] | Condition | None" = None
    min_should: MinShould | None = None
    key: str | None = None
    match: Match | None = None
    range: Range | None = None
    values_count: ValuesCount | None = None
    is_empty: PayloadKey | bool | None = None
    is_null: PayloadKey | bool | None = None
    has_id: list[PointId] | None = None
    has_vector: str | None = None
    nested: Nested | None = None


Filter = Condition


class PayloadSelector(Body):
    include: list[str] | None = None
    exclude: list[str] | None = None


class Rrf(Body):
    k: int | None = None
    weights: list[float] | None = None


class OrderBy(Body):
    key: str
    direction: str | None = None
    start_from: int | float | str | None = None


class Query(Body):
    """One of: nearest, fusion, rrf, order_by, sample; or a bare sparse vector (indices with values)."""

    nearest: list[float] | int | str | Sparse | None = None
    mmr: None = None
    fusion: str | None = None
    rrf: Rrf | None = None
    order_by: str | OrderBy | None = None
    sample: str | None = None
    indices: list[int] | None = None
    values: list[float] | None = None


class QuantizationParams(Body):
    ignore: bool = False
    rescore: bool | None = None
    oversampling: float | None = None


class SearchParams(Body):
    hnsw_ef: int | None = None
    exact: bool | None = None
    quantization: QuantizationParams | None = None
    indexed_only: bool | None = None


class Prefetch(Body):
    prefetch: "list[Prefetch] | Prefetch | None" = None
    query: list[float] | int | str | Query | None = None
    using: str | None = None
    filter: Filter | None = None
    params: SearchParams | None = None
    score_threshold: float | None = None
    limit: int | None = None
    lookup_from: None = None


class QueryRequest(Prefetch):
    shard_key: None = None
    offset: int | None = None
    with_vector: bool | list[str] | None = None
    with_payload: bool | list[str] | PayloadSelector | None = None


class QueryBatch(Body):
    searches: list[QueryRequest]


class Retrieve(Body):
    ids: list[PointId]
    shard_key: None = None
    with_payload: bool | list[str] | PayloadSelector | None = None
    with_vector: bool | list[str] | None = None


class Scroll(Body):
    shard_key: None = None
    offset: PointId | None = None
    limit: int | None = None
    filter: Filter | None = None
    with_payload: bool | list[str] | PayloadSelector | None = None
    with_vector: bool | list[str] | None = None
    order_by: str | OrderBy | None = None


class Count(Body):
    shard_key: None = None
    filter: Filter | None = None
    exact: bool | None = None


class Facet(Body):
    key: str
    shard_key: None = None
    limit: int | None = None
    filter: Filter | None = None
    exact: bool | None = None


class Point(Body):
    id: PointId
    vector: Vectors
    payload: dict[str, Any] | None = None


class PointColumns(Body):
    ids: list[PointId]
    vectors: list[list[float]] | dict[str, list[NamedVector]]
    payloads: list[dict[str, Any] | None] | None = None


class Upsert(Body):
    """Rows (`points`) or columns (`batch`)."""

    points: list[Point] | None = None
    batch: PointColumns | None = None
    shard_key: None = None
    update_filter: Filter | None = None
    update_mode: str | None = None


class Selection(Body):
    """Points by id or by filter: the body of delete and of payload/clear."""

    points: list[PointId] | None = None
    filter: Filter | None = None
    shard_key: None = None


class SetPayload(Selection, kw_only=True):
    payload: dict[str, Any]
    key: str | None = None


class DeletePayload(Selection, kw_only=True):
    keys: list[str]


class PointVectors(Body):
    id: PointId
    vector: Vectors


class UpdateVectors(Body):
    """New vectors for points that are there; what is not named stays."""

    points: list[PointVectors]
    shard_key: None = None
    update_filter: Filter | None = None


class Operation(Body):
    """One step of points/batch: exactly one of the fields."""

    upsert: Upsert | None = None
    delete: Selection | None = None
    set_payload: SetPayload | None = None
    overwrite_payload: SetPayload | None = None
    delete_payload: DeletePayload | None = None
    clear_payload: Selection | None = None
    update_vectors: UpdateVectors | None = None


class OperationBatch(Body):
    operations: list[Operation]
