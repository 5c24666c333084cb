"""Sync runs: what each did, and what one is doing."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from functions.sync_orchestrator.schemas import SyncRunsQuery, SyncRunView
from shared.db import libraries, sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import SyncRun
from shared.domain.frames import PING
from shared.domain.ids import SyncRunId
from shared.services.sync_watching import watch
from shared.web.paging import Page, after_time_and_id, page
from shared.web.reach import reach_of, require_reach
from shared.web.routes import Call, EventStream, Policy, Routes

routes = Routes("admin sync runs")


@routes.add("GET", "admin/sync-runs", Policy.CONTENT_MANAGER, query=SyncRunsQuery, reply=Page[SyncRunView], errors={})
async def list_sync_runs(call: Call) -> Page[SyncRunView]:
    """Sync runs, newest first"""
    query: SyncRunsQuery = call.query
    after = after_time_and_id(query.cursor)
    async with call.runtime.db.connection() as connection:
        rows = await sync_runs.list_all(
            connection,
            library_id=query.library_id,
            within=reach_of(call.caller),
            after=(after[0], SyncRunId(after[1])) if after else None,
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda run: (run.created_at, run.id), SyncRunView.of)


@routes.add(
    "GET", "admin/sync-runs/{run_id}", Policy.CONTENT_MANAGER, reply=SyncRunView, errors={404: ("sync_run_not_found",)}
)
async def get_sync_run(call: Call) -> SyncRunView:
    """One sync run, live while it goes"""
    return SyncRunView.of(await _within_reach(call))


@routes.add(
    "GET",
    "admin/sync-runs/{run_id}/events",
    Policy.CONTENT_MANAGER,
    events=True,
    event=SyncRunView,
    errors={404: ("sync_run_not_found",)},
)
async def watch_sync_run(call: Call) -> EventStream:
    """The sync run whenever it changes, until it has ended; for at most 15 minutes at a time"""
    run = await _within_reach(call)
    return EventStream(_frames(call.runtime.db, run.id))


async def _within_reach(call: Call) -> SyncRun:
    async with call.runtime.db.connection() as connection:
        run = await sync_runs.get(connection, SyncRunId(call.id("run_id", "sync run")))
        library = await libraries.get(connection, run.library_id)
    require_reach(call.caller, library.scope, "sync run")
    return run


async def _frames(db: Db, run_id: SyncRunId) -> AsyncGenerator[bytes]:
    """Without an event name, so that a bare EventSource.onmessage sees them."""
    number = 0
    async with aclosing(watch(db, run_id)) as runs:
        async for run in runs:
            if run is None:
                yield PING
                continue
            number += 1
            yield b"id: %b:%d\ndata: %b\n\n" % (str(run_id).encode(), number, msgspec.json.encode(SyncRunView.of(run)))
