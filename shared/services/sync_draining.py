"""What a sync does without SharePoint: removals, labels, scopes, and taking a whole library away. Each call does a
bounded part of it and may be repeated at any point; the ledger says what is left."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.db import audit, documents, ledger_paths, ledger_work, libraries, sync_runs
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId, SyncRunId
from shared.domain.ledger import LedgerDocument, Library, Todo, file_url_of
from shared.ports import Vectors

type Work[T] = Callable[[LedgerDocument], Awaitable[T]]

# Documents that one call removes, labels anew or compares with the library's scope.
DRAIN = 500
RELABEL_AT_ONCE = 8
FOLDERS = 5_000


@dataclass(frozen=True, slots=True)
class Draining:
    db: Db
    vectors: Vectors
    run_id: SyncRunId

    async def drain(self, library_id: LibraryId) -> bool:
        """False when nothing of this kind is left. Removals first: what SharePoint deleted must not be answered from
        while files are read."""
        removed = await self._remove(library_id)
        rescoped = await self._rescope(library_id)
        return await self._relabel(library_id) or removed or rescoped

    async def _remove(self, library_id: LibraryId) -> bool:
        async with self.db.connection() as connection:
            removals = await ledger_work.with_todo(connection, library_id, Todo.REMOVE, DRAIN)
        if not removals:
            return False
        store_s = await _timed(self.vectors.remove([document.id for document in removals]))
        async with self.db.transaction() as connection:
            dropped = [await ledger_work.drop(connection, document) for document in removals]
            await sync_runs.count(connection, self.run_id, deleted=sum(dropped), store_s=store_s)
        return True

    async def _relabel(self, library_id: LibraryId) -> bool:
        async with self.db.connection() as connection:
            relabels = await ledger_work.with_todo(connection, library_id, Todo.RELABEL, DRAIN)
            if not relabels:
                return False
            # read after the documents: a scope that changes from here on lets all of them be compared once more
            library = await libraries.get(connection, library_id)
        await _each(relabels, lambda document: self._relabel_one(library, document))
        return True

    async def _relabel_one(self, library: Library, document: LedgerDocument) -> None:
        assert document.path is not None, "a file whose folder is not known is no work for labels"
        scope, file_url = library.scope_of(document.path), file_url_of(library, document.path, document.file_url)
        store_s = await self._label(document, scope, file_url)
        async with self.db.transaction() as connection:
            if await documents.relabelled(connection, document, file_url=file_url, scope=scope):
                await sync_runs.count(connection, self.run_id, moved=1, store_s=store_s)

    async def _label(self, document: LedgerDocument, scope: Scope, file_url: str) -> float:
        """Seconds. What was never whole may have passages all the same, of an ingest that was cut off."""
        if not document.passages and document.todo is not Todo.INGEST:
            return 0.0
        return await _timed(self.vectors.publish(document.labels(file_url=file_url, scope=scope), ()))

    # --- scope and rules -------------------------------------------------------------------------------------------

    async def _rescope(self, library_id: LibraryId) -> bool:
        """Compares the next documents with the library's scope and rules and labels those that differ, also such as
        are still to be read again: their old version answers until then, perhaps for long."""
        async with self.db.transaction() as connection:
            library = await libraries.get(connection, library_id)
            if library.rescope_after is None:
                return False
            part = await ledger_work.after(connection, library_id, library.rescope_after, DRAIN)
            stale = [document for document in part if library.scope_where_known(document.path) != document.scope]
            silent = {
                document.id: scope
                for document in stale
                if _is_silent(document) and (scope := library.scope_where_known(document.path)) is not None
            }
            await ledger_paths.place(connection, silent)
            answering = [document.id for document in stale if not _is_silent(document)]
            touched = await ledger_work.touch(connection, answering)
        done: list[bool] = await _each(touched, lambda document: self._rescope_one(library, document))
        if all(done):
            upto = part[-1].id if len(part) == DRAIN else None
            async with self.db.connection() as connection:
                await libraries.rescoped(connection, library, upto)
        return True

    async def _rescope_one(self, library: Library, document: LedgerDocument) -> bool:
        scope = library.scope_where_known(document.path)
        if scope is None:
            # A rule may hide it, and nobody knows: nothing of it answers until its folder is known.
            await self.vectors.remove([document.id])
            async with self.db.connection() as connection:
                return await ledger_work.withdrawn(connection, document)
        file_url = file_url_of(library, document.path, document.file_url)
        store_s = await self._label(document, scope, file_url)
        async with self.db.transaction() as connection:
            recorded = await ledger_work.rescoped(connection, document, file_url=file_url, scope=scope)
            if recorded:
                await sync_runs.count(connection, self.run_id, moved=bool(document.passages), store_s=store_s)
        return recorded

    # --- a library that goes ---------------------------------------------------------------------------------------

    async def take_away(self, library: Library) -> bool:
        """The next part of a removal: passages, then the ledger that knows of them. True when the library is gone."""
        async with self.db.connection() as connection:
            part = await ledger_work.ids(connection, library.id, DRAIN)
        if part:
            store_s = await _timed(self.vectors.remove(part))
            async with self.db.transaction() as connection:
                gone = await ledger_work.forget(connection, library.id, part)
                await sync_runs.count(connection, self.run_id, deleted=gone, store_s=store_s)
            return False
        async with self.db.transaction() as connection:
            if await ledger_work.forget_folders(connection, library.id, FOLDERS):
                return False
            run = await sync_runs.get(connection, self.run_id)
            if not await libraries.delete(connection, library.id, self.run_id):
                return False
            await audit.record(
                connection,
                actor=None,
                action="library.removed",
                target=str(library.id),
                detail={"library_url": library.library_url, "documents": run.deleted},
                correlation_id=self.run_id.hex,
            )
        return True


def _is_silent(document: LedgerDocument) -> bool:
    """Nothing answers from it, so that its scope is a matter of the ledger alone."""
    return not document.passages and document.todo is not Todo.INGEST


async def _timed(doing: Awaitable[None]) -> float:
    begun = time.perf_counter()
    await doing
    return time.perf_counter() - begun


async def _each[T](documents: Sequence[LedgerDocument], work: Work[T]) -> list[T]:
    limit = asyncio.Semaphore(RELABEL_AT_ONCE)

    async def one(document: LedgerDocument) -> T:
        async with limit:
            return await work(document)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(document)) for document in documents]
    except ExceptionGroup as failed:
        # the others were cancelled by the first, which says what the matter is
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]
