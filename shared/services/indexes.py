"""Which index serves, and which live beside it while the embedding model changes: fresh within 30 s everywhere."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.db import embedding_indexes
from shared.db.pool import Db
from shared.domain.ids import IndexId
from shared.domain.indexes import EmbeddingIndex, EmbeddingModel, IndexStatus
from shared.errors import Unavailable
from shared.ports import Embeddings, PassageIndex

log = logging.getLogger(__name__)

FRESH_S = 30.0
# While PostgreSQL is away what is known goes on to be used, and is asked for this often.
RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """An index with its model: what was embedded by one is never searched with another."""

    row: EmbeddingIndex
    embeddings: Embeddings
    vectors: PassageIndex


@dataclass(slots=True)
class Indexes:
    """`wanted` is the model of the settings. It serves a fresh installation; after that a row says what serves, and
    another model in the settings waits until its index is complete (services/reindexing.py)."""

    db: Db
    wanted: EmbeddingModel
    collection_of: Callable[[EmbeddingModel], str]
    open: Callable[[EmbeddingIndex], OpenIndex]
    fresh_s: float = FRESH_S
    _known: dict[IndexId, OpenIndex] = field(default_factory=dict[IndexId, OpenIndex])
    _fresh_until: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def serving(self) -> OpenIndex:
        """Raises Unavailable("postgres") when that was never learnt."""
        return next(index for index in await self.living() if index.row.status is IndexStatus.SERVING)

    async def living(self) -> list[OpenIndex]:
        """The one that serves, one that is being built, and those that served until just now and may still be asked
        by instances that do not know it yet. What goes from one must go from all of them."""
        if time.monotonic() >= self._fresh_until:
            async with self._reading:
                if time.monotonic() >= self._fresh_until:
                    await self._refresh()
        return list(self._known.values())

    def forget(self) -> None:
        """The next call reads anew."""
        self._fresh_until = 0.0

    async def _refresh(self) -> None:
        try:
            rows = await self._read()
        except Unavailable:
            if not self._known:
                raise
            log.warning("which index serves could not be read; going on with what is known")
            self._fresh_until = time.monotonic() + min(RETRY_S, self.fresh_s)
            return
        self._known = {row.id: self._opened(row) for row in rows if row.status is not IndexStatus.DROPPING}
        self._fresh_until = time.monotonic() + self.fresh_s

    def _opened(self, row: EmbeddingIndex) -> OpenIndex:
        """Connections and queued passages stay while the model is reached in the same way."""
        known = self._known.get(row.id)
        if known is not None and known.row.model == row.model:
            return OpenIndex(row, known.embeddings, known.vectors)
        return self.open(row)

    async def _read(self) -> list[EmbeddingIndex]:
        async with self.db.connection() as connection:
            rows = await embedding_indexes.all_of_them(connection)
            if not any(row.status is IndexStatus.SERVING for row in rows):
                collection = self.collection_of(self.wanted)
                await embedding_indexes.add(connection, collection, self.wanted, IndexStatus.SERVING)
                rows = await embedding_indexes.all_of_them(connection)
            stale = [row for row in rows if row.model.has_vectors_of(self.wanted) and row.model != self.wanted]
            for row in stale:
                await embedding_indexes.reconnect(connection, row.id, self.wanted)
            return await embedding_indexes.all_of_them(connection) if stale else rows
