"""G3: what did not change is neither downloaded nor embedded; names, places and readers change payloads only (R06)."""

import pytest

from shared.db import libraries
from shared.domain.audience import Scope
from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import chapters


async def calls(library: SyncedLibrary) -> tuple[int, int]:
    """(downloads, embedded texts) since the last look."""
    counted = await library.downloads(), len(library.embeddings.texts)
    library.embeddings.texts.clear()
    await library.sharepoint.forget_requests()
    return counted


async def test_g3_the_same_bytes_put_again_cost_nothing(library: SyncedLibrary) -> None:
    await library.put("a.md", "The text.")
    await library.sync()
    await calls(library)
    await library.put("a.md", "The text.")
    run = await library.sync()
    assert (run.status, run.unchanged + run.moved) == ("complete", 1)
    assert await calls(library) == (0, 0)
    assert (await library.drift()).differences == []


async def test_g3_rename_and_move_of_files_and_folders_change_payloads_only(library: SyncedLibrary) -> None:
    await library.put("top/in/a.md", chapters(3))
    await library.put("top/b.docx.md", "Another.")
    await library.sync()
    before = await library.points(vectors=True)
    await calls(library)
    await library.move("top/in/a.md", "top/in/ä renamed.md")
    await library.sync()
    await library.move("top/in", "elsewhere/deep/in")
    await library.move("top", "Top %20 & Co")
    run = await library.sync()
    assert run.status == "complete"
    assert await calls(library) == (0, 0)
    after = await library.points(vectors=True)
    assert {key: point["vector"] for key, point in after.items()} == {
        key: point["vector"] for key, point in before.items()
    }
    assert sorted(await library.readable()) == ["Top %20 & Co/b.docx.md", "elsewhere/deep/in/ä renamed.md"]
    assert (await library.drift()).differences == []


async def test_g3_other_readers_change_payloads_only(library: SyncedLibrary) -> None:
    await library.put("a.md", chapters(3))
    await library.sync()
    await calls(library)
    async with library.db.connection() as connection:
        department = await connection.fetchval("INSERT INTO departments (name) VALUES ('HR') RETURNING id")
        await libraries.update(connection, library.library.id, Scope(department, None), enabled=True)
    run = await library.sync()
    assert (run.status, run.moved) == ("complete", 1)
    assert await calls(library) == (0, 0)
    assert {point["payload"]["department_id"] for point in (await library.points()).values()} == {str(department)}
    assert (await library.drift()).differences == []


async def test_g3_other_readers_hold_for_the_old_version_of_a_file_that_cannot_be_read_now(
    library: SyncedLibrary,
) -> None:
    """S10: what still answers must not answer those who are shut out, whatever became of its newer version."""
    await library.put("a.md", "the old version")
    await library.sync()
    await library.put("a.md", "the new version")
    await library.sharepoint.add_faults({"match": {"path": "download.aspx$"}, "then": {"status": 416}})
    await library.sync()
    assert await library.readable() == {"a.md": ["the old version"]}
    async with library.db.connection() as connection:
        department = await connection.fetchval("INSERT INTO departments (name) VALUES ('HR') RETURNING id")
        await libraries.update(connection, library.library.id, Scope(department, None), enabled=True)
    await library.sync()
    assert {point["payload"].get("department_id") for point in (await library.points()).values()} == {str(department)}
    assert (await library.drift()).differences == []


async def test_g3_a_file_that_moves_while_it_cannot_be_read_is_found_under_its_new_place(
    library: SyncedLibrary,
) -> None:
    await library.put("old place/a.md", "the old version")
    await library.sync()
    await library.put("old place/a.md", "the new version")
    await library.move("old place/a.md", "new place/b.md")
    await library.sharepoint.add_faults({"match": {"path": "download.aspx$"}, "then": {"status": 416}})
    await library.sync()
    assert await library.readable() == {"new place/b.md": ["the old version"]}
    await library.move("new place", "third place")
    await library.sync()
    assert await library.readable() == {"third place/b.md": ["the old version"]}
    assert (await library.drift()).differences == []


async def test_g3_another_ending_has_the_file_read_in_another_way(library: SyncedLibrary) -> None:
    await library.put("notes.bak", "# Title\n\nNot read so far.")
    await library.put("text.md", "# Title\n\nRead as Markdown.")
    await library.put("gone.md", "Readable.")
    await library.sync()
    assert await library.readable() == {"text.md": ["Title\nRead as Markdown."], "gone.md": ["Readable."]}
    await library.move("notes.bak", "notes.md")
    await library.move("text.md", "text.txt")
    await library.move("gone.md", "gone.mp4")
    await library.sync()
    readable = await library.readable()
    assert readable == {"notes.md": ["Title\nNot read so far."], "text.txt": ["# Title\n\nRead as Markdown."]}
    assert (await library.documents())["gone.mp4"].reason_code == "unsupported_type"
    assert (await library.drift()).differences == []


@pytest.mark.parametrize("place", [0, 2, 4])
async def test_g3_of_a_changed_document_only_changed_passages_are_embedded(library: SyncedLibrary, place: int) -> None:
    await library.put("a.md", chapters(5))
    await library.sync()
    await calls(library)
    await library.put("a.md", chapters(5, changed=place))
    run = await library.sync()
    embedded = list(library.embeddings.texts)
    assert (run.changed, run.passages, len(embedded)) == (1, 1, 1)
    assert f"It now begins with {place}" in embedded[0]
    assert len((await library.readable())["a.md"]) == 5


@pytest.mark.parametrize("link", [None, "corrupt", "https://evil.example/v1.0/drives/x/root/delta?token=1"])
async def test_r06_a_lost_or_corrupt_delta_link_enumerates_all_and_reads_nothing(
    library: SyncedLibrary, link: str | None
) -> None:
    for number in range(40):
        await library.put(f"f{number % 4}/{number}.md", f"Text {number}.")
    await library.sync()
    points = await library.points(vectors=True)
    await calls(library)
    graph = f"{library.settings.graph.base_url}/drives/{library.remote.drive_id}/root/delta?token=broken"
    async with library.db.connection() as connection:
        await connection.execute(
            "UPDATE sharepoint_sync_state SET delta_token = $1", graph if link == "corrupt" else link
        )
    run = await library.sync()
    assert (run.status, run.is_full, run.seen, run.unchanged) == ("complete", True, 40, 40)
    assert await calls(library) == (0, 0)
    assert await library.points(vectors=True) == points, "no duplicate, nothing lost"
    assert (await library.drift()).differences == []
