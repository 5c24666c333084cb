"""Wire models of notebook sessions and their files."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from shared.domain.extracted import FileType
from shared.domain.ids import ConversationId, FileId, NotebookSessionId
from shared.domain.notebook import LIFE_HOURS, FileStatus, NotebookLimits, NotebookSession, UploadedFile

# As long as any question (functions/http_api/schemas/chat.py).
MAX_QUESTION_CHARS = 16_000

type Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class NewNotebookSession(msgspec.Struct, forbid_unknown_fields=True):
    title: Title = "New notebook"


class NotebookSessionChange(msgspec.Struct, forbid_unknown_fields=True):
    """`is_pinned` true keeps the session for good; false gives it 24 hours again."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    is_pinned: bool | msgspec.UnsetType = msgspec.UNSET


class NotebookSessionView(msgspec.Struct):
    """`seconds_left` is None while pinned."""

    id: NotebookSessionId
    title: str
    conversation_id: ConversationId | None
    is_pinned: bool
    expires_at: datetime | None
    seconds_left: int | None
    created_at: datetime
    file_count: int

    @classmethod
    def of(cls, session: NotebookSession) -> "NotebookSessionView":
        left = session.expires_at - datetime.now(UTC) if session.expires_at else None
        return NotebookSessionView(
            session.id,
            session.title,
            session.conversation_id,
            session.is_pinned,
            session.expires_at,
            max(0, round(left.total_seconds())) if left is not None else None,
            session.created_at,
            session.files,
        )


class FileView(msgspec.Struct):
    """`reason` says to people why a file failed."""

    file_id: FileId
    file_name: str
    file_size: int
    file_type: FileType
    status: FileStatus
    reason_code: str | None
    reason: str | None
    page_count: int | None
    uploaded_at: datetime

    @classmethod
    def of(cls, file: UploadedFile) -> "FileView":
        return cls(
            file.id,
            file.file_name,
            file.file_size,
            file.file_type,
            file.status,
            file.reason_code,
            file.reason,
            file.page_count,
            file.uploaded_at,
        )


class FileList(msgspec.Struct):
    """All files of a session, oldest first: there are never more than a setting allows."""

    items: list[FileView]


class NotebookSessionWithFiles(msgspec.Struct):
    session: NotebookSessionView
    files: list[FileView]


class NotebookMessage(msgspec.Struct, forbid_unknown_fields=True):
    content: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION_CHARS, pattern=r"\S")]


class LimitsView(msgspec.Struct):
    """As this environment is set. A session that is not pinned lives `life_hours`."""

    file_bytes: int
    files_per_session: int
    sessions_per_user: int
    bytes_per_user: int
    life_hours: int

    @classmethod
    def of(cls, limits: NotebookLimits) -> "LimitsView":
        return cls(
            limits.file_bytes,
            limits.files_per_session,
            limits.sessions_per_user,
            limits.bytes_per_user,
            LIFE_HOURS,
        )
