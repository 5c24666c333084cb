"""G1: the delta link is committed only when every item of the pass is terminal; no failing file holds it up (R01)."""

import pytest

from shared.domain.ledger import MAX_ATTEMPTS, DocumentStatus
from tests.shared.services.guarantees.mortality import Killed
from tests.shared.services.guarantees.synced_library import SyncedLibrary

DOWNLOAD = "download.aspx$"


async def three_files(library: SyncedLibrary) -> None:
    for name in ("a.md", "b.md", "c.md"):
        await library.put(name, f"The text of {name}.")


async def test_g1_r01_the_link_stays_where_it_was_until_the_last_file_is_done(library: SyncedLibrary) -> None:
    await three_files(library)
    killed = 0
    for at in range(1, 200):
        await library.start()
        library.mortality.live_until(at)
        try:
            await library.durable.drain()
        except* Killed:
            killed += 1
        before = library.mortality.trail
        library.restart()
        ledger, state = await library.documents(), await library.state()
        if state.delta_link is not None:
            assert {document.status for document in ledger.values()} == {DocumentStatus.INDEXED}
            assert all(document.todo is None for document in ledger.values())
            break
    else:
        pytest.fail(f"no sync got through; the last one did {before}")
    assert killed > 5
    assert (await library.drift()).differences == []


@pytest.mark.parametrize(
    ("then", "times"),
    [({"truncate_after": 4}, 1), ({"truncate_after": 4, "reset": True}, 1), ({"status": 403}, 2), ({"status": 416}, 1)],
    # an address that is refused is asked for once more
    ids=["cut", "reset", "refused twice", "odd answer"],
)
async def test_g1_r05_a_download_that_fails_costs_one_file_and_is_made_up_for_later(
    library: SyncedLibrary, then: dict[str, object], times: int
) -> None:
    await three_files(library)
    library.durable.at_once = 1
    await library.sharepoint.add_faults({"match": {"path": DOWNLOAD}, "then": then, "times": times})
    run = await library.sync()
    documents = await library.documents()
    failed = [document for document in documents.values() if document.status is DocumentStatus.FAILED]
    assert (run.status, run.added) == ("complete", 2), run
    assert [document.reason_code for document in failed] == ["download_failed"]
    assert failed[0].reason
    assert (await library.state()).delta_link is not None

    await library.let_retries_come()
    run = await library.sync()
    assert (run.status, run.added + run.changed) == ("complete", 1)
    assert sorted(await library.readable()) == ["a.md", "b.md", "c.md"]
    assert (await library.drift()).differences == []


async def test_g1_a_file_that_always_fails_is_tried_three_times_then_waits_for_a_new_version(
    library: SyncedLibrary,
) -> None:
    await library.put("a.md", "one")
    await library.sharepoint.add_faults({"match": {"path": DOWNLOAD}, "then": {"status": 416}})
    for attempt in (1, 2, 3, 3, 3):
        await library.sync()
        assert (await library.documents())["a.md"].attempts == attempt
        await library.let_retries_come()
    assert attempt == MAX_ATTEMPTS
    await library.sharepoint.forget_requests()
    await library.sync()
    assert await library.downloads() == 0
    await library.sharepoint.clear_faults()
    await library.put("a.md", "two")
    await library.sync()
    assert await library.readable() == {"a.md": ["two"]}
