"""From the wire's updates to the engine's, refused as a whole before any of it is applied.

The engine applies points one by one and stops at the first bad one; Qdrant checks all of a request first.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import qdrant_edge as engine

from devstack.qdrant import wire, wire_collections
from devstack.qdrant.collection_config import CollectionConfig
from devstack.qdrant.engine_requests import filter_of, point_id, selected, vector
from devstack.qdrant.refusals import invalid, malformed, not_served, wrong_input

_UPDATE_MODES = {
    None: engine.UpdateMode.Upsert,
    "upsert": engine.UpdateMode.Upsert,
    "insert_only": engine.UpdateMode.InsertOnly,
    "update_only": engine.UpdateMode.UpdateOnly,
}
_INDEX_PARAMS = {
    "keyword": engine.KeywordIndexParams,
    "integer": engine.IntegerIndexParams,
    "float": engine.FloatIndexParams,
    "bool": engine.BoolIndexParams,
    "datetime": engine.DatetimeIndexParams,
    "uuid": engine.UuidIndexParams,
}


def _checked(config: CollectionConfig, name: str, given: wire.NamedVector) -> Any:
    if isinstance(given, wire.Sparse):
        if name not in config.sparse:
            raise wrong_input(f"Not existing vector name error: {name}")
        if len(given.indices) != len(given.values):
            raise invalid("[indices: must be the same length as values]")
        if len(set(given.indices)) != len(given.indices):
            raise invalid("[indices: must be unique]")
        if given.indices and not 0 <= min(given.indices) <= max(given.indices) < 2**32:
            raise malformed("sparse indices are unsigned 32-bit integers")
    else:
        if name not in config.dense:
            raise wrong_input(f"Not existing vector name error: {name}")
        if len(given) != (size := config.dense[name].size):
            raise wrong_input(f"Vector dimension error: expected dim: {size}, got {len(given)}")
    return vector(given)


def _checked_all(config: CollectionConfig, given: wire.Vectors) -> dict[str, Any]:
    named = {"": given} if isinstance(given, list) else given
    return {name: _checked(config, name, value) for name, value in named.items()}


def _rows(body: wire.Upsert) -> Iterator[tuple[wire.PointId, wire.Vectors, dict[str, Any] | None]]:
    if (body.points is None) == (body.batch is None):
        raise malformed("either points or batch is needed")
    if body.points is not None:
        for point in body.points:
            yield point.id, point.vector, point.payload
        return
    columns = body.batch
    assert columns is not None
    count = len(columns.ids)
    payloads = columns.payloads or [None] * count
    vectors: Iterable[wire.Vectors]
    if isinstance(columns.vectors, list):
        lengths = {len(columns.vectors), len(payloads)}
        vectors = columns.vectors
    else:
        named = columns.vectors
        lengths = {len(payloads), *(len(column) for column in named.values())}
        vectors = ({name: column[row] for name, column in named.items()} for row in range(count))
    if lengths != {count}:
        raise invalid("[batch: ids, vectors and payloads must be of one length]")
    yield from zip(columns.ids, vectors, payloads, strict=True)


def upsert(config: CollectionConfig, body: wire.Upsert) -> Any:
    if body.update_mode not in _UPDATE_MODES:
        raise malformed(f"unknown update_mode `{body.update_mode}`")
    points = []
    for identifier, given, payload in _rows(body):
        points.append(engine.Point(id=point_id(identifier), vector=_checked_all(config, given), payload=payload))
    condition = filter_of(body.update_filter)
    return engine.UpdateOperation.upsert_points(points, condition, _UPDATE_MODES[body.update_mode])


def update_vectors(config: CollectionConfig, body: wire.UpdateVectors) -> Any:
    points = [
        engine.PointVectors(id=point_id(point.id), vector=_checked_all(config, point.vector)) for point in body.points
    ]
    return engine.UpdateOperation.update_vectors(points, filter_of(body.update_filter))


def delete(body: wire.Selection) -> Any:
    ids, condition = selected(body)
    if ids is not None:
        return engine.UpdateOperation.delete_points(ids)
    return engine.UpdateOperation.delete_points_by_filter(condition)


def set_payload(body: wire.SetPayload) -> Any:
    ids, condition = selected(body)
    if ids is not None:
        return engine.UpdateOperation.set_payload(ids, body.payload, body.key)
    return engine.UpdateOperation.set_payload_by_filter(condition, body.payload, body.key)


def overwrite_payload(body: wire.SetPayload) -> Any:
    ids, condition = selected(body)
    if ids is not None:
        return engine.UpdateOperation.overwrite_payload(ids, body.payload, body.key)
    return engine.UpdateOperation.overwrite_payload_by_filter(condition, body.payload, body.key)


def delete_payload(body: wire.DeletePayload) -> Any:
    ids, condition = selected(body)
    if ids is not None:
        return engine.UpdateOperation.delete_payload(ids, body.keys)
    return engine.UpdateOperation.delete_payload_by_filter(condition, body.keys)


def clear_payload(body: wire.Selection) -> Any:
    ids, condition = selected(body)
    if ids is not None:
        return engine.UpdateOperation.clear_payload(ids)
    return engine.UpdateOperation.clear_payload_by_filter(condition)


def batch(config: CollectionConfig, body: wire.OperationBatch) -> list[Any]:
    """One engine operation for each of the body's, in its order."""
    return [_operation(config, operation) for operation in body.operations]


def _operation(config: CollectionConfig, given: wire.Operation) -> Any:
    match given:
        case wire.Operation(upsert=wire.Upsert() as body):
            return upsert(config, body)
        case wire.Operation(delete=wire.Selection() as body):
            return delete(body)
        case wire.Operation(set_payload=wire.SetPayload() as body):
            return set_payload(body)
        case wire.Operation(overwrite_payload=wire.SetPayload() as body):
            return overwrite_payload(body)
        case wire.Operation(delete_payload=wire.DeletePayload() as body):
            return delete_payload(body)
        case wire.Operation(clear_payload=wire.Selection() as body):
            return clear_payload(body)
        case wire.Operation(update_vectors=wire.UpdateVectors() as body):
            return update_vectors(config, body)
        case _:
            raise malformed("an operation of a batch names what it does")


def create_index(body: wire_collections.CreateIndex) -> Any:
    schema = {"type": body.field_schema} if isinstance(body.field_schema, str) else body.field_schema
    if not schema:
        raise not_served("guessing the type of a payload index: send field_schema")
    kind, options = schema.get("type"), {key: value for key, value in schema.items() if key != "type"}
    if kind not in _INDEX_PARAMS:
        raise not_served(f"payload index of type {kind}; served are {', '.join(_INDEX_PARAMS)}")
    try:
        params = _INDEX_PARAMS[kind](**{key: value for key, value in options.items() if value is not None})
    except TypeError as error:
        raise malformed(f"field_schema: {error}") from error
    return engine.UpdateOperation.create_field_index(body.field_name, params)


def delete_index(field_name: str) -> Any:
    return engine.UpdateOperation.delete_field_index(field_name)
