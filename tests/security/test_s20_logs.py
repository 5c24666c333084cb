"""S20: a whole run with marked secrets, people and texts, and logs that hold none of them."""

import asyncio
import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from devstack.functions_host.process import HostProcess
from devstack.sign_in import sign_in
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from tests.functions.nexus import CLIENT_SECRET, eventually
from tests.functions.person import Person
from tests.security.own_nexus import UNLIMITED, OwnNexus, client, own_nexus

# Words that stand in the texts and nowhere else.
PROMPT, DOCUMENT, TITLE, COMMENT = (f"canary{kind}{secrets.token_hex(6)}" for kind in ("ask", "doc", "title", "name"))
MAIL_DOMAIN = "northwind.example"
ENDED = ("succeeded", "failed", "needs_confirmation")


@pytest.fixture(scope="module", params=["json", "text"])
def nexus(
    request: pytest.FixtureRequest,
    postgres: Postgres,
    redis_server: Redis,
    qdrant_server: Qdrant,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OwnNexus]:
    home = tmp_path_factory.mktemp("logs")
    settings = {"NEXUS_RATE_LIMITS": UNLIMITED, "NEXUS_LOG_FORMAT": request.param}
    with own_nexus(home, postgres, redis_server, qdrant_server, people=("admin", "alice"), **settings) as made:
        yield made


def written(host: HostProcess) -> str:
    """All that the functions host and the app in it have said, to stderr and to stdout."""
    return host.log() + host.log_file.with_suffix(".out").read_text(errors="replace")


async def test_s20_a_whole_run_leaves_no_token_prompt_document_or_address_in_the_logs(nexus: OwnNexus) -> None:
    async with client(nexus) as http:
        tokens = await a_whole_run(nexus, http)
    log = written(nexus.host)
    passwords = re.findall(r"://[^:/@]*:([^@]+)@", f"{nexus.database.dsn_app} {nexus.redis.url}")
    assert len(passwords) == 2
    hunted = {
        "a prompt": PROMPT,
        "a document": DOCUMENT,
        "a title": TITLE,
        "a query": COMMENT,
        "an address": MAIL_DOMAIN,
        "the client secret": CLIENT_SECRET,
        "a signing key": nexus.signing_key.partition(":")[2],
        "the index's key": nexus.qdrant.api_key,
        **{f"password {number}": password for number, password in enumerate(passwords)},
        **{f"token {name}": token for name, token in tokens.items()},
    }
    assert len(hunted) > 15
    assert [name for name, marked in hunted.items() if marked in log] == []
    # and it is a log: of every step there is a record
    for step in ("POST auth/login 200", "POST auth/login 401", "sync step", "document read", "run ended",
                 "stream ended", "UndefinedTableError", "GET chat/stream 200", "POST search 200"):  # fmt: skip
        assert step in log, step


async def a_whole_run(nexus: OwnNexus, http: httpx.AsyncClient) -> dict[str, str]:
    """Sign-ins that succeed and fail, a library with good and broken documents, answers by every path and with every
    fault, things refused, an error nobody expects. The tokens that were around."""
    session = await sign_in(nexus.host.url, nexus.entra.url, "alice", client=http)
    alice, admin = Person(http, session), Person(http, nexus.sessions["admin"])
    tokens = {"access": session.access_token, "admin": admin.session.access_token, "forged": f"eyJ{PROMPT}.e30.c2ln"}
    if session.refresh_token:
        tokens["refresh"] = session.refresh_token
        await http.post("/api/auth/refresh", json={"refresh_token": session.refresh_token})
        await http.post("/api/auth/refresh", json={"refresh_token": session.refresh_token[:-1] + "x"})
    verifier, code = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
    tokens |= {"code": code, "verifier": verifier}
    refused = await http.post(
        "/api/auth/login",
        json={"code": code, "code_verifier": verifier, "redirect_uri": "http://localhost:4280/auth/callback",
              "nonce": "nonce-of-a-test"},
    )  # fmt: skip
    assert refused.status_code == 401
    for credentials in (f"Bearer {tokens['forged']}", f"Basic {PROMPT}", session.access_token):
        await http.get("/api/auth/me", headers={"Authorization": credentials, "Cookie": f"__Host-nexus_rt={PROMPT}"})
    await index(nexus, admin)
    await ask(nexus, alice, http, tokens)
    await provoke(nexus, alice, admin, http)
    return tokens


async def index(nexus: OwnNexus, admin: Person) -> None:
    files = {
        "guide_md": f"# {DOCUMENT}\n\nParental leave takes ten weeks, says {DOCUMENT}. Ask hr@{MAIL_DOMAIN}.",
        "broken_docx": f"{DOCUMENT} is no zip archive",
        "table_csv": f"name,mail\n{DOCUMENT},someone@{MAIL_DOMAIN}\n",
    }
    url = nexus.sharepoint_library(f"Canary-{secrets.token_hex(4)}", **files)
    library = await admin.post("admin/libraries", {"library_url": url})
    # Graph fails and is throttled on the way
    nexus.fault(
        nexus.graph, "/delta", {"status": 503, "body": {"error": {"message": f"{DOCUMENT} {COMMENT}"}}}, times=1
    )
    nexus.fault(nexus.models, "/embeddings$", {"status": 500, "body": {"error": {"message": DOCUMENT}}}, times=1)
    run = await admin.post(f"admin/libraries/{library['id']}/sync", {}, status=202)

    async def ended() -> bool:
        return (await admin.get(f"admin/sync-runs/{run['id']}"))["finished_at"] is not None

    await eventually(ended, "the end of the sync", 120)


async def ask(nexus: OwnNexus, alice: Person, http: httpx.AsyncClient, tokens: dict[str, str]) -> None:
    question = f"How long is parental leave, {PROMPT}? Write to me at me@{MAIL_DOMAIN}"
    conversation = await alice.conversation("rag", title=TITLE)
    assert (await alice.ask(conversation, question))[-1].data["done"]
    await alice.post("search", {"query": f"{PROMPT} {DOCUMENT}"}, status=200)
    await alice.ask_later(conversation, question)
    ticket = (await alice.post("chat/tickets", {"conversation_id": conversation}))["ticket"]
    tokens["ticket"] = ticket
    watched = await http.get("/api/chat/stream", params={"conversation_id": conversation, "ticket": ticket})
    assert watched.status_code == 200
    await http.get("/api/chat/stream", params={"conversation_id": conversation, "ticket": ticket})
    echo = {"error": {"message": f"bad prompt: {PROMPT}", "code": PROMPT, "type": PROMPT}}
    for status in (400, 401, 404, 429, 500):
        nexus.fault(nexus.models, "/chat/completions$", {"status": status, "body": echo}, times=2)
        await alice.ask(conversation, question)
        nexus.forget()
    for script in ({"malformed_after_tokens": 2}, {"cut_after_tokens": 2}, {"prompt_filtered": True}):
        nexus.script(text=f"{PROMPT} and {DOCUMENT} and more", times=1, **script)
        await alice.ask(conversation, question)


async def provoke(nexus: OwnNexus, alice: Person, admin: Person, http: httpx.AsyncClient) -> None:
    """What is refused, and what nobody expects, with the marked words in it."""
    headers = alice.session.headers
    await http.get("/api/conversations", params={"mode": PROMPT, "cursor": COMMENT, "q": COMMENT}, headers=headers)
    await http.get(f"/api/conversations/{uuid4()}", headers=headers)
    await http.get(f"/api/documents/me@{MAIL_DOMAIN}", headers=headers)
    await http.get("/api/admin/users", params={"q": f"{COMMENT}@{MAIL_DOMAIN}"}, headers=admin.session.headers)
    await http.post("/api/search", content=f'{{"query": "{PROMPT}', headers=headers)
    await http.post("/api/search", json={"query": [PROMPT], PROMPT: 1}, headers=headers)
    owner = await asyncpg.connect(nexus.database.dsn_owner)
    try:
        for table in ("conversations", "messages"):
            conversation = await alice.conversation()
            await owner.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
            try:
                made = await http.post("/api/conversations", json={"mode": "rag", "title": TITLE}, headers=headers)
                said = {"content": f"{PROMPT} {MAIL_DOMAIN}"}
                asked = await http.post(f"/api/conversations/{conversation}/messages", json=said, headers=headers)
                assert 500 in (made.status_code, asked.status_code)
            finally:
                await owner.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
        # a constraint whose words quote the whole row
        await owner.execute("ALTER TABLE messages ADD CONSTRAINT none_of_these CHECK (content = '') NOT VALID")
        try:
            conversation = await alice.conversation()
            said = {"content": f"{PROMPT} {DOCUMENT} me@{MAIL_DOMAIN}"}
            asked = await http.post(f"/api/conversations/{conversation}/messages", json=said, headers=headers)
            assert asked.status_code == 500
        finally:
            await owner.execute("ALTER TABLE messages DROP CONSTRAINT none_of_these")
    finally:
        await owner.close()


async def test_s20_every_record_of_a_request_and_of_its_run_carries_its_id(nexus: OwnNexus) -> None:
    async with client(nexus) as http:
        alice = Person(http, nexus.sessions["alice"])
        conversation = await alice.conversation()
        nexus.script(text="One two three")
        waiting = await alice.ask_later(conversation, "Count")
        assert waiting["run_id"]
        reply = await http.get("/api/chat/stream", params={"conversation_id": conversation},
                               headers=alice.session.headers)  # fmt: skip
        meta: dict[str, Any] = json.loads(reply.text.partition("data: ")[2].partition("\n")[0])

    async def ended() -> list[str]:
        return [line for line in nexus.host.log().splitlines() if "run ended" in line and waiting["run_id"] in line]

    (line,) = await eventually(ended, "the run's record")
    assert meta["correlation_id"] in line, "the run belongs to the question, not to who watched first"
    lines = nexus.host.log().splitlines()
    assert [line for line in lines if meta["correlation_id"] in line and "nexus.access" in line], "as does the question"
    assert [line for line in lines if reply.headers["x-correlation-id"] in line and "stream ended" in line]
    assert not [line for line in lines if "nexus.access" in line and conversation in line], "templates, not paths"


async def test_s20_every_line_is_a_record(nexus: OwnNexus) -> None:
    """JSON objects only, or lines that begin with a time (and a trace's, indented)."""
    await asyncio.sleep(0)
    for line in nexus.host.log().splitlines():
        if line.startswith("{"):
            record = json.loads(line)
            assert {"time", "level", "logger", "message"} <= record.keys()
        else:
            assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z [A-Z]+ |    ", line), line


def test_the_out_file_is_where_it_is_looked_for(nexus: OwnNexus, tmp_path: Path) -> None:
    assert "ready http://" in written(nexus.host)
