"""The stand-in is believable when Microsoft's own client, typed models and all, takes it for Graph."""

from typing import Any

import httpx
import pytest
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from devstack.graph.client import GraphControl, Library
from devstack.serving import ServerThread


class _Token(AccessTokenProvider):
    async def get_authorization_token(
        self, uri: str, additional_authentication_context: dict[str, Any] | None = None
    ) -> str:
        return "some-token"

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


# The SDK's own generated modules warn of each other when they are first imported.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_the_sdk_reads_a_library_through_its_typed_calls(
    server: ServerThread, control: GraphControl, library: Library
) -> None:
    put = await control.put_file("Handbook", "hr/a.md", b"hello world")
    # The SDK's default client, on a transport that the test can close: the SDK's wrapper around it does not.
    transport = httpx.AsyncHTTPTransport()
    client = httpx.AsyncClient(transport=transport)
    GraphClientFactory.create_with_default_middleware(client=client, options=options)
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(_Token()), client)
    adapter.base_url = f"{server.url}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    drive = graph.drives.by_drive_id(library.drive_id)

    site = await graph.sites.by_site_id("contoso.sharepoint.com:/sites/hub:").get()
    assert site is not None
    assert site.id == library.site_id
    drives = await graph.sites.by_site_id(library.site_id).drives.get()
    assert drives is not None
    assert [each.web_url for each in drives.value or []] == [library.library_url]

    item = await drive.items.by_drive_item_id(put.id).get()
    assert item is not None
    assert item.file is not None
    assert item.file.hashes is not None
    assert (item.name, item.size, item.file.hashes.quick_xor_hash) == ("a.md", 11, put.quick_xor_hash)
    assert item.last_modified_date_time is not None
    assert item.c_tag

    children = await drive.items.by_drive_item_id("root").children.get()
    assert children is not None
    assert [child.name for child in children.value or []] == ["hr"]
    permissions = await drive.items.by_drive_item_id(put.id).permissions.get()
    assert permissions is not None
    assert {role for each in permissions.value or [] for role in each.roles or []} == {"owner", "read", "write"}

    page = await drive.items.by_drive_item_id("root").delta.get()
    assert page is not None
    assert {each.name for each in page.value or []} == {"root", "hr", "a.md"}
    assert page.odata_delta_link
    await control.remove("Handbook", "hr")
    later = await drive.items.by_drive_item_id("root").delta.with_url(page.odata_delta_link).get()
    assert later is not None
    assert [each.name for each in later.value or [] if each.deleted is not None] == [None]

    await control.put_file("Handbook", "b.md", b"bytes")
    information = RequestInformation(Method.GET)
    information.url = f"{server.url}/v1.0/drives/{library.drive_id}/root:/b.md:/content"
    # The SDK follows the redirect itself, and must have left its token behind for the stand-in to answer.
    assert await adapter.send_primitive_async(information, "bytes", {}) == b"bytes"
    await transport.aclose()
