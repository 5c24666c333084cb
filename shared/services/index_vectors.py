"""The port Vectors while the embedding model may change under it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from shared.domain.audience import Audience
from shared.domain.documents import (
    DocumentLabels,
    PassageCounts,
    PassagePoint,
    PassagePosition,
    RetrievedPassage,
    SearchQuery,
    StoredPassage,
)
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.ports import PassageIndex, Vectors
from shared.services.indexes import Indexes, OpenIndex


@dataclass(frozen=True, slots=True)
class IndexVectors:
    """Passages are written to, and read from, one index: `own`, or the one that serves at each call. What hides,
    removes or labels a document is done in every living index: one that is being built must not show tomorrow what
    was taken back today, and its copies need not be made again for it."""

    indexes: Indexes
    own: OpenIndex | None = None

    async def _own(self) -> PassageIndex:
        return (self.own or await self.indexes.serving()).vectors

    async def _all(self) -> list[Vectors]:
        """Own first: readers ask it."""
        own = self.own or await self.indexes.serving()
        others = [index.vectors for index in await self.indexes.living() if index.row.id != own.row.id]
        return [own.vectors, *others]

    async def ensure_ready(self) -> None:
        await (await self._own()).ensure_ready()

    async def search(self, queries: Sequence[SearchQuery], *, audience: Audience) -> list[list[RetrievedPassage]]:
        return await (await self._own()).search(queries, audience=audience)

    async def stored(self, document: DocumentId) -> frozenset[PassageId]:
        return await (await self._own()).stored(document)

    async def stage(self, labels: DocumentLabels, points: Sequence[PassagePoint]) -> None:
        await (await self._own()).stage(labels, points)

    async def publish(self, labels: DocumentLabels, positions: Sequence[PassagePosition]) -> None:
        if positions:
            await (await self._own()).publish(labels, positions)
            return
        for vectors in await self._all():
            await vectors.publish(labels, ())

    async def switch(self, document: DocumentId, version: int, *, is_active: bool) -> None:
        for vectors in await self._all():
            await vectors.switch(document, version, is_active=is_active)

    async def count(self, document: DocumentId, *, audience: Audience | None = None) -> PassageCounts:
        return await (await self._own()).count(document, audience=audience)

    async def remove(self, documents: Sequence[DocumentId]) -> None:
        for vectors in await self._all():
            await vectors.remove(documents)

    async def stored_labels(
        self,
        *,
        documents: Sequence[DocumentId] | None = None,
        library: LibraryId | None = None,
        outside: Sequence[LibraryId] | None = None,
    ) -> AsyncGenerator[list[StoredPassage]]:
        own = await self._own()
        async for page in own.stored_labels(documents=documents, library=library, outside=outside):
            yield page
