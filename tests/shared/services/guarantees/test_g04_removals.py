"""G4: what is deleted in SharePoint is gone after the same sync, by id; a brake stops a run that removes too much."""

import pytest

from tests.shared.services.guarantees.synced_library import SyncedLibrary

RESYNCS = ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences", "resyncRequired"]


async def test_g4_r05_a_nameless_delete_removes_the_file(library: SyncedLibrary) -> None:
    await library.put("a.md", "one")
    await library.put("b.md", "two")
    await library.sync()
    await library.remove("a.md")
    run = await library.sync()
    assert (run.status, run.deleted) == ("complete", 1)
    assert await library.readable() == {"b.md": ["two"]}
    assert list(await library.documents()) == ["b.md"]
    assert (await library.drift()).differences == []


@pytest.mark.parametrize("named", [False, True], ids=["folder alone", "descendants named"])
async def test_g4_r05_a_deleted_folder_takes_all_below_it(library: SyncedLibrary, named: bool) -> None:
    await library.sharepoint.script(deleted_descendants=named)
    for path in ("f/a.md", "f/g/b.md", "f/g/h/c.md", "kept.md"):
        await library.put(path, path)
    await library.sync()
    await library.remove("f")
    run = await library.sync()
    assert (run.status, run.deleted) == ("complete", 3)
    assert await library.readable() == {"kept.md": ["kept.md"]}
    assert (await library.drift()).differences == []


async def test_g4_r05_deleted_and_made_again_under_the_same_name_is_the_new_file_alone(library: SyncedLibrary) -> None:
    await library.put("f/a.md", "old")
    await library.sync()
    await library.remove("f/a.md")
    await library.put("f/a.md", "new")
    run = await library.sync()
    assert (run.deleted, run.added) == (1, 1)
    assert await library.readable() == {"f/a.md": ["new"]}
    await library.remove("f")
    await library.put("f/a.md", "newer")
    await library.sync()
    assert await library.readable() == {"f/a.md": ["newer"]}
    assert (await library.drift()).differences == []


async def test_g4_a_file_saved_from_a_folder_that_is_deleted_stays(library: SyncedLibrary) -> None:
    await library.put("f/a.md", "saved")
    await library.put("f/b.md", "lost")
    await library.put("f/g/c.md", "saved with its folder")
    await library.sync()
    await library.move("f/a.md", "a.md")
    await library.move("f/g", "g")
    await library.remove("f")
    await library.sync()
    assert await library.readable() == {"a.md": ["saved"], "g/c.md": ["saved with its folder"]}
    assert (await library.drift()).differences == []


@pytest.mark.parametrize("kind", RESYNCS)
async def test_g4_r05_after_a_410_what_the_enumeration_does_not_bring_is_removed(
    library: SyncedLibrary, kind: str
) -> None:
    for number in range(10):
        await library.put(f"f/{number}.md", f"Text {number}.")
    await library.sync()
    await library.remove("f/3.md")
    await library.put("f/4.md", "changed")
    await library.sharepoint.script(resync=kind)
    await library.sharepoint.forget_requests()
    run = await library.sync()
    assert (run.status, run.is_full, run.deleted) == ("complete", True, 1)
    assert await library.downloads() == 1
    assert (await library.readable())["f/4.md"] == ["changed"]
    assert (await library.drift()).differences == []


async def test_g4_r05_a_410_in_the_middle_of_the_pages_starts_over(library: SyncedLibrary) -> None:
    for number in range(12):
        await library.put(f"{number}.md", f"Text {number}.")
    await library.sharepoint.script(page_size=3)
    await library.start()
    (instance,) = library.durable.running
    for _ in range(2):
        await library.durable.one_generation(instance)
    await library.sharepoint.script(resync=RESYNCS[0])
    await library.durable.drain()
    assert len(await library.readable()) == 12
    assert (await library.drift()).differences == []


async def test_g4_the_brake_holds_a_full_run_that_would_remove_more_than_a_fifth(library: SyncedLibrary) -> None:
    for number in range(10):
        await library.put(f"{number}.md", f"Text {number}.")
    await library.sync()
    for number in range(3):
        await library.remove(f"{number}.md")
    await library.sharepoint.script(resync=RESYNCS[1])
    run = await library.sync()
    assert run.status == "needs_confirmation"
    assert "3 of 10" in (run.error_message or "")
    assert len(await library.readable()) == 10
    assert {each.kind for each in (await library.drift()).differences} == {"not_in_sharepoint"}
    run = await library.sync(full=True, confirmed=True)
    assert (run.status, run.deleted) == ("complete", 3)
    assert (await library.drift()).differences == []
