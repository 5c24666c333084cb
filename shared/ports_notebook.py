"""What notebook mode needs of the outside world, beside `shared/ports.py`. Every method may raise Unavailable."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Protocol

from shared.domain.blobs import StoredBlob
from shared.domain.extracted import FileType
from shared.domain.ids import NotebookSessionId
from shared.domain.notebook import NotebookEvent, NotebookQuestion, Progress, UploadedFile


class FileTypes(Protocol):
    """What a file really is, by its content (S11)."""

    async def prove(self, path: Path, file_name: str, *, max_bytes: int) -> FileType:
        """`file_name` decides only among kinds of text. Raises ExtractionFailed."""
        ...


class Blobs(Protocol):
    """Private files by path. Content goes through the disk, so that memory does not grow with it."""

    async def put(self, path: str, source: Path) -> None:
        """Stores a file, in place of one that is there."""
        ...

    async def get(self, path: str, target: Path) -> None:
        """Raises NotFound("stored file")."""
        ...

    async def delete(self, path: str) -> None:
        """Nothing happens where nothing is."""
        ...

    def all(self) -> AsyncGenerator[list[StoredBlob]]:
        """Everything that is stored, page by page."""
        ...


class Notebook(Protocol):
    """What reads uploaded files: NotebookLlama, or Nexus itself. Every call may be repeated."""

    async def add(self, file: UploadedFile, content: Path) -> Progress:
        """Hands a file over, in place of an earlier copy of it. Raises Throttled."""
        ...

    async def progress(self, file: UploadedFile) -> Progress:
        """How far a file is that was handed over. `stored` when what reads it knows nothing of it any more."""
        ...

    async def remove_file(self, file: UploadedFile) -> None: ...

    async def remove_session(self, session_id: NotebookSessionId, files: Sequence[UploadedFile]) -> None: ...


class NotebookAnswers(Protocol):
    """What answers from a notebook session by itself, where that is not Nexus."""

    def answer(self, question: NotebookQuestion) -> AsyncGenerator[NotebookEvent]:
        """Text pieces, at most one NotebookSources before the text or after it, then exactly one ModelFinished.
        Raises ModelFailed, and NotebookForgot when the files have to be handed over again. Closing the iterator ends
        the call upstream at once."""
        ...
