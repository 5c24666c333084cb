"""The collection that holds the passages of one embedding model: its name, its settings, its making.

Settings for a million files, about ten million passages of 3,072 dimensions. A passage takes 20 KB on disk (12 KB
float32, read for rescoring only) and about 5 KB of memory (3 KB int8, BM25 postings, HNSW links): 50 GB of memory and
205 GB of disk for all, summed up in docs/scale.md. Collections of thousands work with the same settings.
"""

import logging
import re
from typing import TYPE_CHECKING, Any

from shared.adapters.qdrant_connection import QdrantConnection

if TYPE_CHECKING:
    from qdrant_client.http.models import CollectionInfo

log = logging.getLogger(__name__)

DENSE = "dense"
SPARSE = "bm25"

# Links per node and width of the search while building: Qdrant's defaults are 16 and 100. Filters exclude most of
# a large company's passages for most readers, so `payload_m` also links the passages that share a label.
HNSW_M = 16
HNSW_EF_CONSTRUCT = 128
# The 1 % most extreme components are clipped: they would stretch the int8 scale for all the others.
INT8_QUANTILE = 0.99

# field → type of its payload index. What a search filters by, and what ingestion finds a document's passages by.
PAYLOAD_INDEXES = {
    "department_id": "uuid",
    "country_id": "uuid",
    "is_active": "bool",
    "staged": "bool",
    "file_type": "keyword",
    "document_id": "uuid",
    "library_id": "uuid",
    "last_modified": "datetime",
}


def collection_name(alias: str, model: str, dimensions: int) -> str:
    """Two models' vectors must never meet, nor two sizes of one model's: each pair has a collection of its own."""
    slug = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-")
    return f"{alias}_{slug}_{dimensions}"


async def ensure_collection(connection: QdrantConnection, *, alias: str, name: str, dimensions: int) -> None:
    """Makes what is missing of collection, payload indexes and alias. Every step may be done by two at once. An alias
    that names another collection is left alone: it moves when that model's index is complete."""
    info = await _described(connection, name)
    if info is None:
        await _create(connection, name, dimensions)
        info = await _described(connection, name)
    indexed: set[str] = set(info.payload_schema) if info else set()
    client = await connection.client()
    for field, kind in PAYLOAD_INDEXES.items():
        if field not in indexed:
            await connection.attempt(
                lambda field=field, kind=kind: client.create_payload_index(name, field, _schema(kind), wait=True)
            )
    if not await _names_anything(connection, alias):
        await point_alias(connection, alias, name)


async def drop_collection(connection: QdrantConnection, name: str) -> None:
    client = await connection.client()
    await connection.attempt(lambda: client.delete_collection(name))


async def _described(connection: QdrantConnection, name: str) -> "CollectionInfo | None":
    client = await connection.client()
    if not await connection.attempt(lambda: client.collection_exists(name)):
        return None
    return await connection.attempt(lambda: client.get_collection(name))


def _schema(kind: str) -> Any:
    from qdrant_client.http.models import PayloadSchemaType

    return PayloadSchemaType(kind)


async def _create(connection: QdrantConnection, name: str, dimensions: int) -> None:
    from qdrant_client.http import models
    from qdrant_client.http.exceptions import UnexpectedResponse

    client = await connection.client()

    async def create() -> bool:
        try:
            return await client.create_collection(
                name,
                vectors_config={
                    DENSE: models.VectorParams(size=dimensions, distance=models.Distance.COSINE, on_disk=True)
                },
                sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
                hnsw_config=models.HnswConfigDiff(
                    m=HNSW_M, payload_m=HNSW_M, ef_construct=HNSW_EF_CONSTRUCT, on_disk=False
                ),
                quantization_config=models.ScalarQuantization(
                    scalar=models.ScalarQuantizationConfig(
                        type=models.ScalarType.INT8, quantile=INT8_QUANTILE, always_ram=True
                    )
                ),
                on_disk_payload=True,
            )
        except UnexpectedResponse as error:
            if error.status_code == 409:
                return False  # another instance was first
            raise

    if await connection.attempt(create):
        log.info("made the collection %s", name)


async def _names_anything(connection: QdrantConnection, alias: str) -> bool:
    client = await connection.client()
    known = await connection.attempt(client.get_aliases)
    return any(each.alias_name == alias for each in known.aliases)


async def point_alias(connection: QdrantConnection, alias: str, name: str) -> None:
    """The alias names the collection in service, for people and tools. Setting it where it is already is harmless,
    and moving it from another model's collection is one atomic call."""
    from qdrant_client.http import models

    client = await connection.client()
    known = await connection.attempt(lambda: client.get_collection_aliases(name))
    if any(each.alias_name == alias for each in known.aliases):
        return
    operation = models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=name, alias_name=alias))
    await connection.attempt(lambda: client.update_collection_aliases([operation]))
    log.info("the alias %s names the collection %s", alias, name)
