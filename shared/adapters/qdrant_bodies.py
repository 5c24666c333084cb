"""What is said to Qdrant: filters, searches, points. One point a passage, its document's labels in the payload.

A passage may be read when its department is absent or the reader's, and its country likewise. "Everyone" is an
absent key: Qdrant removes a key that is set to null, and `is_empty` finds absent and null alike.
"""

from collections.abc import Sequence
from typing import Any, assert_never
from uuid import UUID

from shared.adapters.qdrant_collection import DENSE, SPARSE
from shared.domain.audience import Audience
from shared.domain.documents import (
    DocumentLabels,
    PassagePoint,
    PassagePosition,
    SearchMode,
    SearchQuery,
    SparseVector,
)

type Json = dict[str, Any]  # may hold UUIDs, times and NumPy rows: orjson writes them

# Candidates that HNSW keeps while searching, at least; and how many int8 ones are compared again in float32.
HNSW_EF = 128
OVERSAMPLING = 2.0
# How many BM25 scores are asked for, of ids alone: what dense search brings has its score among the first 300 or has
# too little to count (the rankings of all eval sets are those of complete scores).
TERM_SCORES = 300


def readable(audience: Audience) -> Json:
    """`Audience.covers` as a Qdrant filter, and only what is published."""
    return all_of(
        is_equal("is_active", True),
        _open_or("department_id", audience.department_id),
        _open_or("country_id", audience.country_id),
    )


def _open_or(key: str, own: UUID | None) -> Json:
    everyone = {"is_empty": {"key": key}}
    return everyone if own is None else {"should": [everyone, is_equal(key, own)]}


def is_equal(key: str, value: UUID | bool) -> Json:
    return {"key": key, "match": {"value": value}}


def all_of(*conditions: Json) -> Json:
    return {"must": list(conditions)}


def search_bodies(query: SearchQuery, allowed: Json, fields: Sequence[str]) -> list[Json]:
    """The searches of one query, with `allowed` inside every retriever and `fields` of the payload in the first's
    answer. In hybrid mode the first scores the candidates of both retrievers by their dense vectors, and the second
    says the best BM25 scores, ids only. Empty when there is nothing to search with: a question of stop words only
    has no terms."""
    ef = max(HNSW_EF, 2 * query.candidates)
    dense: Json = {
        "query": query.dense,
        "using": DENSE,
        "filter": allowed,
        "limit": query.candidates,
        "params": {"hnsw_ef": ef, "quantization": {"rescore": True, "oversampling": OVERSAMPLING}},
    }
    sparse: Json = {"query": _sparse(query.sparse), "using": SPARSE, "filter": allowed, "limit": query.candidates}
    payload: Json = {"with_payload": list(fields)}
    match query.mode:
        case SearchMode.DENSE:
            return [{**dense, **payload}]
        case SearchMode.SPARSE:
            return [{**sparse, **payload}] if query.sparse.indices else []
        case SearchMode.HYBRID:
            if not query.sparse.indices:
                return [{**dense, **payload}]
            both: Json = {
                "prefetch": [dense, sparse],
                "query": query.dense,
                "using": DENSE,
                "limit": 2 * query.candidates,
                "params": {"quantization": {"ignore": True}},
            }
            return [{**both, **payload}, {**sparse, "limit": max(TERM_SCORES, query.candidates)}]
        case _:
            assert_never(query.mode)


def _sparse(vector: SparseVector) -> Json:
    return {"indices": vector.indices, "values": vector.values}


def vectors_of(point: PassagePoint) -> Json:
    return {DENSE: point.dense, SPARSE: _sparse(point.sparse)}


def point_body(point: PassagePoint, shared_payload: Json) -> Json:
    payload = {**shared_payload, **place_payload(point.position), "text": point.text, "language": point.language}
    return {
        "id": point.position.passage_id,
        "vector": vectors_of(point),
        "payload": {key: value for key, value in payload.items() if value is not None},
    }


def labels_payload(labels: DocumentLabels) -> Json:
    """Absent values are None: setting them removes what was there."""
    return {
        "document_id": labels.document_id,
        "library_id": labels.library_id,
        "drive_id": labels.drive_id,
        "sharepoint_id": labels.item_id,
        "file_name": labels.file_name,
        "file_url": labels.file_url,
        "file_type": labels.file_type,
        "last_modified": labels.last_modified,
        "department_id": labels.scope.department_id,
        "country_id": labels.scope.country_id,
    }


def visibility(version: int, *, is_active: bool) -> tuple[Json, Json]:
    """What to set so that passages are found, or not; and the condition under which they must be left alone. A
    document that was switched off says since which version: whoever still works on an older one, read while the
    document was on, must not bring it back."""
    newer: Json = {"key": "off_since", "range": {"gt": version}}
    return {"is_active": is_active, "off_since": None if is_active else version}, newer


def place_payload(position: PassagePosition) -> Json:
    return {
        "chunk_index": position.chunk_index,
        "total_chunks": position.total_chunks,
        "page": position.page,
        "last_page": position.last_page,
        "section": position.section,
    }
