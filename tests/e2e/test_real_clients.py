"""Clients that nobody here wrote read one run at once: a browser's EventSource and fetch, Node, curl, httpx-sse.

The browser's page is served from the web app's own origin and reports what it heard to where it came from.
"""

import asyncio
import json
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from httpx_sse import aconnect_sse

from devstack.cli.api import NexusApi
from devstack.stack.ports import BASE_PORTS
from tests.e2e.conftest import Stack

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SAID = (
    "Zwölf „Wörter“,\nzwei Zeilen, ein Emoji 🙂, ein Absatz:\n\ndata: kein Ereignis\r\n\u2028" + " und so weiter" * 60
)
LIMIT_S = 120

# Parses the stream as the format says, by whole lines; what `fetch` gives are pieces cut anywhere.
READER = """
const read = async (url, headers, begun) => {
  let text = "", left = "";
  const response = await fetch(url, { headers });
  const decoder = new TextDecoder();
  for await (const piece of response.body) {
    left += decoder.decode(piece, { stream: true });
    const events = left.split("\\n\\n");
    left = events.pop();
    for (const event of events) {
      const lines = event.split("\\n");
      if (lines.some(line => line.startsWith("event: "))) continue;
      const data = lines.find(line => line.startsWith("data: "));
      if (!data) continue;
      const said = JSON.parse(data.slice(6));
      if (said.done) return text;
      begun();
      text += said.token;
    }
  }
  throw new Error("the stream ended without done");
};
"""
# The six lines of EventSource are those that the product's specification shows.
PAGE = (
    "<!doctype html><meta charset=utf-8><script>"
    + READER
    + """
const tell = (what, body) => fetch(what, { method: "POST", body });
const told = new Set();
const begun = who => { if (!told.has(who)) { told.add(who); tell(`/begun/${who}`, ""); } };
(async () => {
  await tell("/ready", "");
  const { ticketed, url, token } = await (await fetch("/go")).json();

  let text = "";
  const es = new EventSource(ticketed);
  es.onmessage = e => {
    const data = JSON.parse(e.data);
    if (data.done) { es.close(); tell("/heard/EventSource", text); }
    else { begun("EventSource"); text += data.token; }
  };

  const fetched = read(url, { Authorization: `Bearer ${token}` }, () => begun("fetch in the browser"));
  tell("/heard/fetch in the browser", await fetched);
})();
</script>"""
)
NODE = (
    READER
    + """
const [url, token] = process.argv.slice(1);
let told = false;
const begun = () => { if (!told) { told = true; console.log("begun"); } };
read(url, { Authorization: `Bearer ${token}` }, begun).then(text => console.log(JSON.stringify(text)));
"""
)


class Ear:
    """What clients report, in its order: ("begun" or "heard", who, what)."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.ready = threading.Event()
        self.go = threading.Event()
        self.addresses: dict[str, str] = {}
        self._lock = threading.Lock()

    def note(self, what: str, who: str, text: str = "") -> None:
        with self._lock:
            if what == "heard" or ("begun", who, "") not in self.told:
                self.told.append((what, who, text))

    @property
    def heard(self) -> dict[str, str]:
        return {who: text for what, who, text in list(self.told) if what == "heard"}

    @contextmanager
    def served(self, port: int) -> Iterator[None]:
        server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self.go.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/go":
                    ear.go.wait(LIMIT_S)
                    self._reply("application/json", json.dumps(ear.addresses))
                else:
                    self._reply("text/html", PAGE if self.path == "/" else "")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"] or 0)).decode()
                what, _, who = self.path.strip("/").replace("%20", " ").partition("/")
                ear.ready.set() if what == "ready" else ear.note(what, who, body)
                self._reply("text/plain", "")

            def _reply(self, kind: str, text: str) -> None:
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: pytest shows what fails."""

        return Handler


@contextmanager
def browser(program: str, home: Path, url: str) -> Iterator[None]:
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--no-proxy-server", f"--user-data-dir={home}"]  # fmt: skip
    process = subprocess.Popen([program, *flags, url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


async def by_program(ear: Ear, who: str, *command: str) -> None:
    """Node prints `begun`, then its text; curl the stream itself."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    if who == "node":
        assert (await process.stdout.readline()).strip() == b"begun"
        ear.note("begun", who)
        ear.note("heard", who, json.loads(await process.stdout.read()))
    else:
        text, name = "", ""
        while line := await process.stdout.readline():
            match line.decode().rstrip("\n").partition(": "):
                case "event", _, name:
                    pass
                case "data", _, data if not name and "token" in (said := json.loads(data)):
                    ear.note("begun", who)
                    text += said["token"]
                case "", _, _:
                    name = ""
                case _:
                    pass
        ear.note("heard", who, text)
    assert await process.wait() == 0


async def by_httpx_sse(ear: Ear, url: str, token: str) -> None:
    text = ""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=LIMIT_S) as http,
        aconnect_sse(http, "GET", url, headers={"Authorization": f"Bearer {token}"}) as source,
    ):
        async for event in source.aiter_sse():
            if event.event == "message":
                data = event.json()
                if data.get("done"):
                    break
                ear.note("begun", "httpx-sse")
                text += data["token"]
    ear.note("heard", "httpx-sse", text)


@pytest.fixture
async def dave(stack: Stack) -> AsyncIterator[NexusApi]:
    async with await stack.address.sign_in("dave") as person:
        yield person


async def waiting_run(stack: Stack, dave: NexusApi) -> str:
    """A conversation whose answer, slowly said, waits for its first reader."""
    script = {"text": SAID, "tokens_per_second": 25, "times": 1}
    async with httpx.AsyncClient(trust_env=False) as http:
        (await http.post(f"{stack.address.content['openai']}/_control/script", json=script)).raise_for_status()
        conversation = (await dave.post("/conversations", {"mode": "assistant", "title": "Read by many"}))["id"]
        asked = await http.post(
            f"{stack.address.api}/api/conversations/{conversation}/messages",
            json={"content": "Say it"},
            headers={"Authorization": f"Bearer {dave.access_token}", "Accept": "application/json"},
        )
        assert asked.status_code == 202, asked.text
    return conversation


async def test_real_clients_that_read_one_run_at_once_get_the_same_text(
    stack: Stack, dave: NexusApi, tmp_path: Path
) -> None:
    for needed in ("node", "curl"):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    ear, token = Ear(), dave.access_token
    web = BASE_PORTS["web"] + int(stack.environment["NEXUS_PORT_OFFSET"])
    page = f"http://127.0.0.1:{web}/"
    with ear.served(web):
        if found is None:
            await everyone(ear, stack, dave, token, expected=3)
            pytest.skip(f"no Chromium ({', '.join(BROWSERS)}): curl, Node and httpx-sse read the same, browsers unseen")
        with browser(found, tmp_path / "browser", page):
            assert await asyncio.to_thread(ear.ready.wait, LIMIT_S), "the browser never opened the page"
            await everyone(ear, stack, dave, token, expected=5)


async def everyone(ear: Ear, stack: Stack, dave: NexusApi, token: str, *, expected: int) -> None:
    conversation = await waiting_run(stack, dave)
    stream = f"{stack.address.api}/api/chat/stream"
    url = f"{stream}?conversation_id={conversation}"
    ticket = (await dave.post("/chat/tickets", {"conversation_id": conversation}))["ticket"]
    ticketed = f"{stream}?{urlencode({'conversation_id': conversation, 'ticket': ticket})}"
    ear.addresses = {"ticketed": ticketed, "url": url, "token": token}
    ear.go.set()
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(
            by_program(ear, "node", "node", "-e", NODE, url, token),
            by_program(ear, "curl", "curl", "-sN", "--noproxy", "*", "-H", f"Authorization: Bearer {token}", url),
            by_httpx_sse(ear, url, token),
        )
        while len(ear.heard) < expected:
            await asyncio.sleep(0.05)
    assert ear.heard == dict.fromkeys(ear.heard, SAID)
    order = [what for what, _, _ in ear.told]
    assert order[:expected] == ["begun"] * expected, f"not all at once: {[(a, b) for a, b, _ in ear.told]}"
    stored = (await dave.get(f"/conversations/{conversation}"))["messages"]
    assert (len(stored), stored[-1]["content"], stored[-1]["status"]) == (2, SAID, "complete")
