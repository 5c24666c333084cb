"""Stored files on their way to what reads them, in steps that may each be repeated."""

import asyncio
import logging
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared.db import uploads
from shared.db.pool import Db
from shared.domain.ids import FileId
from shared.domain.notebook import FileStatus, Progress, UploadedFile
from shared.errors import ExtractionFailed, ModelFailed, NexusError, NotFound, Throttled, Unavailable
from shared.ports_notebook import Blobs, Notebook

log = logging.getLogger(__name__)

# How long what reads a file may say `processing`: asked after 1, 2, 4, … 30 s, about half an hour in all.
MAX_POLLS = 65
LONGEST_WAIT_S = 30.0
# A person waits for the answer to a question; after that they are told to ask again.
READY_WITHIN_S = 60.0
ASK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class HandOverStep:
    """`wait` asks for the next step after `retry_after_s`; `done` needs none."""

    state: Literal["wait", "done"]
    retry_after_s: float = 0.0


_DONE = HandOverStep("done")


@dataclass(frozen=True, slots=True)
class HandingOver:
    db: Db
    blobs: Blobs
    notebook: Notebook

    async def step(self, file_id: FileId, polls: int) -> HandOverStep:
        """Hands a file over, or asks how far it is. `polls` counts the steps so far. Expected trouble is an outcome."""
        try:
            async with self.db.connection() as connection:
                file = await uploads.get(connection, file_id)
        except NotFound:
            return _DONE  # deleted meanwhile
        if file.status in (FileStatus.READY, FileStatus.FAILED):
            return _DONE
        if polls >= MAX_POLLS:
            return await self._fail(file, "took_too_long", "Reading the file took too long. Try it again.")
        wait_s = min(2.0**polls, LONGEST_WAIT_S)
        try:
            progress = await self._progress(file)
        except ExtractionFailed as error:
            return await self._fail(file, error.reason_code, error.detail)
        except NotFound:
            return await self._fail(
                file, "content_lost", "The stored content of this file is gone. Delete it and upload it again."
            )
        except Throttled as error:
            return HandOverStep("wait", max(wait_s, error.retry_after_s))
        except (Unavailable, ModelFailed) as error:
            return await self._later(file, error, wait_s)
        except Exception:
            # the activity's boundary: one file's surprise is its own and must be seen
            log.exception("a file could not be handed over", extra={"file_id": str(file.id)})
            return await self._fail(file, "internal_error", "Nexus failed on this file; the logs have the details.")
        return await self._record(file, progress, wait_s)

    async def again(self, file: UploadedFile) -> bool:
        """Hands a file over that was ready once and is not known any more, while somebody waits for an answer: True
        when it is ready again within READY_WITHIN_S. Raises what handing over raises."""
        deadline = time.monotonic() + READY_WITHIN_S
        progress = await self._handed_over(file)
        while progress.status is FileStatus.PROCESSING and time.monotonic() < deadline:
            await asyncio.sleep(ASK_EVERY_S)
            progress = await self.notebook.progress(file)
        async with self.db.connection() as connection:
            await uploads.record(connection, file.id, progress)
        return progress.status is FileStatus.READY

    async def _progress(self, file: UploadedFile) -> Progress:
        if file.status is FileStatus.PROCESSING:
            progress = await self.notebook.progress(file)
            if progress.status is not FileStatus.STORED:
                return progress
        return await self._handed_over(file)

    async def _handed_over(self, file: UploadedFile) -> Progress:
        async with self.db.connection() as connection:
            await uploads.begin(connection, file.id)
        with tempfile.TemporaryDirectory(prefix="nexus-notebook-") as folder:
            content = Path(folder, "content")
            await self.blobs.get(file.storage_path, content)
            return await self.notebook.add(file, content)

    async def _record(self, file: UploadedFile, progress: Progress, wait_s: float) -> HandOverStep:
        try:
            async with self.db.connection() as connection:
                await uploads.record(connection, file.id, progress)
                await uploads.get(connection, file.id)
        except NotFound:
            # deleted while it was being read: what that brought must not outlive it
            await self.notebook.remove_file(file)
            return _DONE
        log.info("file handed over", extra={"file_id": str(file.id), "result": progress.status.value})
        return HandOverStep("wait", wait_s) if progress.status is FileStatus.PROCESSING else _DONE

    async def _later(self, file: UploadedFile, error: NexusError, wait_s: float) -> HandOverStep:
        log.warning("a file is not handed over yet: %s", error.code, extra={"file_id": str(file.id)})
        async with self.db.connection() as connection:
            troubles = await uploads.count_trouble(connection, file.id)
        if troubles < uploads.MAX_ATTEMPTS:
            return HandOverStep("wait", wait_s)
        return await self._fail(
            file, error.code, "The file is stored, but what reads it does not answer. Try it again later."
        )

    async def _fail(self, file: UploadedFile, code: str, reason: str) -> HandOverStep:
        async with self.db.connection() as connection:
            await uploads.record(connection, file.id, Progress(FileStatus.FAILED, reason_code=code, reason=reason))
        log.warning("a file failed: %s", code, extra={"file_id": str(file.id)})
        return _DONE
