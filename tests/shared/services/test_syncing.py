"""One pass over a library: real PostgreSQL, everything outside in memory. The guarantees of design 04."""

import pytest

from shared.db import ledger_paths, libraries, sync_runs
from shared.domain.audience import Scope
from shared.domain.documents import DriveItem
from shared.domain.ledger import DocumentStatus
from shared.errors import DeltaExpired, DownloadFailed, ExtractionFailed, GraphDenied, Throttled, Unavailable
from tests.fakes.sharepoint import ROOT, file, folder, gone
from tests.shared.services.world import URL, World


async def test_files_become_passages_under_the_address_of_their_path(world: World) -> None:
    run = await world.sync([ROOT, folder("f", "Folder")], [file("a", "a.txt", "one", "f"), file("b", "b.txt", "two")])
    assert (run.status, run.seen, run.added, run.passages) == ("complete", 2, 2, 2)
    assert world.vectors.readable() == {f"{URL}/Folder/a.txt": ["one"], f"{URL}/b.txt": ["two"]}
    assert (await world.state()).delta_link == "d:0"


async def test_a_child_before_its_parent_waits_for_it(world: World) -> None:
    run = await world.sync([file("a", "a.txt", "one", "f")], [folder("f", "Folder")], [ROOT])
    assert (run.status, run.added) == ("complete", 1)
    assert list(world.vectors.readable()) == [f"{URL}/Folder/a.txt"]


async def test_a_parent_that_no_page_brings_is_fetched(world: World) -> None:
    world.graph.items = {"f": folder("f", "Folder"), "root": ROOT}
    await world.sync([file("a", "a.txt", "one", "f")])
    assert list(world.vectors.readable()) == [f"{URL}/Folder/a.txt"]


async def test_a_file_without_a_known_folder_is_not_indexed_and_says_why(world: World) -> None:
    run = await world.sync([ROOT, file("a", "a.txt", "one", "nowhere")])
    assert (run.status, run.failed) == ("complete", 1)
    assert (await world.document("a")).reason_code == "folder_unknown"
    assert world.vectors.readable() == {}


async def test_the_last_occurrence_wins_within_and_across_pages(world: World) -> None:
    await world.sync(
        [ROOT, file("a", "old.txt", "old"), file("a", "new.txt", "new"), file("b", "b.txt")],
        [file("a", "newest.txt", "newest"), gone("b")],
    )
    assert world.vectors.readable() == {f"{URL}/newest.txt": ["newest"]}


async def test_a_renamed_folder_relabels_what_is_below_and_reads_nothing(world: World) -> None:
    await world.sync([ROOT, folder("f", "F"), folder("g", "G", "f"), file("a", "a.txt", "one", "g")])
    world.graph.downloads.clear()
    run = await world.sync([folder("f", "Renamed")])
    assert (run.moved, run.passages, world.graph.downloads) == (1, 0, [])
    assert list(world.vectors.readable()) == [f"{URL}/Renamed/G/a.txt"]


async def test_folders_of_any_size_are_followed_slice_by_slice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement may grow with the library: first with the top folder coming last, then with its new name."""
    monkeypatch.setattr(ledger_paths, "SLICE", 3)
    monkeypatch.setattr(ledger_paths, "FOLDERS_AT_A_TIME", 2)
    below = [folder(f"g{n}", f"G{n}", "f") for n in range(5)]
    files = [file(f"{n}-{m}", f"{n}-{m}.txt", f"text {n} {m}", f"g{n}") for n in range(5) for m in range(4)]
    await world.sync([ROOT, *below, *files[:11]], [*files[11:], folder("f", "F")])
    assert set(world.vectors.readable()) == {f"{URL}/F/G{n}/{n}-{m}.txt" for n in range(5) for m in range(4)}
    world.graph.downloads.clear()
    run = await world.sync([folder("f", "Renamed")])
    assert (run.moved, world.graph.downloads) == (20, [])
    assert set(world.vectors.readable()) == {f"{URL}/Renamed/G{n}/{n}-{m}.txt" for n in range(5) for m in range(4)}


async def test_a_deleted_folder_takes_what_is_below(world: World) -> None:
    await world.sync(
        [ROOT, folder("f", "F"), folder("g", "G", "f"), file("a", "a.txt", "1", "g"), file("b", "b.txt", "2")]
    )
    run = await world.sync([gone("f")])
    assert run.deleted == 1
    assert list(world.vectors.readable()) == [f"{URL}/b.txt"]


async def test_deleted_and_created_again_under_another_id_is_one_document(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt", "old")])
    await world.sync([file("b", "a.txt", "new"), gone("a")])
    assert world.vectors.readable() == {f"{URL}/a.txt": ["new"]}


async def test_only_changed_passages_are_embedded_again(world: World) -> None:
    parts = [f"# Part {n}\nIt begins with {n}. " + f"Sentence {n} has five words. " * 70 for n in range(5)]
    await world.sync([ROOT, file("a", "a.txt", "\n".join(parts))])
    before = len(world.embeddings.texts)
    assert before >= 5
    parts[2] = parts[2].replace("It begins", "It now begins")
    run = await world.sync([file("a", "a.txt", "\n".join(parts))])
    again = world.embeddings.texts[before:]
    assert (run.changed, run.passages, len(again)) == (1, 1, 1)
    assert "It now begins with 2" in again[0]
    assert len(next(iter(world.vectors.readable().values()))) == before


async def test_the_same_bytes_under_a_new_tag_embed_nothing(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt", "same")])
    embedded = len(world.embeddings.texts)
    touched = DriveItem("a", ROOT.kind.FILE, "a.txt", "root", size=99, content_hash=None)
    world.graph.contents["a"] = "same"
    run = await world.sync([touched])
    assert (run.unchanged, len(world.embeddings.texts)) == (1, embedded)


async def test_r05_a_lost_delta_link_enumerates_afresh_and_removes_what_is_gone(world: World) -> None:
    files = [file(str(n), f"{n}.txt", f"text {n}") for n in range(10)]
    await world.sync([ROOT, *files])
    for kind in ("apply_differences", "upload_differences"):
        world.graph.downloads.clear()
        world.graph.passes = [[[ROOT, *files[1:]]], [DeltaExpired("0:0", kind)]]
        run = await world.sync()
        assert (run.status, run.is_full) == ("complete", True)
        assert world.graph.downloads == [], "unchanged content is not read again"
        assert len(world.vectors.readable()) == 9


async def test_the_brake_stops_a_full_run_that_would_remove_a_fifth_until_it_is_confirmed(world: World) -> None:
    files = [file(str(n), f"{n}.txt", f"text {n}") for n in range(10)]
    await world.sync([ROOT, *files])
    world.graph.passes = [[[ROOT, *files[:7]]]]
    run = await world.sync(full=True)
    assert run.status == "needs_confirmation"
    assert "3 of 10" in (run.error_message or "")
    assert len(world.vectors.readable()) == 10
    again = await world.start(full=True)
    assert (await world.go_on(again, confirmed=True)).state == "complete"
    assert len(world.vectors.readable()) == 7


async def test_r06_a_full_run_reads_nothing_that_is_unchanged(world: World) -> None:
    files = [file(str(n), f"{n}.txt", f"text {n}") for n in range(20)]
    await world.sync([ROOT, *files])
    world.graph.downloads.clear()
    run = await world.sync(full=True)
    assert (run.seen, run.unchanged, world.graph.downloads) == (20, 20, [])


@pytest.mark.parametrize("killed_after", range(12))
async def test_r01_a_run_cut_off_at_any_step_goes_on_to_the_same_state(world: World, killed_after: int) -> None:
    pages = [[ROOT, folder("f", "F")], [file(str(n), f"{n}.txt", f"text {n}", "f") for n in range(5)], [gone("4")]]
    world.graph.passes.append(pages)  # type: ignore[arg-type]
    run = await world.start()
    await world.go_on(run, steps=killed_after)
    if killed_after % 2:
        # the answer of a step was lost: it is asked again
        await world.sync_service.step(world.library.id, run.id)
    await world.go_on(run)
    done = await world.run(run)
    assert done.status == "complete"
    assert (done.seen, done.added, done.deleted) == (6, 5, 1), "everything is counted once"
    assert sorted(world.vectors.readable()) == [f"{URL}/F/{n}.txt" for n in range(4)]
    assert world.vectors.staged == {}


async def test_the_delta_link_is_not_moved_while_anything_is_left(world: World) -> None:
    world.graph.passes.append([[ROOT, file("a", "a.txt")]])
    world.vectors.fail = [Unavailable("qdrant")]
    run = await world.start()
    await world.go_on(run, steps=3)
    assert (await world.state()).delta_link is None
    await world.go_on(run)
    assert (await world.state()).delta_link == "d:0"


async def test_r02_while_a_new_version_cannot_be_stored_the_old_one_answers(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt", "old")])
    world.graph.passes.append([[file("a", "a.txt", "new")]])
    run = await world.start()
    for failure in ([Unavailable("qdrant")], []):
        world.vectors.fail = list(failure)
        await world.go_on(run, steps=2)
        if failure:
            assert world.vectors.readable() == {f"{URL}/a.txt": ["old"]}
    await world.go_on(run)
    assert world.vectors.readable() == {f"{URL}/a.txt": ["new"]}


async def test_a_file_that_fails_is_retried_by_later_syncs_and_then_waits(world: World) -> None:
    world.graph.fail_download["a"] = [DownloadFailed("cut") for _ in range(9)]
    run = await world.sync([ROOT, file("a", "a.txt"), file("b", "b.txt")])
    assert (run.status, run.failed, run.added) == ("complete", 1, 1)
    for attempt in (2, 3, 3, 3):
        async with world.db.connection() as connection:
            await connection.execute("UPDATE sharepoint_documents SET retry_at = now() WHERE retry_at IS NOT NULL")
        await world.sync([])
        assert (await world.document("a")).attempts == attempt
    assert (await world.document("a")).reason_code == "download_failed"


async def test_an_unreadable_new_version_takes_the_old_passages_with_it(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt", "old")])
    world.extractor.fail["a.txt"] = ExtractionFailed("encrypted", "It has a password.")
    run = await world.sync([file("a", "a.txt", "new")])
    assert (run.status, run.skipped) == ("complete", 1)
    document = await world.document("a")
    assert (document.status, document.reason) == (DocumentStatus.SKIPPED, "It has a password.")
    assert world.vectors.readable() == {}


async def test_an_unexpected_error_costs_one_file_with_a_reason(world: World) -> None:
    world.extractor.fail["a.txt"] = RuntimeError("surprise")
    run = await world.sync([ROOT, file("a", "a.txt"), file("b", "b.txt")])
    assert (run.status, run.failed, run.added) == ("complete", 1, 1)
    assert (await world.document("a")).reason_code == "internal_error"


async def test_throttling_is_waited_for_and_counted(world: World) -> None:
    run = await world.sync(Throttled("graph", 7.0), [ROOT, file("a", "a.txt")])
    assert (run.status, run.added, run.throttled_s) == ("complete", 1, 7.0)
    assert world.waits == [7.0]
    assert world.throttle.held == {"graph": 7.0}


async def test_a_refused_library_fails_with_the_words_of_graph(world: World) -> None:
    run = await world.sync(GraphDenied("Grant Sites.Selected."))
    assert (run.status, run.error_message) == ("failed", "Grant Sites.Selected.")
    assert ((await world.state()).status, (await world.state()).error_message) == ("error", "Grant Sites.Selected.")


async def test_r07_a_library_has_one_unfinished_run_however_often_it_is_started(world: World) -> None:
    world.graph.passes.append([[ROOT, file("a", "a.txt")]])
    run = await world.start()
    await world.go_on(run, steps=1)
    async with world.db.connection() as connection:
        assert await sync_runs.add(connection, world.library.id, "timer", is_full=False, started_by=None) is None
    assert (await world.go_on(run)).state == "complete"


async def test_the_last_step_asked_again_does_nothing(world: World) -> None:
    world.graph.passes.append([[ROOT, file("a", "a.txt")]])
    run = await world.start()
    assert (await world.go_on(run)).state == "complete"
    before = await world.run(run)
    assert (await world.go_on(run, steps=1)).state == "complete"
    assert await world.run(run) == before
    assert (await world.state()).lease_run_id is None


async def test_a_changed_scope_relabels_without_reading(world: World) -> None:
    await world.sync([ROOT, file("a", "a.txt", "one")])
    async with world.db.connection() as connection:
        department = await connection.fetchval("INSERT INTO departments (name) VALUES ('HR') RETURNING id")
        await libraries.update(connection, world.library.id, Scope(department, None), enabled=True)
    world.graph.downloads.clear()
    run = await world.sync()
    assert (run.moved, world.graph.downloads) == (1, [])
    (passages,) = world.vectors.shown.values()
    assert {labels.scope for labels, _ in passages.values()} == {Scope(department, None)}
