"""One changed file becomes passages that can be found, or a reason why not."""

import asyncio
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from shared.db import documents, embedding_indexes, ledger, ledger_work, libraries, sync_runs
from shared.db.pool import Connection, Db
from shared.domain.audience import Scope
from shared.domain.breadcrumbs import breadcrumb_of
from shared.domain.ids import DocumentId, IndexId, PassageId, SyncRunId
from shared.domain.ledger import (
    NEVER_READ,
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
from shared.services.cutting import cut
from shared.services.staging import NewPassage, Staged, Staging, in_slices
from shared.services.timings import Timings

log = logging.getLogger(__name__)

# The same bytes give these again: trying once more is of no use until the file changes.
_SKIPPED = frozenset({"too_large", "encrypted", "unsupported_type", "empty", "needs_ocr", *NEVER_READ})

# While the last passages are copied into the index of the next embedding model, nothing new is recorded.
SEALED_S = 5.0

type Result = Literal[
    "indexed", "unchanged", "skipped", "failed", "removed", "nothing", "throttled", "unavailable", "moved"
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file. `throttled` and `unavailable` leave it to be done, after `retry_after_s`; `moved`, too:
    another index serves since the file was read, and its passages belong there."""

    result: Result
    retry_after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Into one index: that of `embeddings` and `vectors`. `index_id` names its row where the embedding model may be
    changed; an ingest then records nothing once another index serves."""

    db: Db
    graph: Graph
    extractor: Extractor
    embeddings: Embeddings
    vectors: Vectors
    tokenizer: Tokenizer
    throttle: Throttle
    max_file_bytes: int
    index_id: IndexId | None = None

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
        # Without its path the file's scope is not known: it waits for its folders.
        if document.todo is not Todo.INGEST or document.path is None or library.is_removing:
            return Outcome("nothing")
        timings = Timings()
        try:
            document = await self._follow_scope(document, library.scope_of(document.path))
            return await self._ingest(library, document, run_id, timings)
        except RemoteItemGone:
            async with self.db.transaction() as connection:
                await ledger.remove_items(connection, document.drive_id, [document.item_id])
            return Outcome("removed")
        except ExtractionFailed as error:
            return await self._give_up(library, document, run_id, timings, error.reason_code, error.detail, retry=False)
        except Throttled as error:
            await self.throttle.hold(error.service, error.retry_after_s)
            return Outcome("throttled", error.retry_after_s)
        except (GraphDenied, DownloadFailed, ModelFailed) as error:
            return await self._give_up(library, document, run_id, timings, error.code, error.detail, retry=True)
        except Unavailable as error:
            if not last_try or error.dependency == "postgres":
                return Outcome("unavailable", error.retry_after_s)
            return await self._give_up(library, document, run_id, timings, error.code, error.detail, retry=True)
        except Exception:
            # The activity's boundary: one file's surprise must not stop the others, and must be seen.
            log.exception("ingest failed", extra={"document_id": str(document_id)})
            sentence = "Nexus failed on this file; the logs have the details."
            return await self._give_up(library, document, run_id, timings, "internal_error", sentence, retry=True)

    async def _follow_scope(self, document: LedgerDocument, scope: Scope) -> LedgerDocument:
        """The file as its present place lets it be read. What answers from its last version is labelled at once: the
        new one may take long, or never become readable."""
        if document.scope == scope:
            return document
        await self.vectors.publish(document.labels(file_url=document.file_url, scope=scope), ())
        async with self.db.connection() as connection:
            await ledger_work.rescoped(connection, document, file_url=document.file_url, scope=scope)
        return replace(document, scope=scope)

    async def _ingest(
        self, library: Library, document: LedgerDocument, run_id: SyncRunId | None, timings: Timings
    ) -> Outcome:
        if document.reason_code in NEVER_READ:
            raise ExtractionFailed(document.reason_code, NEVER_READ[document.reason_code])
        if not is_readable(document.file_type):
            raise ExtractionFailed("unsupported_type", f"Files of type .{document.file_type} are not indexed.")
        if document.file_size > self.max_file_bytes:
            raise ExtractionFailed(
                "too_large", f"The file is larger than the limit of {self.max_file_bytes // 2**20} MB."
            )
        waits = [await self.throttle.remaining(service) for service in ("graph", "embeddings")]
        if (wait := max(waits)) > 0:
            return Outcome("throttled", wait)
        async with self.db.connection() as connection:
            if (refusal := await self._index_refuses(connection)) is not None:
                return refusal
        with tempfile.TemporaryDirectory(prefix="nexus-ingest-") as folder:
            path = Path(folder, "content")
            with timings.station("download_s"):
                downloaded = await self.graph.download(
                    document.drive_id, document.item_id, path, max_bytes=self.max_file_bytes
                )
            if self._stands(document, downloaded.sha256):
                return await self._confirm(library, document, run_id, timings)
            with timings.station("extract_s"):
                extracted = await self.extractor.extract(path, document.file_name)
                passages = await asyncio.to_thread(
                    cut,
                    extracted,
                    breadcrumb=breadcrumb_of(library.name, document.file_name, document.path),
                    drive_id=document.drive_id,
                    item_id=document.item_id,
                    tokenizer=self.tokenizer,
                )
        staged = await self._stage(document, passages)
        timings.embed_s, timings.store_s = staged.embed_s, staged.store_s
        async with self.db.connection() as connection:
            is_current = await documents.is_current(connection, document)
        if not is_current:
            # switched off, moved or changed while it was read: it stays to be done, as it is now
            await self._leave_nothing_of_what_is_gone(document)
            return Outcome("nothing")
        file_url = file_url_of(library, document.path, document.file_url)
        labels = document.labels(file_url=file_url, scope=document.scope)
        with timings.station("store_s"):
            await self.vectors.publish(labels, [passage.position for passage in passages])
        async with self.db.transaction() as connection:
            if (refusal := await self._index_refuses(connection)) is not None:
                return refusal
            recorded = await documents.indexed(
                connection,
                document,
                file_url=file_url,
                scope=document.scope,
                passages=[passage.position.passage_id for passage in passages],
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
                    passages=staged.passages,
                    embed_tokens=staged.tokens,
                    **timings.counted(),
                )
        if not recorded:
            await self._leave_nothing_of_what_is_gone(document)
        return Outcome("indexed")

    async def _leave_nothing_of_what_is_gone(self, document: LedgerDocument) -> None:
        """The document changed meanwhile, and is read again; or it was dropped, and nobody would ever come back for
        the passages just shown."""
        async with self.db.connection() as connection:
            try:
                await documents.get(connection, document.id)
                return
            except NotFound:
                log.info("removed while it was read", extra={"document_id": str(document.id)})
        await self.vectors.remove([document.id])

    @staticmethod
    def _stands(document: LedgerDocument, sha256: str) -> bool:
        """The very bytes that were indexed, by the very pipeline: nothing to read again."""
        return (
            document.status is DocumentStatus.INDEXED
            and document.content_hash == sha256
            and document.pipeline_version == PIPELINE_VERSION
        )

    async def _confirm(
        self, library: Library, document: LedgerDocument, run_id: SyncRunId | None, timings: Timings
    ) -> Outcome:
        file_url = file_url_of(library, document.path, document.file_url)
        with timings.station("store_s"):
            await self.vectors.publish(document.labels(file_url=file_url, scope=document.scope), ())
        async with self.db.transaction() as connection:
            if await documents.relabelled(connection, document, file_url=file_url, scope=document.scope) and run_id:
                await sync_runs.count(connection, run_id, unchanged=1, **timings.counted())
        return Outcome("unchanged")

    async def _stage(self, document: LedgerDocument, passages: Sequence[NewPassage]) -> Staged:
        """Embeds and stores what is not there yet."""
        stored = await self._stored_by_this_pipeline(document)
        new = [passage for passage in passages if passage.position.passage_id not in stored]
        labels = document.labels(file_url=document.file_url, scope=document.scope)
        return await Staging(self.embeddings, self.vectors, self.throttle).stage(labels, in_slices(new))

    async def _stored_by_this_pipeline(self, document: LedgerDocument) -> frozenset[PassageId]:
        if document.pipeline_version not in (None, PIPELINE_VERSION):
            return frozenset()
        return await self.vectors.stored(document.id)

    async def _index_refuses(self, connection: Connection) -> Outcome | None:
        """Asked before the work and again, its row held, where the work is recorded."""
        if self.index_id is None:
            return None
        match await embedding_indexes.hold(connection, self.index_id):
            case "open":
                return None
            case "sealed":
                return Outcome("throttled", SEALED_S)
            case "moved":
                return Outcome("moved")

    async def _give_up(
        self,
        library: Library,
        document: LedgerDocument,
        run_id: SyncRunId | None,
        timings: Timings,
        code: str,
        reason: str,
        *,
        retry: bool,
    ) -> Outcome:
        """Records why. A version that can never be read takes the passages of the old one with it, because that is
        not what SharePoint holds any more; a fault on the way leaves the old version answering, under the name and
        place that the file has now."""
        skipped = code in _SKIPPED
        file_url = file_url_of(library, document.path, document.file_url)
        try:
            if not retry:
                await self.vectors.remove([document.id])
            elif document.passages:
                await self.vectors.publish(document.labels(file_url=file_url, scope=document.scope), ())
        except Unavailable as error:
            if error.code != code:
                return Outcome("unavailable", error.retry_after_s)
            log.warning("what answers keeps its old labels", extra={"document_id": str(document.id)})
        async with self.db.transaction() as connection:
            await ledger_work.rescoped(connection, document, file_url=file_url, scope=document.scope)
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
                await sync_runs.count(connection, run_id, skipped=skipped, failed=not skipped, **timings.counted())
                await sync_runs.count_reasons(connection, run_id, {code: 1})
        return Outcome("skipped" if skipped else "failed")
