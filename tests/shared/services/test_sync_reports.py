"""What a sync says: items that are never read, reasons, seconds, and a success that answers nothing."""

import asyncio
from dataclasses import replace

import pytest

from shared.db import sync_runs
from shared.domain.documents import DriveItem, ItemKind
from shared.domain.ledger import DocumentStatus, Todo
from shared.errors import DeltaExpired, DownloadFailed, ExtractionFailed
from shared.services.sync_watching import watch
from tests.fakes.sharepoint import ROOT, file, folder, gone
from tests.shared.services.world import URL, World

NOTEBOOK = DriveItem("n", ItemKind.PACKAGE, "Notes", "root", web_url=f"{URL}/Notes")
SHORTCUT = DriveItem("s", ItemKind.REMOTE, "Elsewhere", "root")


# --- packages and shortcuts ----------------------------------------------------------------------------------------


async def test_r05_packages_and_shortcuts_are_in_the_ledger_with_a_reason_and_never_downloaded(world: World) -> None:
    run = await world.sync([ROOT, NOTEBOOK, SHORTCUT, file("a", "a.txt")])
    assert (run.status, run.seen, run.added, run.skipped) == ("complete", 3, 1, 2)
    assert run.reasons == {"package": 1, "shortcut": 1}
    assert world.graph.downloads == ["a"]
    for item, code, word in (("n", "package", "OneNote"), ("s", "shortcut", "shortcut")):
        document = await world.document(item)
        assert (document.status, document.reason_code, document.todo) == (DocumentStatus.SKIPPED, code, None)
        assert word in document.reason
        assert document.path == document.file_name
    # the same again is nothing new
    again = await world.sync([NOTEBOOK, SHORTCUT])
    assert (again.seen, again.unchanged, again.skipped, again.reasons) == (2, 2, 0, {})


async def test_they_follow_renames_and_their_folders_and_go_when_sharepoint_deletes_them(world: World) -> None:
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    await world.sync([ROOT, folder("b", "Board"), NOTEBOOK, SHORTCUT])
    await world.sync([replace(NOTEBOOK, name="Minutes", parent_id="b")])
    document = await world.document("n")
    assert (document.path, document.scope, document.reason_code) == ("Board/Minutes", board, "package")
    run = await world.sync([gone("n"), gone("s")])
    assert run.deleted == 2
    async with world.db.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM sharepoint_documents") == 0


async def test_they_go_with_a_full_enumeration_that_does_not_bring_them(world: World) -> None:
    await world.sync([ROOT, NOTEBOOK, *(file(str(n), f"{n}.txt") for n in range(9))])
    world.graph.passes = [[[ROOT, *(file(str(n), f"{n}.txt") for n in range(9))]]]
    run = await world.sync(full=True)
    assert (run.status, run.deleted) == ("complete", 1)


async def test_what_lies_in_a_notebook_has_its_path(world: World) -> None:
    await world.sync([ROOT, NOTEBOOK, file("a", "Section.one", "bytes", "n")])
    document = await world.document("a")
    assert (document.path, document.reason_code) == ("Notes/Section.one", "unsupported_type")


async def test_an_administrator_who_has_one_read_again_gets_the_reason_again(world: World) -> None:
    await world.sync([ROOT, SHORTCUT])
    async with world.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_documents SET todo = 'ingest'")
    run = await world.carry_out()
    assert (run.skipped, run.reasons, world.graph.downloads) == (1, {"shortcut": 1}, [])


# --- counts by reason, and seconds ---------------------------------------------------------------------------------


async def test_files_are_counted_by_what_keeps_them_from_being_indexed(world: World) -> None:
    world.extractor.fail = {
        "a.txt": ExtractionFailed("encrypted", "It has a password."),
        "b.txt": ExtractionFailed("encrypted", "It has a password."),
    }
    world.graph.fail_download["c"] = [DownloadFailed("cut")]
    run = await world.sync([ROOT, *(file(item, f"{item}.txt", item) for item in "abcd"), file("e", "film.mp4")])
    assert run.reasons == {"encrypted": 2, "download_failed": 1, "unsupported_type": 1}
    assert (run.skipped, run.failed, run.added) == (3, 1, 1)
    assert sum(run.reasons.values()) == run.skipped + run.failed


async def test_counts_of_many_at_once_are_all_there(world: World) -> None:
    run = await world.start()

    async def count() -> None:
        async with world.db.transaction() as connection:
            await sync_runs.count(connection, run.id, skipped=1, extract_s=0.5)
            await sync_runs.count_reasons(connection, run.id, {"empty": 1, "too_large": 2})

    await asyncio.gather(*(count() for _ in range(40)))
    counted = await world.run(run)
    assert (counted.skipped, counted.extract_s, counted.reasons) == (40, 20.0, {"empty": 40, "too_large": 80})


async def test_a_run_says_how_long_each_station_took(world: World) -> None:
    run = await world.sync([ROOT, file("a", "a.txt", "one")])
    assert min(run.graph_s, run.download_s, run.extract_s, run.embed_s, run.store_s) > 0
    unchanged = await world.sync([])
    assert (unchanged.download_s, unchanged.extract_s, unchanged.embed_s) == (0, 0, 0)


# --- a success that answers nothing --------------------------------------------------------------------------------


async def test_an_empty_library_is_no_plain_success(world: World) -> None:
    run = await world.sync([ROOT, folder("f", "Folder")])
    assert (run.status, run.notice) == ("complete", "The library is empty.")
    assert (await world.state()).notice == run.notice


async def test_a_library_without_a_readable_file_says_so_until_it_has_one(world: World) -> None:
    films = [file(str(n), f"{n}.mp4") for n in range(11)]
    run = await world.sync([ROOT, NOTEBOOK, *films])
    assert run.notice == "The library holds 12 files, none of them of a type that Nexus reads."
    assert (await world.state()).notice == run.notice
    assert (await world.sync([])).notice == run.notice, "a sync without a change does not make it better"
    mended = await world.sync([file("a", "a.txt")])
    assert (mended.notice, (await world.state()).notice) == (None, None)
    assert (await world.sync([gone("a"), *map(gone, map(str, range(11))), gone("n")])).notice == "The library is empty."


# --- retries -------------------------------------------------------------------------------------------------------


async def given_up(world: World) -> None:
    """File a has failed three times and waits for an administrator."""
    world.graph.fail_download["a"] = [DownloadFailed("cut") for _ in range(3)]
    await world.sync([ROOT, file("a", "a.txt"), file("b", "b.txt")])
    for _ in range(2):
        await due(world)
        await world.sync([])
    document = await world.document("a")
    assert (document.attempts, document.todo, document.retry_at) == (3, None, None)


async def due(world: World) -> None:
    async with world.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_documents SET retry_at = now() WHERE retry_at IS NOT NULL")


async def test_a_full_resync_tries_again_what_was_given_up(world: World) -> None:
    await given_up(world)
    await world.sync([])
    assert (await world.document("a")).status is DocumentStatus.FAILED
    world.graph.passes = [[[ROOT, file("a", "a.txt"), file("b", "b.txt")]]]
    run = await world.sync(full=True)
    assert (run.added, run.unchanged) == (0, 1)
    assert (run.changed, (await world.document("a")).status) == (1, DocumentStatus.INDEXED)


@pytest.mark.parametrize("restart", [None, "0:0"])
async def test_files_are_retried_also_when_the_delta_link_had_expired(world: World, restart: str | None) -> None:
    world.graph.fail_download["a"] = [DownloadFailed("cut")]
    files = [file("a", "a.txt"), file("b", "b.txt")]
    await world.sync([ROOT, *files])
    await due(world)
    world.graph.passes = [[[ROOT, *files]], [DeltaExpired(restart, "unknown")]]
    await world.sync()
    assert (await world.document("a")).status is DocumentStatus.INDEXED


async def test_files_are_retried_when_nothing_changed_and_not_before_their_time(world: World) -> None:
    world.graph.fail_download["a"] = [DownloadFailed("cut")]
    await world.sync([ROOT, file("a", "a.txt")])
    await world.sync([])
    assert (await world.document("a")).status is DocumentStatus.FAILED, "a minute has not passed"
    await due(world)
    await world.sync([])
    document = await world.document("a")
    assert (document.status, document.attempts) == (DocumentStatus.INDEXED, 0)
    assert document.todo is not Todo.INGEST


# --- watching ------------------------------------------------------------------------------------------------------


async def test_a_watched_run_is_told_as_it_changes_and_the_stream_ends_with_it(world: World) -> None:
    world.graph.passes.append([[ROOT, file("a", "a.txt")]])
    run = await world.start()
    runs = watch(world.db, run.id)
    assert (await anext(runs)) == run
    await world.go_on(run, steps=1)
    seen = await anext(runs)
    assert seen is not None
    assert (seen.status, seen.pages) == ("running", 1)
    await world.go_on(run)
    assert [each.status for each in [each async for each in runs] if each] == ["complete"]


async def test_the_run_that_removes_its_library_ends_although_it_goes_with_it(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt")])
    async with world.db.connection() as connection:
        await connection.execute("UPDATE sharepoint_sync_state SET status = 'removing'")
    run = await world.start(trigger="change")
    runs = watch(world.db, run.id)
    await anext(runs)
    await world.go_on(run)
    assert [each.status for each in [each async for each in runs] if each] == ["complete"]
