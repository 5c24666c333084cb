"""Documents switched off and on, and read again: what readers find is what the administrator was told."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.db import libraries
from shared.domain.ledger import READ_AGAIN, Todo
from shared.errors import Conflict, DownloadFailed, NotFound
from tests.fakes.sharepoint import ROOT, file, folder, gone
from tests.shared.services.steered_library import SteeredLibrary

HOLD = "The hold opens at seven."


async def synced(steered: SteeredLibrary) -> None:
    await steered.sync([ROOT, file("a", "hold.txt", HOLD), file("b", "other.txt", "The hold closes at nine.")])


# --- off and on ----------------------------------------------------------------------------------------------------


async def test_what_is_switched_off_is_not_found_from_then_on_and_comes_back_when_switched_on(
    steered: SteeredLibrary,
) -> None:
    await synced(steered)
    embedded = len(steered.embeddings.texts)
    assert HOLD in await steered.found("hold")
    assert await steered.switch("a", is_active=False)
    assert await steered.found("hold") == {"The hold closes at nine."}
    assert ((await steered.listed("a")).status, (await steered.document("a")).todo) == ("inactive", None)
    assert await steered.switch("a", is_active=True)
    assert HOLD in await steered.found("hold")
    assert (await steered.listed("a")).status == "indexed"
    assert len(steered.embeddings.texts) == embedded
    off, on = {"is_active": False}, {"is_active": True}
    assert await steered.audited() == [
        ("document.change", {"before": on, "after": off}),
        ("document.change", {"before": off, "after": on}),
    ]
    assert steered.started.runs == [], "nothing is left for a sync"


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda s: s.sync([file("a", "hold.txt", "The hold now opens at eight.")]), id="new version"),
        pytest.param(lambda s: s.sync([file("a", "renamed.txt", HOLD)]), id="renamed"),
        pytest.param(lambda s: s.sync([folder("f", "F"), file("a", "hold.txt", HOLD, "f")]), id="moved"),
        pytest.param(lambda s: s.sync([]), id="nothing"),
        pytest.param(lambda s: read_again(s), id="read again"),
    ],
)
async def test_a_document_stays_switched_off_whatever_sharepoint_does_to_it(
    steered: SteeredLibrary, happens: Callable[[SteeredLibrary], Awaitable[object]]
) -> None:
    await synced(steered)
    await steered.switch("a", is_active=False)
    await happens(steered)
    assert await steered.found("hold") == {"The hold closes at nine."}
    document = await steered.document("a")
    assert (document.is_active, document.todo) == (False, None)
    await steered.switch("a", is_active=True)
    assert len(await steered.found("hold")) == 2


async def read_again(steered: SteeredLibrary, item_id: str = "a") -> None:
    run = await steered.read_again(item_id)
    assert run is not None
    assert (await steered.go_on(run.id)).status == "complete"


@pytest.mark.parametrize("is_active", [False, True])
async def test_while_the_index_is_away_the_switch_waits_for_a_run_that_is_started_at_once(
    steered: SteeredLibrary, is_active: bool
) -> None:
    await synced(steered)
    if is_active:
        await steered.switch("a", is_active=False)
    steered.index.away = {"switch"}
    assert not await steered.switch("a", is_active=is_active), "it says that it is not done yet"
    assert (HOLD in await steered.found("hold")) is not is_active
    assert (await steered.document("a")).todo is Todo.RELABEL
    (run,) = steered.started.runs
    done = await steered.go_on(run)
    assert (done.status, done.trigger) == ("complete", "change")
    assert (HOLD in await steered.found("hold")) is is_active
    assert (await steered.document("a")).todo is None


async def test_a_document_that_cannot_be_read_again_is_switched_off_by_the_next_step_all_the_same(
    steered: SteeredLibrary,
) -> None:
    await synced(steered)
    steered.graph.passes.append([[file("a", "hold.txt", "The hold now opens at eight.")]])
    steered.graph.fail_download["a"] = [DownloadFailed("cut")]
    run = await steered.begin()
    await steered.go_on(run.id, steps=1)
    assert (await steered.document("a")).todo is Todo.INGEST
    steered.index.away = {"switch"}
    assert not await steered.switch("a", is_active=False)
    assert HOLD in await steered.found("hold")
    assert (await steered.go_on(run.id)).status == "complete"
    assert HOLD not in await steered.found("hold")


async def test_an_ingest_that_read_the_document_before_it_was_switched_off_does_not_bring_it_back(
    steered: SteeredLibrary,
) -> None:
    """At every moment of the ingest, down to the call that shows the new version."""
    for number, moment in enumerate(("extract", "stage", "publish")):
        steered.graph.passes.append([[ROOT, file("a", "hold.txt", f"The hold opens at {number}.")]])
        before = await steered.found("hold")
        found: list[set[str]] = []

        async def off(found: list[set[str]] = found) -> None:
            assert await steered.switch("a", is_active=False)
            found.append(await steered.found("hold"))

        if moment == "extract":
            steered.extractor.during = off
        else:
            steered.index.before[moment] = off
        run = await steered.begin()
        await steered.go_on(run.id, steps=2)
        assert found == [set()], f"{moment}: {before} was found before"
        assert await steered.found("hold") == set(), moment
        assert (await steered.go_on(run.id)).status == "complete"
        assert await steered.found("hold") == set(), moment
        assert await steered.switch("a", is_active=True)
        assert await steered.found("hold") == {f"The hold opens at {number}."}


async def test_a_relabel_that_read_the_document_before_the_switch_leaves_it_as_it_was_switched(
    steered: SteeredLibrary,
) -> None:
    await synced(steered)
    for is_active in (False, True):
        steered.graph.passes.append([[file("a", f"named-{is_active}.txt", HOLD)]])
        run = await steered.begin()
        await steered.go_on(run.id, steps=1)
        steered.index.before["publish"] = lambda is_active=is_active: steered.switch("a", is_active=is_active)
        assert (await steered.go_on(run.id)).status == "complete"
        assert (HOLD in await steered.found("hold")) is is_active
        document = await steered.document("a")
        assert (document.is_active, document.todo, document.file_name) == (is_active, None, f"named-{is_active}.txt")


async def test_of_two_who_switch_at_once_the_one_the_ledger_heard_last_is_right(steered: SteeredLibrary) -> None:
    await synced(steered)
    for first in (False, True):
        # the second is whole before the first has reached the index
        steered.index.before["switch"] = lambda second=not first: steered.switch("a", is_active=second)
        assert await steered.switch("a", is_active=first)
        assert (await steered.document("a")).is_active is not first
        assert (HOLD in await steered.found("hold")) is not first
    for _ in range(5):
        await asyncio.gather(*(steered.switch("a", is_active=is_active) for is_active in (True, False, True, False)))
        assert (HOLD in await steered.found("hold")) is (await steered.document("a")).is_active
    # of several at once one may leave the ledger's mark to the run it asks for, or to the next sync; either finds
    # nothing to change
    shown = await steered.found("hold")
    for run_id in steered.started.runs:
        await steered.go_on(run_id)
    await steered.sync()
    assert (await steered.found("hold"), (await steered.document("a")).todo) == (shown, None)


async def test_s08_what_is_out_of_reach_is_not_found_and_not_changed(steered: SteeredLibrary) -> None:
    await synced(steered)
    for item_id in ("a", "unknown"):
        with pytest.raises(NotFound):
            await steered.switch(item_id, is_active=False, within=steered.elsewhere)
        with pytest.raises(NotFound):
            await steered.read_again(item_id, within=steered.elsewhere)
    document = await steered.document("a")
    assert (document.is_active, document.todo, await steered.audited()) == (True, None, [])


# --- read again ----------------------------------------------------------------------------------------------------


async def test_a_document_is_read_again_whole_though_it_did_not_change_and_answers_meanwhile(
    steered: SteeredLibrary,
) -> None:
    await synced(steered)
    steered.graph.downloads.clear()
    embedded = len(steered.embeddings.texts)
    meanwhile: list[set[str]] = []

    async def look() -> None:
        meanwhile.append(await steered.found("hold"))

    steered.extractor.during = look
    run = await steered.read_again("a")
    assert run is not None
    done = await steered.go_on(run.id)
    assert (done.status, done.trigger, done.pages, done.changed) == ("complete", "change", 0, 1)
    assert steered.graph.downloads == ["a"]
    assert len(steered.embeddings.texts) - embedded == 1, "embedded again, and no other document with it"
    assert len(meanwhile) == 1
    assert HOLD in meanwhile[0]
    assert HOLD in await steered.found("hold")
    document = await steered.document("a")
    assert (document.todo, document.attempts, len(document.passages)) == (None, 0, 1)
    assert document.pipeline_version != READ_AGAIN
    assert [action for action, _ in await steered.audited()] == ["document.reingest"]


async def test_a_file_that_was_given_up_is_tried_anew(steered: SteeredLibrary) -> None:
    steered.graph.fail_download["a"] = [DownloadFailed("cut") for _ in range(3)]
    await steered.sync([ROOT, file("a", "hold.txt", HOLD)])
    await steered.execute("UPDATE sharepoint_documents SET attempts = 3, retry_at = NULL")
    steered.graph.fail_download.clear()
    await read_again(steered)
    assert ((await steered.listed("a")).status, (await steered.listed("a")).attempts) == ("indexed", 0)
    assert await steered.found("hold") == {HOLD}


async def test_a_paused_library_reads_what_was_asked_for_and_nothing_else(steered: SteeredLibrary) -> None:
    steered.graph.passes.append([[ROOT, file("a", "hold.txt", HOLD), file("b", "other.txt", "The hold closes.")]])
    run = await steered.begin()
    await steered.go_on(run.id, steps=1)
    await steered.pause()
    await steered.go_on(run.id)
    assert await steered.found("hold") == set()
    await read_again(steered)
    assert await steered.found("hold") == {HOLD}
    assert (await steered.document("b")).todo is Todo.INGEST


async def test_where_no_run_can_be_started_the_next_sync_reads_it(steered: SteeredLibrary) -> None:
    await synced(steered)
    steered.started.is_away = True
    assert await steered.read_again("a") is None
    assert (await steered.document("a")).todo is Todo.INGEST
    steered.graph.downloads.clear()
    async with steered.db.connection() as connection:
        assert [due.library_id for due in await libraries.due(connection)] == [steered.library.id]
    async with steered.db.connection() as connection:
        await connection.execute("UPDATE sync_runs SET status = 'failed', finished_at = now() WHERE status = 'queued'")
    assert (await steered.sync()).status == "complete"
    assert steered.graph.downloads == ["a"]


async def test_the_timer_visits_a_paused_library_for_what_was_asked_for(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.pause()
    async with steered.db.connection() as connection:
        assert await libraries.due(connection) == []
    steered.started.is_away = True
    await steered.read_again("a")
    async with steered.db.connection() as connection:
        assert [(due.library_id, due.to_crawl) for due in await libraries.due(connection)] == [
            (steered.library.id, False)
        ]


async def test_a_file_that_sharepoint_deleted_is_not_read_again(steered: SteeredLibrary) -> None:
    await synced(steered)
    steered.graph.passes.append([[gone("a")]])
    run = await steered.begin()
    await steered.go_on(run.id, steps=1)
    with pytest.raises(Conflict) as refused:
        await steered.read_again("a")
    assert refused.value.code == "document_removing"
    assert await steered.switch("a", is_active=False), "but taken out of answers at once"
    assert HOLD not in await steered.found("hold")
    assert (await steered.go_on(run.id)).status == "complete"
    with pytest.raises(NotFound):
        await steered.document("a")
