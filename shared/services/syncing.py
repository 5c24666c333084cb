"""One pass over a library's changes, in steps that may each be repeated. The ledger says what is left to do."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Literal

from shared.db import documents, ledger, libraries, sync_runs
from shared.db.pool import Connection, Db
from shared.domain.documents import DeltaPage, DriveItem, ItemKind
from shared.domain.ids import DocumentId, LibraryId, SyncRunId
from shared.domain.ledger import (
    DocumentStatus,
    LedgerDocument,
    Library,
    Todo,
    file_url_of,
    last_occurrences,
    todo_after,
)
from shared.errors import DeltaExpired, GraphDenied, NotFound, RemoteItemGone, Throttled, Unavailable
from shared.ports import Graph, Throttle, Vectors

log = logging.getLogger(__name__)

# At most 100 activities a generation keep the durable history short (docs/architecture.md, decision 3).
FAN_OUT = 100
# Removals and re-labels are done in the step itself, this many at a time.
DRAIN = 500
RELABEL_AT_ONCE = 8
# A full enumeration that would remove more than this share of a library waits for an administrator.
BRAKE = 0.20

type State = Literal["ingest", "again", "wait", "complete", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """What the orchestrator does next: fan out `documents`, go on at once, wait, or end."""

    state: State
    documents: tuple[DocumentId, ...] = ()
    retry_after_s: float = 0.0
    message: str | None = None


@dataclass(frozen=True, slots=True)
class LibrarySync:
    db: Db
    graph: Graph
    vectors: Vectors
    throttle: Throttle

    async def step(self, library_id: LibraryId, run_id: SyncRunId, *, confirmed: bool = False) -> Step:
        """Does what can be done without reading files, or names the files to read. Expected trouble is an outcome,
        not an exception: `wait` for throttling and outages, `failed` for what an administrator must mend."""
        try:
            async with self.db.transaction() as connection:
                if not await sync_runs.start(connection, run_id):
                    # the last step's answer was lost and it is asked again: the run has ended already
                    return await self._ended(connection, run_id)
                library = await libraries.take_lease(connection, library_id, run_id)
                if library is None:
                    message = "Another sync of this library is running."
                    await sync_runs.finish(connection, run_id, "failed", message)
                    return Step("stopped", message=message)
                run = await sync_runs.get(connection, run_id)
            return await self._step(library, run, confirmed=confirmed)
        except NotFound:
            return Step("stopped", message="The library was removed.")
        except Throttled as error:
            await self.throttle.hold(error.service, error.retry_after_s)
            async with self.db.connection() as connection:
                await sync_runs.count(connection, run_id, throttled_s=error.retry_after_s)
            return Step("wait", retry_after_s=error.retry_after_s)
        except GraphDenied as error:
            return await self.fail(library_id, run_id, error.detail)
        except Unavailable as error:
            return Step("wait", retry_after_s=error.retry_after_s, message=error.detail)

    @staticmethod
    async def _ended(connection: Connection, run_id: SyncRunId) -> Step:
        run = await sync_runs.get(connection, run_id)
        return Step("complete" if run.status == "complete" else "failed", message=run.error_message)

    async def fail(self, library_id: LibraryId, run_id: SyncRunId, message: str) -> Step:
        """Ends the run; what it brought into the ledger stays, and the delta link is where it was."""
        async with self.db.transaction() as connection:
            await libraries.release_failed(connection, library_id, run_id, message)
            await sync_runs.finish(connection, run_id, "failed", message)
        return Step("failed", message=message)

    async def _step(self, library: Library, run: sync_runs.SyncRun, *, confirmed: bool) -> Step:
        await self.vectors.ensure_ready()
        if await self._drain(library, run.id):
            return Step("again")
        async with self.db.connection() as connection:
            ready = await ledger.ready_to_ingest(connection, library.id, FAN_OUT)
        if ready:
            return Step("ingest", documents=tuple(ready))
        if library.final_link is None:
            if (wait := await self.throttle.remaining("graph")) > 0:
                return Step("wait", retry_after_s=wait)
            await self._next_page(library, run)
            return Step("again")
        if await self._adopt_orphans(library, run.id):
            return Step("again")
        if run.is_full and (stop := await self._remove_unseen(library, run.id, confirmed=confirmed)):
            return stop
        async with self.db.transaction() as connection:
            if not await libraries.commit(connection, library.id, run.id):
                return Step("again")
            await sync_runs.finish(connection, run.id, "complete")
        return Step("complete")

    # --- pages ---------------------------------------------------------------------------------------------------

    async def _next_page(self, library: Library, run: sync_runs.SyncRun) -> None:
        link = library.page_link or (None if run.is_full else library.delta_link)
        try:
            page = await self.graph.delta_page(library.drive_id, link)
        except DeltaExpired as expired:
            await self._start_over(library, run.id, expired)
            return
        async with self.db.transaction() as connection:
            if link is None:
                await ledger.queue_retries(connection, library.id)
                await sync_runs.become_full(connection, run.id)
            elif library.page_link is None:
                await ledger.queue_retries(connection, library.id)
            await self._apply(connection, library, run.id, page)
            await libraries.checkpoint(
                connection, library.id, run.id, page_link=page.next_link, final_link=page.delta_link
            )

    async def _start_over(self, library: Library, run_id: SyncRunId, expired: DeltaExpired) -> None:
        """Graph wants the library enumerated afresh; what that does not bring is gone (both kinds of 410)."""
        log.warning("delta link expired", extra={"library_id": str(library.id), "kind": expired.kind})
        async with self.db.transaction() as connection:
            await sync_runs.become_full(connection, run_id)
            await ledger.forget_seen(connection, library.id, run_id)
            await libraries.checkpoint(connection, library.id, run_id, page_link=expired.restart_link, final_link=None)

    async def _apply(self, connection: Connection, library: Library, run_id: SyncRunId, page: DeltaPage) -> None:
        items = last_occurrences(page.items)
        deleted = [item.item_id for item in items if item.deleted]
        folders = [item for item in items if not item.deleted and item.kind in (ItemKind.FOLDER, ItemKind.ROOT)]
        files = [item for item in items if not item.deleted and item.kind is ItemKind.FILE]
        if deleted:
            await ledger.remove_items(connection, library.drive_id, deleted)
        roots = frozenset(item.item_id for item in folders if item.kind is ItemKind.ROOT)
        changed_folders = await ledger.save_folders(connection, library, run_id, folders, roots)
        known = await ledger.known(connection, library.drive_id, [item.item_id for item in files])
        todos = [(item, todo_after(known.get(item.item_id), item)) for item in files]
        await ledger.save_documents(connection, library, run_id, todos)
        await ledger.derive_paths(
            connection,
            library.drive_id,
            changed_folders=changed_folders,
            changed_files=[item.item_id for item in files],
        )
        unchanged = sum(todo is None for _, todo in todos)
        await sync_runs.count(connection, run_id, pages=1, seen=len(files) + len(deleted), unchanged=unchanged)

    # --- what is left to do ----------------------------------------------------------------------------------------

    async def _drain(self, library: Library, run_id: SyncRunId) -> bool:
        """Removals first: what SharePoint deleted must not be answered from while files are read."""
        async with self.db.connection() as connection:
            removals = await ledger.with_todo(connection, library.id, Todo.REMOVE, DRAIN)
            relabels = await ledger.with_todo(connection, library.id, Todo.RELABEL, DRAIN)
        if removals:
            await self.vectors.remove([document.id for document in removals])
            async with self.db.transaction() as connection:
                dropped = [await ledger.drop(connection, document) for document in removals]
                await sync_runs.count(connection, run_id, deleted=sum(dropped))
        limit = asyncio.Semaphore(RELABEL_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for document in relabels:
                group.create_task(self._relabel(library, run_id, document, limit))
        return bool(removals or relabels)

    async def _relabel(
        self, library: Library, run_id: SyncRunId, document: LedgerDocument, limit: asyncio.Semaphore
    ) -> None:
        file_url = file_url_of(library, document.path, document.file_url)
        async with limit:
            await self.vectors.publish(document.labels(file_url=file_url, scope=library.scope), ())
            async with self.db.transaction() as connection:
                if await documents.relabelled(connection, document, file_url=file_url, scope=library.scope):
                    await sync_runs.count(connection, run_id, moved=1)

    async def _adopt_orphans(self, library: Library, run_id: SyncRunId) -> bool:
        """Files whose folders no page brought: the folders are fetched one by one. Where that fails the file is
        recorded as failed: without its path its scope is not known, so it must not be indexed."""
        async with self.db.connection() as connection:
            orphans = await ledger.without_path(connection, library.id, DRAIN)
            parents = await ledger.missing_parents(connection, library.id) if orphans else []
        if not orphans:
            return False
        found: list[DriveItem] = []
        for parent in parents:
            try:
                found.append(await self.graph.item(library.drive_id, parent))
            except RemoteItemGone:
                log.info("a parent folder is gone", extra={"library_id": str(library.id)})
        async with self.db.transaction() as connection:
            if found:
                roots = frozenset(item.item_id for item in found if item.kind is ItemKind.ROOT)
                await ledger.save_folders(connection, library, run_id, found, roots)
                await ledger.derive_paths(connection, library.drive_id, changed_folders=[], changed_files=[])
                return True
            for document in orphans:
                await documents.not_indexed(
                    connection,
                    document,
                    status=DocumentStatus.FAILED,
                    reason_code="folder_unknown",
                    reason="SharePoint did not say which folder the file is in.",
                    content_hash=None,
                    passages_removed=False,
                    retry=True,
                )
            await sync_runs.count(connection, run_id, failed=len(orphans))
        return True

    async def _remove_unseen(self, library: Library, run_id: SyncRunId, *, confirmed: bool) -> Step | None:
        """After a full enumeration: what it did not bring is gone from SharePoint, unless that is suspiciously much."""
        async with self.db.transaction() as connection:
            unseen, total = await ledger.count_unseen(connection, library.id, run_id)
            if unseen == 0:
                return None
            if unseen > BRAKE * total and not confirmed:
                message = (
                    f"The sync would remove {unseen} of {total} documents. "
                    "Start it again with confirm_removals if they were really deleted in SharePoint."
                )
                await libraries.release_failed(connection, library.id, run_id, message)
                await sync_runs.finish(connection, run_id, "needs_confirmation", message)
                return Step("failed", message=message)
            await ledger.remove_unseen(connection, library.id, run_id)
        return Step("again")
