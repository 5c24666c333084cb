"""Rules by folder and changed scopes: who reads what after which step, and what it costs."""

import pytest

from shared.db import libraries, scopes
from shared.domain.audience import Scope
from shared.domain.ids import CountryId, DepartmentId
from shared.domain.ledger import DocumentStatus, Todo
from shared.domain.scope_rules import ScopeRule, ScopeRules
from shared.errors import Conflict, DownloadFailed, Invalid, Unavailable
from shared.services import sync_draining
from tests.fakes.sharepoint import ROOT, file, folder
from tests.shared.services.world import World

EVERYONE = Scope(None, None)
FOLDERS = [ROOT, folder("b", "Board"), folder("p", "People", "b"), folder("o", "Other")]


async def test_files_get_the_scope_of_the_deepest_rule_above_them(world: World) -> None:
    board, people = await world.department("Board"), await world.department("People")
    await world.change(rules={"board": board, "BOARD/people": people})
    await world.sync(
        FOLDERS, [file("1", "1.txt", "a", "b"), file("2", "2.txt", "b", "p"), file("3", "3.txt", "c", "o")]
    )
    assert world.scopes() == {
        "Board/1.txt": {board},
        "Board/People/2.txt": {people},
        "Other/3.txt": {EVERYONE},
    }
    assert [(await world.document(item)).scope for item in "123"] == [board, people, EVERYONE]


async def test_a_new_rule_narrows_what_is_indexed_without_graph_and_without_embedding(world: World) -> None:
    await world.sync(FOLDERS, [file("1", "1.txt", "a", "b"), file("3", "3.txt", "c", "o")])
    board = await world.department("Board")
    world.graph.passes = []  # any page asked for would be the end of a pass that the ledger did not have
    embedded, link = len(world.embeddings.texts), (await world.state()).delta_link
    world.graph.downloads.clear()
    changed = await world.change(rules={"Board": board})
    assert changed.rescope_after is not None
    run = await world.carry_out()
    assert (run.status, run.trigger, run.moved, run.pages) == ("complete", "change", 1, 0)
    assert world.scopes() == {"Board/1.txt": {board}, "Other/3.txt": {EVERYONE}}
    assert (len(world.embeddings.texts), world.graph.downloads) == (embedded, [])
    after = await world.state()
    assert (after.rescope_after, after.delta_link, after.status) == (None, link, "idle")


async def test_a_folder_moved_into_and_out_of_a_rule_takes_its_files_along_unread(world: World) -> None:
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    await world.sync(FOLDERS, [folder("q", "Quarter", "o"), file("1", "1.txt", "a", "q")])
    assert world.scopes() == {"Other/Quarter/1.txt": {EVERYONE}}
    world.graph.downloads.clear()
    embedded = len(world.embeddings.texts)
    for parent, address, scope in (("b", "Board/Quarter/1.txt", board), ("o", "Other/Quarter/1.txt", EVERYONE)):
        await world.sync([folder("q", "Quarter", parent)])
        assert world.scopes() == {address: {scope}}
    # and a rule's own folder that is renamed is not the folder of the rule any more
    await world.sync([folder("q", "Quarter", "b")])
    await world.sync([folder("b", "Not the board")])
    assert world.scopes() == {"Not%20the%20board/Quarter/1.txt": {EVERYONE}}
    assert (world.graph.downloads, len(world.embeddings.texts)) == ([], embedded)


async def test_what_is_not_indexed_is_listed_under_the_scope_of_its_folder_too(world: World) -> None:
    """A content manager of another department must not read names of files in a folder that is not theirs."""
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    await world.sync(FOLDERS, [file("1", "takeover.jpg", "a", "b")])
    assert (await world.document("1")).scope == board
    await world.sync([folder("b", "Open")])
    assert (await world.document("1")).scope == EVERYONE


async def test_a_file_still_to_be_read_again_has_its_old_version_narrowed_at_once(world: World) -> None:
    board = await world.department("Board")
    await world.sync(FOLDERS, [file("1", "1.txt", "old", "b")])
    world.graph.passes.append([[file("1", "1.txt", "new", "b")]])
    crawl = await world.start()
    await world.go_on(crawl, steps=1)
    assert (await world.document("1")).todo is Todo.INGEST
    await world.change(rules={"Board": board}, enabled=False)
    assert (await world.go_on(crawl)).state == "stopped"
    assert world.scopes() == {"Board/1.txt": {board}}
    assert (await world.document("1")).todo is Todo.INGEST, "its new version is read once the library is resumed"


async def test_a_file_moved_behind_a_rule_whose_new_version_cannot_be_read_is_narrowed_all_the_same(
    world: World,
) -> None:
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    await world.sync(FOLDERS, [file("1", "1.txt", "old", "o")])
    world.graph.fail_download["1"] = [DownloadFailed("cut")]
    await world.sync([file("1", "1.txt", "new", "b")])
    document = await world.document("1")
    assert (document.status, document.scope) == (DocumentStatus.FAILED, board)
    assert list(world.scopes().values()) == [{board}]
    # and a change of scope reaches a version that still answers although the file has failed since
    people = await world.department("People")
    await world.change(rules={"Board": people})
    await world.carry_out()
    assert list(world.scopes().values()) == [{people}]


async def test_a_file_moved_into_a_folder_that_nobody_knows_answers_nothing(world: World) -> None:
    await world.change(rules={"Board": await world.department("Board")})
    await world.sync(FOLDERS, [file("1", "1.txt", "text", "o")])
    run = await world.sync([file("1", "1.txt", "text", "nowhere")])
    assert (run.status, run.reasons) == ("complete", {"folder_unknown": 1})
    assert world.scopes() == {}


async def test_a_folder_moved_below_one_that_no_page_brings_is_placed_once_that_is_fetched(world: World) -> None:
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    await world.sync([ROOT, folder("q", "Quarter"), file("1", "1.txt", "text", "q")])
    world.graph.items = {"b": folder("b", "Board")}
    await world.sync([folder("q", "Quarter", "b")])
    assert world.scopes() == {"Board/Quarter/1.txt": {board}}


@pytest.mark.parametrize("killed_after", range(4))
async def test_r01_a_change_cut_off_at_any_step_reaches_every_document(
    world: World, killed_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_draining, "DRAIN", 4)
    await world.sync(FOLDERS, [file(str(n), f"{n}.txt", f"text {n}", "b") for n in range(10)])
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    run = await world.start(trigger="change")
    await world.go_on(run, steps=killed_after)
    world.vectors.fail = [Unavailable("qdrant")]
    await world.go_on(run, steps=1)
    await world.go_on(run)
    assert (await world.run(run)).status == "complete"
    assert set(map(frozenset, world.scopes().values())) == {frozenset({board})}


async def test_a_rule_that_changes_while_the_last_one_is_carried_out_is_carried_out_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_draining, "DRAIN", 4)
    await world.sync(FOLDERS, [file(str(n), f"{n}.txt", f"text {n}", "b") for n in range(10)])
    board, people = await world.department("Board"), await world.department("People")
    await world.change(rules={"Board": board})
    run = await world.start(trigger="change")
    await world.go_on(run, steps=2)
    assert set().union(*world.scopes().values()) == {board, EVERYONE}
    await world.change(rules={"Board": people})
    await world.go_on(run)
    assert set().union(*world.scopes().values()) == {people}


async def test_a_department_of_a_rule_must_be_there_and_stays_there(world: World) -> None:
    unknown = Scope(DepartmentId(world.library.id), CountryId(world.library.id))
    with pytest.raises(Invalid) as refused:
        await world.change(rules={"Fine": EVERYONE, "Board": unknown})
    assert refused.value.code == "department_not_found"
    assert refused.value.errors[0].pointer == "/scope_rules/1/department_id"
    board = await world.department("Board")
    await world.change(rules={"Board": board})
    async with world.db.connection() as connection:
        assert board.department_id is not None
        with pytest.raises(Conflict):
            await scopes.delete_department(connection, board.department_id)
    await world.change(rules={})
    async with world.db.connection() as connection:
        await scopes.delete_department(connection, board.department_id)


async def test_rules_are_kept_as_they_were_written_and_survive_other_changes(world: World) -> None:
    board = await world.department("Board")
    await world.change(rules={"/Böard/Öffentlich/": EVERYONE, "Böard": board})
    changed = await world.change(enabled=False)
    assert changed.scope_rules == ScopeRules((ScopeRule("Böard/Öffentlich", EVERYONE), ScopeRule("Böard", board)))
    assert changed.scope_seq == 1, "pausing is no change of scope"
    async with world.db.connection() as connection:
        assert (await libraries.get(connection, world.library.id)) == changed
