"""The page at /api/docs in a real browser: it renders the whole description, and asks nobody but its own host (S16)."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.functions.nexus import Nexus

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing of the browser's own may look for its maker's hosts: what is in the log is the page's doing.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--disable-dev-shm-usage", "--no-proxy-server", "--enable-logging=stderr", "--virtual-time-budget=20000",
    "--dump-dom",
)  # fmt: skip
LIMIT_S = 120


class Visit:
    """What a browser made of an address: the document after its scripts, what it asked for, and what it refused."""

    def __init__(self, browser: str, address: str, home: Path) -> None:
        log = home / "net.json"
        own = (f"--user-data-dir={home / 'profile'}", f"--log-net-log={log}")
        done = subprocess.run(
            [browser, *FLAGS, *own, address], capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        self.html = done.stdout
        self.console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        events = [event.get("params", {}) for event in json.loads(log.read_text("utf-8"))["events"]]
        own_origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        # what the browser asks its maker on its own account has another initiator
        asked = {event["url"] for event in events if "url" in event and event.get("initiator") == own_origin}
        self.hosts = {urlsplit(url).netloc for url in asked}
        self.paths = {urlsplit(url).path for url in asked}


@pytest.fixture(scope="session")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def test_s16_the_page_renders_every_tag_and_an_operation_and_asks_its_own_host_only(
    nexus: Nexus, browser: str, tmp_path: Path
) -> None:
    visit = Visit(browser, f"{nexus.host.url}/api/docs#/chat/ask", tmp_path)
    document = httpx.get(f"{nexus.host.url}/api/openapi.json", timeout=60, trust_env=False).json()
    for tag in document["tags"]:
        assert f'data-tag="{tag["name"]}"' in visit.html, tag["name"]
    assert "Asks a question, or the last one anew" in visit.html
    # the operation that the address names is open, with its parameters, both kinds of reply, and its problems
    assert 'id="operations-chat-ask"' in visit.html
    for shown in ("Idempotency-Key", "text/event-stream", "application/problem+json", "conversation_not_found"):
        assert shown in visit.html, shown
    assert visit.console == [], "no error, and nothing that the Content-Security-Policy had to refuse"
    assert visit.hosts == {urlsplit(nexus.host.url).netloc}
    assert visit.paths == {
        "/api/docs/start.js",
        "/api/docs/swagger-ui.css",
        "/api/docs/swagger-ui-bundle.js",
        "/api/openapi.json",
    }


@pytest.mark.parametrize("path", ["docs", "docs/start.js"])
async def test_nothing_on_the_page_is_inline(anyone: httpx.AsyncClient, path: str) -> None:
    reply = await anyone.get(f"/api/{path}")
    assert reply.status_code == 200
    policy = (await anyone.get("/api/docs")).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert re.search(r"<style|style=|<script>|\son\w+=", reply.text) is None
    assert re.findall(r"https?://", reply.text) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("docs/swagger-ui.css", "text/css"),
        ("docs/swagger-ui-bundle.js", "text/javascript"),
        ("openapi.json", "application/json"),
    ],
)
async def test_large_replies_are_packed_for_who_takes_that(anyone: httpx.AsyncClient, path: str, kind: str) -> None:
    plain = await anyone.get(f"/api/{path}", headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"].startswith(kind)
    assert "content-encoding" not in plain.headers
    async with anyone.stream("GET", f"/api/{path}", headers={"Accept-Encoding": "gzip"}) as reply:
        assert reply.headers["content-encoding"] == "gzip"
        assert int(reply.headers["content-length"]) < len(plain.content) / 3
        assert await reply.aread() == plain.content
