import httpx
import pytest

from devstack.graph.client import GraphControl, Library
from shared.adapters.graph_addresses import may_download_from, parse_library_url
from shared.adapters.graph_msgraph import MsGraph
from shared.errors import GraphDenied, Invalid, NotFound

HOST = "https://contoso.sharepoint.com"


@pytest.mark.parametrize(
    "address",
    [
        f"{HOST}/sites/hub/Shared Documents",
        f"{HOST}/sites/hub/Shared%20Documents",
        f"{HOST}/sites/hub/Shared%20Documents/",
        f"  {HOST.upper()}/Sites/HUB/shared documents/  ",
        f"{HOST}/sites/hub/Shared Documents/hr/deeper",
        f"{HOST}/sites/hub/Shared%20Documents/Forms/AllItems.aspx",
        f"{HOST}/sites/hub/Shared%20Documents/Forms/AllItems.aspx?id=%2Fsites%2Fhub%2FShared%20Documents%2Fhr&viewid=1",
        f"{HOST}/:f:/r/sites/hub/Shared%20Documents/hr?csf=1&web=1&e=abc",
        f"{HOST}:443/sites/hub/Shared%20Documents",
    ],
)
async def test_every_way_to_write_a_librarys_address_finds_it(
    graph: MsGraph, control: GraphControl, address: str
) -> None:
    documents = await control.create_library("Documents", site="hub")
    await control.create_library("Shared", site="hub")
    found = await graph.resolve_library(address)
    assert (found.drive_id, found.site_id) == (documents.drive_id, documents.site_id)
    assert found.name == "Documents"
    assert found.web_url == f"{HOST}/sites/hub/Shared%20Documents"


async def test_libraries_of_the_root_site_a_team_and_a_subsite_are_found(graph: MsGraph, control: GraphControl) -> None:
    for name, site in {"Root": "/", "Team Files": "teams/x", "Sub": "sites/hub/emea/de", "Hub": "hub"}.items():
        library = await control.create_library(name, site=site)
        assert (await graph.resolve_library(library.library_url)).drive_id == library.drive_id
    found = await graph.resolve_library(f"{HOST}/sites/hub/emea/de/Sub/folder")
    assert found.name == "Sub"


async def test_names_with_signs_that_addresses_use_are_found(graph: MsGraph, control: GraphControl) -> None:
    library = await control.create_library("R&D #1 100% ü")
    assert (await graph.resolve_library(library.library_url)).drive_id == library.drive_id


@pytest.mark.parametrize("path", ["sites/hub/Other", "sites/none/Handbook", "Handbook", "sites/hub/Hand"])
async def test_what_is_not_there_is_not_found(graph: MsGraph, library: Library, path: str) -> None:
    with pytest.raises(NotFound) as missing:
        await graph.resolve_library(f"{HOST}/{path}")
    assert missing.value.code == "library_not_found"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "Handbook",
        "http://contoso.sharepoint.com/sites/hub/Handbook",
        "https://user:secret@contoso.sharepoint.com/sites/hub/Handbook",
        "https://contoso.sharepoint.com:8443/sites/hub/Handbook",
        "https://contoso.sharepoint.com:port/sites/hub/Handbook",
        "https://localhost/sites/hub/Handbook",
        "https://[::1]/sites/hub/Handbook",
        "https://[/sites",
        f"{HOST}/sites/hub",
        f"{HOST}/sites/hub/Forms/AllItems.aspx",
        f"{HOST}/",
        f"{HOST}/:f:/s/hub/EabcDEF?e=1",
        f"{HOST}/sites/hub/../../x",
        f"{HOST}/sites/hub:/drives/x",
    ],
)
async def test_what_cannot_be_a_librarys_address_is_refused_with_words_and_without_a_request(
    graph: MsGraph, control: GraphControl, library: Library, address: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await graph.resolve_library(address)
    assert refused.value.code == "library_url_malformed"
    assert await control.requests() == []


async def test_another_tenants_host_is_refused(graph: MsGraph, library: Library) -> None:
    with pytest.raises(Invalid):
        await graph.resolve_library("https://fabrikam.sharepoint.com/sites/hub/Handbook")


async def test_a_site_without_a_grant_is_refused_with_the_remedy(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    await control.script(deny_site="hub")
    with pytest.raises(GraphDenied) as denied:
        await graph.resolve_library(library.library_url)
    assert "Sites.Selected" in denied.value.detail


def test_likely_sites_come_before_deeper_ones_and_are_bounded() -> None:
    url = parse_library_url(f"{HOST}/sites/a/b/c/d/e/f/g/h")
    assert [len(path) for path in url.site_paths()] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://contoso.sharepoint.com/x", True),
        ("https://sharepoint.com/x", True),
        ("https://CONTOSO.SharePoint.com:443/x", True),
        ("https://contoso.sharepoint.com./x", True),
        ("https://evilsharepoint.com/x", False),
        ("https://sharepoint.com.evil.example/x", False),
        ("https://evil.example/sharepoint.com", False),
        ("https://contoso.sharepoint.com@evil.example/x", False),
        ("https://user@contoso.sharepoint.com/x", False),
        ("https://contoso.sharepoint.com:8443/x", False),
        ("http://contoso.sharepoint.com/x", False),
        ("ftp://contoso.sharepoint.com/x", False),
        ("https://169.254.169.254/metadata", False),
        ("http://169.254.169.254/metadata", False),
        ("https://2130706433/x", False),
        ("https://0x7f.1/x", False),
        ("https://[::1]/x", False),
        ("https://[::ffff:127.0.0.1]/x", False),
        ("http://127.0.0.1:8000/x", False),
        ("http://127.0.0.2:8000/x", False),
        ("http://localhost:8000/x", True),
        ("http://evil.localhost:8000/x", False),
        ("https://evil.localhost/x", False),
        ("https://ѕharepoint.com/x", False),
        ("/relative", False),
    ],
)
def test_only_listed_hosts_give_files(address: str, allowed: bool) -> None:
    """S13. The first letter of the second last is Cyrillic."""
    assert may_download_from(httpx.URL(address), ("sharepoint.com", "localhost")) is allowed


def test_a_listed_address_is_that_address_only() -> None:
    listed = ("10.1.2.3", "127.0.0.1")
    assert may_download_from(httpx.URL("https://10.1.2.3/x"), listed)
    assert may_download_from(httpx.URL("http://127.0.0.1:9/x"), listed)
    assert not may_download_from(httpx.URL("http://10.1.2.3/x"), listed)
    assert not may_download_from(httpx.URL("http://localhost:9/x"), listed)
