"""G5: one sync of a library at a time, whoever asks and however often (R07)."""

import asyncio

from functions.sync_orchestrator.orchestrations import DurableOrchestrations
from shared.db import sync_runs
from tests.shared.services.guarantees.durable import Durable
from tests.shared.services.guarantees.synced_library import SyncedLibrary


async def some_files(library: SyncedLibrary, count: int = 6) -> None:
    for number in range(count):
        await library.put(f"f/{number}.md", f"Text {number}.")


async def all_runs(library: SyncedLibrary) -> list[str]:
    async with library.db.connection() as connection:
        return [row["status"] for row in await connection.fetch("SELECT status FROM sync_runs ORDER BY created_at")]


async def test_g5_r07_the_timer_twice_and_an_administrator_meanwhile_make_one_sync(library: SyncedLibrary) -> None:
    await some_files(library)
    orchestrations = DurableOrchestrations(library.durable)
    started = await asyncio.gather(*(library.runtime.sync_starting.start_all(orchestrations) for _ in range(5)))
    assert len({run.id for runs in started for run in runs}) == 1
    (instance,) = library.durable.running
    await library.durable.one_generation(instance)
    by_hand = await library.start()
    assert by_hand.id == started[0][0].id, "it joins the one under way"
    await library.durable.drain()
    run = await library.run(by_hand)
    assert (run.status, run.seen, run.added) == ("complete", 6, 6)
    assert await all_runs(library) == ["complete"]
    assert (await library.drift()).differences == []


async def test_g5_r07_two_instances_that_both_work_on_a_run_end_in_one_state(library: SyncedLibrary) -> None:
    """A host that was thought lost comes back: the extension has given its work to another one."""
    await some_files(library, 12)
    await library.sharepoint.script(page_size=4)
    run = await library.start()
    other = Durable(library.clock, running=dict(library.durable.running))
    await asyncio.gather(library.durable.drain(), other.drain())
    assert (await library.run(run)).status == "complete"
    assert sorted(await library.readable()) == sorted(f"f/{number}.md" for number in range(12))
    assert (await library.drift()).differences == []
    state = await library.state()
    assert (state.lease_run_id, state.status) == (None, "idle")


async def test_g5_r07_the_database_itself_refuses_a_second_unfinished_run(library: SyncedLibrary) -> None:
    await some_files(library)
    await library.start()
    (instance,) = library.durable.running
    await library.durable.one_generation(instance)
    async with library.db.connection() as connection:
        second = await sync_runs.add(connection, library.library.id, "timer", is_full=False, started_by=None)
    assert second is None
    await library.durable.drain()
    assert await all_runs(library) == ["complete"]
