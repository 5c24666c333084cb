"""Starting syncs: one at a time a library, whoever asks."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

from shared.db import libraries, sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import SyncRun, Trigger
from shared.domain.identity import Caller
from shared.domain.ids import LibraryId, SyncRunId
from shared.errors import Conflict, NexusError, NotFound, Unavailable

log = logging.getLogger(__name__)

# An orchestration that has ended its run is "running" for some moments more; a new run waits for it.
ENDING_TRIES, ENDING_PAUSE_S = 50, 0.2
# How often a run is looked for that ends whenever it is found.
JOIN_TRIES = 3


class Orchestrations(Protocol):
    """The durable client of one invocation. Raises Unavailable("durable")."""

    async def is_running(self, library_id: LibraryId) -> bool: ...

    async def start(self, library_id: LibraryId, run_id: SyncRunId, *, confirmed: bool) -> bool:
        """False when another start was faster."""
        ...


@dataclass(frozen=True, slots=True)
class SyncStarting:
    db: Db

    async def start(
        self,
        orchestrations: Orchestrations,
        library_id: LibraryId,
        trigger: Trigger,
        *,
        is_full: bool = False,
        confirmed: bool = False,
        caller: Caller | None = None,
    ) -> SyncRun:
        """A new run, or the one under way, which then also does what is asked here. A run whose orchestration is gone
        (its host was lost) is taken up again under its own id, so that its checkpoint holds. Raises Conflict for a
        crawl of a library that is paused or being removed."""
        run, is_new = await self._run(library_id, trigger, is_full=is_full, confirmed=confirmed, caller=caller)
        for _ in range(ENDING_TRIES):
            if not await orchestrations.is_running(library_id):
                await orchestrations.start(library_id, run.id, confirmed=confirmed)
                break
            # It runs for this run, unless the run is new: then it is still ending the one before.
            if not is_new or await self._has_begun(run.id):
                break
            await asyncio.sleep(ENDING_PAUSE_S)
        return run

    async def _run(
        self, library_id: LibraryId, trigger: Trigger, *, is_full: bool, confirmed: bool, caller: Caller | None
    ) -> tuple[SyncRun, bool]:
        """The run, and whether it is new."""
        started_by = caller.user_id if caller else None
        for _ in range(JOIN_TRIES):
            async with self.db.transaction() as connection:
                library = await libraries.get(connection, library_id)
                if trigger != "change" and library.is_removing:
                    raise libraries.removing()
                if trigger != "change" and not library.enabled:
                    raise Conflict("This library is paused. Resume it first.", code="library_paused")
                asked = {"is_full": is_full, "confirmed": confirmed}
                if run := await sync_runs.add(connection, library_id, trigger, started_by=started_by, **asked):
                    return run, True
                if run := await sync_runs.join(connection, library_id, trigger, started_by=started_by, **asked):
                    return run, False
        raise Conflict("The last sync of this library has just ended. Start it again.", code="sync_just_ended")

    async def _has_begun(self, run_id: SyncRunId) -> bool:
        async with self.db.connection() as connection:
            return (await sync_runs.get(connection, run_id)).status != "queued"

    async def follow_change(
        self, orchestrations: Orchestrations, library_id: LibraryId, *, crawl: bool, caller: Caller
    ) -> SyncRun | None:
        """After a change of a library that is recorded already: a run that carries it out at once. None where none can
        be started, and the timer's next tick does it. `crawl`: what SharePoint changed is to be read, too."""
        try:
            return await self.start(orchestrations, library_id, "manual" if crawl else "change", caller=caller)
        except NotFound:
            return None  # a removal under way has ended meanwhile, and took the library with it
        except (Conflict, Unavailable) as error:
            log.warning("a change waits for the timer: %s", error.code, extra={"library_id": str(library_id)})
            return None

    async def start_all(self, orchestrations: Orchestrations) -> list[SyncRun]:
        """The timer's tick: every enabled library, and of the others those with something left to carry out."""
        async with self.db.connection() as connection:
            due = await libraries.due(connection)
        runs: list[SyncRun] = []
        for each in due:
            try:
                runs.append(await self.start(orchestrations, each.library_id, "timer" if each.to_crawl else "change"))
            except NexusError as error:
                # paused, removed or just synced meanwhile; the others are visited all the same
                log.warning("library left out: %s", error.code, extra={"library_id": str(each.library_id)})
        return runs
