import httpx
import pytest

from devstack.graph.client import GraphControl, Library
from tests.devstack.graph.reading import read_delta, root_delta


async def test_a_full_read_gives_everything_once_over_several_pages(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    for number in range(7):
        await control.put_file("Handbook", f"hr/{number}.md", b"text")
    read = await read_delta(graph, root_delta(library.drive_id, "?$top=3"))
    assert [len(page) for page in read.pages] == [3, 3, 3]
    assert sorted(str(name) for name in read.names) == sorted(["root", "hr", *(f"{number}.md" for number in range(7))])
    assert len({item["id"] for item in read.items}) == 9


async def test_the_page_size_can_be_scripted_over_what_the_reader_asks(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    await control.script(page_size=1)
    read = await read_delta(graph, root_delta(library.drive_id, "?$top=50"))
    assert [len(page) for page in read.pages] == [1, 1]


async def test_after_the_delta_link_only_changes_come_and_the_last_state_of_each(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "keep.md", b"text")
    await control.put_file("Handbook", "rename.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.move("Handbook", "rename.md", "once.md")
    await control.move("Handbook", "once.md", "twice.md")
    second = await read_delta(graph, first.link)
    assert [name for name in second.names if name != "root"] == ["twice.md"]
    third = await read_delta(graph, second.link)
    assert third.items == []


async def test_an_item_has_no_path_and_no_ctag_in_the_feed_but_its_hash_and_size(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "hr/a.md", b"hello world")
    read = await read_delta(graph, root_delta(library.drive_id))
    item = next(item for item in read.items if item["name"] == "a.md")
    assert item["size"] == 11
    assert item["file"]["hashes"]["quickXorHash"] == put.quick_xor_hash == "aCgDG9jwBhDc4Q1yawMZAAAAAAA="
    assert "path" not in item["parentReference"]
    assert "cTag" not in item
    assert item["webUrl"] == "https://contoso.sharepoint.com/sites/hub/Handbook/hr/a.md"


async def test_a_renamed_folder_comes_without_what_is_in_it(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "hr/deep/a.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.move("Handbook", "hr", "people/hr")
    second = await read_delta(graph, first.link)
    assert set(second.names) == {"root", "people", "hr"}
    children = (await graph.get(f"/drives/{library.drive_id}/root:/people/hr/deep:/children")).json()["value"]
    assert [child["name"] for child in children] == ["a.md"]


async def test_a_deleted_item_has_an_id_and_no_name(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    item = await control.put_file("Handbook", "hr/a.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.remove("Handbook", "hr/a.md")
    second = await read_delta(graph, first.link)
    gone = [entry for entry in second.items if "deleted" in entry]
    assert [entry["id"] for entry in gone] == [item.id]
    assert "name" not in gone[0]
    assert "cTag" not in gone[0]


@pytest.mark.parametrize(("listed", "expected"), [(False, 1), (True, 3)])
async def test_a_deleted_folder_comes_alone_unless_scripted(
    graph: httpx.AsyncClient, control: GraphControl, library: Library, listed: bool, expected: int
) -> None:
    await control.put_file("Handbook", "hr/deep/a.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.script(deleted_descendants=listed)
    assert len(await control.remove("Handbook", "hr")) == 3
    second = await read_delta(graph, first.link)
    assert len([entry for entry in second.items if "deleted" in entry]) == expected
    fresh = await read_delta(graph, root_delta(library.drive_id))
    assert fresh.names == ["root"]


async def test_a_file_put_again_where_one_was_deleted_is_another_item(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    old = await control.put_file("Handbook", "a.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.remove("Handbook", "a.md")
    new = await control.put_file("Handbook", "a.md", b"text")
    second = await read_delta(graph, first.link)
    by_id = {entry["id"]: entry for entry in second.items}
    assert "deleted" in by_id[old.id]
    assert by_id[new.id]["name"] == "a.md"


async def test_what_changes_while_it_is_read_comes_again(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    for name in ("a.md", "b.md", "c.md"):
        await control.put_file("Handbook", name, b"text")
    page = (await graph.get(root_delta(library.drive_id, "?$top=2"))).json()
    assert [item["name"] for item in page["value"]] == ["a.md", "b.md"]
    await control.put_file("Handbook", "a.md", b"new")
    await control.remove("Handbook", "b.md")
    rest = await read_delta(graph, page["@odata.nextLink"])
    ids = {item["name"]: item["id"] for item in page["value"]}
    assert {item["id"] for item in rest.items} >= set(ids.values())
    assert "deleted" in next(item for item in rest.items if item["id"] == ids["b.md"])


async def test_duplicates_come_outdated_first_also_across_pages(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    for name in ("a.md", "b.md", "c.md"):
        await control.put_file("Handbook", name, b"text")
    await control.script(duplicate_items=True, page_size=2)
    read = await read_delta(graph, root_delta(library.drive_id))
    assert len(read.items) > len({item["id"] for item in read.items})
    last = {item["id"]: item["name"] for item in read.items}
    assert sorted(last.values()) == ["a.md", "b.md", "c.md", "root"]
    ends = {item["id"] for item in read.pages[0]} & {item["id"] for item in read.pages[1]}
    assert ends, "no item came in both pages"


async def test_an_empty_page_with_a_next_link_is_not_the_end(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    await control.script(empty_page=True)
    read = await read_delta(graph, root_delta(library.drive_id))
    assert [len(page) for page in read.pages] == [0, 2]


async def test_latest_skips_everything_that_is_there(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "old.md", b"text")
    latest = await read_delta(graph, root_delta(library.drive_id, "?token=latest"))
    assert latest.items == []
    await control.put_file("Handbook", "new.md", b"text")
    later = await read_delta(graph, latest.link)
    assert [name for name in later.names if name != "root"] == ["new.md"]


async def test_folders_above_a_change_stay_away_when_asked(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "hr/a.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.put_file("Handbook", "hr/a.md", b"new")
    graph.headers["deltaExcludeParent"] = "true"
    assert (await read_delta(graph, first.link)).names == ["a.md"]
    del graph.headers["deltaExcludeParent"]
    assert set((await read_delta(graph, first.link)).names) == {"root", "hr", "a.md"}


@pytest.mark.parametrize("kind", ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences"])
async def test_an_expired_token_gets_410_once_and_a_link_to_start_again(
    graph: httpx.AsyncClient, control: GraphControl, library: Library, kind: str
) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    await control.put_file("Handbook", "gone.md", b"text")
    first = await read_delta(graph, root_delta(library.drive_id))
    await control.remove("Handbook", "gone.md")
    await control.script(resync=kind)
    expired = await graph.get(first.link)
    assert expired.status_code == 410
    assert expired.json()["error"]["code"] == kind
    again = await read_delta(graph, expired.headers["Location"])
    assert set(again.names) == {"root", "a.md"}
    assert (await read_delta(graph, first.link)).items, "the second time the old link is good again"


async def test_a_first_read_is_not_a_resync(graph: httpx.AsyncClient, control: GraphControl, library: Library) -> None:
    await control.script(resync="resyncChangesApplyDifferences")
    assert (await graph.get(root_delta(library.drive_id))).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "%C3%BC", "2021-09-29T20%3A00%3A00Z"])
async def test_a_token_it_never_gave_is_a_bad_request(graph: httpx.AsyncClient, library: Library, token: str) -> None:
    response = await graph.get(root_delta(library.drive_id, f"?token={token}"))
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalidRequest"


async def test_another_librarys_token_is_a_bad_request(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    other = await control.create_library("Other")
    read = await read_delta(graph, root_delta(library.drive_id))
    query = httpx.URL(read.link).query.decode()
    assert (await graph.get(root_delta(other.drive_id, f"?{query}"))).status_code == 400


async def test_select_narrows_items_and_stays_in_the_links(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    read = await read_delta(graph, root_delta(library.drive_id, "?$select=id,name,deleted&$top=1"))
    assert all(item.keys() == {"@odata.type", "id", "name"} for item in read.items)
    await control.remove("Handbook", "a.md")
    later = await read_delta(graph, read.link)
    assert [item.keys() - {"@odata.type"} for item in later.items if "deleted" in item] == [{"id", "deleted"}]


@pytest.mark.parametrize("form", ["root/delta", "root/delta()", "items/root/delta()", "root/microsoft.graph.delta"])
async def test_every_documented_way_to_ask_works(graph: httpx.AsyncClient, library: Library, form: str) -> None:
    assert (await graph.get(f"/drives/{library.drive_id}/{form}")).json()["value"][0]["root"] == {}


async def test_the_token_may_stand_in_the_function_call(graph: httpx.AsyncClient, library: Library) -> None:
    read = await read_delta(graph, root_delta(library.drive_id))
    token = httpx.URL(read.link).params["token"]
    assert (await read_delta(graph, root_delta(library.drive_id, f"(token='{token}')"))).items == []
