"""One pass over a library's changes, in steps that may each be repeated. The ledger says what is left to do."""

from dataclasses import dataclass
from typing import Literal

from shared.db import ledger, ledger_work, libraries, library_leases, sync_runs
from shared.db.pool import Connection, Db
from shared.db.sync_runs import SyncRun
from shared.domain.ids import DocumentId, LibraryId, SyncRunId
from shared.domain.ledger import Library
from shared.domain.library_notice import notice_of
from shared.errors import GraphDenied, NotFound, Throttled, Unavailable
from shared.ports import Graph, Throttle, Vectors
from shared.services.sync_draining import Draining
from shared.services.sync_pages import Pages

# At most 100 activities a generation keep the durable history short (docs/architecture.md, decision 3).
FAN_OUT = 100
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
                library = await library_leases.take(connection, library_id, run_id)
                if library is None:
                    message = "Another sync of this library is running."
                    await sync_runs.finish(connection, run_id, "failed", message)
                    return Step("stopped", message=message)
                run = await sync_runs.get(connection, run_id)
            return await self._step(library, run, confirmed=confirmed or run.confirmed)
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
        state: State = "complete" if run.status == "complete" else "stopped" if run.status == "stopped" else "failed"
        return Step(state, message=run.error_message)

    async def fail(self, library_id: LibraryId, run_id: SyncRunId, message: str) -> Step:
        """Ends the run; what it brought into the ledger stays, and the delta link is where it was."""
        async with self.db.transaction() as connection:
            await library_leases.release_failed(connection, library_id, run_id, message)
            await sync_runs.finish(connection, run_id, "failed", message)
        return Step("failed", message=message)

    async def _step(self, library: Library, run: SyncRun, *, confirmed: bool) -> Step:
        await self.vectors.ensure_ready()
        draining = Draining(self.db, self.vectors, run.id)
        if library.is_removing:
            return Step("complete") if await draining.take_away(library) else Step("again")
        if await draining.drain(library.id):
            return Step("again")
        is_paused = not library.enabled
        async with self.db.connection() as connection:
            ready = await ledger_work.ready_to_ingest(connection, library.id, FAN_OUT, is_paused=is_paused)
        if ready:
            return Step("ingest", documents=tuple(ready))
        if is_paused or run.trigger == "change":
            return await self._settle(library.id, run.id)
        return await self._crawl(library, run, confirmed=confirmed)

    async def _crawl(self, library: Library, run: SyncRun, *, confirmed: bool) -> Step:
        """What needs SharePoint: the next page, folders that no page brought; then the end of the pass."""
        pages = Pages(self.db, self.graph, self.vectors)
        if library.final_link is None:
            if (wait := await self.throttle.remaining("graph")) > 0:
                return Step("wait", retry_after_s=wait)
            await pages.next(library, run)
            return Step("again")
        if await pages.adopt_orphans(library, run.id):
            return Step("again")
        if run.is_full and (stop := await self._remove_unseen(library, run.id, confirmed=confirmed)):
            return stop
        async with self.db.transaction() as connection:
            notice = await _notice(connection, library.id)
            if not await library_leases.commit(connection, library.id, run.id, notice):
                return Step("again")
            await sync_runs.finish(connection, run.id, "complete", notice=notice)
        return Step("complete")

    async def _settle(self, library_id: LibraryId, run_id: SyncRunId) -> Step:
        """The end of a run that reads no pages: one that was there for a change, or that found its library paused.
        Both may have become another thing meanwhile: a "sync now" joined the run, or the library was resumed."""
        async with self.db.transaction() as connection:
            run = await sync_runs.lock(connection, run_id)
            library = await libraries.lock(connection, library_id)
            crawls = run.trigger != "change"
            if crawls and library.enabled:
                return Step("again")
            notice = await _notice(connection, library_id)
            if not await library_leases.settle(connection, library_id, run_id, notice):
                return Step("again")
            if crawls:
                message = "The library was paused. What SharePoint changed is read once it is resumed."
                await sync_runs.finish(connection, run_id, "stopped", message)
                return Step("stopped", message=message)
            await sync_runs.finish(connection, run_id, "complete", notice=notice)
        return Step("complete")

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
                await library_leases.release_failed(connection, library.id, run_id, message)
                await sync_runs.finish(connection, run_id, "needs_confirmation", message)
                return Step("failed", message=message)
            await ledger.remove_unseen(connection, library.id, run_id)
        return Step("again")


async def _notice(connection: Connection, library_id: LibraryId) -> str | None:
    held_back = await ledger_work.why_nothing_is_indexed(connection, library_id)
    return None if held_back is None else notice_of(held_back)
