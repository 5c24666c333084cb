"""The port's `delta_page` and `item` against the stand-in, with everything that Graph is known to do (R05)."""

from datetime import timedelta
from typing import Any

import pytest

from devstack.graph.client import GraphControl, Library
from devstack.serving import ServerThread
from shared.adapters.graph_msgraph import PAGE_ITEMS, MsGraph
from shared.domain.documents import DriveItem, ItemKind
from shared.errors import DeltaExpired, GraphDenied, RemoteItemGone, Unavailable
from tests.shared.adapters.graph.conftest import Tokens

DELTA = {"path": "/root/delta$"}


async def read(graph: MsGraph, drive_id: str, link: str | None = None) -> tuple[list[list[DriveItem]], str]:
    """The pages and the delta link at their end."""
    pages: list[list[DriveItem]] = []
    while True:
        page = await graph.delta_page(drive_id, link)
        pages.append(list(page.items))
        if page.delta_link is not None:
            return pages, page.delta_link
        link = page.next_link
        assert link is not None
        assert len(pages) < 50, "the feed does not end"


def live(pages: list[list[DriveItem]]) -> dict[str | None, DriveItem]:
    """By name, the last occurrence of each."""
    last = {item.item_id: item for page in pages for item in page}
    return {item.name: item for item in last.values() if not item.deleted}


async def test_a_library_is_read_over_all_its_pages(graph: MsGraph, control: GraphControl, library: Library) -> None:
    for number in range(5):
        await control.put_file("Handbook", f"hr/{number}.md", b"hello world")
    await control.script(page_size=3)
    pages, _ = await read(graph, library.drive_id)
    assert [len(page) for page in pages] == [3, 3, 1]
    items = live(pages)
    assert set(items) == {"root", "hr", "0.md", "1.md", "2.md", "3.md", "4.md"}
    file, folder, root = items["0.md"], items["hr"], items["root"]
    assert (file.kind, folder.kind, root.kind) == (ItemKind.FILE, ItemKind.FOLDER, ItemKind.ROOT)
    assert (file.parent_id, folder.parent_id, root.parent_id) == (folder.item_id, root.item_id, None)
    assert (file.size, file.content_hash) == (11, "aCgDG9jwBhDc4Q1yawMZAAAAAAA=")
    assert file.web_url == "https://contoso.sharepoint.com/sites/hub/Handbook/hr/0.md"
    assert file.last_modified is not None
    assert file.last_modified.utcoffset() == timedelta(0)
    assert file.etag
    assert file.ctag is None


async def test_only_what_is_needed_is_asked_for_with_the_token_and_our_name(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    await graph.delta_page(library.drive_id, None)
    (asked,) = await control.requests()
    assert asked["headers"]["authorization"] == "Bearer token-1"
    assert asked["headers"]["user-agent"] == "NONISV|Nexus|Nexus/1.0"
    assert f"$top={PAGE_ITEMS}" in asked["query"]
    assert "$select=id,name,size" in asked["query"]
    assert "createdBy" not in asked["query"]


async def test_the_delta_link_brings_only_later_changes_deletions_without_a_name(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    gone = await control.put_file("Handbook", "gone.md", b"text")
    await control.put_file("Handbook", "kept.md", b"text")
    _, link = await read(graph, library.drive_id)
    await control.remove("Handbook", "gone.md")
    pages, link = await read(graph, library.drive_id, link)
    deleted = [item for page in pages for item in page if item.deleted]
    assert [(item.item_id, item.name) for item in deleted] == [(gone.id, None)]
    assert set(live(pages)) <= {"root"}
    pages, _ = await read(graph, library.drive_id, link)
    assert pages == [[]]


async def test_of_a_duplicate_the_last_is_the_true_one(graph: MsGraph, control: GraphControl, library: Library) -> None:
    for name in ("a.md", "b.md", "c.md"):
        await control.put_file("Handbook", name, b"text")
    await control.script(duplicate_items=True, page_size=2)
    pages, _ = await read(graph, library.drive_id)
    assert sum(map(len, pages)) > 4
    assert set(live(pages)) == {"root", "a.md", "b.md", "c.md"}


async def test_an_empty_page_with_a_next_link_is_passed_on_as_such(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    await control.script(empty_page=True)
    page = await graph.delta_page(library.drive_id, None)
    assert (page.items, page.delta_link) == ((), None)
    assert page.next_link is not None


async def test_notebooks_and_shortcuts_are_told_apart(graph: MsGraph, control: GraphControl, library: Library) -> None:
    other = await control.create_library("Other")
    target = await control.put_file("Other", "there.md", b"text")
    await control.add_notebook("Handbook", "Notes")
    await control.add_shortcut("Handbook", "Link", other.drive_id, target.id)
    pages, _ = await read(graph, library.drive_id)
    items = live(pages)
    assert (items["Notes"].kind, items["Link"].kind) == (ItemKind.PACKAGE, ItemKind.REMOTE)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("resyncChangesApplyDifferences", "apply_differences"),
        ("resyncChangesUploadDifferences", "upload_differences"),
        ("resyncRequired", "unknown"),
    ],
)
async def test_410_names_its_kind_and_a_link_that_starts_again(
    graph: MsGraph, control: GraphControl, library: Library, code: str, kind: str
) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    _, link = await read(graph, library.drive_id)
    await control.script(resync=code)
    with pytest.raises(DeltaExpired) as expired:
        await graph.delta_page(library.drive_id, link)
    assert expired.value.kind == kind
    pages, _ = await read(graph, library.drive_id, expired.value.restart_link)
    assert set(live(pages)) == {"root", "a.md"}


async def test_the_kind_of_a_410_may_stand_in_the_inner_error_and_the_link_may_be_missing(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    error = {"code": "resyncRequired", "innerError": {"code": "resyncChangesUploadDifferences"}}
    await control.add_faults({"match": DELTA, "then": {"status": 410, "body": {"error": error}}})
    with pytest.raises(DeltaExpired) as expired:
        await graph.delta_page(library.drive_id, None)
    assert (expired.value.kind, expired.value.restart_link) == ("upload_differences", None)


async def test_a_410_that_leads_elsewhere_is_not_followed_but_starts_afresh(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    then = {"status": 410, "headers": {"Location": "https://evil.example/v1.0/drives/x/root/delta"}}
    await control.add_faults({"match": DELTA, "then": then})
    with pytest.raises(DeltaExpired) as expired:
        await graph.delta_page(library.drive_id, None)
    assert expired.value.restart_link is None


async def test_a_corrupt_link_asks_for_a_fresh_start(graph: MsGraph, library: Library, server: ServerThread) -> None:
    """R06."""
    with pytest.raises(DeltaExpired) as expired:
        await graph.delta_page(library.drive_id, f"{server.url}/v1.0/drives/{library.drive_id}/root/delta?token=broken")
    assert expired.value.restart_link is None


async def test_a_link_outside_graph_is_neither_followed_nor_passed_on(
    graph: MsGraph, control: GraphControl, library: Library, server: ServerThread
) -> None:
    """S13."""
    port = server.port
    for link in (
        "https://evil.example/v1.0/drives/x/root/delta?token=1",
        f"http://localhost:{port}/v1.0/drives/x/root/delta",
        f"http://127.0.0.1:{port + 1}/v1.0/drives/x/root/delta",
        f"https://127.0.0.1:{port}/v1.0/drives/x/root/delta",
        f"http://user@127.0.0.1:{port}/v1.0/drives/x/root/delta",
        f"http://127.0.0.1:{port}/_control/faults",
        f"http://127.0.0.1:{port}@evil.example/v1.0/",
        "file:///etc/passwd",
        "http://[",
    ):
        with pytest.raises(DeltaExpired) as expired:
            await graph.delta_page(library.drive_id, link)
        assert expired.value.restart_link is None
        assert await control.requests() == []
        body: dict[str, Any] = {"value": [], "@odata.nextLink": link}
        await control.add_faults({"match": DELTA, "then": {"status": 200, "body": body}, "times": 1})
        with pytest.raises(Unavailable):
            await graph.delta_page(library.drive_id, None)
        assert len(await control.requests()) == 1
        await control.forget_requests()


@pytest.mark.parametrize(
    "body",
    [
        "<html>a proxy's page</html>",
        {"value": []},
        {"value": [], "@odata.nextLink": "x", "@odata.deltaLink": "y"},
        {"value": [{"name": "no id"}], "@odata.deltaLink": "x"},
        {"error": {}},
    ],
)
async def test_a_page_that_makes_no_sense_is_an_outage_and_not_an_empty_library(
    graph: MsGraph, control: GraphControl, library: Library, body: Any
) -> None:
    await control.add_faults({"match": DELTA, "then": {"status": 200, "body": body}})
    with pytest.raises(Unavailable):
        await graph.delta_page(library.drive_id, None)


async def test_odd_items_do_not_stop_a_page(
    graph: MsGraph, control: GraphControl, library: Library, server: ServerThread
) -> None:
    """`deleted: {}` counts, unread facets and broken dates do not matter, null facets are absent ones."""
    items = [
        {"id": "1", "deleted": {}, "folder": {}},
        {"id": "2", "name": "a.md", "file": {}, "lastModifiedDateTime": "soon", "deleted": None, "size": None},
        {"id": "3", "name": "x", "@odata.type": "#microsoft.graph.driveItem", "malware": {"description": "bad"}},
        {"id": "4", "name": "b.md", "file": {"hashes": {}}, "lastModifiedDateTime": "2021-01-01T00:00:00.1234567Z"},
    ]
    body = {"value": items, "@odata.deltaLink": f"{server.url}/v1.0/drives/x/root/delta(token='a%2Bb')"}
    await control.add_faults({"match": DELTA, "then": {"status": 200, "body": body}})
    page = await graph.delta_page(library.drive_id, None)
    assert [item.deleted for item in page.items] == [True, False, False, False]
    assert [item.kind for item in page.items] == [
        ItemKind.FOLDER,
        ItemKind.FILE,
        ItemKind.PACKAGE,
        ItemKind.FILE,
    ]
    assert page.items[1].last_modified is None
    assert page.items[3].last_modified is not None
    assert page.delta_link == body["@odata.deltaLink"]


async def test_an_item_is_read_by_its_id_with_its_ctag(graph: MsGraph, control: GraphControl, library: Library) -> None:
    put = await control.put_file("Handbook", "hr/a.md", b"text")
    item = await graph.item(library.drive_id, put.id)
    assert (item.name, item.size, item.kind) == ("a.md", 4, ItemKind.FILE)
    assert item.ctag
    await control.remove("Handbook", "hr")
    with pytest.raises(RemoteItemGone):
        await graph.item(library.drive_id, put.id)
    with pytest.raises(RemoteItemGone):
        await graph.item(library.drive_id, "../root")


async def test_without_a_grant_the_words_say_what_an_administrator_must_do(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "a.md", b"text")
    await control.script(deny_site="hub")
    for request in (graph.delta_page(library.drive_id, None), graph.item(library.drive_id, put.id)):
        with pytest.raises(GraphDenied) as denied:
            await request
        assert "Sites.Selected" in denied.value.detail


async def test_a_library_that_is_gone_is_a_matter_for_an_administrator(graph: MsGraph, library: Library) -> None:
    with pytest.raises(GraphDenied) as denied:
        await graph.delta_page("b!none", None)
    assert denied.value.detail


async def test_a_refused_token_is_renewed_once(
    graph: MsGraph, control: GraphControl, library: Library, tokens: Tokens
) -> None:
    refusal = {"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken"}}}
    await control.add_faults({"match": DELTA, "then": refusal, "times": 1})
    await graph.delta_page(library.drive_id, None)
    assert tokens.forgotten == ["token-1"]
    used = [asked["headers"]["authorization"] for asked in await control.requests()]
    assert used == ["Bearer token-1", "Bearer token-2"]
    await control.add_faults({"match": DELTA, "then": refusal})
    await control.forget_requests()
    with pytest.raises(GraphDenied):
        await graph.delta_page(library.drive_id, None)
    assert len(await control.requests()) == 2
