from typing import Any

import httpx
import pytest

from devstack.graph.client import GraphControl, Library


async def _json(graph: httpx.AsyncClient, path: str, status: int = 200) -> dict[str, Any]:
    response = await graph.get(path)
    assert response.status_code == status, response.text
    return response.json()


async def test_a_site_is_found_by_its_address_and_by_its_id(graph: httpx.AsyncClient, library: Library) -> None:
    site = await _json(graph, "/sites/contoso.sharepoint.com:/sites/hub")
    assert site["id"] == library.site_id
    assert site["webUrl"] == "https://contoso.sharepoint.com/sites/hub"
    assert (await _json(graph, f"/sites/{library.site_id}"))["id"] == library.site_id
    assert [drive["id"] for drive in (await _json(graph, f"/sites/{library.site_id}/drives"))["value"]] == [
        library.drive_id
    ]


async def test_the_root_site_and_the_default_library_have_names_of_their_own(
    graph: httpx.AsyncClient, control: GraphControl
) -> None:
    documents = await control.create_library("Documents", site="/")
    assert documents.library_url == "https://contoso.sharepoint.com/Shared%20Documents"
    assert (await _json(graph, "/sites/root"))["id"] == documents.site_id
    assert (await _json(graph, "/sites/contoso.sharepoint.com"))["id"] == documents.site_id
    assert (await _json(graph, "/sites/root/drive"))["name"] == "Documents"


@pytest.mark.parametrize(
    "path",
    [
        "/sites/contoso.sharepoint.com:/sites/none",
        "/sites/contoso.sharepoint.com,1,2",
        "/drives/b!none",
        "/drives/b!none/root/delta",
    ],
)
async def test_what_is_not_there_is_404(graph: httpx.AsyncClient, library: Library, path: str) -> None:
    assert (await _json(graph, path, 404))["error"]["code"] == "itemNotFound"


async def test_another_tenants_host_is_a_bad_request(graph: httpx.AsyncClient, library: Library) -> None:
    assert (await _json(graph, "/sites/fabrikam.sharepoint.com:/sites/hub", 400))["error"]["code"]


async def test_an_item_is_the_same_by_id_and_by_path_whatever_its_name(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    name = "Lohn & Gehalt #1 100% ü.md"
    put = await control.put_file("Handbook", f"hr dept/{name}", b"text")
    by_id = await _json(graph, f"/drives/{library.drive_id}/items/{put.id}")
    by_path = await _json(
        graph, f"/drives/{library.drive_id}/root:/hr%20dept/Lohn%20&%20Gehalt%20%231%20100%25%20%C3%BC.md"
    )
    assert by_id["id"] == by_path["id"] == put.id
    assert by_id["name"] == name
    assert by_id["parentReference"]["path"] == f"/drives/{library.drive_id}/root:/hr%20dept"
    assert httpx.URL(by_id["webUrl"]).path == f"/sites/hub/Handbook/hr dept/{name}"


async def test_content_changes_move_both_tags_and_a_rename_only_the_etag(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "a.md", b"one")
    path = f"/drives/{library.drive_id}/items/{put.id}"
    first = await _json(graph, path)
    await control.move("Handbook", "a.md", "b.md")
    renamed = await _json(graph, path)
    await control.put_file("Handbook", "b.md", b"two")
    changed = await _json(graph, path)
    assert first["cTag"] == renamed["cTag"] != changed["cTag"]
    assert len({first["eTag"], renamed["eTag"], changed["eTag"]}) == 3
    unchanged = await graph.get(path, headers={"If-None-Match": changed["eTag"]})
    assert unchanged.status_code == 304


async def test_office_files_are_addressed_by_their_viewer(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "hr/Plan.docx", b"text")
    item = await _json(graph, f"/drives/{library.drive_id}/items/{put.id}")
    assert "/sites/hub/_layouts/15/Doc.aspx?sourcedoc=%7B" in item["webUrl"]
    assert item["file"]["mimeType"].endswith("wordprocessingml.document")


async def test_children_come_in_pages(graph: httpx.AsyncClient, control: GraphControl, library: Library) -> None:
    for number in range(5):
        await control.put_file("Handbook", f"hr/{number}.md", b"text")
    names: list[str] = []
    url = f"/drives/{library.drive_id}/root:/hr:/children?$top=2&$select=name"
    while url:
        page = await _json(graph, url)
        names += [child["name"] for child in page["value"]]
        url = page.get("@odata.nextLink", "")
    assert names == [f"{number}.md" for number in range(5)]


async def test_a_folder_counts_what_is_in_it(graph: httpx.AsyncClient, control: GraphControl, library: Library) -> None:
    await control.put_file("Handbook", "hr/deep/a.md", b"12345")
    await control.put_file("Handbook", "hr/b.md", b"123")
    await control.put_file("Handbook", "hr/b.md", b"1234")
    await control.move("Handbook", "hr/b.md", "b.md")
    hr = await _json(graph, f"/drives/{library.drive_id}/root:/hr")
    root = await _json(graph, f"/drives/{library.drive_id}/root")
    assert (hr["size"], hr["folder"]["childCount"]) == (5, 1)
    assert (root["size"], root["folder"]["childCount"]) == (9, 2)
    assert root["parentReference"].get("id") is None


async def test_notebooks_and_shortcuts_are_neither_files_nor_folders(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    other = await control.create_library("Other")
    target = await control.put_file("Other", "there.md", b"text")
    await control.add_notebook("Handbook", "Notes")
    shortcut = await control.add_shortcut("Handbook", "hr/Link", other.drive_id, target.id)
    notes = await _json(graph, f"/drives/{library.drive_id}/root:/Notes")
    link = await _json(graph, f"/drives/{library.drive_id}/items/{shortcut.id}")
    assert notes["package"] == {"type": "oneNote"}
    assert link["remoteItem"]["parentReference"]["driveId"] == other.drive_id
    assert not {"file", "folder"} & (notes.keys() | link.keys())
    assert (await graph.get(f"/drives/{library.drive_id}/items/{shortcut.id}/content")).status_code == 400


async def test_permissions_are_the_librarys_groups_until_someone_shares(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "a.md", b"text")
    path = f"/drives/{library.drive_id}/items/{put.id}/permissions"
    inherited = (await _json(graph, path))["value"]
    assert {entry["roles"][0] for entry in inherited} == {"owner", "read", "write"}
    assert all("inheritedFrom" not in entry for entry in inherited)
    link = {"id": "1", "roles": ["read"], "link": {"type": "view", "scope": "organization"}}
    await control.set_permissions("Handbook", "a.md", [link])
    assert (await _json(graph, path))["value"] == [link]


async def test_groups_of_a_user_are_what_the_directory_was_told(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    await control.put_user("11-22", name="Alice", mail="alice@contoso.com", groups={"g-1": "HR", "g-2": "DE"})
    groups = (await _json(graph, "/users/11-22/transitiveMemberOf/microsoft.graph.group"))["value"]
    assert [(group["id"], group["displayName"]) for group in groups] == [("g-1", "HR"), ("g-2", "DE")]
    objects = await graph.post("/users/11-22/getMemberObjects", json={"securityEnabledOnly": False})
    assert objects.json()["value"] == ["g-1", "g-2"]
    assert (await _json(graph, "/me"))["mail"]
    await _json(graph, "/users/nobody/transitiveMemberOf", 404)


async def test_a_batch_answers_each_request_by_its_id(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "a.md", b"text")
    asked = [
        {"id": "1", "method": "GET", "url": f"/drives/{library.drive_id}/items/{put.id}?$select=name"},
        {"id": "2", "method": "GET", "url": "/drives/b!none"},
        {"id": "3", "method": "GET", "url": "/me", "dependsOn": ["2"]},
        {"id": "4", "method": "GET", "url": f"/drives/{library.drive_id}/items/{put.id}/content"},
    ]
    response = await graph.post("/$batch", json={"requests": asked})
    answers = {answer["id"]: answer for answer in response.json()["responses"]}
    assert {number: answer["status"] for number, answer in answers.items()} == {
        "1": 200,
        "2": 404,
        "3": 424,
        "4": 302,
    }
    assert answers["1"]["body"] == {"id": put.id, "name": "a.md"}
    assert "tempauth=" in answers["4"]["headers"]["location"]


async def test_a_batch_of_21_is_refused(graph: httpx.AsyncClient) -> None:
    asked = [{"id": str(number), "method": "GET", "url": "/me"} for number in range(21)]
    assert (await graph.post("/$batch", json={"requests": asked})).status_code == 400


async def test_nexus_may_read_and_not_write(graph: httpx.AsyncClient, library: Library) -> None:
    response = await graph.put(f"/drives/{library.drive_id}/root:/a.md:/content", content=b"text")
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "accessDenied"


async def test_a_site_without_a_grant_refuses_everything_in_it(
    graph: httpx.AsyncClient, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "a.md", b"text")
    other = await control.create_library("Open", site="open")
    await control.script(deny_site="hub")
    for path in (
        f"/sites/{library.site_id}",
        f"/drives/{library.drive_id}/root/delta",
        f"/drives/{library.drive_id}/items/{put.id}/content",
    ):
        assert (await _json(graph, path, 403))["error"]["code"] == "accessDenied"
    await _json(graph, f"/drives/{other.drive_id}")
    await control.script(allow_site="hub")
    await _json(graph, f"/drives/{library.drive_id}")
