"""The port `Notebook` where Nexus reads uploaded files itself: passages in a collection of their own, in which each
session is its own audience."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.domain.chunking import chunk
from shared.domain.documents import DocumentLabels, PassagePosition
from shared.domain.extracted import Extracted
from shared.domain.ids import DocumentId, LibraryId, NotebookSessionId
from shared.domain.notebook import FileStatus, Progress, UploadedFile, passage_id, scope_of
from shared.errors import ExtractionFailed
from shared.ports import Extractor, Throttle, Tokenizer
from shared.services.indexes import OpenIndex
from shared.services.staging import SLICE, NewPassage, Staging

# As many as a library's document may have (services/ingestion.py).
MAX_PASSAGES = 20_000


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
        await Staging(index.embeddings, index.vectors, self.throttle).stage(labels, _slices(passages))
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
        chunks = chunk(extracted, breadcrumb=file.file_name, count_tokens=self.tokenizer.count)
        if not chunks:
            raise ExtractionFailed("empty", "The file holds no text.")
        if len(chunks) > MAX_PASSAGES:
            raise ExtractionFailed("limits_exceeded", f"The file would make more than {MAX_PASSAGES:,} passages.")
        occurrences: Counter[str] = Counter()
        passages: list[NewPassage] = []
        for place, piece in enumerate(chunks):
            text_hash = hashlib.sha256(f"{piece.section or ''}\n{piece.text}".encode()).hexdigest()
            known_as = passage_id(file.id, text_hash, occurrences[text_hash])
            occurrences[text_hash] += 1
            position = PassagePosition(known_as, place, len(chunks), piece.page, piece.last_page, piece.section)
            passages.append(NewPassage(position, piece.text, piece.embedded_text, extracted.language))
        return passages


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


async def _slices(passages: Sequence[NewPassage]) -> AsyncIterator[Sequence[NewPassage]]:
    for start in range(0, len(passages), SLICE):
        yield passages[start : start + SLICE]
