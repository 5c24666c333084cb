"""What expired or was deleted goes: passages and backend copies first, then blobs, then rows. Safe to repeat."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.db import notebooks, uploads
from shared.db.pool import Db
from shared.domain.blobs import StoredBlob
from shared.domain.ids import FileId, NotebookSessionId
from shared.domain.notebook import UploadedFile
from shared.ports_notebook import Blobs, Notebook

log = logging.getLogger(__name__)

# A timer's call removes this many sessions and files at most; the next one goes on.
SESSIONS_A_CALL = 500
FILES_A_CALL = 1000
ROWS_A_PAGE = 500
# A blob younger than this may belong to an upload whose row is about to be written.
SETTLED_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NotebookUpkeep:
    db: Db
    blobs: Blobs
    notebook: Notebook

    async def remove_session(self, session_id: NotebookSessionId) -> None:
        """A session that is hidden already, with all that it kept. Raises Unavailable; the row stays then and names
        what is left to do."""
        async with self.db.connection() as connection:
            files = await uploads.all_of_session(connection, session_id)
        await self.notebook.remove_session(session_id, files)
        for file in files:
            await self.blobs.delete(file.storage_path)
        async with self.db.transaction() as connection:
            await notebooks.delete(connection, session_id)

    async def remove_file(self, file: UploadedFile) -> None:
        """A file that is hidden already."""
        await self.notebook.remove_file(file)
        await self.blobs.delete(file.storage_path)
        async with self.db.connection() as connection:
            await uploads.delete(connection, file.id)

    async def remove_due(self) -> int:
        """Expired and deleted sessions, and deleted files; how many went. What fails is logged and left for the next
        call, so that one of them cannot hold up the others."""
        async with self.db.connection() as connection:
            sessions = await notebooks.to_remove(connection, SESSIONS_A_CALL)
            files = await uploads.to_remove(connection, FILES_A_CALL)
        removed = 0
        for session_id in sessions:
            async with self.db.connection() as connection:
                if not await notebooks.claim_removal(connection, session_id):
                    continue  # pinned in between
            removed += await self._tried("session", session_id)
        for file in files:
            removed += await self._tried("file", file)
        return removed

    async def _tried(self, what: str, subject: NotebookSessionId | UploadedFile) -> int:
        try:
            if isinstance(subject, UploadedFile):
                await self.remove_file(subject)
            else:
                await self.remove_session(subject)
        except Exception:
            # a timer's boundary: one session's trouble must not keep the others alive
            identity = subject.id if isinstance(subject, UploadedFile) else subject
            log.exception("a %s could not be removed yet", what, extra={"subject": str(identity)})
            return 0
        return 1

    async def left_behind(self) -> list[FileId]:
        """Files that wait for a hand-over that nobody is doing."""
        async with self.db.connection() as connection:
            return await uploads.left_behind(connection, FILES_A_CALL)

    async def mend(self) -> tuple[int, int]:
        """`(blobs without a row removed, rows without a blob marked)`. Both are read in order of their paths, side by
        side, so that memory does not grow with them."""
        settled_before = datetime.now(UTC) - SETTLED_AFTER
        orphans, lost = 0, list[FileId]()
        rows = self._rows()
        async with aclosing(rows), aclosing(self._blobs()) as blobs:
            row = await anext(rows, None)
            async for blob in blobs:
                while row is not None and row[0] < blob.path:
                    lost += [row[1]] if row[2] else []
                    row = await anext(rows, None)
                if row is not None and row[0] == blob.path:
                    row = await anext(rows, None)
                elif blob.created_at < settled_before:
                    await self.blobs.delete(blob.path)
                    orphans += 1
            while row is not None:
                lost += [row[1]] if row[2] else []
                row = await anext(rows, None)
        async with self.db.connection() as connection:
            return orphans, await uploads.mark_lost(connection, lost)

    async def _rows(self) -> AsyncGenerator[tuple[str, FileId, bool]]:
        after = ""
        while True:
            async with self.db.connection() as connection:
                page = await uploads.page_by_path(connection, after, ROWS_A_PAGE)
            for row in page:
                yield row
            if len(page) < ROWS_A_PAGE:
                return
            after = page[-1][0]

    async def _blobs(self) -> AsyncGenerator[StoredBlob]:
        async with aclosing(self.blobs.all()) as pages:
            async for page in pages:
                for blob in page:
                    yield blob
