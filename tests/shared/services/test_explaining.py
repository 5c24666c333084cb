"""Why a document is not found: each verdict, through real PostgreSQL and Qdrant."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.db import libraries
from shared.domain.audience import Scope
from shared.domain.documents import LibraryAddress
from shared.domain.ids import UserId
from shared.errors import DownloadFailed, ExtractionFailed, GraphDenied, Invalid, NotFound
from shared.services.explaining import Explanation
from tests.fakes.sharepoint import ROOT, file, folder, gone
from tests.shared.services.steered_library import EVERYWHERE, SITE, URL, SteeredLibrary, id_of

HOLD = "The hold opens at seven."
UNIQUE_ID = "86EB4C8E-D20D-46B9-AD41-23B8868DDA8A"


async def of(steered: SteeredLibrary, item: str, who: str | None = "alice", **more: Any) -> Explanation:
    user = steered.people[who].id if who else None
    return await steered.explaining.of_document(
        id_of(item), user, more.get("query"), within=more.get("within", EVERYWHERE)
    )


async def at(
    steered: SteeredLibrary, url: str, who: str | None = "alice", *, within: Scope = EVERYWHERE
) -> Explanation:
    return await steered.explaining.of_address(url, steered.people[who].id if who else None, None, within=within)


def said(found: Explanation) -> tuple[bool, str]:
    """And every check's own word agrees with the verdict."""
    assert found.verdict.sentence.endswith(".")
    assert all(check.detail for check in found.checks)
    if not found.verdict.findable:
        assert [check for check in found.checks if check.ok is not True], "something must have been found wrong"
    return found.verdict.findable, found.verdict.code


def check(found: Explanation, name: str) -> tuple[bool | None, str]:
    (one,) = [each for each in found.checks if each.check == name]
    return one.ok, one.detail


async def synced(steered: SteeredLibrary, text: str = HOLD) -> None:
    await steered.sync([ROOT, folder("f", "Ship"), file("a", "hold.txt", text, "f")])


# --- found ---------------------------------------------------------------------------------------------------------


async def test_who_may_read_an_indexed_document_finds_it(steered: SteeredLibrary) -> None:
    await synced(steered)
    found = await of(steered, "a")
    assert said(found) == (True, "findable")
    assert all(each.ok for each in found.checks)
    assert found.counts is not None
    assert (found.counts.active, found.counts.inactive, found.counts.staged, found.counts.readable) == (1, 0, 0, 1)
    assert "1 passage" in check(found, "status")[1]
    assert "changes only" in check(found, "sync")[1] or "the whole library" in check(found, "sync")[1]
    assert "HR in Germany" in check(found, "audience")[1]
    assert said(await of(steered, "a", None)) == (True, "findable"), "also without a person in mind"


async def test_a_version_that_is_not_the_newest_is_told_as_such(steered: SteeredLibrary) -> None:
    await synced(steered)
    steered.graph.fail_download["a"] = [DownloadFailed("cut")]
    await steered.sync([file("a", "hold.txt", "The hold opens at nine.", "f")])
    found = await of(steered, "a")
    assert said(found) == (True, "older_version")
    ok, detail = check(found, "status")
    assert ok is False
    assert "download_failed" in detail
    await steered.read_again("a")
    assert said(await of(steered, "a")) == (True, "older_version")


async def test_with_a_question_it_says_at_which_place_the_document_comes(steered: SteeredLibrary) -> None:
    others = [file(f"o{n}", f"o{n}.txt", f"The hold and the hold and hold number {n}.") for n in range(20)]
    await steered.sync([ROOT, file("a", "hold.txt", HOLD), *others])
    best = await of(steered, "a", query="opens at seven")
    assert (said(best), best.place) == ((True, "findable"), 1)
    assert check(best, "search")[0] is True
    low = await of(steered, "a", query="hold number")
    assert said(low) == (True, "ranked_low")
    assert low.place is not None
    assert 12 < low.place <= 21
    assert check(low, "search") == (
        False,
        f"For this question its best passage comes at place {low.place}; an answer is made from the first 12.",
    )


async def test_a_document_that_others_crowd_out_is_not_found_for_that_question(steered: SteeredLibrary) -> None:
    others = [file(f"o{n}", f"o{n}.txt", f"Number {n} says quagga quagga.") for n in range(60)]
    await steered.sync([ROOT, file("a", "hold.txt", HOLD), *others])
    found = await of(steered, "a", query="quagga")
    assert (said(found), found.place) == ((False, "not_in_results"), None)
    assert said(await of(steered, "a")) == (True, "findable")


# --- the document stands in the way -------------------------------------------------------------------------------


async def test_switched_off(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.switch("a", is_active=False)
    found = await of(steered, "a", "bob")
    assert said(found) == (False, "inactive"), "the first thing in the way, though bob may not read it either"
    assert check(found, "active")[0] is False
    assert check(found, "index")[0] is True, "as many are found as should be: none"
    assert check(found, "audience")[0] is False


async def test_waiting_to_be_read(steered: SteeredLibrary) -> None:
    steered.graph.passes.append([[ROOT, file("a", "hold.txt", HOLD)]])
    await steered.go_on((await steered.begin()).id, steps=1)
    assert said(await of(steered, "a")) == (False, "pending")


async def test_waiting_for_its_folder(steered: SteeredLibrary) -> None:
    steered.graph.passes.append([[ROOT, file("a", "hold.txt", HOLD, "f")], [folder("f", "Ship")]])
    await steered.go_on((await steered.begin()).id, steps=1)
    found = await of(steered, "a")
    assert said(found) == (False, "pending")
    assert "which folder" in found.verdict.sentence


async def test_skipped_with_its_reason(steered: SteeredLibrary) -> None:
    steered.extractor.fail["hold.txt"] = ExtractionFailed("encrypted", "The file has a password.")
    await synced(steered)
    found = await of(steered, "a")
    assert said(found) == (False, "skipped")
    assert "The file has a password. (encrypted)" in found.verdict.sentence


async def test_failed_says_when_it_is_tried_again_and_when_no_more(steered: SteeredLibrary) -> None:
    steered.graph.fail_download["a"] = [DownloadFailed("cut") for _ in range(3)]
    await synced(steered)
    for attempt in (1, 2, 3):
        found = await of(steered, "a")
        assert said(found) == (False, "failed")
        assert f"{attempt} of 3 times" in found.verdict.sentence
        assert ("tries it again" in found.verdict.sentence) is (attempt < 3)
        assert found.document is not None
        assert (found.document.retry_at is None) is (attempt == 3)
        await steered.execute("UPDATE sharepoint_documents SET retry_at = now() WHERE retry_at IS NOT NULL")
        await steered.sync([])
    assert "an administrator who has it read again" in found.verdict.sentence
    await steered.read_again("a")
    assert "waits to be read again now" in (await of(steered, "a")).verdict.sentence


async def test_deleted_in_sharepoint_and_not_removed_yet(steered: SteeredLibrary) -> None:
    await synced(steered)
    steered.graph.passes.append([[gone("a")]])
    await steered.go_on((await steered.begin()).id, steps=1)
    assert said(await of(steered, "a")) == (False, "being_removed")


async def test_the_index_is_away(steered: SteeredLibrary) -> None:
    await synced(steered)
    steered.index.away = {"count", "search"}
    found = await of(steered, "a", query="hold")
    assert said(found) == (False, "index_unavailable")
    assert (check(found, "index")[0], check(found, "search")[0], found.counts) == (None, None, None)


async def test_switched_on_while_the_index_was_away(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.switch("a", is_active=False)
    steered.index.away = {"switch"}
    assert not await steered.switch("a", is_active=True)
    assert said(await of(steered, "a")) == (False, "change_pending")
    await steered.go_on(steered.started.runs[-1])
    assert said(await of(steered, "a")) == (True, "findable")


async def test_an_index_that_lost_the_passages(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.index.vectors.remove([id_of("a")])
    found = await of(steered, "a")
    assert said(found) == (False, "missing_in_index")
    assert check(found, "index")[0] is False


# --- the person stands in the way ---------------------------------------------------------------------------------


async def test_outside_the_audience(steered: SteeredLibrary) -> None:
    await synced(steered)
    found = await of(steered, "a", "bob")
    assert said(found) == (False, "outside_audience")
    assert check(found, "audience") == (
        False,
        "The document is for HR in Germany. The person belongs to Sales and United States, which is not covered by"
        " that.",
    )
    assert found.counts is not None
    assert (found.counts.active, found.counts.readable) == (1, 0)


async def test_a_manager_is_not_told_where_people_out_of_reach_belong(steered: SteeredLibrary) -> None:
    await synced(steered)
    found = await of(steered, "a", "bob", within=steered.scope)
    assert said(found) == (False, "outside_audience")
    assert "Sales" not in str(found.checks)
    assert "United States" not in str(found.checks)
    assert "HR and Germany" in check(await of(steered, "a", "alice", within=steered.scope), "audience")[1]


async def test_a_person_whose_account_is_switched_off(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.person("alice", steered.scope, is_active=False)
    assert said(await of(steered, "a")) == (False, "person_inactive")


async def test_a_changed_scope_that_no_sync_has_applied_yet(steered: SteeredLibrary) -> None:
    await synced(steered)
    async with steered.db.transaction() as connection:
        await libraries.update(connection, steered.library.id, steered.elsewhere, enabled=True)
    for who, verdict in (("alice", (True, "findable")), ("bob", (False, "outside_audience"))):
        found = await of(steered, "a", who)
        assert said(found) == verdict, "what readers find now, not what they will"
        assert check(found, "scope")[0] is False
    await steered.sync()
    assert said(await of(steered, "a", "alice")) == (False, "outside_audience")
    assert said(await of(steered, "a", "bob")) == (True, "findable")


async def test_an_index_whose_labels_are_not_the_ledgers(steered: SteeredLibrary) -> None:
    await synced(steered)
    document = await steered.document("a")
    await steered.index.vectors.publish(document.labels(file_url=document.file_url, scope=steered.elsewhere), ())
    found = await of(steered, "a", "alice")
    assert (said(found), check(found, "labels")[0]) == ((False, "labels_differ"), False)
    # what the index says is what happens, and worth knowing where it should not
    wrongly = await of(steered, "a", "bob")
    assert (said(wrongly), check(wrongly, "labels")[0]) == ((True, "findable"), False)
    run = await steered.read_again("a")
    assert run is not None
    await steered.go_on(run.id)
    assert said(await of(steered, "a", "alice")) == (True, "findable")
    assert said(await of(steered, "a", "bob")) == (False, "outside_audience")


async def test_s08_documents_and_people_that_are_not_there_or_out_of_reach_are_not_found(
    steered: SteeredLibrary,
) -> None:
    await synced(steered)
    with pytest.raises(NotFound, match="document"):
        await of(steered, "a", within=steered.elsewhere)
    with pytest.raises(NotFound, match="document"):
        await of(steered, "unknown")
    with pytest.raises(NotFound, match="user"):
        await steered.explaining.of_document(id_of("a"), UserId(uuid4()), None, within=EVERYWHERE)


# --- by address ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}/Ship/hold.txt",
        f"{SITE}/shared documents/SHIP/Hold.TXT?web=1",
        "https://contoso.sharepoint.com/:t:/r/sites/hub/Shared%20Documents/Ship/hold.txt?csf=1&web=1&e=4hGk2m",
        f"{URL}/Forms/AllItems.aspx?id=%2Fsites%2Fhub%2FShared%20Documents%2FShip%2Fhold%2Etxt&parent=%2Fsites",
        f"{SITE}/_layouts/15/Doc.aspx?sourcedoc=%7B{UNIQUE_ID}%7D&file=hold.txt&action=default",
        f"https://contoso.sharepoint.com/:t:/r/sites/hub/_layouts/15/Doc.aspx?sourcedoc=%7B{UNIQUE_ID.lower()}%7D",
        # renamed since the link was made, and known by its id
        f"{URL}/Ship/as-it-was-called.txt?d=w{UUID(UNIQUE_ID).hex}&csf=1",
    ],
)
async def test_a_document_is_known_by_every_address_that_people_copy(steered: SteeredLibrary, url: str) -> None:
    known = replace(file("a", "hold.txt", HOLD, "f"), etag=f'"{{{UNIQUE_ID}}},3"')
    await steered.sync([ROOT, folder("f", "Ship"), known, file("b", "other.txt", "Other.", "f")])
    found = await at(steered, url)
    assert said(found) == (True, "findable")
    assert found.document is not None
    assert found.document.id == id_of("a")


async def test_names_are_compared_however_their_accents_are_written(steered: SteeredLibrary) -> None:
    await steered.sync([ROOT, file("a", "U\u0308berblick.txt", HOLD)])
    assert said(await at(steered, f"{URL}/%C3%9Cberblick.txt")) == (True, "findable")


async def test_an_address_that_only_sharepoint_can_read(steered: SteeredLibrary) -> None:
    found = await at(steered, "https://contoso.sharepoint.com/:w:/s/hub/EY5M64YN0rlGrUEjuIaN2ooB")
    assert said(found) == (False, "address_opaque")


async def test_a_library_that_is_not_registered(steered: SteeredLibrary) -> None:
    for url in (f"{SITE}/Other/hold.txt", f"{SITE}s/_layouts/15/Doc.aspx?sourcedoc=%7B{UNIQUE_ID}%7D"):
        found = await at(steered, url)
        assert (said(found), found.library) == ((False, "library_unknown"), None)


async def test_s08_a_library_out_of_reach_is_told_like_one_that_is_not_registered(steered: SteeredLibrary) -> None:
    await synced(steered)
    unknown = await at(steered, f"{SITE}/Other/hold.txt", within=steered.elsewhere)
    for url in (f"{URL}/Ship/hold.txt", f"{URL}/Ship/unknown.txt", URL):
        assert await at(steered, url, within=steered.elsewhere) == unknown


async def test_no_web_address_is_refused(steered: SteeredLibrary) -> None:
    with pytest.raises(Invalid):
        await at(steered, "hold.txt")


async def test_a_library_that_was_never_synced(steered: SteeredLibrary) -> None:
    assert said(await at(steered, f"{URL}/hold.txt")) == (False, "never_synced")


async def test_a_first_sync_that_still_runs(steered: SteeredLibrary) -> None:
    await steered.begin()
    assert said(await at(steered, f"{URL}/hold.txt")) == (False, "first_sync_running")


async def test_a_sync_that_failed_says_why(steered: SteeredLibrary) -> None:
    await steered.sync(GraphDenied("Grant Sites.Selected."))
    found = await at(steered, f"{URL}/hold.txt")
    assert said(found) == (False, "sync_failed")
    assert "Grant Sites.Selected." in found.verdict.sentence


async def test_a_file_that_the_last_sync_did_not_bring(steered: SteeredLibrary) -> None:
    await synced(steered)
    found = await at(steered, f"{URL}/Ship/other.txt")
    assert said(found) == (False, "not_in_ledger")
    state = await library(steered)
    assert state.last_sync_at is not None
    assert f"{state.last_sync_at:%Y-%m-%d %H:%M} UTC" in found.verdict.sentence
    await steered.begin()
    assert "A sync is running now" in (await at(steered, f"{URL}/Ship/other.txt")).verdict.sentence


async def test_a_paused_library_that_does_not_know_the_file(steered: SteeredLibrary) -> None:
    await synced(steered)
    await steered.pause()
    assert said(await at(steered, f"{URL}/Ship/other.txt")) == (False, "library_paused")
    found = await at(steered, f"{URL}/Ship/hold.txt")
    assert said(found) == (True, "findable"), "what was read before is found all the same"
    assert check(found, "library")[0] is False


async def test_a_library_that_is_being_removed(steered: SteeredLibrary) -> None:
    await synced(steered)
    async with steered.db.transaction() as connection:
        await libraries.begin_removal(connection, steered.library.id)
    assert said(await at(steered, f"{URL}/Ship/hold.txt")) == (False, "library_removing")


async def test_the_address_of_a_folder_or_of_the_library(steered: SteeredLibrary) -> None:
    await synced(steered)
    for url in (URL, f"{URL}/Forms/AllItems.aspx", f"{URL}/Ship", f"{SITE}/shared documents/ship/"):
        assert said(await at(steered, url)) == (False, "not_a_document"), url


async def test_an_id_that_none_of_a_sites_libraries_knows(steered: SteeredLibrary) -> None:
    await synced(steered)
    url = f"{SITE}/_layouts/15/Doc.aspx?sourcedoc=%7B{UNIQUE_ID}%7D&file=hold.docx"
    assert said(await at(steered, url)) == (False, "not_in_ledger")
    async with steered.db.transaction() as connection:
        address = LibraryAddress("site", "drive2", "Plans", f"{SITE}/Plans")
        await libraries.add(connection, address, steered.elsewhere, enabled=True)
    found = await at(steered, url)
    assert (said(found), found.library) == ((False, "not_in_ledger"), None)
    assert "Shared Documents, Plans" in found.verdict.sentence or "Plans, Shared Documents" in found.verdict.sentence
    manager = await at(steered, url, within=steered.scope)
    assert "Plans" not in str(manager), "what is out of reach is not told"


async def library(steered: SteeredLibrary) -> Any:
    async with steered.db.connection() as connection:
        return await libraries.get(connection, steered.library.id)
