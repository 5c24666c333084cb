"""The stand-in for Azure Static Web Apps: files by its rules, and nothing beside them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from devstack.serving import ServerThread
from devstack.web.rules import Rules
from devstack.web.site import Site
from tests.conftest import ROOT

RULES: dict[str, Any] = {
    "routes": [
        {"route": "/", "redirect": "/chat", "statusCode": 302},
        {"route": "/_next/static/*", "headers": {"Cache-Control": "immutable"}},
    ],
    "responseOverrides": {"404": {"rewrite": "/404.html"}},
    "globalHeaders": {"Cache-Control": "no-cache", "X-Frame-Options": "DENY"},
    "mimeTypes": {".txt": "text/plain; charset=utf-8"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "_next" / "static").mkdir(parents=True)
    (site / "auth").mkdir()
    (site / "staticwebapp.config.json").write_text(json.dumps(RULES))
    (site / "chat.html").write_text("<p>chat</p>" * 50)
    (site / "auth" / "callback.html").write_text("callback")
    (site / "404.html").write_text("not here")
    (site / "_next" / "static" / "a.js").write_text("1")
    (site / ".built").write_text("secret")
    (tmp_path / "outside.txt").write_text("outside")
    return site


@pytest.fixture
def client(folder: Path) -> Iterator[httpx.Client]:
    with ServerThread(Site(folder)) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def test_a_page_is_found_without_its_ending_and_carries_the_headers(client: httpx.Client) -> None:
    reply = client.get("/chat?c=1")
    assert (reply.status_code, reply.text) == (200, "<p>chat</p>" * 50)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert (reply.headers["x-frame-options"], reply.headers["cache-control"]) == ("DENY", "no-cache")
    assert reply.headers["content-encoding"] == "gzip"
    assert client.get("/auth/callback").text == "callback"


def test_the_first_route_that_fits_decides(client: httpx.Client) -> None:
    reply = client.get("/?from=mail")
    assert (reply.status_code, reply.headers["location"]) == (302, "/chat?from=mail")
    assert client.get("/_next/static/a.js").headers["cache-control"] == "immutable"


def test_what_is_not_there_is_a_page_of_its_own_that_nobody_keeps(client: httpx.Client) -> None:
    reply = client.get("/_next/static/old.js")
    assert (reply.status_code, reply.text) == (404, "not here")
    assert reply.headers["cache-control"] == "no-cache"


def test_nothing_outside_of_the_site_and_none_of_its_own_files_are_served(client: httpx.Client) -> None:
    for path in ("/.built", "/staticwebapp.config.json", "/../outside.txt", "/%2e%2e/outside.txt", "/..%2foutside.txt"):
        reply = client.get(path)
        assert reply.status_code == 404, path
        assert "secret" not in reply.text
        assert "outside" not in reply.text


def test_a_file_that_has_not_changed_is_not_sent_again_and_a_changed_one_is(client: httpx.Client, folder: Path) -> None:
    etag = client.get("/chat").headers["etag"]
    assert client.get("/chat", headers={"If-None-Match": etag}).status_code == 304
    (folder / "chat.html").write_text("newer")
    assert client.get("/chat", headers={"If-None-Match": etag}).text == "newer"


def test_only_reading_is_possible(client: httpx.Client) -> None:
    assert client.post("/chat").status_code == 405
    reply = client.head("/chat")
    assert (reply.status_code, reply.content) == (200, b"")


def test_who_comes_by_another_name_is_sent_to_the_one_that_the_cookie_knows(folder: Path) -> None:
    with ServerThread(Site(folder, host="localhost")) as server:
        reply = httpx.get(f"{server.url}/chat?c=1", trust_env=False)
    assert reply.status_code == 302
    assert reply.headers["location"] == f"http://localhost:{server.port}/chat?c=1"


def test_a_rule_that_is_not_known_here_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"routes": [{"route": "/a", "allowedRoles": ["admin"]}]}))
    with pytest.raises(msgspec.ValidationError, match="allowedRoles"):
        Rules.read(file)


def test_the_web_apps_own_rules_are_known_and_its_policy_has_no_way_around_it() -> None:
    """S16"""
    rules = Rules.read(ROOT / "static-web-app" / "staticwebapp.config.json")
    policy = dict(
        part.strip().partition(" ")[::2] for part in rules.global_headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert not any("unsafe" in value or "*" in value or "http:" in value for value in policy.values())
    assert rules.global_headers["X-Content-Type-Options"] == "nosniff"
