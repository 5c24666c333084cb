"""From the wire's words to the engine's: filters, queries, selectors."""

from typing import Any

import numpy as np
import qdrant_edge as engine

from devstack.qdrant import wire
from devstack.qdrant.refusals import Refused, malformed, not_served, wrong_input

DEFAULT_LIMIT = 10  # Qdrant's, for queries, prefetches and scrolls
DEFAULT_RRF_K = 2  # Qdrant's


def _one_of(**members: Any) -> tuple[str, Any]:
    given = [(name, value) for name, value in members.items() if value is not None]
    if len(given) != 1:
        raise malformed(f"exactly one of {', '.join(members)} is needed, {len(given)} were given")
    return given[0]


def _match(match: wire.Match) -> Any:
    name, value = _one_of(
        value=match.value,
        any=match.any,
        except_=match.except_,
        text=match.text,
        text_any=match.text_any,
        phrase=match.phrase,
    )
    if name in ("any", "except_") and len({type(item) for item in value}) > 1:
        raise malformed("match.any and match.except take all strings or all integers")
    kinds: dict[str, Any] = {
        "value": engine.MatchValue,
        "any": engine.MatchAny,
        "except_": engine.MatchExcept,
        "text": engine.MatchText,
        "text_any": engine.MatchTextAny,
        "phrase": engine.MatchPhrase,
    }
    # The engine takes Python's booleans for the integers they also are, and then finds nothing.
    return kinds[name](np.bool_(value) if isinstance(value, bool) else value)


def _range(bounds: wire.Range) -> Any:
    given = {name: getattr(bounds, name) for name in ("gt", "gte", "lt", "lte")}
    texts = [isinstance(value, str) for value in given.values() if value is not None]
    if any(texts) and not all(texts):
        raise malformed("the bounds of a range are all numbers or all times")
    try:
        return engine.RangeDateTime(**given) if any(texts) else engine.RangeFloat(**given)
    except ValueError as error:
        raise malformed(str(error)) from error


def _field_condition(condition: wire.Condition) -> Any:
    arguments: dict[str, Any] = {"key": condition.key}
    if condition.match is not None:
        arguments["match"] = _match(condition.match)
    if condition.range is not None:
        arguments["range"] = _range(condition.range)
    if condition.values_count is not None:
        counts = condition.values_count
        arguments["values_count"] = engine.ValuesCount(gt=counts.gt, gte=counts.gte, lt=counts.lt, lte=counts.lte)
    for name in ("is_empty", "is_null"):
        if (value := getattr(condition, name)) is not None:
            if not isinstance(value, bool):
                raise malformed(f"{name} beside key is true or false")
            arguments[name] = value
    if len(arguments) < 2:
        raise malformed(f"the condition on `{condition.key}` says nothing about it")
    return engine.FieldCondition(**arguments)


def _condition(condition: wire.Condition) -> Any:
    if condition.key is not None:
        return _field_condition(condition)
    if isinstance(condition.is_empty, wire.PayloadKey):
        return engine.IsEmptyCondition(key=condition.is_empty.key)
    if isinstance(condition.is_null, wire.PayloadKey):
        return engine.IsNullCondition(key=condition.is_null.key)
    if condition.has_id is not None:
        return engine.HasIdCondition(point_ids={point_id(value) for value in condition.has_id})
    if condition.has_vector is not None:
        return engine.HasVectorCondition(vector=condition.has_vector)
    if condition.nested is not None:
        return engine.NestedCondition(key=condition.nested.key, filter=filter_of(condition.nested.filter))
    if condition.match or condition.range or condition.values_count:
        raise malformed("a condition on a field needs its key")
    return filter_of(condition)


def _conditions(given: list[wire.Condition] | wire.Condition | None) -> list[Any] | None:
    if given is None:
        return None
    return [_condition(item) for item in (given if isinstance(given, list) else [given])]


def filter_of(given: wire.Filter | None) -> Any:
    """The engine's filter; None for none."""
    if given is None:
        return None
    if given.key is not None or given.has_id is not None or given.is_empty or given.is_null or given.nested:
        return engine.Filter(must=[_condition(given)])
    least = given.min_should
    return engine.Filter(
        must=_conditions(given.must),
        should=_conditions(given.should),
        must_not=_conditions(given.must_not),
        min_should=least and engine.MinShould(conditions=_conditions(least.conditions), min_count=least.min_count),
    )


def point_id(value: wire.PointId) -> wire.PointId:
    """An unsigned 64-bit integer or a UUID in any of its spellings, as Qdrant writes it."""
    try:
        return engine.PointVectors(id=value, vector={}).id
    except (ValueError, TypeError, OverflowError) as error:
        raise malformed(
            f"value {value} is not a valid point ID, valid values are either an unsigned integer or a UUID"
        ) from error


def payload_selector(given: bool | list[str] | wire.PayloadSelector | None, *, default: bool) -> Any:
    if given is None:
        return default
    if isinstance(given, wire.PayloadSelector):
        name, keys = _one_of(include=given.include, exclude=given.exclude)
        return engine.PayloadSelector.Include(keys) if name == "include" else engine.PayloadSelector.Exclude(keys)
    return given


def order_by(given: str | wire.OrderBy | None) -> Any:
    if given is None:
        return None
    if isinstance(given, str):
        return engine.OrderBy(key=given)
    if given.direction not in (None, "asc", "desc"):
        raise malformed(f"unknown direction `{given.direction}`, expected `asc` or `desc`")
    direction = engine.Direction.Desc if given.direction == "desc" else engine.Direction.Asc
    return engine.OrderBy(key=given.key, direction=direction, start_from=given.start_from)


def vector(given: wire.NamedVector) -> Any:
    if isinstance(given, wire.Sparse):
        return engine.SparseVector(indices=given.indices, values=given.values)
    return given


def _params(given: wire.SearchParams | None) -> Any:
    if given is None:
        return None
    quantization = given.quantization and engine.QuantizationSearchParams(
        ignore=given.quantization.ignore,
        rescore=given.quantization.rescore,
        oversampling=given.quantization.oversampling,
    )
    return engine.SearchParams(
        hnsw_ef=given.hnsw_ef,
        exact=bool(given.exact),
        quantization=quantization,
        indexed_only=bool(given.indexed_only),
    )


def _fusion(name: str) -> Any:
    if name == "rrf":
        return engine.Fusion.Rrf(k=DEFAULT_RRF_K)
    if name == "dbsf":
        return engine.Fusion.Dbsf()
    raise malformed(f"unknown variant `{name}`, expected `rrf` or `dbsf`")


def _nearest(target: list[float] | int | str | wire.Sparse, using: str | None) -> Any:
    if isinstance(target, int | str):
        raise not_served("a query by the id of a stored point")
    return engine.Query.Nearest(vector(target), using=using)


def _query(given: list[float] | int | str | wire.Query | None, using: str | None) -> Any:
    if given is None:
        return None
    if not isinstance(given, wire.Query):
        return _nearest(given, using)
    sparse = wire.Sparse(indices=given.indices, values=given.values or []) if given.indices is not None else None
    name, value = _one_of(
        nearest=given.nearest,
        fusion=given.fusion,
        rrf=given.rrf,
        order_by=given.order_by,
        sample=given.sample,
        indices=sparse,
    )
    match name:
        case "nearest" | "indices":
            return _nearest(value, using)
        case "fusion":
            return _fusion(value)
        case "rrf":
            return engine.Fusion.Rrf(k=DEFAULT_RRF_K if value.k is None else value.k, weights=value.weights)
        case "order_by":
            return order_by(value)
        case _:
            if value != "random":
                raise malformed(f"unknown variant `{value}`, expected `random`")
            return engine.Sample.Random


def _prefetches(given: list[wire.Prefetch] | wire.Prefetch | None) -> list[Any] | None:
    if given is None:
        return None
    return [
        engine.Prefetch(
            limit=limit(item.limit),
            query=_query(item.query, item.using),
            prefetches=_prefetches(item.prefetch),
            params=_params(item.params),
            filter=filter_of(item.filter),
            score_threshold=item.score_threshold,
        )
        for item in (given if isinstance(given, list) else [given])
    ] or None


def query_request(given: wire.QueryRequest) -> Any:
    return engine.QueryRequest(
        limit=limit(given.limit),
        offset=given.offset or 0,
        query=_query(given.query, given.using),
        prefetches=_prefetches(given.prefetch),
        with_vector=given.with_vector or False,
        with_payload=payload_selector(given.with_payload, default=False),
        filter=filter_of(given.filter),
        score_threshold=given.score_threshold,
        params=_params(given.params),
    )


def limit(given: int | None) -> int:
    if given is not None and given < 1:
        raise Refused(422, f"Validation error in JSON body: [limit: value {given} invalid, must be 1 or larger]")
    return DEFAULT_LIMIT if given is None else given


def selected(given: wire.Selection) -> tuple[list[wire.PointId] | None, Any]:
    """`(ids, None)` or `(None, filter)`."""
    if given.points is None and given.filter is None:
        raise wrong_input("Either list of point ids or filter must be provided")
    if given.points is not None:
        return [point_id(value) for value in given.points], None
    return None, filter_of(given.filter)
