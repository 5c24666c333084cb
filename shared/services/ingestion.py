"""One changed file becomes passages that can be found, or a reason why not."""

import asyncio
import hashlib
import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shared.db import documents, ledger, libraries, sync_runs
from shared.db.pool import Db
from shared.domain import bm25
from shared.domain.chunking import Passage, chunk
from shared.domain.documents import PassagePoint, PassagePosition
from shared.domain.extracted import Extracted
from shared.domain.ids import DocumentId, PassageId, SyncRunId, passage_id
from shared.domain.ledger import (
    PIPELINE_VERSION,
    DocumentStatus,
    LedgerDocument,
    Library,
    Todo,
    file_url_of,
    is_readable,
)
from shared.errors import (
    DownloadFailed,
    ExtractionFailed,
    GraphDenied,
    ModelFailed,
    NotFound,
    RemoteItemGone,
    Throttled,
    Unavailable,
)
from shared.ports import Embeddings, Extractor, Graph, Throttle, Tokenizer, Vectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    type Matrix = npt.NDArray[np.float32]

log = logging.getLogger(__name__)

# Passages embedded and stored at a time: bounds memory (256 × 3072 floats = 3 MB) whatever the document's size.
SLICE = 256
# About 8,000 pages. A document beyond it is a data dump, not something to answer from.
MAX_PASSAGES = 20_000
# The same bytes give these again: trying once more is of no use until the file changes.
_SKIPPED = frozenset({"too_large", "encrypted", "unsupported_type", "empty", "needs_ocr"})

type Result = Literal["indexed", "unchanged", "skipped", "failed", "removed", "nothing", "throttled", "unavailable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `throttled` and `unavailable` leave it to be done, after `retry_after_s`."""

    result: Result
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Placed:
    position: PassagePosition
    passage: Passage


@dataclass(frozen=True, slots=True)
class Ingestion:
    db: Db
    graph: Graph
    extractor: Extractor
    embeddings: Embeddings
    vectors: Vectors
    tokenizer: Tokenizer
    throttle: Throttle
    max_file_bytes: int

    async def ingest(self, document_id: DocumentId, run_id: SyncRunId | None, *, last_try: bool = False) -> Outcome:
        """Brings one document of the ledger up to date. Safe to repeat at any point: passages are staged unseen and
        shown at once, and the ledger is told last. With `last_try` a dependency that stays away becomes the file's
        recorded failure, so that it cannot hold up the sync for ever."""
        async with self.db.connection() as connection:
            try:
                document = await documents.get(connection, document_id)
                library = await libraries.get(connection, document.library_id)
            except NotFound:
                return Outcome("nothing")
        if document.todo is not Todo.INGEST:
            return Outcome("nothing")
        try:
            return await self._ingest(library, document, run_id)
        except RemoteItemGone:
            async with self.db.transaction() as connection:
                await ledger.remove_items(connection, document.drive_id, [document.item_id])
            return Outcome("removed")
        except ExtractionFailed as error:
            return await self._give_up(document, run_id, error.reason_code, error.detail, retry=False)
        except Throttled as error:
            await self.throttle.hold(error.service, error.retry_after_s)
            return Outcome("throttled", error.retry_after_s)
        except (GraphDenied, DownloadFailed, ModelFailed) as error:
            return await self._give_up(document, run_id, error.code, error.detail, retry=True)
        except Unavailable as error:
            if not last_try or error.dependency == "postgres":
                return Outcome("unavailable", error.retry_after_s)
            return await self._give_up(document, run_id, error.code, error.detail, retry=True)
        except Exception:
            # The activity's boundary: one file's surprise must not stop the others, and must be seen.
            log.exception("ingest failed", extra={"document_id": str(document_id)})
            return await self._give_up(
                document, run_id, "internal_error", "Nexus failed on this file; the logs have the details.", retry=True
            )

    async def _ingest(self, library: Library, document: LedgerDocument, run_id: SyncRunId | None) -> Outcome:
        if not is_readable(document.file_type):
            raise ExtractionFailed("unsupported_type", f"Files of type .{document.file_type} are not indexed.")
        if document.file_size > self.max_file_bytes:
            raise ExtractionFailed(
                "too_large", f"The file is larger than the limit of {self.max_file_bytes // 2**20} MB."
            )
        if (wait := await self.throttle.remaining("graph")) > 0:
            return Outcome("throttled", wait)
        with tempfile.TemporaryDirectory(prefix="nexus-ingest-") as folder:
            path = Path(folder, "content")
            downloaded = await self.graph.download(
                document.drive_id, document.item_id, path, max_bytes=self.max_file_bytes
            )
            if self._stands(document, downloaded.sha256):
                return await self._confirm(library, document, run_id)
            extracted = await self.extractor.extract(path, document.file_name)
        passages = self._passages(document, await asyncio.to_thread(self._chunks, library, document, extracted))
        new, tokens = await self._stage(library, document, extracted, passages)
        file_url = file_url_of(library, document.path, document.file_url)
        await self.vectors.publish(
            document.labels(file_url=file_url, scope=library.scope), [placed.position for placed in passages]
        )
        async with self.db.transaction() as connection:
            recorded = await documents.indexed(
                connection,
                document,
                file_url=file_url,
                scope=library.scope,
                passages=[placed.position.passage_id for placed in passages],
                content_hash=downloaded.sha256,
                pipeline_version=PIPELINE_VERSION,
                title=extracted.title and extracted.title.replace("\0", ""),
                language=extracted.language,
                page_count=extracted.page_count,
            )
            if recorded and run_id:
                await sync_runs.count(
                    connection,
                    run_id,
                    added=document.is_new,
                    changed=not document.is_new,
                    passages=new,
                    embed_tokens=tokens,
                )
        return Outcome("indexed")

    @staticmethod
    def _stands(document: LedgerDocument, sha256: str) -> bool:
        """The very bytes that were indexed, by the very pipeline: nothing to read again."""
        return (
            document.status is DocumentStatus.INDEXED
            and document.content_hash == sha256
            and document.pipeline_version == PIPELINE_VERSION
        )

    async def _confirm(self, library: Library, document: LedgerDocument, run_id: SyncRunId | None) -> Outcome:
        file_url = file_url_of(library, document.path, document.file_url)
        await self.vectors.publish(document.labels(file_url=file_url, scope=library.scope), ())
        async with self.db.transaction() as connection:
            if await documents.relabelled(connection, document, file_url=file_url, scope=library.scope) and run_id:
                await sync_runs.count(connection, run_id, unchanged=1)
        return Outcome("unchanged")

    def _chunks(self, library: Library, document: LedgerDocument, extracted: Extracted) -> list[Passage]:
        folders = (document.path or document.file_name).split("/")[:-1]
        breadcrumb = " › ".join([library.name, *folders, document.file_name])
        chunks = chunk(extracted, breadcrumb=breadcrumb, count_tokens=self.tokenizer.count)
        if not chunks:
            raise ExtractionFailed("empty", "The file holds no text.")
        if len(chunks) > MAX_PASSAGES:
            raise ExtractionFailed("limits_exceeded", f"The file would make more than {MAX_PASSAGES:,} passages.")
        return chunks

    @staticmethod
    def _passages(document: LedgerDocument, chunks: Sequence[Passage]) -> list[_Placed]:
        occurrences: Counter[str] = Counter()
        passages: list[_Placed] = []
        for index, piece in enumerate(chunks):
            # library, folder and file name are left out on purpose: a rename must not re-embed (design 04, 3)
            text_hash = hashlib.sha256(f"{piece.section or ''}\n{piece.text}".encode()).hexdigest()
            known_as = passage_id(document.drive_id, document.item_id, text_hash, occurrences[text_hash])
            occurrences[text_hash] += 1
            position = PassagePosition(known_as, index, len(chunks), piece.page, piece.last_page, piece.section)
            passages.append(_Placed(position, piece))
        return passages

    async def _stage(
        self, library: Library, document: LedgerDocument, extracted: Extracted, passages: Sequence[_Placed]
    ) -> tuple[int, int]:
        """Embeds and stores what is not there yet; (passages written, tokens paid)."""
        stored = await self._stored_by_this_pipeline(document)
        new = [placed for placed in passages if placed.position.passage_id not in stored]
        labels = document.labels(file_url=document.file_url, scope=library.scope)
        tokens = 0
        for start in range(0, len(new), SLICE):
            part = new[start : start + SLICE]
            dense, paid = await self.embeddings.embed_passages([placed.passage.embedded_text for placed in part])
            tokens += paid
            points = await asyncio.to_thread(_points, part, dense, extracted.language)
            await self.vectors.stage(labels, points)
        return len(new), tokens

    async def _stored_by_this_pipeline(self, document: LedgerDocument) -> frozenset[PassageId]:
        if document.pipeline_version not in (None, PIPELINE_VERSION):
            return frozenset()
        return await self.vectors.stored(document.id)

    async def _give_up(
        self, document: LedgerDocument, run_id: SyncRunId | None, code: str, reason: str, *, retry: bool
    ) -> Outcome:
        """Records why. A version that can never be read takes the passages of the old one with it, because that is
        not what SharePoint holds any more; a fault on the way leaves the old version answering."""
        skipped = code in _SKIPPED
        if not retry:
            try:
                await self.vectors.remove([document.id])
            except Unavailable as error:
                return Outcome("unavailable", error.retry_after_s)
        async with self.db.transaction() as connection:
            recorded = await documents.not_indexed(
                connection,
                document,
                status=DocumentStatus.SKIPPED if skipped else DocumentStatus.FAILED,
                reason_code=code,
                reason=reason,
                content_hash=None,
                passages_removed=not retry,
                retry=retry,
            )
            if recorded and run_id:
                await sync_runs.count(connection, run_id, skipped=skipped, failed=not skipped)
        return Outcome("skipped" if skipped else "failed")


def _points(part: Sequence[_Placed], dense: "Matrix", language: str | None) -> list[PassagePoint]:
    return [
        PassagePoint(
            placed.position,
            placed.passage.text,
            language,
            vector,
            bm25.encode_passage(placed.passage.embedded_text, language=language),
        )
        for placed, vector in zip(part, dense, strict=True)
    ]
