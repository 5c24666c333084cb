"""The rows of passage indexes: which embedding model serves, which is being built, which are on their way out."""

from typing import Literal

from shared.db.pool import Connection, Row
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.ids import IndexId, UserId
from shared.domain.indexes import EmbeddingIndex, EmbeddingModel, IndexStatus

# Recording stops this long at a time while the last copies are made, and goes on as long before it stops again.
SEAL = "2 minutes"

_COLUMNS = """id, collection, provider, model_name, endpoint, api_key_env_var, dimensions, query_prefix, passage_prefix,
              status, created_at, status_since, error_message,
              extract(epoch FROM now() - created_at)::float8 AS age_s,
              extract(epoch FROM now() - status_since)::float8 AS in_status_s"""


def _index(row: Row) -> EmbeddingIndex:
    provider = ProviderConfig(ProviderKind(row["provider"]), row["model_name"], row["endpoint"], row["api_key_env_var"])
    return EmbeddingIndex(
        id=row["id"],
        collection=row["collection"],
        model=EmbeddingModel(provider, row["dimensions"], row["query_prefix"], row["passage_prefix"]),
        status=IndexStatus(row["status"]),
        created_at=row["created_at"],
        status_since=row["status_since"],
        age_s=row["age_s"],
        in_status_s=row["in_status_s"],
        error_message=row["error_message"],
    )


ALL = f"SELECT {_COLUMNS} FROM embedding_indexes ORDER BY created_at, id"


async def all_of_them(connection: Connection) -> list[EmbeddingIndex]:
    return [_index(row) for row in await connection.fetch(ALL)]


INSERT = f"""
    INSERT INTO embedding_indexes (collection, provider, model_name, endpoint, api_key_env_var, dimensions,
                                   query_prefix, passage_prefix, status, started_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT DO NOTHING
    RETURNING {_COLUMNS}
"""


async def add(
    connection: Connection,
    collection: str,
    model: EmbeddingModel,
    status: Literal[IndexStatus.BUILDING, IndexStatus.SERVING],
    *,
    started_by: UserId | None = None,
) -> EmbeddingIndex | None:
    """None when there is one of this status, or of this collection, already."""
    provider = model.provider
    row = await connection.fetchrow(
        INSERT,
        collection,
        provider.provider.value,
        provider.model,
        provider.endpoint,
        provider.api_key_env,
        model.dimensions,
        model.query_prefix,
        model.passage_prefix,
        status.value,
        started_by,
    )
    return None if row is None else _index(row)


RECONNECT = """
    UPDATE embedding_indexes
       SET provider = $2, endpoint = $3, api_key_env_var = $4, query_prefix = $5
     WHERE id = $1
"""


async def reconnect(connection: Connection, index_id: IndexId, model: EmbeddingModel) -> None:
    """The same vectors by another way: what is stored stays as it is."""
    provider = model.provider
    await connection.execute(
        RECONNECT, index_id, provider.provider.value, provider.endpoint, provider.api_key_env, model.query_prefix
    )


# FOR SHARE: who records holds the row against the change of models, which takes it FOR UPDATE. The second statement
# sees the seal as of after the wait.
HOLD = "SELECT id FROM embedding_indexes WHERE id = $1 AND status = 'serving' FOR SHARE"
SEALED = f"""
    SELECT EXISTS (SELECT FROM embedding_indexes
                    WHERE status = 'building' AND now() - sealed_at < interval '{SEAL}')
"""


async def hold(connection: Connection, index_id: IndexId) -> Literal["open", "sealed", "moved"]:
    """Whether passages that were written into this index may be recorded now; within a transaction the answer holds
    until its end."""
    if await connection.fetchval(HOLD, index_id) is None:
        return "moved"
    return "sealed" if await connection.fetchval(SEALED) else "open"


RESEAL = f"""
    UPDATE embedding_indexes SET sealed_at = now()
     WHERE id = $1 AND status = 'building' AND (sealed_at IS NULL OR now() - sealed_at > 2 * interval '{SEAL}')
"""


async def seal(connection: Connection, index_id: IndexId) -> None:
    """Has ingests wait while what is left is copied. Of no effect while a seal holds, and as long after."""
    await connection.execute(RESEAL, index_id)


LOCK = "SELECT id, status FROM embedding_indexes WHERE status IN ('serving', 'building') ORDER BY id FOR UPDATE"


async def lock(connection: Connection, index_id: IndexId) -> bool:
    """Until the transaction's end nobody records, and no other change begins. False when this one is not building."""
    rows = await connection.fetch(LOCK)
    return any(row["id"] == index_id and row["status"] == IndexStatus.BUILDING for row in rows)


MOVE = """
    UPDATE embedding_indexes SET status = $2, status_since = now(), sealed_at = NULL, error_message = NULL
     WHERE id = $1
"""


async def move(connection: Connection, index_id: IndexId, status: IndexStatus) -> None:
    await connection.execute(MOVE, index_id, status.value)


async def swap(connection: Connection, serving: IndexId, building: IndexId) -> None:
    """Within the transaction that took `lock`."""
    await move(connection, serving, IndexStatus.RETIRED)
    await move(connection, building, IndexStatus.SERVING)


FAIL = "UPDATE embedding_indexes SET error_message = $2 WHERE id = $1 AND status = 'building'"


async def note(connection: Connection, index_id: IndexId, error_message: str | None) -> None:
    await connection.execute(FAIL, index_id, error_message)


DELETE = "DELETE FROM embedding_indexes WHERE id = $1 AND status = 'dropping'"


async def delete(connection: Connection, index_id: IndexId) -> None:
    """With its copies. The collection must be gone before."""
    await connection.execute(DELETE, index_id)
