"""R05: whatever Graph does to its feed, ledger and index end as SharePoint is."""

import pytest

from tests.shared.services.guarantees.synced_library import SyncedLibrary


async def test_r05_the_same_item_several_times_within_and_across_pages(library: SyncedLibrary) -> None:
    for number in range(9):
        await library.put(f"f{number % 2}/{number}.md", f"Text {number}.")
    await library.sharepoint.script(duplicate_items=True, page_size=2)
    run = await library.sync()
    assert (run.status, run.failed) == ("complete", 0)
    assert await library.readable() == {f"f{n % 2}/{n}.md": [f"Text {n}."] for n in range(9)}
    assert (await library.drift()).differences == [], "the check itself meets duplicates, too"
    await library.put("f0/0.md", "Changed.")
    await library.move("f1", "renamed")
    await library.sync()
    await library.sharepoint.script(duplicate_items=False)
    assert (await library.drift()).differences == []


async def test_r05_children_come_before_their_folders(library: SyncedLibrary) -> None:
    """A folder that changed after its file stands behind it in the feed."""
    await library.put("a/b/c/deep.md", "Deep.")
    await library.move("a/b/c", "a/b/d")
    await library.move("a/b", "a/e")
    await library.move("a", "z")
    await library.sharepoint.script(page_size=1)
    run = await library.sync()
    assert (run.status, run.added) == ("complete", 1)
    assert await library.readable() == {"z/e/d/deep.md": ["Deep."]}
    assert (await library.drift()).differences == []


async def test_r05_empty_pages_are_not_the_end(library: SyncedLibrary) -> None:
    await library.put("a.md", "Text.")
    for _ in range(2):
        await library.sharepoint.script(empty_page=True)
        run = await library.sync()
        assert run.status == "complete"
        assert list(await library.readable()) == ["a.md"]
    await library.put("b.md", "More.")
    await library.sharepoint.script(empty_page=True)
    await library.sync()
    assert sorted(await library.readable()) == ["a.md", "b.md"]
    assert (await library.drift()).differences == []


async def test_r05_download_addresses_that_expire_at_once_are_asked_for_again_later(library: SyncedLibrary) -> None:
    await library.put("a.md", "Text.")
    await library.sharepoint.script(expire_downloads_after_s=-1)
    run = await library.sync()
    assert (run.status, run.failed) == ("complete", 1)
    assert (await library.documents())["a.md"].reason_code == "download_failed"
    await library.sharepoint.script(expire_downloads_after_s=None)
    await library.let_retries_come()
    await library.sync()
    assert list(await library.readable()) == ["a.md"]


@pytest.mark.parametrize("path", ["root/delta$", "/content$"])
async def test_r05_a_token_that_expires_in_the_middle_is_renewed_and_costs_no_file(
    library: SyncedLibrary, path: str
) -> None:
    for number in range(6):
        await library.put(f"{number}.md", f"Text {number}.")
    await library.sharepoint.script(page_size=3)
    refused = {"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken"}}}
    await library.sharepoint.add_faults({"match": {"path": path, "nth": 2}, "then": refused})
    run = await library.sync()
    assert (run.status, run.added, run.failed) == ("complete", 6, 0)
    asked = [request for request in await library.sharepoint.requests() if "authorization" in request["headers"]]
    assert {request["headers"]["authorization"] for request in asked} == {"Bearer token-0", "Bearer token-1"}


@pytest.mark.parametrize("then", [{"status": 500}, {"status": 503}, {"reset": True}, {"truncate_after": 60}])
async def test_r05_a_page_that_does_not_come_whole_is_asked_for_again(
    library: SyncedLibrary, then: dict[str, object]
) -> None:
    """More often than one call tries: the step is repeated by the orchestrator."""
    for number in range(4):
        await library.put(f"{number}.md", f"Text {number}.")
    await library.sharepoint.script(page_size=2)
    await library.sharepoint.add_faults({"match": {"path": "root/delta$"}, "then": then, "times": 4})
    run = await library.sync()
    assert (run.status, run.added) == ("complete", 4)
    assert (await library.drift()).differences == []


async def test_r05_a_file_that_is_gone_by_the_time_it_is_read_is_removed(library: SyncedLibrary) -> None:
    await library.put("f/a.md", "Text.")
    await library.put("b.md", "Stays.")
    await library.start()
    (instance,) = library.durable.running
    await library.durable.one_generation(instance)
    await library.remove("f")
    await library.durable.drain()
    assert list(await library.readable()) == ["b.md"]
    await library.sync()
    assert (await library.drift()).differences == []
