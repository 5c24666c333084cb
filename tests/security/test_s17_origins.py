"""S17: only pages of the configured origins may read replies, and only they may use the refresh cookie."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from tests.conftest import ROOT
from tests.functions.nexus import Nexus
from tests.functions.person import Person
from tests.security.browser import COOKIE, ORIGIN, Browser, authorization

FOREIGN = [
    "https://app.corp.com.evil",
    "https://evil.app.corp.com",
    "https://app.corp.comevil",
    "https://evilapp.corp.com",
    "http://app.corp.com",
    "https://app.corp.com:8443",
    "https://app.corp.com:443",
    "https://app.corp.com/",
    "https://app.corp.com, https://evil.example",
    "https://app.corp.com@evil.example",
    "https://APP.CORP.COM",
    "app.corp.com",
    "null",
    "*",
    "file://",
    "http://localhost:4281",
    "https://localhost:4280",
    "http://127.0.0.1:4280",
    "http://localhost",
]
OWN = [ORIGIN, "https://app.corp.com"]

EXPOSED = "X-Correlation-Id, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


def allowed(reply: httpx.Response) -> dict[str, list[str]]:
    """The CORS headers, each with every value it came with."""
    names = {name for name in reply.headers if name.startswith("access-control-")}
    return {name: reply.headers.get_list(name) for name in names}


def told_to(origin: str) -> dict[str, list[str]]:
    return {
        "access-control-allow-origin": [origin],
        "access-control-allow-credentials": ["true"],
        "access-control-expose-headers": [
            "X-Correlation-Id, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
        ],
    }


@pytest.mark.parametrize("origin", FOREIGN)
async def test_s17_a_foreign_page_uses_no_cookie(nexus: Nexus, browser: Browser, origin: str) -> None:
    await browser.login(nexus, "alice")
    cookie = browser.cookie
    fresh = await authorization(nexus, browser.http, "alice")
    for path, body in (("refresh", {}), ("login", fresh), ("logout", None), ("logout-all", None)):
        reply = await browser.post(f"auth/{path}", body, headers={"Origin": origin})
        assert (reply.status_code, reply.json()["code"]) == (403, "origin_not_allowed"), path
        assert "set-cookie" not in reply.headers
        assert allowed(reply) == {}
    assert browser.cookie == cookie
    assert (await browser.refresh()).status_code == 200, "nothing was used up or ended"


async def test_s17_a_cookie_without_an_origin_is_refused(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    for path, body in (("refresh", {}), ("logout", None), ("logout-all", None)):
        reply = await browser.post(f"auth/{path}", body, headers={"Origin": ""})
        assert (reply.status_code, reply.json()["code"]) == (403, "origin_not_allowed"), path
    assert (await browser.refresh()).status_code == 200


@pytest.mark.parametrize("origin", OWN)
async def test_s17_own_pages_sign_in_refresh_and_sign_out(nexus: Nexus, browser: Browser, origin: str) -> None:
    browser.origin = origin
    replies = [await browser.login(nexus, "alice"), await browser.refresh(), await browser.post("auth/logout")]
    assert [reply.status_code for reply in replies] == [200, 200, 204]
    assert [allowed(reply) for reply in replies] == [told_to(origin)] * 3


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_s17_what_a_foreign_form_can_post_is_no_json(nexus: Nexus, browser: Browser, kind: str) -> None:
    await browser.login(nexus, "alice")
    for path in ("refresh", "login"):
        reply = await browser.post(f"auth/{path}", {}, headers={"Content-Type": kind})
        assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_type"), path
    reply = await browser.post("auth/refresh", {}, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert reply.status_code == 200


async def test_a_program_has_no_origin_and_needs_none(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    body = await authorization(nexus, anyone, "alice") | {"token_transport": "body"}
    reply = await anyone.post("/api/auth/login", json=body)
    assert reply.status_code == 200, reply.text
    assert allowed(reply) == {}
    reply = await anyone.post("/api/auth/refresh", json={"refresh_token": reply.json()["refresh_token"]})
    assert reply.status_code == 200


async def test_s17_an_own_page_reads_every_reply_problems_included(alice: Person, anyone: httpx.AsyncClient) -> None:
    headers = {"Origin": ORIGIN}
    signed = alice.session.headers | headers
    replies = [
        await anyone.get("/api/health/live", headers=headers),
        await anyone.get("/api/auth/me", headers=signed),
        await anyone.get("/api/auth/me", headers=headers),
        await anyone.get("/api/admin/users", headers=signed),
        await anyone.get("/api/conversations/none", headers=signed),
        await anyone.post("/api/conversations", headers=signed, content=b"{"),
    ]
    assert [reply.status_code for reply in replies] == [200, 200, 401, 403, 404, 422]
    for reply in replies:
        assert allowed(reply) == told_to(ORIGIN)
        assert reply.headers["vary"] == "Origin"


async def test_s17_an_own_page_reads_streams(nexus: Nexus, alice: Person) -> None:
    nexus.script(text="One two three.")
    async with alice.asking(await alice.conversation(), "Count", Origin=ORIGIN) as stream:
        assert allowed(stream.response) == told_to(ORIGIN)
        assert (await stream.rest())[-1].data["status"] == "complete"


@pytest.mark.parametrize("origin", FOREIGN)
async def test_s17_a_foreign_page_reads_no_reply(alice: Person, anyone: httpx.AsyncClient, origin: str) -> None:
    reply = await anyone.get("/api/auth/me", headers=alice.session.headers | {"Origin": origin})
    assert allowed(reply) == {}
    assert reply.headers["vary"] == "Origin"
    reply = await preflight(anyone, "conversations", origin)
    assert (reply.status_code, allowed(reply)) == (204, {})


async def preflight(http: httpx.AsyncClient, path: str, origin: str) -> httpx.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    return await http.options(f"/api/{path}", headers={"Origin": origin} | asked)


@pytest.mark.parametrize("path", ["auth/login", "conversations", "conversations/x/messages", "admin/users/x", "none"])
async def test_s17_a_preflight_is_answered_for_every_path(anyone: httpx.AsyncClient, path: str) -> None:
    reply = await preflight(anyone, path, ORIGIN)
    assert (reply.status_code, reply.content) == (204, b"")
    told = allowed(reply)
    assert told.items() >= told_to(ORIGIN).items()
    [methods], [headers] = told["access-control-allow-methods"], told["access-control-allow-headers"]
    assert set(methods.split(", ")) == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    wanted = {"authorization", "content-type", "idempotency-key", "last-event-id", "traceparent"}
    assert wanted <= set(headers.lower().split(", "))
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert COOKIE not in str(reply.headers)


@pytest.fixture(scope="module")
def platform(app: Nexus) -> Iterator[HostProcess]:
    """An instance behind a platform that does CORS, as in Azure."""
    environment = app._environment() | {"NEXUS_CORS_BY_CODE": "false"}
    host = HostProcess(ROOT, app.home / "platform", environment=environment)
    host.start()
    yield host
    host.stop()


@pytest.fixture
async def behind_platform(platform: HostProcess) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=platform.url, timeout=60, trust_env=False) as http:
        yield Browser(http)


async def test_s17_where_the_platform_does_cors_the_code_does_not_and_still_checks_cookies(
    nexus: Nexus, behind_platform: Browser
) -> None:
    reply = await behind_platform.login(nexus, "alice")
    assert reply.status_code == 200, reply.text
    assert allowed(reply) == {
        "access-control-expose-headers": [
            "X-Correlation-Id, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
        ]
    }
    assert "vary" not in reply.headers
    reply = await behind_platform.post("auth/refresh", {}, headers={"Origin": "https://app.corp.com.evil"})
    assert (reply.status_code, reply.json()["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in (await preflight(behind_platform.http, "auth/me", ORIGIN)).headers
