"""A notebook backend that does what a test tells it to, and a blob store on disk."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shared.domain.blobs import StoredBlob
from shared.domain.ids import FileId, NotebookSessionId
from shared.domain.notebook import FileStatus, Progress, UploadedFile
from shared.errors import NotFound


@dataclass
class ScriptedNotebook:
    """`answers` are what `add` and `progress` say next, in order; then `ready`. An exception among them is raised."""

    answers: list[Progress | Exception] = field(default_factory=list[Progress | Exception])
    added: list[tuple[FileId, bytes]] = field(default_factory=list[tuple[FileId, bytes]])
    removed_files: list[FileId] = field(default_factory=list[FileId])
    removed_sessions: list[NotebookSessionId] = field(default_factory=list[NotebookSessionId])
    removing_fails: Exception | None = None

    async def add(self, file: UploadedFile, content: Path) -> Progress:
        self.added.append((file.id, content.read_bytes()))
        return self._next()

    async def progress(self, file: UploadedFile) -> Progress:
        return self._next()

    def _next(self) -> Progress:
        answer = self.answers.pop(0) if self.answers else Progress(FileStatus.READY)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def remove_file(self, file: UploadedFile) -> None:
        if self.removing_fails:
            raise self.removing_fails
        self.removed_files.append(file.id)

    async def remove_session(self, session_id: NotebookSessionId, files: Sequence[UploadedFile]) -> None:
        if self.removing_fails:
            raise self.removing_fails
        self.removed_sessions.append(session_id)


@dataclass
class DictBlobs:
    """Lists in order of paths, as Blob Storage does; `age` lets a test make a blob old."""

    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    created: dict[str, datetime] = field(default_factory=dict[str, datetime])
    fails: Exception | None = None

    async def put(self, path: str, source: Path) -> None:
        if self.fails:
            raise self.fails
        self.contents[path] = source.read_bytes()
        self.created[path] = datetime.now(UTC)

    async def get(self, path: str, target: Path) -> None:
        if self.fails:
            raise self.fails
        if path not in self.contents:
            raise NotFound("stored file")
        target.write_bytes(self.contents[path])

    async def delete(self, path: str) -> None:
        if self.fails:
            raise self.fails
        self.contents.pop(path, None)

    async def all(self) -> AsyncGenerator[list[StoredBlob]]:
        for path in sorted(self.contents):
            yield [StoredBlob(path, self.created[path])]
