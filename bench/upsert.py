"""Row: storing passages in Qdrant, ours against qdrant-client's REST models, before a server that keeps nothing.

Both send the same points (dense vector, BM25 vector, payload) in the same batches over the same HTTP transport and
wait for the answer. Nexus also asks first which of them readers see now, which the usual way does not.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from qdrant_client import AsyncQdrantClient, models

from bench.embedding_reply import DIMENSIONS, unit_vectors
from bench.measure import here, interleave, versions
from bench.rows import Comparison, Options, Outcome
from bench.servers import running
from shared.adapters.qdrant_bodies import labels_payload, place_payload
from shared.adapters.qdrant_collection import DENSE, SPARSE
from shared.adapters.vectors_qdrant import UPSERT_POINTS, QdrantVectors
from shared.domain import bm25
from shared.domain.audience import Scope
from shared.domain.documents import DocumentLabels, PassagePoint, PassagePosition
from shared.domain.ids import LibraryId, document_id, passage_id

OURS, MODELS = "nexus", "qdrant-client's models"
# About 400 tokens, as passages are.
_TEXT = " ".join(f"Employees in group {number} may carry over {number % 30} days of leave." for number in range(40))
_DRIVE, _ITEM = "drive", "item"
LABELS = DocumentLabels(
    document_id=document_id(_DRIVE, _ITEM),
    library_id=LibraryId(UUID(int=1)),
    drive_id=_DRIVE,
    item_id=_ITEM,
    file_name="Leave.pdf",
    file_url="https://contoso.sharepoint.com/sites/hub/HR/Leave.pdf",
    file_type="pdf",
    last_modified=datetime(2026, 11, 1, tzinfo=UTC),
    scope=Scope(None, None),
    is_active=True,
)


def run(options: Options) -> Sequence[Outcome]:
    count = 64 if options.quick else 256
    points = points_of(count, options.seed)
    with running("bench.null_qdrant") as server, asyncio.Runner() as runner:
        vectors = QdrantVectors(server.url, None, alias="bench", model="none", dimensions=DIMENSIONS)
        client = AsyncQdrantClient(url=server.url, check_compatibility=False, timeout=30)
        rounds = interleave(
            {
                OURS: here(lambda: runner.run(vectors.stage(LABELS, points))),
                MODELS: here(lambda: runner.run(by_models(client, vectors.collection, points))),
            },
            rounds=options.rounds,
            seed=options.seed,
        )
        runner.run(vectors.close())
        runner.run(client.close())
    return [
        Outcome(
            f"Storing {count} passages of {DIMENSIONS:,} numbers",
            rounds,
            "ms",
            1e3,
            (
                Comparison(OURS, MODELS, rounds.cpu_ratio(OURS, MODELS), "CPU of the client", 0.3),
                Comparison(OURS, MODELS, rounds.wall_ratio(OURS, MODELS), "clock"),
            ),
            (
                f"batches of {UPSERT_POINTS}, one after another, wait=true; the server only reads and says done",
                "from vectors as NumPy rows to the last answer; making the BM25 vectors is outside the measurement",
            ),
            versions("qdrant-client", "orjson", "httpx", "pydantic"),
        )
    ]


async def by_models(client: AsyncQdrantClient, collection: str, points: Sequence[PassagePoint]) -> None:
    """As qdrant-client's documentation has it."""
    for start in range(0, len(points), UPSERT_POINTS):
        structs = [_struct(point) for point in points[start : start + UPSERT_POINTS]]
        await client.upsert(collection, points=structs, wait=True)


def _struct(point: PassagePoint) -> models.PointStruct:
    payload = labels_payload(LABELS) | place_payload(point.position)
    payload |= {"is_active": False, "staged": True, "text": point.text, "language": point.language}
    sparse = models.SparseVector(indices=list(point.sparse.indices), values=list(point.sparse.values))
    return models.PointStruct(
        id=str(point.position.passage_id),
        vector={DENSE: point.dense.tolist(), SPARSE: sparse},
        payload={key: value for key, value in payload.items() if value is not None},
    )


def points_of(count: int, seed: int) -> list[PassagePoint]:
    sparse = bm25.encode_passage(_TEXT, language="en")
    return [
        PassagePoint(
            PassagePosition(passage_id(_DRIVE, _ITEM, f"{number:064x}", 0), number, count, 1, 1, "Leave"),
            _TEXT,
            "en",
            vector,
            sparse,
        )
        for number, vector in enumerate(unit_vectors(count, seed))
    ]
