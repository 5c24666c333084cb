"""Starting syncs: one at a time a library, whoever asks."""

from dataclasses import dataclass
from typing import Protocol

from shared.db import libraries, sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import SyncRun, Trigger
from shared.domain.audience import Scope
from shared.domain.identity import Caller
from shared.domain.ids import LibraryId, SyncRunId
from shared.errors import Conflict


class Orchestrations(Protocol):
    """The durable client of one invocation."""

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
        """A new run, or the one under way. A run whose orchestration is gone (its host was lost) is taken up again
        under its own id, so that its checkpoint holds."""
        async with self.db.connection() as connection:
            await libraries.get(connection, library_id)
            started_by = caller.user_id if caller else None
            run = await sync_runs.add(connection, library_id, trigger, is_full=is_full, started_by=started_by)
            run = run or await sync_runs.unfinished(connection, library_id)
        if run is None:
            raise Conflict("The last sync of this library has just ended. Start it again.", code="sync_just_ended")
        if not await orchestrations.is_running(library_id):
            await orchestrations.start(library_id, run.id, confirmed=confirmed)
        return run

    async def start_all(self, orchestrations: Orchestrations) -> list[SyncRun]:
        """The timer's tick: every enabled library."""
        async with self.db.connection() as connection:
            enabled = [
                library for library in await libraries.list_all(connection, within=Scope(None, None)) if library.enabled
            ]
        return [await self.start(orchestrations, library.id, "timer") for library in enabled]
