"""A change of the embedding model without an outage, in steps that may each be repeated.

The model of the settings gets an index of its own, filled from the one that serves (index_copying.py) while that goes
on serving, syncs included. When every document is there as the ledger has it, one transaction makes it the one that
serves; the old one answers those who do not know it yet, for a while, and is dropped.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.db import audit, embedding_indexes, index_copies
from shared.db.index_copies import Progress
from shared.db.pool import Db
from shared.domain.identity import Caller
from shared.domain.ids import DocumentId
from shared.domain.indexes import EmbeddingIndex, EmbeddingModel, IndexStatus
from shared.errors import Conflict, Throttled, Unavailable
from shared.ports import Embeddings, Throttle
from shared.services.indexes import FRESH_S, Indexes, OpenIndex

log = logging.getLogger(__name__)

# Named by a step, copied by activities side by side: the durable history stays short.
FAN_OUT = 100
# Every instance has learnt of a new index, or that one is on its way out, twice over.
SETTLE_S = 2 * FRESH_S
# How long an index that was replaced still answers, and could be gone back to by hand.
GRACE_S = 600.0
ORPHANS = 500
NOTES = 20_000
# More refusals than this are the fault of model or settings, not of texts: the old index goes on serving.
REFUSED_SHARE, REFUSED_AT_LEAST = 0.01, 10

type State = Literal["copy", "again", "wait", "complete", "stopped"]


@dataclass(frozen=True, slots=True)
class Step:
    """What the orchestrator does next: have `documents` copied into the index, go on at once, wait, or end. The
    next step is told `after`, from where to look for documents."""

    state: State
    index: EmbeddingIndex | None = None
    documents: tuple[DocumentId, ...] = ()
    after: DocumentId | None = None
    retry_after_s: float = 0.0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class IndexState:
    """`progress` counts documents: of the index that is being built, else of the one that serves."""

    wanted: EmbeddingModel
    indexes: tuple[EmbeddingIndex, ...]
    progress: Progress

    def of(self, status: IndexStatus) -> EmbeddingIndex | None:
        return next((index for index in self.indexes if index.status is status), None)


class Orchestrations(Protocol):
    """The durable client of one invocation."""

    async def start_rebuild(self) -> None:
        """Of no effect while one is under way."""
        ...


@dataclass(frozen=True, slots=True)
class Reindexing:
    db: Db
    indexes: Indexes
    throttle: Throttle
    embeddings_of: Callable[[EmbeddingModel], Embeddings]
    settle_s: float = SETTLE_S
    grace_s: float = GRACE_S

    async def state(self) -> IndexState:
        await self.indexes.serving()  # makes the first row
        async with self.db.connection() as connection:
            rows = await embedding_indexes.all_of_them(connection)
            building = next((row for row in rows if row.status is IndexStatus.BUILDING), None)
            progress = await index_copies.progress(connection, building.id if building else None)
        return IndexState(self.indexes.wanted, tuple(rows), progress)

    async def begin(self, orchestrations: Orchestrations, caller: Caller, correlation_id: str) -> IndexState:
        """Builds the index of the settings' model, or goes on with it. Raises Conflict when that model serves and
        nothing is being built or tidied up; ModelFailed, Throttled or Unavailable when it does not answer: no index
        is begun with a key or an address that does not work."""
        self.indexes.forget()
        serving, wanted = (await self.indexes.serving()).row, self.indexes.wanted
        known = await self.state()
        building = known.of(IndexStatus.BUILDING)
        if serving.model.has_vectors_of(wanted):
            if len(known.indexes) == 1:
                raise Conflict("The index was made by the configured model already.", code="index_up_to_date")
            wanted_index = None
        else:
            await self.embeddings_of(wanted).embed_queries(["Is this the model?"])
            wanted_index = building if building and building.model.has_vectors_of(wanted) else None
        async with self.db.transaction() as connection:
            if building and building != wanted_index:
                await embedding_indexes.move(connection, building.id, IndexStatus.DROPPING)
            if not serving.model.has_vectors_of(wanted):
                if wanted_index is None:
                    wanted_index = await embedding_indexes.add(
                        connection, self._free_name(known), wanted, IndexStatus.BUILDING, started_by=caller.user_id
                    )
                else:
                    await embedding_indexes.note(connection, wanted_index.id, None)
            await audit.record(
                connection,
                actor=caller.user_id,
                action="index.rebuild",
                target=str(wanted_index.id) if wanted_index else None,
                detail={"serving": serving.collection, "next": wanted_index.collection if wanted_index else None},
                correlation_id=correlation_id,
            )
        self.indexes.forget()
        await orchestrations.start_rebuild()
        return await self.state()

    def _free_name(self, known: IndexState) -> str:
        """Vectors of one model and size may differ by their prefix, and one on its way out keeps its name."""
        name, taken = self.indexes.collection_of(self.indexes.wanted), {index.collection for index in known.indexes}
        return next(each for each in (name, *(f"{name}_{n}" for n in range(2, 100))) if each not in taken)

    async def step(self, after: DocumentId | None) -> Step:
        """Expected trouble is a step, too: `wait` for throttling and outages."""
        try:
            return await self._step(after)
        except Throttled as error:
            await self.throttle.hold(error.service, error.retry_after_s)
            return Step("wait", after=after, retry_after_s=error.retry_after_s)
        except Unavailable as error:
            return Step("wait", after=after, retry_after_s=error.retry_after_s, message=error.detail)

    async def stop(self, message: str) -> None:
        """What is copied stays; beginning again goes on with it."""
        async with self.db.connection() as connection:
            for row in await embedding_indexes.all_of_them(connection):
                await embedding_indexes.note(connection, row.id, message)

    async def _step(self, after: DocumentId | None) -> Step:
        self.indexes.forget()
        living = await self.indexes.living()
        building = next((index for index in living if index.row.status is IndexStatus.BUILDING), None)
        if building is None:
            return await self._tidy_up(await self.indexes.serving())
        await building.vectors.ensure_ready()
        if (wait_s := await self.throttle.remaining("embeddings")) > 0:
            return Step("wait", after=after, retry_after_s=wait_s)
        async with self.db.connection() as connection:
            left = await index_copies.left(connection, building.row.id, after, FAN_OUT)
        if after is None and len(left) < FAN_OUT and building.row.age_s >= self.settle_s:
            async with self.db.connection() as connection:
                await embedding_indexes.seal(connection, building.row.id)
        if left:
            return Step("copy", building.row, tuple(left), after=left[-1])
        if after is not None:
            return Step("again", building.row)
        return await self._finish(await self.indexes.serving(), building)

    async def _finish(self, serving: OpenIndex, building: OpenIndex) -> Step:
        """Nothing was left to copy a moment ago."""
        async with self.db.connection() as connection:
            orphans = await index_copies.orphans(connection, building.row.id, ORPHANS)
            progress = await index_copies.progress(connection, building.row.id)
        if orphans:
            await building.vectors.remove(orphans)
            async with self.db.connection() as connection:
                await index_copies.forget(connection, building.row.id, orphans)
            return Step("again", building.row)
        if progress.refused > max(REFUSED_AT_LEAST, REFUSED_SHARE * progress.documents):
            message = f"The model refused {progress.refused} of {progress.documents} documents. The old one serves on."
            await self.stop(message)
            return Step("stopped", building.row, message=message)
        if (young_s := self.settle_s - building.row.age_s) > 0:
            return Step("wait", building.row, retry_after_s=young_s)
        if await self._swap(serving.row, building.row):
            log.info("the index %s serves from now on", building.row.collection)
            self.indexes.forget()
        return Step("again", building.row)

    async def _swap(self, serving: EmbeddingIndex, building: EmbeddingIndex) -> bool:
        """All or nothing, and nothing when a document changed since it was copied. Ingests that are recorded at the
        same time come before it, and are seen, or after it, and are refused."""
        async with self.db.transaction() as connection:
            if not await embedding_indexes.lock(connection, building.id):
                return False
            if await index_copies.left(connection, building.id, None, 1):
                return False
            if await index_copies.orphans(connection, building.id, 1):
                return False
            await embedding_indexes.swap(connection, serving.id, building.id)
            await index_copies.give_up_refused(connection, building.id)
            await audit.record(
                connection,
                actor=None,
                action="index.swap",
                target=str(building.id),
                detail={"from": serving.collection, "to": building.collection},
            )
        return True

    async def _tidy_up(self, serving: OpenIndex) -> Step:
        """The index that serves is complete; the others go, one after the other."""
        await serving.vectors.ensure_ready()
        await serving.vectors.take_alias()
        async with self.db.connection() as connection:
            if await index_copies.forget_some(connection, serving.row.id, NOTES):
                return Step("again")
            rows = await embedding_indexes.all_of_them(connection)
        left_s = [(self._stays_s(row), row) for row in rows if row.status is not IndexStatus.SERVING]
        if not left_s:
            return Step("complete")
        first_s, row = min(left_s, key=lambda each: each[0])
        if first_s > 0:
            return Step("wait", retry_after_s=first_s)
        if row.status is IndexStatus.DROPPING:
            return await self._drop(row)
        async with self.db.connection() as connection:
            await embedding_indexes.move(connection, row.id, IndexStatus.DROPPING)
        return Step("again")

    def _stays_s(self, row: EmbeddingIndex) -> float:
        """Retired, it may still be asked; then nobody writes to it from `settle_s` on."""
        return (self.grace_s if row.status is IndexStatus.RETIRED else self.settle_s) - row.in_status_s

    async def _drop(self, row: EmbeddingIndex) -> Step:
        async with self.db.connection() as connection:
            if await index_copies.forget_some(connection, row.id, NOTES):
                return Step("again")
        await self.indexes.open(row).vectors.drop()
        async with self.db.transaction() as connection:
            await embedding_indexes.delete(connection, row.id)
            await audit.record(
                connection, actor=None, action="index.drop", target=str(row.id), detail={"collection": row.collection}
            )
        return Step("again")
