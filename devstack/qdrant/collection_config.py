"""What a collection is made of: the body of its creation, checked, for the engine and for `GET`."""

from dataclasses import dataclass
from typing import Any

import msgspec
import qdrant_edge as engine

from devstack.qdrant import wire, wire_collections
from devstack.qdrant.refusals import invalid, malformed, not_served

# Qdrant's defaults, as `GET /collections/{name}` of a fresh server shows them.
HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000, "max_indexing_threads": 0, "on_disk": False}
OPTIMIZERS = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "max_segment_size": None,
    "memmap_threshold": None,
    "indexing_threshold": 10000,
    "flush_interval_sec": 5,
    "max_optimization_threads": None,
}
WAL = {"wal_capacity_mb": 32, "wal_segments_ahead": 0, "wal_retain_closed": 1}
MAX_DIMENSIONS = 65536
_ENGINE_OPTIMIZERS = {
    "deleted_threshold",
    "vacuum_min_vector_number",
    "default_segment_number",
    "max_segment_size",
    "indexing_threshold",
}
_DATATYPES = {
    "float32": engine.VectorStorageDatatype.Float32,
    "float16": engine.VectorStorageDatatype.Float16,
    "uint8": engine.VectorStorageDatatype.Uint8,
}


def _known(given: dict[str, Any], known: set[str], where: str) -> dict[str, Any]:
    if extra := given.keys() - known:
        raise malformed(f"{where}: unknown field `{min(extra)}`, expected one of {', '.join(sorted(known))}")
    return {key: value for key, value in given.items() if value is not None}


def _datatype(name: str | None) -> Any:
    if name is not None and name not in _DATATYPES:
        raise malformed(f"unknown datatype `{name}`, expected one of {', '.join(_DATATYPES)}")
    return _DATATYPES[name] if name else None


def _hnsw(given: dict[str, Any] | None) -> Any:
    if given is None:
        return None
    asked = _known(given, {*HNSW, "payload_m", "inline_storage"}, "hnsw_config")
    return engine.HnswIndexConfig(**(HNSW | asked))


def _quantization(given: dict[str, dict[str, Any]] | None) -> Any:
    if given is None:
        return None
    if given.keys() != {"scalar"}:
        raise not_served(f"quantization {', '.join(given)}; scalar is served")
    asked = _known(given["scalar"], {"type", "quantile", "always_ram"}, "quantization_config.scalar")
    if asked.get("type") != "int8":
        raise malformed("quantization_config.scalar.type: expected `int8`")
    return engine.ScalarQuantizationConfig(**(asked | {"type": engine.ScalarType.Int8}))


@dataclass(frozen=True, slots=True)
class CollectionConfig:
    """`dense`: name → parameters, the unnamed vector being ""; `sparse`: name → parameters; the rest as sent."""

    dense: dict[str, wire_collections.VectorParams]
    sparse: dict[str, wire_collections.SparseParams]
    body: wire_collections.CreateCollection

    @classmethod
    def of(cls, body: wire_collections.CreateCollection) -> "CollectionConfig":
        given = body.vectors or {}
        named: dict[str, Any] = {"": given} if "size" in given else given
        try:
            dense = {name: msgspec.convert(value, wire_collections.VectorParams) for name, value in named.items()}
        except msgspec.ValidationError as error:
            raise malformed(f"vectors: {error}") from error
        if not dense and not body.sparse_vectors:
            raise not_served("a collection without vectors")
        for name, vector in dense.items():
            if not 1 <= vector.size <= MAX_DIMENSIONS:
                raise invalid(f"[vectors.{name}.size: value {vector.size} invalid, must be from 1 to {MAX_DIMENSIONS}]")
            if vector.distance not in engine.Distance.__dict__:
                raise malformed(f"unknown distance `{vector.distance}`")
        for vector in (body.sparse_vectors or {}).values():
            if vector.modifier not in (None, "none", "idf"):
                raise malformed(f"unknown variant `{vector.modifier}`, expected `none` or `idf`")
        return cls(dense, body.sparse_vectors or {}, body)

    def for_engine(self) -> Any:
        body = self.body
        optimizers = _known(body.optimizers_config or {}, set(OPTIMIZERS), "optimizers_config")
        return engine.EdgeConfig(
            vectors={
                name: engine.EdgeVectorParams(
                    size=vector.size,
                    distance=getattr(engine.Distance, vector.distance),
                    on_disk=vector.on_disk,
                    datatype=_datatype(vector.datatype),
                    quantization_config=_quantization(vector.quantization_config),
                    hnsw_config=_hnsw(vector.hnsw_config),
                )
                for name, vector in self.dense.items()
            },
            sparse_vectors={
                name: engine.EdgeSparseVectorParams(
                    full_scan_threshold=vector.index and vector.index.full_scan_threshold,
                    on_disk=vector.index and vector.index.on_disk,
                    datatype=_datatype(vector.index.datatype) if vector.index else None,
                    modifier=engine.Modifier.Idf if vector.modifier == "idf" else None,
                )
                for name, vector in self.sparse.items()
            },
            on_disk_payload=body.on_disk_payload,
            hnsw_config=_hnsw(body.hnsw_config),
            quantization_config=_quantization(body.quantization_config),
            optimizers=engine.EdgeOptimizersConfig(
                **{name: value for name, value in optimizers.items() if name in _ENGINE_OPTIMIZERS}
            ),
        )

    def shown(self) -> dict[str, Any]:
        """`result.config` of `GET /collections/{name}`."""
        body = self.body
        dense = {name: _set_fields(vector) for name, vector in self.dense.items()}
        params: dict[str, Any] = {
            "vectors": dense.get("", dense),
            "shard_number": body.shard_number or 1,
            "replication_factor": body.replication_factor or 1,
            "write_consistency_factor": body.write_consistency_factor or 1,
            "on_disk_payload": True if body.on_disk_payload is None else body.on_disk_payload,
        }
        if self.sparse:
            params["sparse_vectors"] = {name: _set_fields(vector) for name, vector in self.sparse.items()}
        return {
            "params": params,
            "hnsw_config": HNSW | (body.hnsw_config or {}),
            "optimizer_config": OPTIMIZERS | (body.optimizers_config or {}),
            "wal_config": WAL | (body.wal_config or {}),
            "quantization_config": body.quantization_config,
            **({"metadata": body.metadata} if body.metadata else {}),
        }


def _set_fields(body: wire.Body) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(body)
    return {
        name: {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value
        for name, value in plain.items()
        if value is not None
    }
