"""The port `Notebook` where Nexus reads uploaded files itself: passages in a collection of their own, in which each
session is its own audience."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.domain.documents import DocumentLabels
from shared.domain.extracted import Extracted
from shared.domain.ids import DocumentId, LibraryId, NotebookSessionId
from shared.domain.notebook import FileStatus, Progress, UploadedFile, scope_of
from shared.ports import Extractor, Throttle, Tokenizer
from shared.services.cutting import cut
from shared.services.indexes import OpenIndex
from shared.services.staging import NewPassage, Staging, in_slices


@dataclass(frozen=True, slots=True)
class NotebookReading:
    """`index` gives the collection of notebook passages with the embedding model that serves now. A file remembers
    in which one it lies (`backend_file_id`): after a change of the model it is read again when it is asked for."""

    extractor: Extractor
    index: Callable[[], Awaitable[OpenIndex]]
    tokenizer: Tokenizer
    throttle: Throttle

    async def add(self, file: UploadedFile, content: Path) -> Progress:
        extracted = await self.extractor.extract(content, file.file_name)
        passages = await asyncio.to_thread(self._passages, file, extracted)
        index = await self.index()
        labels = _labels(file)
        await index.vectors.ensure_ready()
        await Staging(index.embeddings, index.vectors, self.throttle).stage(labels, in_slices(passages))
        await index.vectors.publish(labels, [passage.position for passage in passages])
        return Progress(FileStatus.READY, index.row.collection, page_count=extracted.page_count)

    async def progress(self, file: UploadedFile) -> Progress:
        """Reading is done within `add`: what is neither ready nor failed was cut off, and begins anew."""
        index = await self.index()
        if file.status is FileStatus.READY and file.backend_file_id == index.row.collection:
            return Progress(FileStatus.READY, file.backend_file_id)
        return Progress(FileStatus.STORED)

    async def remove_file(self, file: UploadedFile) -> None:
        await self._remove([file])

    async def remove_session(self, session_id: NotebookSessionId, files: Sequence[UploadedFile]) -> None:
        await self._remove(files)

    async def _remove(self, files: Sequence[UploadedFile]) -> None:
        if files:
            index = await self.index()
            await index.vectors.remove([DocumentId(file.id) for file in files])

    def _passages(self, file: UploadedFile, extracted: Extracted) -> list[NewPassage]:
        return cut(
            extracted,
            breadcrumb=file.file_name,
            drive_id=str(file.session_id),
            item_id=str(file.id),
            tokenizer=self.tokenizer,
        )


def _labels(file: UploadedFile) -> DocumentLabels:
    """The session stands for the library. There is no address to open: the file is private to its session."""
    return DocumentLabels(
        document_id=DocumentId(file.id),
        library_id=LibraryId(file.session_id),
        drive_id=str(file.session_id),
        item_id=str(file.id),
        file_name=file.file_name,
        file_url="",
        file_type=file.file_type,
        last_modified=file.uploaded_at,
        scope=scope_of(file.session_id),
        is_active=True,
    )
