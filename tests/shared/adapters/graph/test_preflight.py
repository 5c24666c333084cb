"""The preflight of a library, through the adapter, against Graph's own answers."""

import base64
import json

import pytest

from devstack.graph.client import GraphControl, Library
from devstack.serving import ServerThread
from shared.adapters.graph_msgraph import MsGraph
from shared.domain.library_checks import Application
from shared.errors import GraphDenied, Invalid, NotFound, Throttled, Unavailable
from shared.services.library_preflight import LibraryPreflight, Preflight
from tests.shared.adapters.graph.conftest import settings

CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"


class RoleTokens:
    """Tokens as Entra makes them: what they allow stands in them."""

    def __init__(self, *roles: str, away: bool = False) -> None:
        claims = json.dumps({"appid": CLIENT_ID, "roles": list(roles)}).encode()
        self.text = f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"
        self._away = away

    async def token(self, scope: str) -> str:
        if self._away:
            raise Unavailable(
                "entra", "Entra ID gives Nexus no token (AADSTS7000222). An administrator must look at it."
            )
        return self.text


async def look(server: ServerThread, library_url: str, tokens: RoleTokens | None = None) -> Preflight:
    graph = MsGraph(settings(server.url, "localhost"), tokens or RoleTokens("Sites.Selected"))
    try:
        return await LibraryPreflight(graph).look(library_url)
    finally:
        await graph.close()


def verdicts(found: Preflight) -> list[tuple[str, bool]]:
    return [(check.check, check.ok) for check in found.checks]


def last(found: Preflight) -> str:
    assert not found.is_ready
    return found.checks[-1].detail


async def test_a_library_that_can_be_read_passes_every_check_with_one_page_of_it(
    server: ServerThread, control: GraphControl, library: Library
) -> None:
    await control.put_file("Handbook", "a.txt", b"text")
    await control.forget_requests()
    found = await look(server, library.library_url)
    assert found.is_ready
    assert verdicts(found) == [
        (check, True) for check in ("token", "permission", "least_privilege", "address", "site", "library", "changes")
    ]
    assert found.address is not None
    assert found.address.drive_id == library.drive_id
    asked = [request["path"] for request in await control.requests()]
    assert sum("delta" in path for path in asked) == 1
    assert not any("content" in path for path in asked)


async def test_a_site_without_a_grant_says_exactly_what_the_administrator_must_do(
    server: ServerThread, control: GraphControl, library: Library
) -> None:
    await control.script(deny_site="hub")
    found = await look(server, library.library_url)
    assert verdicts(found)[-1] == ("site", False)
    site = "https://contoso.sharepoint.com/sites/hub"
    assert last(found) == (
        f"Nexus may not read the SharePoint site {site}. A SharePoint administrator must grant its application"
        f" (permission Sites.Selected) the role read on this site: Grant-PnPAzureADAppSitePermission -AppId {CLIENT_ID}"
        f" -DisplayName Nexus -Site {site} -Permissions Read"
    )
    assert isinstance(found.failure, GraphDenied)
    await control.script(allow_site="hub")
    assert (await look(server, library.library_url)).is_ready


@pytest.mark.parametrize(
    ("address", "check", "error", "words"),
    [
        ("https://contoso.sharepoint.com/sites/none/Handbook", "site", NotFound, "no site https://contoso"),
        ("https://contoso.sharepoint.com/sites/hub/Other", "library", NotFound, "no document library"),
        ("https://contoso.sharepoint.com/sites/hub", "address", Invalid, "address of a site"),
        ("https://fabrikam.sharepoint.com/sites/hub/Handbook", "address", Invalid, "not a SharePoint host"),
    ],
)
async def test_what_is_not_there_is_named(
    server: ServerThread, library: Library, address: str, check: str, error: type[Exception], words: str
) -> None:
    found = await look(server, address)
    assert verdicts(found)[-1] == (check, False)
    assert words in last(found)
    assert isinstance(found.failure, error)


async def test_more_permission_than_needed_is_a_warning(server: ServerThread, library: Library) -> None:
    found = await look(server, library.library_url, RoleTokens("Sites.Selected", "Files.Read.All"))
    assert found.is_ready
    assert [check.check for check in found.checks if not check.ok] == ["least_privilege"]


async def test_a_token_that_entra_does_not_give_is_the_end_of_it(server: ServerThread, library: Library) -> None:
    found = await look(server, library.library_url, RoleTokens(away=True))
    assert verdicts(found) == [("token", False)]
    assert "AADSTS7000222" in last(found)


@pytest.mark.parametrize(
    ("path", "status", "check", "error", "words"),
    [
        ("/sites/", 401, "token", GraphDenied, "does not accept the token"),
        ("/root/delta", 403, "changes", GraphDenied, "Sites.Selected"),
        ("/root/delta", 404, "changes", GraphDenied, "not in SharePoint any more"),
        ("/sites/", 429, "site", Throttled, "throttling Nexus. Try again in 120 s."),
        ("/root/delta", 503, "changes", Throttled, "throttling"),
        ("/sites/", 500, "site", Unavailable, "does not answer"),
    ],
)
async def test_what_graph_refuses_is_told_by_the_check_it_met(
    server: ServerThread,
    control: GraphControl,
    library: Library,
    path: str,
    status: int,
    check: str,
    error: type[Exception],
    words: str,
) -> None:
    headers = {"Retry-After": "120"} if status in (429, 503) else {}
    await control.add_faults({"match": {"path": path}, "then": {"status": status, "headers": headers}})
    found = await look(server, library.library_url)
    assert [name for name, ok in verdicts(found) if not ok] == [check]
    assert words in next(each.detail for each in found.checks if not each.ok)
    assert isinstance(found.failure, error)


@pytest.mark.parametrize("token", ["token-1", "a.b.c", "e30.!!!.x", "e30.W10.x", "e30.eyJyb2xlcyI6MX0.x"])
async def test_a_token_of_another_form_tells_nothing_and_hinders_nothing(
    server: ServerThread, library: Library, token: str
) -> None:
    tokens = RoleTokens()
    tokens.text = token
    found = await look(server, library.library_url, tokens)
    assert found.is_ready
    assert "permission" not in [check.check for check in found.checks]


async def test_a_token_of_the_form_that_entra_makes_is_read(server: ServerThread) -> None:
    graph = MsGraph(settings(server.url, "localhost"), RoleTokens("Sites.Selected"))
    assert await graph.application() == Application(CLIENT_ID, frozenset({"Sites.Selected"}))
    await graph.close()
