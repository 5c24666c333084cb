"""Administration of libraries and their syncs. They live beside the orchestrator because they start it."""

import msgspec

from functions.sync_orchestrator.orchestrations import DurableOrchestrations
from functions.sync_orchestrator.schemas import (
    LibraryChange,
    LibraryView,
    NewLibrary,
    SyncRequest,
    SyncRunsQuery,
    SyncRunView,
)
from shared.db import audit, libraries, sync_runs
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId, SyncRunId
from shared.domain.ledger import Library
from shared.web.paging import Page, PageQuery, after_id, after_time_and_id, page
from shared.web.reach import reach_of, require_reach
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin libraries")


def _library_id(call: Call) -> LibraryId:
    return LibraryId(call.id("library_id", "library"))


async def _within_reach(call: Call) -> Library:
    async with call.runtime.db.connection() as connection:
        library = await libraries.get(connection, _library_id(call))
    require_reach(call.caller, library.scope, "library")
    return library


@routes.add("GET", "admin/libraries", Policy.CONTENT_MANAGER, query=PageQuery, reply=Page[LibraryView])
async def list_libraries(call: Call) -> Page[LibraryView]:
    """Libraries within the caller's reach"""
    query: PageQuery = call.query
    after = after_id(query.cursor)
    async with call.runtime.db.connection() as connection:
        rows = await libraries.list_all(
            connection,
            within=reach_of(call.caller),
            after=LibraryId(after) if after else None,
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda library: (library.id,), LibraryView.of)


@routes.add("POST", "admin/libraries", Policy.CONTENT_MANAGER, body=NewLibrary, reply=LibraryView, status=201)
async def create_library(call: Call) -> LibraryView:
    """Puts a SharePoint library under Nexus' care"""
    new: NewLibrary = call.body
    scope = Scope(new.department_id, new.country_id)
    require_reach(call.caller, scope, "scope")
    address = await call.runtime.graph.resolve_library(new.library_url)
    async with call.runtime.db.transaction() as connection:
        created = await libraries.add(connection, address, scope, enabled=new.enabled)
        await audit.record(
            connection,
            actor=call.caller.user_id,
            action="library.create",
            target=str(created.id),
            detail={"library_url": created.library_url},
            correlation_id=call.correlation_id,
        )
    return LibraryView.of(created)


@routes.add("PATCH", "admin/libraries/{library_id}", Policy.CONTENT_MANAGER, body=LibraryChange, reply=LibraryView)
async def change_library(call: Call) -> LibraryView:
    """Changes a library's scope, or pauses it; what is indexed is re-labelled by the next sync"""
    change: LibraryChange = call.body
    library = await _within_reach(call)
    scope = Scope(
        library.scope.department_id if change.department_id is msgspec.UNSET else change.department_id,
        library.scope.country_id if change.country_id is msgspec.UNSET else change.country_id,
    )
    require_reach(call.caller, scope, "scope")
    enabled = library.enabled if change.enabled is msgspec.UNSET else change.enabled
    async with call.runtime.db.transaction() as connection:
        changed = await libraries.update(connection, library.id, scope, enabled=enabled)
        await audit.record(
            connection,
            actor=call.caller.user_id,
            action="library.change",
            target=str(library.id),
            detail=msgspec.to_builtins(change),
            correlation_id=call.correlation_id,
        )
    return LibraryView.of(changed)


@routes.add(
    "POST",
    "admin/libraries/{library_id}/sync",
    Policy.CONTENT_MANAGER,
    body=SyncRequest,
    reply=SyncRunView,
    status=202,
    durable=True,
)
async def sync_library_now(call: Call) -> SyncRunView:
    """Starts a sync, or joins the one that is running"""
    request: SyncRequest = call.body
    library = await _within_reach(call)
    run = await call.runtime.sync_starting.start(
        DurableOrchestrations(call.starter),
        library.id,
        "manual",
        is_full=request.full,
        confirmed=request.confirm_removals,
        caller=call.caller,
    )
    return SyncRunView.of(run)


@routes.add("GET", "admin/sync-runs", Policy.CONTENT_MANAGER, query=SyncRunsQuery, reply=Page[SyncRunView])
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


@routes.add("GET", "admin/sync-runs/{run_id}", Policy.CONTENT_MANAGER, reply=SyncRunView)
async def get_sync_run(call: Call) -> SyncRunView:
    """One sync run, live while it goes"""
    async with call.runtime.db.connection() as connection:
        run = await sync_runs.get(connection, SyncRunId(call.id("run_id", "sync run")))
        library = await libraries.get(connection, run.library_id)
    require_reach(call.caller, library.scope, "sync run")
    return SyncRunView.of(run)
