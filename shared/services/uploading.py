"""An upload becomes a stored file: room checked, type proven, content in Blob Storage, then a row."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from shared.db import notebooks, uploads
from shared.db.pool import Db
from shared.domain.extracted import FileType
from shared.domain.identity import Caller
from shared.domain.ids import FileId, NotebookSessionId
from shared.domain.notebook import FileStatus, NotebookLimits, NotebookSession, UploadedFile, storage_path
from shared.errors import ExtractionFailed, FieldError, Invalid, TooLarge, Unavailable, UnsupportedType
from shared.ports_notebook import Blobs, FileTypes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Uploading:
    db: Db
    blobs: Blobs
    file_types: FileTypes
    limits: NotebookLimits

    async def admit(self, caller: Caller, session_id: NotebookSessionId) -> NotebookSession:
        """Before the content is read: the session is the caller's and has room. Raises NotFound, RateLimited."""
        async with self.db.connection() as connection:
            session = await notebooks.get(connection, caller, session_id)
            await uploads.require_room(connection, caller.user_id, session_id, self.limits, more_bytes=1)
        return session

    async def store(self, session: NotebookSession, content: Path, file_name: str, size: int) -> UploadedFile:
        """The content is stored before the row that names it, and what was stored for nothing is taken back; what is
        left by a crash in between the hourly timer removes. Raises UnsupportedType, Invalid, TooLarge, RateLimited."""
        file = UploadedFile(
            id=(file_id := FileId(uuid4())),
            session_id=session.id,
            user_id=session.user_id,
            file_name=file_name,
            file_size=size,
            file_type=await self._proven(content, file_name),
            storage_path=storage_path(session.user_id, session.id, file_id),
            backend_file_id=None,
            uploaded_at=datetime.now(UTC),
            status=FileStatus.STORED,
            reason_code=None,
            reason=None,
            attempts=0,
            page_count=None,
        )
        await self.blobs.put(file.storage_path, content)
        try:
            async with self.db.transaction() as connection:
                return await uploads.add(connection, session, file, self.limits)
        except BaseException:
            await self._take_back(file)
            raise

    async def _proven(self, content: Path, file_name: str) -> FileType:
        try:
            return await self.file_types.prove(content, file_name, max_bytes=self.limits.file_bytes)
        except ExtractionFailed as error:
            match error.reason_code:
                case "too_large":
                    raise TooLarge(error.detail, code="file_too_large") from error
                case "unsupported_type":
                    raise UnsupportedType(error.detail) from error
                case _:
                    problem = FieldError("/file", error.detail)
                    raise Invalid(error.detail, errors=(problem,), code=f"file_{error.reason_code}") from error

    async def _take_back(self, file: UploadedFile) -> None:
        try:
            await self.blobs.delete(file.storage_path)
        except Unavailable:
            log.warning("an upload that was not recorded is left for the timer", extra={"file_id": str(file.id)})
