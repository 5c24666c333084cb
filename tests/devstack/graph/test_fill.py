"""A library made up in one go: the same as if a user had put the files there one by one."""

import httpx
import pytest

from devstack.graph.client import ControlFailed, GraphControl, Library


async def _feed(graph: httpx.AsyncClient, library: Library) -> list[dict]:
    """All pages of delta, in their order."""
    found, link = [], f"/drives/{library.drive_id}/root/delta?$top=50"
    while link:
        page = (await graph.get(link)).raise_for_status().json()
        found += page["value"]
        link = page.get("@odata.nextLink")
    return found


async def test_the_feed_names_every_made_up_file_once_and_most_before_their_folders(
    control: GraphControl, graph: httpx.AsyncClient, library: Library
) -> None:
    folders = await control.fill(library.name, files=205, seed=7)
    assert folders == 11
    feed = await _feed(graph, library)
    places = {item["id"]: place for place, item in enumerate(feed)}
    assert len(places) == len(feed) == 205 + folders + 1
    files = [item for item in feed if "file" in item]
    before = sum(places[item["id"]] < places[item["parentReference"]["id"]] for item in files)
    assert before > 0.8 * len(files)
    assert len({item["name"].rpartition(".")[2] for item in files}) > 6


async def test_made_up_files_can_be_read_and_are_listed_with_their_sizes(
    control: GraphControl, graph: httpx.AsyncClient, library: Library
) -> None:
    await control.fill(library.name, files=30, seed=7)
    items = await control.items(library.name)
    text = next(item for item in items if item.path.endswith((".txt", ".md", ".csv", ".html")))
    assert text.path.count("/") > 0
    redirect = await graph.get(f"/drives/{library.drive_id}/items/{text.id}/content")
    async with httpx.AsyncClient(trust_env=False) as http:
        content = (await http.get(redirect.headers["location"])).raise_for_status().content
    assert len(content) == text.size
    assert b"in case" in content


async def test_a_seed_makes_the_same_names_and_another_seed_others(control: GraphControl) -> None:
    names: list[set[str]] = []
    for library, seed in (("A", 1), ("B", 1), ("C", 2)):
        await control.create_library(library)
        await control.fill(library, files=40, seed=seed)
        names.append({item.path for item in await control.items(library)})
    assert names[0] == names[1] != names[2]


async def test_a_filled_library_goes_on_as_any_other(control: GraphControl, library: Library) -> None:
    await control.fill(library.name, files=5, seed=7)
    put = await control.put_file(library.name, "new.txt", b"new")
    assert put.path == "new.txt"
    assert len([item for item in await control.items(library.name) if item.kind == "file"]) == 6
    with pytest.raises(ControlFailed, match="something in it already"):
        await control.fill(library.name, files=5, seed=7)
