"""Pausing, resuming, and runs that are only there for a change: started at once, or by the next tick."""

import pytest

from shared.db import libraries
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.identity import Caller, Role
from shared.domain.ids import LibraryId, UserId
from shared.errors import Conflict, Unavailable
from shared.services import sync_starting
from shared.services.sync_starting import SyncStarting
from tests.fakes.sharepoint import ROOT, file, folder, gone
from tests.shared.services.world import URL, Orchestrator, World

FILES = [file(str(n), f"{n}.txt", f"text {n}") for n in range(10)]


@pytest.fixture
async def caller(world: World) -> Caller:
    async with world.db.connection() as connection:
        user = await connection.fetchval(
            "INSERT INTO users (entra_id, display_name) VALUES ('t:u', 'Carol') RETURNING id"
        )
    return Caller(UserId(user), Role.CONTENT_MANAGER, None, None)


# --- pausing and resuming ------------------------------------------------------------------------------------------


async def test_a_paused_library_is_not_crawled_not_even_by_a_run_under_way(world: World) -> None:
    world.graph.passes.append([[ROOT, *FILES[:5]], FILES[5:]])
    run = await world.start()
    await world.go_on(run, steps=1)
    await world.change(enabled=False)
    assert (await world.go_on(run)).state == "stopped"
    ended = await world.run(run)
    assert (ended.status, ended.pages, ended.added) == ("stopped", 1, 0)
    assert "paused" in (ended.error_message or "")
    assert world.graph.downloads == []
    state = await world.state()
    assert (state.delta_link, state.lease_run_id, state.status) == (None, None, "idle")
    # the last step's answer may be lost: asked again it says the same and does nothing
    assert (await world.go_on(run, steps=1)).state == "stopped"
    await world.change(enabled=True)
    assert (await world.sync()).added == 10


async def test_what_sharepoint_deleted_is_removed_from_a_paused_library_by_a_run_for_a_change(world: World) -> None:
    await world.sync([ROOT, *FILES])
    world.graph.passes.append([[gone("0")]])
    run = await world.start()
    await world.go_on(run, steps=1)
    await world.change(enabled=False)
    await world.go_on(run)
    assert len(world.vectors.readable()) == 9


async def test_a_paused_library_takes_no_manual_sync_and_says_so(world: World) -> None:
    await world.change(enabled=False)
    with pytest.raises(Conflict) as refused:
        await SyncStarting(world.db).start(Orchestrator(), world.library.id, "manual")
    assert refused.value.code == "library_paused"


async def test_a_library_resumed_before_its_run_has_stopped_is_crawled_on(world: World) -> None:
    world.graph.passes.append([[ROOT, *FILES]])
    run = await world.start()
    await world.go_on(run, steps=1)
    await world.change(enabled=False)
    await world.change(enabled=True)
    assert (await world.go_on(run)).state == "complete"
    assert len(world.vectors.readable()) == 10


# --- runs for a change ---------------------------------------------------------------------------------------------


async def test_a_run_for_a_change_reads_what_is_left_in_the_ledger_but_no_page(world: World) -> None:
    await world.sync([ROOT, *FILES])
    async with world.db.connection() as connection:
        await connection.execute(
            "UPDATE sharepoint_documents SET todo = 'ingest', pipeline_version = 'x' WHERE sharepoint_id = '3'"
        )
    world.graph.downloads.clear()
    run = await world.carry_out()
    assert (run.status, run.pages, world.graph.downloads) == ("complete", 0, ["3"])


async def test_a_sync_asked_for_while_a_change_is_carried_out_goes_on_to_sharepoint(
    world: World, caller: Caller
) -> None:
    await world.sync([ROOT, *FILES])
    world.graph.passes.append([[gone("0")]])
    board = await world.department("Board")
    await world.change(board)
    change = await world.start(trigger="change")
    await world.go_on(change, steps=1)
    asked = await SyncStarting(world.db).start(
        Orchestrator(running=True), world.library.id, "manual", is_full=True, confirmed=True, caller=caller
    )
    assert (asked.id, asked.trigger, asked.is_full, asked.confirmed) == (change.id, "manual", True, True)
    world.graph.passes = [[[ROOT, *FILES[1:]]]]
    await world.go_on(change)
    done = await world.run(change)
    assert (done.status, done.pages, done.deleted) == ("complete", 1, 1)


async def test_a_change_joins_a_crawl_under_way_and_leaves_it_a_crawl(world: World, caller: Caller) -> None:
    world.graph.passes.append([[ROOT, *FILES[:5]], FILES[5:]])
    run = await world.start()
    await world.go_on(run, steps=1)
    board = await world.department("Board")
    await world.change(board)
    joined = await SyncStarting(world.db).follow_change(
        Orchestrator(running=True), world.library.id, crawl=False, caller=caller
    )
    assert joined is not None
    assert (joined.id, joined.trigger) == (run.id, "manual")
    assert (await world.go_on(run)).state == "complete"
    assert set().union(*world.scopes().values()) == {board}
    assert (await world.state()).rescope_after is None


async def test_an_error_of_sharepoint_is_not_forgotten_by_a_run_that_did_not_ask_it(world: World) -> None:
    await world.sync([ROOT, *FILES])
    async with world.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_sync_state SET status = 'error', error_message = 'No grant.'")
    await world.change(await world.department("Board"))
    assert (await world.carry_out()).status == "complete"
    state = await world.state()
    assert (state.status, state.error_message) == ("error", "No grant.")


# --- starting ------------------------------------------------------------------------------------------------------


async def test_a_new_run_waits_for_the_orchestration_that_still_ends_the_one_before(
    world: World, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_starting, "ENDING_PAUSE_S", 0.001)
    orchestrator = Orchestrator(ending=3)
    run = await SyncStarting(world.db).follow_change(orchestrator, world.library.id, crawl=False, caller=caller)
    assert run is not None
    assert orchestrator.started == [run.id]


async def test_with_the_durable_client_away_the_change_stays_recorded_and_the_next_tick_carries_it_out(
    world: World, caller: Caller
) -> None:
    await world.sync([ROOT, *FILES])
    board = await world.department("Board")
    await world.change(board, enabled=False)
    starting = SyncStarting(world.db)
    assert await starting.follow_change(Orchestrator(away=True), world.library.id, crawl=False, caller=caller) is None
    orchestrator = Orchestrator()
    (run,) = await starting.start_all(orchestrator)
    assert (run.trigger, orchestrator.started) == ("change", [run.id])
    await world.go_on(run)
    assert set().union(*world.scopes().values()) == {board}


async def test_the_timer_visits_paused_libraries_only_while_something_is_left_for_them(world: World) -> None:
    await world.sync([ROOT, folder("f", "F"), file("a", "a.txt", "text", "f")])
    starting = SyncStarting(world.db)
    await world.change(enabled=False)
    assert await starting.start_all(Orchestrator()) == []
    async with world.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_documents SET todo = 'remove'")
    (run,) = await starting.start_all(Orchestrator())
    await world.go_on(run)
    assert world.vectors.readable() == {}
    assert await starting.start_all(Orchestrator()) == []


async def test_one_library_that_cannot_be_started_does_not_hold_up_the_others(world: World) -> None:
    async with world.db.connection() as connection:
        for number in (2, 3):
            address = LibraryAddress("site", f"drive{number}", f"L{number}", f"{URL}{number}")
            await libraries.add(connection, address, Scope(None, None), enabled=True)

    class Stumbling(Orchestrator):
        async def is_running(self, library_id: LibraryId) -> bool:
            if library_id == world.library.id:
                raise Unavailable("durable")
            return False

    orchestrator = Stumbling()
    runs = await SyncStarting(world.db).start_all(orchestrator)
    assert len(runs) == len(orchestrator.started) == 2
