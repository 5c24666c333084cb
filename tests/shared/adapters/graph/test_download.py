"""The port's `download`: whole or not at all, within its limit, and never with the token (R05, S13)."""

import hashlib
import logging
import random
from pathlib import Path
from typing import Any

import pytest

from devstack.graph.client import GraphControl, Library, LibraryItem
from devstack.serving import ServerThread
from shared.adapters.graph_msgraph import MsGraph
from shared.errors import (
    DownloadFailed,
    ExtractionFailed,
    GraphDenied,
    NexusError,
    RemoteItemGone,
    Throttled,
    Unavailable,
)
from tests.shared.adapters.graph.conftest import Tokens, settings

CONTENT = random.Random(7).randbytes(3_000_000)
DOWNLOAD = {"path": "download.aspx$"}
LIMIT = 10_000_000


@pytest.fixture
async def item(control: GraphControl, library: Library) -> LibraryItem:
    return await control.put_file("Handbook", "hr/Übersicht & Co.bin", CONTENT)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "content"


async def test_a_file_arrives_whole_with_its_size_and_hash(
    graph: MsGraph, library: Library, item: LibraryItem, target: Path
) -> None:
    downloaded = await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert target.read_bytes() == CONTENT
    assert (downloaded.size, downloaded.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


async def test_an_empty_file_arrives_too(graph: MsGraph, control: GraphControl, library: Library, target: Path) -> None:
    empty = await control.put_file("Handbook", "empty.md", b"")
    assert (await graph.download(library.drive_id, empty.id, target, max_bytes=LIMIT)).size == 0
    assert target.read_bytes() == b""


async def test_the_token_never_travels_to_the_download_host(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    content, download = await control.requests()
    assert content["headers"]["authorization"] == "Bearer token-1"
    assert download["headers"]["host"].startswith("localhost:")
    assert download["headers"].keys() == {"host", "user-agent", "accept", "accept-encoding"}
    assert "token-1" not in str(download)


async def test_the_download_address_is_in_no_log(
    graph: MsGraph,
    control: GraphControl,
    library: Library,
    item: LibraryItem,
    target: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """S20: it opens the file for whoever has it."""
    # by name as well: the function app quiets them for the whole process
    for name in (None, "httpx", "httpcore"):
        caplog.set_level(logging.INFO, logger=name)
    await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    await control.add_faults({"match": DOWNLOAD, "then": {"status": 401}})
    with pytest.raises(DownloadFailed) as failed:
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    lines = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
    assert lines, "nothing was logged, so nothing was tested"
    assert not [line for line in [*lines, failed.value.detail] if "tempauth" in line]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_address_that_expired_is_asked_for_once_more(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path, status: int
) -> None:
    await control.add_faults({"match": DOWNLOAD, "then": {"status": status}, "times": 1})
    await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    paths = [asked["path"].rpartition("/")[2] for asked in await control.requests()]
    assert paths == ["content", "download.aspx", "content", "download.aspx"]
    assert target.read_bytes() == CONTENT


async def test_an_address_that_always_expires_is_a_failed_download(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    await control.script(expire_downloads_after_s=0)
    with pytest.raises(DownloadFailed):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert len(await control.requests()) == 4
    assert not target.exists()


@pytest.mark.parametrize("then", [{"truncate_after": 1_500_000}, {"truncate_after": 1_500_000, "reset": True}])
async def test_a_cut_download_fails_and_leaves_nothing(
    graph: MsGraph,
    control: GraphControl,
    library: Library,
    item: LibraryItem,
    target: Path,
    then: dict[str, Any],
) -> None:
    await control.add_faults({"match": DOWNLOAD, "then": then})
    with pytest.raises(DownloadFailed):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert not target.exists()


async def test_a_file_over_the_limit_is_refused_by_its_announced_size(
    graph: MsGraph, library: Library, item: LibraryItem, target: Path
) -> None:
    await graph.download(library.drive_id, item.id, target, max_bytes=len(CONTENT))
    target.unlink()
    with pytest.raises(ExtractionFailed) as failed:
        await graph.download(library.drive_id, item.id, target, max_bytes=len(CONTENT) - 1)
    assert failed.value.reason_code == "too_large"
    assert not target.exists()


async def test_a_file_over_the_limit_that_announces_less_is_stopped_while_it_comes(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    # Chunked: no Content-Length to go by.
    await control.add_faults({"match": DOWNLOAD, "then": {"headers": {"transfer-encoding": "chunked"}}})
    with pytest.raises(ExtractionFailed) as failed:
        await graph.download(library.drive_id, item.id, target, max_bytes=1_000_000)
    assert failed.value.reason_code == "too_large"
    assert not target.exists()


async def test_a_deleted_file_is_gone(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    await control.remove("Handbook", "hr")
    with pytest.raises(RemoteItemGone):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)


async def test_a_folder_has_no_content(graph: MsGraph, control: GraphControl, library: Library, target: Path) -> None:
    folder = await control.mkdir("Handbook", "hr")
    with pytest.raises(DownloadFailed):
        await graph.download(library.drive_id, folder.id, target, max_bytes=LIMIT)


async def test_without_a_grant_there_is_no_download(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    await control.script(deny_site="hub")
    with pytest.raises(GraphDenied):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ({"status": 429}, Throttled),
        ({"status": 503, "headers": {"Retry-After": "30"}}, Throttled),
        ({"status": 503}, Unavailable),
        ({"reset": True}, Unavailable),
        ({"status": 204}, DownloadFailed),
        ({"status": 416}, DownloadFailed),
        ({"headers": {"content-encoding": "gzip"}}, DownloadFailed),
    ],
)
async def test_the_download_hosts_troubles_have_their_names(
    graph: MsGraph,
    control: GraphControl,
    library: Library,
    item: LibraryItem,
    target: Path,
    then: dict[str, Any],
    error: type[NexusError],
) -> None:
    await control.add_faults({"match": DOWNLOAD, "then": then})
    with pytest.raises(error):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert not target.exists()


async def test_a_download_host_that_is_not_listed_is_not_asked(
    server: ServerThread, control: GraphControl, library: Library, item: LibraryItem, target: Path, tokens: Tokens
) -> None:
    graph = MsGraph(settings(server.url, "sharepoint.com"), tokens)
    with pytest.raises(DownloadFailed) as failed:
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert "localhost" in failed.value.detail
    assert [asked["path"].rpartition("/")[2] for asked in await control.requests()] == ["content"]
    await graph.close()


async def test_a_redirect_of_the_download_host_is_checked_again(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path, server: ServerThread
) -> None:
    elsewhere = f"http://127.0.0.1:{server.port}/v1.0/me"
    await control.add_faults({"match": DOWNLOAD, "then": {"status": 302, "headers": {"Location": elsewhere}}})
    with pytest.raises(DownloadFailed):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert not [asked for asked in await control.requests() if asked["path"] == "/v1.0/me"]


async def test_redirects_without_end_are_given_up(
    graph: MsGraph, control: GraphControl, library: Library, item: LibraryItem, target: Path
) -> None:
    await control.add_faults({"match": DOWNLOAD, "then": {"status": 302, "headers": {"Location": "?again"}}})
    with pytest.raises(DownloadFailed):
        await graph.download(library.drive_id, item.id, target, max_bytes=LIMIT)
    assert len(await control.requests()) < 10
