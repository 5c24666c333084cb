"""What Qdrant answers: the envelope, points, collection descriptions."""

import time
from typing import Any

import msgspec
from starlette.responses import Response

from devstack.qdrant.collection import Collection

encode = msgspec.json.encode


def envelope(result: Any, started: float) -> Response:
    """`started` is `time.perf_counter()` of the request's arrival."""
    body = {"result": result, "status": "ok", "time": time.perf_counter() - started}
    return Response(encode(body), media_type="application/json")


def refusal(status: int, message: str, started: float) -> Response:
    body = {"status": {"error": message}, "time": time.perf_counter() - started}
    return Response(encode(body), status, media_type="application/json")


def _vector(given: Any) -> Any:
    if given is None or isinstance(given, list):
        return given
    return {
        name: value if isinstance(value, list) else {"indices": value.indices, "values": value.values}
        for name, value in given.items()
    }


def record(point: Any) -> dict[str, Any]:
    """A point of a scroll or retrieval. Absent parts are absent, not null, as in Qdrant."""
    shown: dict[str, Any] = {"id": point.id}
    if point.payload is not None:
        shown["payload"] = point.payload
    if point.vector is not None:
        shown["vector"] = _vector(point.vector)
    if point.order_value is not None:
        shown["order_value"] = point.order_value
    return shown


def scored(point: Any) -> dict[str, Any]:
    return {**record(point), "version": point.version, "score": point.score}


def updated(operation: int, *, waited: bool) -> dict[str, Any]:
    return {"operation_id": operation, "status": "completed" if waited else "acknowledged"}


def description(collection: Collection, info: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """`result` of `GET /collections/{name}`; `info` is the engine's, `schema` the indexes as asked for."""
    return {
        "status": "green",
        "optimizer_status": "ok",
        "indexed_vectors_count": info.indexed_vectors_count,
        "points_count": info.points_count,
        "segments_count": info.segments_count,
        "config": collection.config.shown(),
        "payload_schema": {
            field: {
                "data_type": asked["type"],
                "points": info.payload_schema[field].points,
                **({"params": asked} if len(asked) > 1 else {}),
            }
            for field, asked in schema.items()
        },
    }
