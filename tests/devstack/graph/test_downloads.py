import httpx
import pytest

from devstack.graph.client import GraphControl, Library

CONTENT = bytes(range(256)) * 40


@pytest.fixture
async def address(graph: httpx.AsyncClient, control: GraphControl, library: Library) -> str:
    put = await control.put_file("Handbook", "Jahr 2026.bin", CONTENT)
    response = await graph.get(f"/drives/{library.drive_id}/items/{put.id}/content")
    assert response.status_code == 302
    return response.headers["Location"]


async def test_the_content_comes_from_another_host_without_a_token(graph: httpx.AsyncClient, address: str) -> None:
    assert httpx.URL(address).host != graph.base_url.host
    async with httpx.AsyncClient(trust_env=False) as plain:
        response = await plain.get(address)
    assert response.content == CONTENT
    assert int(response.headers["Content-Length"]) == len(CONTENT)
    assert "Jahr%202026.bin" in response.headers["Content-Disposition"]


async def test_a_token_that_travels_to_the_download_host_is_noticed(
    graph: httpx.AsyncClient, control: GraphControl, address: str
) -> None:
    response = await graph.get(address)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "bearerTokenSentToDownloadHost"
    asked = (await control.requests())[-1]
    assert asked["headers"]["authorization"] == "Bearer some-token"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("bytes=10-19", CONTENT[10:20]), ("bytes=10200-", CONTENT[10200:]), ("bytes=-5", CONTENT[-5:])],
)
async def test_a_part_can_be_asked_for(address: str, asked: str, expected: bytes) -> None:
    async with httpx.AsyncClient(trust_env=False) as plain:
        response = await plain.get(address, headers={"Range": asked})
    assert response.status_code == 206
    assert response.content == expected


async def test_an_expired_address_is_refused(graph: httpx.AsyncClient, control: GraphControl, library: Library) -> None:
    put = await control.put_file("Handbook", "a.md", b"text")
    await control.script(expire_downloads_after_s=0)
    content = f"/drives/{library.drive_id}/items/{put.id}/content"
    expired = (await graph.get(content)).headers["Location"]
    await control.script(expire_downloads_after_s=None)
    fresh = (await graph.get(content)).headers["Location"]
    async with httpx.AsyncClient(trust_env=False) as plain:
        assert (await plain.get(expired)).status_code == 401
        assert (await plain.get(fresh)).content == b"text"


async def test_a_made_up_or_altered_address_is_refused(address: str) -> None:
    url = httpx.URL(address)
    async with httpx.AsyncClient(trust_env=False) as plain:
        for tempauth in ("", "x", url.params["tempauth"][:-2] + "xx"):
            assert (await plain.get(url.copy_set_param("tempauth", tempauth))).status_code == 401


async def test_each_host_has_its_own_half(graph: httpx.AsyncClient, library: Library, address: str) -> None:
    port = graph.base_url.port
    async with httpx.AsyncClient(trust_env=False) as plain:
        assert (await plain.get(httpx.URL(address).copy_with(host="127.0.0.1"))).status_code == 404
    assert (await graph.get(f"http://localhost:{port}/v1.0/drives/{library.drive_id}")).status_code == 404


async def test_a_deleted_file_has_no_content(control: GraphControl, address: str) -> None:
    await control.remove("Handbook", "Jahr 2026.bin")
    async with httpx.AsyncClient(trust_env=False) as plain:
        assert (await plain.get(address)).status_code == 404
