"""A sync run as it goes: for readers who would otherwise ask again and again."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime

from shared.db import sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import ENDED, SyncRun
from shared.domain.ids import SyncRunId
from shared.errors import NotFound

# One row by its key: cheap enough to look at while somebody watches.
LOOK_EVERY_S = 0.5
PING_EVERY_S = 15.0
# As long as an access token lives: who comes back shows that they still may (S06).
LONGEST_S = 15 * 60.0


async def watch(db: Db, run_id: SyncRunId) -> AsyncGenerator[SyncRun | None]:
    """The run now and after every change until it has ended; None after each 15 s without one. Raises NotFound for a
    run that is not there. Ends after 15 minutes whether the run has ended or not."""
    begun = silent_since = time.monotonic()
    shown: SyncRun | None = None
    while time.monotonic() - begun < LONGEST_S:
        try:
            async with db.connection() as connection:
                run = await sync_runs.get(connection, run_id)
        except NotFound:
            if shown is None:
                raise
            # Runs go with their library, and that goes when the run that removes it has nothing left to do.
            run = replace(shown, status="complete", finished_at=datetime.now(UTC))
        if run != shown:
            shown, silent_since = run, time.monotonic()
            yield run
        elif time.monotonic() - silent_since >= PING_EVERY_S:
            silent_since = time.monotonic()
            yield None
        if run.status in ENDED:
            return
        await asyncio.sleep(LOOK_EVERY_S)
