"""Notebook mode: a person's private sessions, the files they upload into them, and what becomes of those."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.audience import Audience, Scope
from shared.domain.chat import ModelFinished, ModelText, Turn
from shared.domain.extracted import FileType
from shared.domain.ids import ConversationId, DepartmentId, FileId, NotebookSessionId, UserId

# The product's promise (design 01): gone after a day unless pinned.
LIFE_HOURS = 24
MAX_NAME = 255


class FileStatus(StrEnum):
    """`stored` is safe in Blob Storage and waits to be handed over, `processing` is with what reads it."""

    STORED = "stored"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NotebookLimits:
    """What one person may keep. Sizes in bytes."""

    file_bytes: int = 50 * 2**20
    files_per_session: int = 20
    sessions_per_user: int = 50
    bytes_per_user: int = 2 * 2**30


@dataclass(frozen=True, slots=True)
class NotebookSession:
    """`expires_at` is None while pinned. `files` counts its files."""

    id: NotebookSessionId
    user_id: UserId
    title: str
    conversation_id: ConversationId | None
    is_pinned: bool
    expires_at: datetime | None
    created_at: datetime
    files: int


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """`backend_file_id` is the name that what reads the file gave it. `reason` is a sentence for its owner."""

    id: FileId
    session_id: NotebookSessionId
    user_id: UserId
    file_name: str
    file_size: int
    file_type: FileType
    storage_path: str
    backend_file_id: str | None
    uploaded_at: datetime
    status: FileStatus
    reason_code: str | None
    reason: str | None
    attempts: int
    page_count: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far what reads a file has come: `processing`, `ready`, or `failed` with a code and a sentence."""

    status: FileStatus
    backend_file_id: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    page_count: int | None = None


@dataclass(frozen=True, slots=True)
class NotebookQuestion:
    """`files` are the session's ready ones: nothing else may be answered from or cited."""

    session_id: NotebookSessionId
    user_id: UserId
    question: str
    history: tuple[Turn, ...]
    files: tuple[UploadedFile, ...]
    correlation_id: str


@dataclass(frozen=True, slots=True)
class NotebookSource:
    """A place in an uploaded file that an answer may cite as [n]."""

    n: int
    file_id: FileId
    page: int | None
    section: str | None
    snippet: str
    score: float


@dataclass(frozen=True, slots=True)
class NotebookSources:
    sources: tuple[NotebookSource, ...]


type NotebookEvent = ModelText | NotebookSources | ModelFinished


def audience_of(session_id: NotebookSessionId) -> Audience:
    """Who may read a session's passages: the session is the one department that they are for, and nobody's own. So
    the filter that keeps departments apart keeps sessions apart as well (S10)."""
    return Audience(DepartmentId(session_id), None)


def scope_of(session_id: NotebookSessionId) -> Scope:
    return Scope(DepartmentId(session_id), None)


def storage_path(user_id: UserId, session_id: NotebookSessionId, file_id: FileId) -> str:
    """Of generated names only (S11): what a person calls a file never becomes part of a path."""
    return f"{user_id}/{session_id}/{file_id}"


def shown_name(name: str) -> str:
    """The last part of whatever path a browser sent, without characters that break headers, logs or the eye; empty
    when nothing is left."""
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if char.isprintable()).strip(" .")
    stem, dot, ending = visible.rpartition(".")
    if len(visible) > MAX_NAME and dot and len(ending) <= 10:
        return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
    return visible[:MAX_NAME]
