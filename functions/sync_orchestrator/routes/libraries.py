"""Administration of libraries. It lives beside the orchestrator because it starts it."""

import msgspec

from functions.sync_orchestrator.orchestrations import DurableOrchestrations
from functions.sync_orchestrator.schemas import (
    LibraryChange,
    LibraryView,
    NewLibrary,
    PreflightRequest,
    PreflightView,
    SyncRequest,
    SyncRunView,
    rules_of,
)
from shared.db import libraries
from shared.db.pool import Connection
from shared.domain.audience import Scope
from shared.domain.ids import LibraryId
from shared.domain.ledger import Library
from shared.domain.scope_rules import ScopeRules
from shared.web import auditing
from shared.web.paging import Page, PageQuery, after_id, page
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


async def _locked_within_reach(call: Call, connection: Connection) -> Library:
    library = await libraries.lock(connection, _library_id(call))
    require_reach(call.caller, library.scope, "library")
    return library


@routes.add("GET", "admin/libraries", Policy.CONTENT_MANAGER, query=PageQuery, reply=Page[LibraryView], errors={})
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


@routes.add(
    "POST",
    "admin/libraries",
    Policy.CONTENT_MANAGER,
    body=NewLibrary,
    reply=LibraryView,
    status=201,
    errors={
        404: ("library_not_found", "scope_not_found"),
        409: ("library_exists", "library_removing", "permission_missing"),
        422: ("library_url_malformed", "scope_rules_invalid", "department_not_found", "country_not_found"),
        503: ("graph_unavailable", "entra_unavailable", "throttled"),
    },
)
async def create_library(call: Call) -> LibraryView:
    """Puts a SharePoint library under Nexus' care, once its preflight is passed"""
    new: NewLibrary = call.body
    scope, rules = Scope(new.department_id, new.country_id), rules_of(new.scope_rules)
    for each in (scope, *(rule.scope for rule in rules.rules)):
        require_reach(call.caller, each, "scope")
    address = await call.runtime.library_preflight.resolved(new.library_url)
    async with call.runtime.db.transaction() as connection:
        created = await libraries.add(connection, address, scope, enabled=new.enabled, scope_rules=rules)
        detail = {**msgspec.to_builtins(new), "library_url": created.library_url}
        await auditing.record(call, connection, "library.create", created.id, detail)
    return LibraryView.of(created)


@routes.add(
    "POST",
    "admin/libraries/preflight",
    Policy.CONTENT_MANAGER,
    body=PreflightRequest,
    reply=PreflightView,
    status=200,
    errors={422: ("library_url_malformed",), 503: ("graph_unavailable", "entra_unavailable", "throttled")},
)
async def preflight_library(call: Call) -> PreflightView:
    """Whether Nexus could read the library at an address, and what an administrator must do where not"""
    request: PreflightRequest = call.body
    return PreflightView.of(await call.runtime.library_preflight.look(request.library_url))


@routes.add(
    "GET",
    "admin/libraries/{library_id}",
    Policy.CONTENT_MANAGER,
    reply=LibraryView,
    errors={404: ("library_not_found",)},
)
async def get_library(call: Call) -> LibraryView:
    """One library"""
    return LibraryView.of(await _within_reach(call))


@routes.add(
    "POST",
    "admin/libraries/{library_id}/preflight",
    Policy.CONTENT_MANAGER,
    reply=PreflightView,
    errors={404: ("library_not_found",), 503: ("graph_unavailable", "entra_unavailable", "throttled")},
)
async def preflight_known_library(call: Call) -> PreflightView:
    """Whether Nexus can read the library now, and what an administrator must do where not"""
    library = await _within_reach(call)
    return PreflightView.of(await call.runtime.library_preflight.look(library.library_url))


@routes.add(
    "PATCH",
    "admin/libraries/{library_id}",
    Policy.CONTENT_MANAGER,
    body=LibraryChange,
    reply=LibraryView,
    durable=True,
    errors={
        404: ("library_not_found", "scope_not_found"),
        409: ("library_removing",),
        422: ("scope_rules_invalid", "department_not_found", "country_not_found"),
    },
)
async def change_library(call: Call) -> LibraryView:
    """Changes a library's scope and folder rules, pauses or resumes it; carried out at once, without reading a file"""
    change: LibraryChange = call.body
    async with call.runtime.db.transaction() as connection:
        before = await _locked_within_reach(call, connection)
        scope = Scope(
            before.scope.department_id if change.department_id is msgspec.UNSET else change.department_id,
            before.scope.country_id if change.country_id is msgspec.UNSET else change.country_id,
        )
        rules = before.scope_rules if change.scope_rules is msgspec.UNSET else rules_of(change.scope_rules)
        require_reach(call.caller, scope, "scope")
        _require_reach_of_rules(call, before, scope, rules)
        enabled = before.enabled if change.enabled is msgspec.UNSET else change.enabled
        changed = await libraries.update(connection, before.id, scope, enabled=enabled, scope_rules=rules)
        await auditing.record(call, connection, "library.change", before.id, msgspec.to_builtins(change))
    resumed = changed.enabled and not before.enabled
    if resumed or changed.scope_seq != before.scope_seq:
        await call.runtime.sync_starting.follow_change(
            DurableOrchestrations(call.starter), changed.id, crawl=resumed, caller=call.caller
        )
    return LibraryView.of(changed)


def _require_reach_of_rules(call: Call, before: Library, scope: Scope, rules: ScopeRules) -> None:
    """Folders whose rule changes must be the caller's to steer before and after: a rule below another department's
    folder would open it, and taking that department's rule away would, too. Other rules may stand beside theirs."""
    for folder in before.scope_rules.changed_folders(rules):
        require_reach(call.caller, before.scope_of(folder), "scope")
        require_reach(call.caller, rules.of_path(folder) or scope, "scope")


@routes.add(
    "DELETE",
    "admin/libraries/{library_id}",
    Policy.CONTENT_MANAGER,
    reply=LibraryView,
    status=202,
    durable=True,
    errors={404: ("library_not_found",)},
)
async def remove_library(call: Call) -> LibraryView:
    """Takes a library out of Nexus: its passages go, then all that is known of it"""
    async with call.runtime.db.transaction() as connection:
        library = await _locked_within_reach(call, connection)
        if await libraries.begin_removal(connection, library.id):
            await auditing.record(call, connection, "library.remove", library.id, {"library_url": library.library_url})
        removing = await libraries.get(connection, library.id)
    await call.runtime.sync_starting.follow_change(
        DurableOrchestrations(call.starter), library.id, crawl=False, caller=call.caller
    )
    return LibraryView.of(removing)


@routes.add(
    "POST",
    "admin/libraries/{library_id}/sync",
    Policy.CONTENT_MANAGER,
    body=SyncRequest,
    reply=SyncRunView,
    status=202,
    durable=True,
    errors={404: ("library_not_found",), 409: ("library_paused", "library_removing", "sync_just_ended")},
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
