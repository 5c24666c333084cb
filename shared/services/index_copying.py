"""One document's passages out of the index that serves, into the one that is built for the next embedding model.

Nothing is downloaded or extracted: a passage's text is stored beside its vectors. It may be repeated at any point, and
goes on where it was: what is stored already is not embedded again.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.db import documents, index_copies, libraries
from shared.db.pool import Db
from shared.domain.breadcrumbs import breadcrumb_of, embedded_text, with_section
from shared.domain.chunking import shortened
from shared.domain.documents import PassagePosition
from shared.domain.ids import DocumentId, IndexId, PassageId
from shared.domain.indexes import TEXT_REFUSED, IndexStatus
from shared.domain.ledger import LedgerDocument, Library
from shared.errors import ModelFailed, NotFound, Throttled, Unavailable
from shared.ports import Throttle, Tokenizer
from shared.services.indexes import Indexes, OpenIndex
from shared.services.staging import SLICE, NewPassage, Staging

log = logging.getLogger(__name__)

type Result = Literal["copied", "changed", "gone", "refused", "throttled", "unavailable", "stopped"]


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of a document. All but `copied`, `refused` and `gone` leave it to be done, after `retry_after_s`;
    `stopped` says in `message` what nobody but an administrator can mend."""

    result: Result
    retry_after_s: float = 0.0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class IndexCopying:
    db: Db
    indexes: Indexes
    tokenizer: Tokenizer
    throttle: Throttle

    async def copy(self, index_id: IndexId, document_ids: Sequence[DocumentId]) -> list[Copied]:
        """The documents at once: their passages share the calls of the model."""
        serving, building = await self.indexes.serving(), await self._building(index_id)
        if building is None:
            return [Copied("changed") for _ in document_ids]
        return list(await asyncio.gather(*(self._guarded(serving, building, each) for each in document_ids)))

    async def _building(self, index_id: IndexId) -> OpenIndex | None:
        for _ in range(2):
            for index in await self.indexes.living():
                if index.row.id == index_id and index.row.status is IndexStatus.BUILDING:
                    return index
            self.indexes.forget()  # it may be younger than what this instance knows
        return None

    async def _guarded(self, serving: OpenIndex, building: OpenIndex, document_id: DocumentId) -> Copied:
        try:
            return await self._copy(serving, building, document_id)
        except NotFound:
            return Copied("gone")
        except Throttled as error:
            await self.throttle.hold(error.service, error.retry_after_s)
            return Copied("throttled", error.retry_after_s)
        except Unavailable as error:
            return Copied("unavailable", error.retry_after_s, error.detail)
        except ModelFailed as error:
            return Copied("stopped", message=error.detail)

    async def _copy(self, serving: OpenIndex, building: OpenIndex, document_id: DocumentId) -> Copied:
        async with self.db.transaction() as connection:
            claim = await index_copies.claim(connection, building.row.id, document_id)
            if claim is None:
                return Copied("gone")
            document = await documents.get(connection, document_id)
            library = await libraries.get(connection, document.library_id)
        same_pipeline = claim.copied_by == document.pipeline_version
        problem: str | None = None
        positions: list[PassagePosition] = []
        try:
            positions = await self._stage(serving, building, library, document, anew=not same_pipeline)
        except ModelFailed as error:
            if error.code not in TEXT_REFUSED:
                raise
            problem = error.detail
        async with self.db.connection() as connection:
            if await index_copies.revision(connection, building.row.id, document_id) != claim.revision:
                return Copied("changed")
        if problem is None and positions:
            # as the ledger has them: of a change that is only being applied, the passages may know or not
            await building.vectors.publish(document.labels(file_url=document.file_url, scope=document.scope), positions)
        else:
            await building.vectors.remove([document_id])
        async with self.db.connection() as connection:
            done = await index_copies.done(
                connection, building.row.id, document_id, claim.revision, document.pipeline_version, problem
            )
        return Copied("changed" if not done else "copied" if problem is None else "refused")

    async def _stage(
        self, serving: OpenIndex, building: OpenIndex, library: Library, document: LedgerDocument, *, anew: bool
    ) -> list[PassagePosition]:
        """All positions of the document; what is not in the new index yet is embedded and stored there, unseen.
        `anew` embeds all: another pipeline makes other vectors of the same text."""
        stored = frozenset[PassageId]() if anew else await building.vectors.stored(document.id)
        positions: list[PassagePosition] = []
        labels = document.labels(file_url=document.file_url, scope=document.scope)
        slices = self._slices(serving, library, document, stored, positions)
        await Staging(building.embeddings, building.vectors, self.throttle).stage(labels, slices)
        return positions

    async def _slices(
        self,
        serving: OpenIndex,
        library: Library,
        document: LedgerDocument,
        stored: frozenset[PassageId],
        positions: list[PassagePosition],
    ) -> AsyncGenerator[Sequence[NewPassage]]:
        """What a fresh ingest would embed, and in passing the `positions` of all."""
        breadcrumb = breadcrumb_of(library.name, document.file_name, document.path)
        breadcrumb = await asyncio.to_thread(shortened, breadcrumb, self.tokenizer.count)
        after: PassageId | None = None
        while page := await serving.vectors.passages(document.id, after=after, limit=SLICE):
            after = page[-1].position.passage_id
            positions += [passage.position for passage in page]
            yield [
                NewPassage(
                    passage.position,
                    passage.text,
                    embedded_text(with_section(breadcrumb, passage.position.section), passage.text),
                    passage.language,
                )
                for passage in page
                if passage.position.passage_id not in stored
            ]
