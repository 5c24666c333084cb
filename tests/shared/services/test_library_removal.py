"""Removing a library: nothing answers from it, nothing is left of it, whatever happens on the way."""

import asyncio

import pytest

from shared.db import audit, libraries
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.identity import Caller, Role
from shared.domain.ids import UserId
from shared.errors import Conflict, Unavailable
from shared.services import sync_draining
from shared.services.sync_starting import SyncStarting
from tests.fakes.sharepoint import ROOT, file, folder
from tests.shared.services.world import URL, Orchestrator, World

FILES = [file(str(n), f"{n}.txt", f"text {n}") for n in range(10)]


async def remove(world: World) -> None:
    async with world.db.connection() as connection:
        assert await libraries.begin_removal(connection, world.library.id)


async def everything(world: World) -> list[int]:
    """Libraries, documents, folders, runs."""
    async with world.db.connection() as connection:
        return await connection.fetchval("""
            SELECT ARRAY[(SELECT count(*) FROM sharepoint_sync_state), (SELECT count(*) FROM sharepoint_documents),
                         (SELECT count(*) FROM sharepoint_folders), (SELECT count(*) FROM sync_runs)]
        """)


async def test_a_removed_library_leaves_nothing_but_the_audit_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_draining, "DRAIN", 4)
    await world.sync([ROOT, folder("f", "F"), *FILES])
    await remove(world)
    run = await world.start(trigger="change")
    assert (await world.go_on(run)).state == "complete"
    assert world.vectors.readable() == {}
    assert await everything(world) == [0, 0, 0, 0]
    async with world.db.connection() as connection:
        (entry,) = await audit.entries(connection, limit=10)
    assert (entry.action, entry.target, entry.detail["documents"]) == ("library.removed", str(world.library.id), 10)
    assert (await world.go_on(run, steps=1)).state == "stopped", "asked again, it finds nothing to do"


@pytest.mark.parametrize("killed_after", range(5))
async def test_r01_a_removal_cut_off_at_any_step_ends_the_same(
    world: World, killed_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_draining, "DRAIN", 4)
    await world.sync([ROOT, folder("f", "F"), *FILES])
    await remove(world)
    run = await world.start(trigger="change")
    await world.go_on(run, steps=killed_after)
    if killed_after < 3:
        world.vectors.fail = [Unavailable("qdrant")]
        assert (await world.go_on(run, steps=1)).state == "wait"
    # the host is gone; the timer finds the library and its run
    (again,) = await SyncStarting(world.db).start_all(Orchestrator()) or [run]
    assert again.id == run.id
    await world.go_on(run)
    assert world.vectors.readable() == {}
    assert await everything(world) == [0, 0, 0, 0]


async def test_a_crawl_of_a_library_that_is_removed_ends_with_it(world: World) -> None:
    world.graph.passes.append([[ROOT, *FILES[:5]], FILES[5:]])
    run = await world.start()
    await world.go_on(run, steps=2)
    pages = (await world.run(run)).pages
    await remove(world)
    assert (await world.go_on(run)).state == "complete"
    assert pages == 1, "it was in the midst of its pages"
    assert await everything(world) == [0, 0, 0, 0]
    assert world.vectors.readable() == {}


async def test_a_file_that_is_read_while_its_library_goes_leaves_nothing_behind(world: World) -> None:
    """An activity that outlived its time, on another host: nobody would ever come back for its passages."""
    world.graph.passes.append([[ROOT, *FILES]])
    run = await world.start()
    await world.go_on(run, steps=1)
    step = await world.sync_service.step(world.library.id, run.id)
    publish = world.vectors.publish

    async def publish_after_the_removal(*given: object) -> None:
        world.vectors.publish = publish  # type: ignore[method-assign]
        await remove(world)
        await world.go_on(run)
        await publish(*given)  # type: ignore[arg-type]

    world.vectors.publish = publish_after_the_removal  # type: ignore[method-assign]
    await world.ingestion.ingest(step.documents[0], run.id)
    assert await everything(world) == [0, 0, 0, 0]
    assert world.vectors.readable() == {}


async def test_a_library_that_is_being_removed_takes_no_change_no_sync_and_no_second_registration(
    world: World,
) -> None:
    await world.sync([ROOT, *FILES])
    await remove(world)
    async with world.db.connection() as connection:
        assert not await libraries.begin_removal(connection, world.library.id), "once is enough"
    with pytest.raises(Conflict) as unchanged:
        await world.change(enabled=True)
    with pytest.raises(Conflict) as unsynced:
        await SyncStarting(world.db).start(Orchestrator(), world.library.id, "manual")
    address = LibraryAddress("site", "drive", "L", URL)
    async with world.db.connection() as connection:
        with pytest.raises(Conflict) as unregistered:
            await libraries.add(connection, address, Scope(None, None), enabled=True)
    assert {error.value.code for error in (unchanged, unsynced, unregistered)} == {"library_removing"}
    assert "once its last passages are gone" in unregistered.value.detail
    await world.go_on(await world.start(trigger="change"))
    async with world.db.connection() as connection:
        assert await libraries.add(connection, address, Scope(None, None), enabled=True)


async def test_a_removal_asked_for_while_another_one_ends_finds_nothing_left_to_do(world: World) -> None:
    """The run for a change is written the moment the library's row goes: schemathesis met a 500 there."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with world.db.connection() as watching:
        user = await watching.fetchval("INSERT INTO users (entra_id, display_name) VALUES ('t:u', 'A') RETURNING id")
        caller = Caller(UserId(user), Role.SUPER_ADMIN, None, None)
        async with world.db.transaction() as ending:
            await ending.execute("DELETE FROM sharepoint_sync_state WHERE id = $1", world.library.id)
            asked = asyncio.create_task(
                SyncStarting(world.db).follow_change(Orchestrator(), world.library.id, crawl=False, caller=caller)
            )
            async with asyncio.timeout(30):
                while not await watching.fetchval(blocked):
                    await asyncio.sleep(0.01)
        assert await asked is None
        assert await watching.fetchval("SELECT count(*) FROM sync_runs") == 0
