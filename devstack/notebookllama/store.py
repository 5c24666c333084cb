"""What was uploaded, per session, on disk: the text of each file by page, and how far reading it is."""

import shutil
import threading
import time
from pathlib import Path
from uuid import UUID

import msgspec

from shared.adapters.extract.reading import read
from shared.errors import ExtractionFailed

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_CHARACTERS = 20_000_000


class Page(msgspec.Struct):
    page: int | None
    section: str | None
    text: str


class Document(msgspec.Struct):
    """`ready_at` in seconds of the Unix epoch: until then it is processing."""

    document_id: str
    file_name: str
    pages: list[Page]
    page_count: int | None
    error: str | None
    ready_at: float

    @property
    def status(self) -> str:
        if time.time() < self.ready_at:
            return "processing"
        return "failed" if self.error else "ready"


class Store:
    """Files of one session never meet those of another: each session is a folder of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home / "sessions"
        self._home.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()

    def add(
        self, session_id: str, document_id: str, file_name: str, content: Path, *, takes_s: float, fails: bool
    ) -> Document:
        """Reads the file at once and says `processing` for `takes_s` more. The same id replaces."""
        pages, page_count, error = _read(content, file_name)
        if fails:
            error = "told to fail"
        document = Document(document_id, file_name, pages, page_count, error, time.time() + takes_s)
        folder = self._folder(session_id)
        with self._lock:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{_safe(document_id)}.json").write_bytes(msgspec.json.encode(document))
        return document

    def get(self, session_id: str, document_id: str) -> Document | None:
        try:
            content = (self._folder(session_id) / f"{_safe(document_id)}.json").read_bytes()
        except FileNotFoundError:
            return None
        return msgspec.json.decode(content, type=Document)

    def all(self, session_id: str) -> list[Document] | None:
        """None for a session that is not known."""
        folder = self._folder(session_id)
        if not folder.is_dir():
            return None
        return [msgspec.json.decode(path.read_bytes(), type=Document) for path in sorted(folder.glob("*.json"))]

    def remove(self, session_id: str, document_id: str) -> bool:
        path = self._folder(session_id) / f"{_safe(document_id)}.json"
        there = path.exists()
        path.unlink(missing_ok=True)
        return there

    def remove_session(self, session_id: str) -> None:
        shutil.rmtree(self._folder(session_id), ignore_errors=True)

    def forget(self) -> None:
        """All of it, as a service without a disk does at its restart."""
        with self._lock:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home.mkdir(parents=True, exist_ok=True)

    def _folder(self, session_id: str) -> Path:
        return self._home / _safe(session_id)


def _safe(name: str) -> str:
    """Ids are UUIDs; anything else could name a path. Raises ValueError."""
    return str(UUID(name))


def _read(content: Path, file_name: str) -> tuple[list[Page], int | None, str | None]:
    try:
        extracted = read(content, file_name, max_bytes=MAX_FILE_BYTES, max_characters=MAX_CHARACTERS)
    except ExtractionFailed as error:
        return [], None, error.detail
    pages: dict[int | None, list[str]] = {}
    sections: dict[int | None, str | None] = {}
    for block in extracted.blocks:
        pages.setdefault(block.page, []).append(block.text)
        sections.setdefault(block.page, block.section)
    return (
        [Page(page, sections[page], "\n".join(texts)) for page, texts in pages.items()],
        extracted.page_count,
        None,
    )
