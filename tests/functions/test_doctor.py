"""The doctor, with each thing broken one at a time: it names that one, says what is wrong, and what mends it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from functions.doctor import checks, network
from functions.doctor.checks import examine
from functions.doctor.findings import Finding
from shared.runtime import Runtime
from shared.settings import Settings
from tests.certificates import Authority
from tests.conftest import ROOT
from tests.fakes.tls_front import POSTGRES, TlsFront
from tests.functions.doctor_faults import FAULTS, Fault
from tests.functions.nexus import ADMIN, eventually
from tests.functions.person import Person
from tests.security.own_nexus import UNLIMITED, OwnNexus, own_nexus

REFERENCE = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/x)"


@pytest.fixture(scope="module")
def own(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnNexus]:
    """What the tests of other files leave behind is for the doctor to complain about: it gets an app without."""
    home = tmp_path_factory.mktemp("doctor")
    limits = {"NEXUS_RATE_LIMITS": UNLIMITED}
    with own_nexus(home, postgres, redis_server, qdrant_server, people=(ADMIN,), **limits) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_broken(own: OwnNexus) -> Iterator[None]:
    own.forget()
    yield
    own.forget()


async def examined(own: OwnNexus, **settings: str) -> list[Finding]:
    with patch.dict(os.environ, own.settings_with(**settings)):
        runtime = Runtime(Settings.from_env())
        try:
            return await examine(runtime)
        finally:
            await runtime.close()


async def found(own: OwnNexus, **settings: str) -> Finding:
    """The one thing that is wrong."""
    wrong = [finding for finding in await examined(own, **settings) if finding.state == "wrong"]
    assert len(wrong) == 1, wrong
    return wrong[0]


def command(own: OwnNexus, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "functions.doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, **own.settings_with(**settings)},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_where_all_is_well_every_part_was_asked(own: OwnNexus) -> None:
    findings = await examined(own)
    assert {finding.state for finding in findings} <= {"ok", "skipped"}, findings
    asked = {finding.check for finding in findings if finding.state == "ok"}
    parts = {"postgres", "postgres role", "schema", "redis", "blob", "qdrant", "chat model", "embedding model", "graph"}
    assert parts <= asked
    reached = {"postgres", "redis", "qdrant", "entra", "graph", "chat model", "embedding model"}
    assert {f"network: {name}" for name in reached} <= asked


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
async def test_a_fault_is_named_once_in_words_and_with_what_mends_it(own: OwnNexus, fault: Fault) -> None:
    with fault.broken(own) as settings:
        wrong = await found(own, **settings)
    assert wrong.check == fault.check
    assert fault.says in wrong.says
    assert fault.mend in (wrong.mend or "")
    assert "secret" not in wrong.says


def test_every_check_that_the_doctor_makes_has_a_fault_that_it_finds(own: OwnNexus) -> None:
    """The other tests of this file add `identity`, `library …`, `settings` and `drift`."""
    everything = {
        "NEXUS_BLOB_CONNECTION_STRING": "",
        "NEXUS_BLOB_ACCOUNT_URL": "https://account.example",
        "NEXUS_NOTEBOOK_URL": "https://notebook.example",
    }
    servers = network.servers(Settings.from_env(own.settings_with(**everything)))
    # what a check finds beside its own name
    made = {*(name for name, _, _ in checks.CHECKS), "postgres role", "schema", "graph permission"}
    made |= {f"network: {server.name}" for server in servers}
    assert made - {fault.check for fault in FAULTS} == {"identity"}
    assert {fault.check for fault in FAULTS} <= made


async def test_a_part_that_never_answers_is_named_when_the_doctor_gives_up(
    own: OwnNexus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TIMEOUT_S", 8.0)
    own.fault(own.models, "/chat/completions$", {"hang": True})
    (finding,) = [each for each in await examined(own) if each.check == "chat model"]
    assert (finding.state, finding.says) == ("wrong", "No answer within 8 s.")


@pytest.mark.parametrize(
    ("host", "roots", "says"),
    [
        ("127.0.0.1", "nobody", "certificate that Nexus does not trust"),
        ("localhost", "ours", "certificate of another name"),
        ("127.0.0.1", "missing", "PGSSLROOTCERT names cannot be read"),
    ],
)
async def test_a_certificate_that_is_not_to_be_trusted_is_told_from_a_server_that_is_away(
    own: OwnNexus, tmp_path: Path, host: str, roots: str, says: str
) -> None:
    ours, another = Authority(tmp_path, "ours"), Authority(tmp_path, "another")
    trusted = {"nobody": another.certificate, "ours": ours.certificate, "missing": tmp_path / "missing.pem"}
    tls = await TlsFront(own.postgres.port, ours.issue("127.0.0.1"), prelude=POSTGRES).start()
    address = own.database.dsn_app.replace(f"127.0.0.1:{own.postgres.port}", f"{host}:{tls.port}")
    try:
        finding = await found(
            own, NEXUS_POSTGRES_URL=f"{address}?sslmode=verify-full", PGSSLROOTCERT=str(trusted[roots])
        )
    finally:
        await tls.stop()
    assert finding.check == "postgres"
    assert says in finding.says
    assert "PGSSLROOTCERT" in (finding.mend or "")


async def test_an_identity_without_tokens_is_named_before_what_needs_them(own: OwnNexus) -> None:
    identity = HostIdentity("the-identity")
    database = own.database.dsn_app.partition("@")[2]
    with ServerThread(identity.app) as server:
        findings = await examined(
            own,
            NEXUS_POSTGRES_URL=f"postgresql://nexus_app@{database}",
            NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID="another-identity",
            **identity.environment(server.url),
        )
    first = next(finding for finding in findings if finding.state == "wrong")
    assert first.check == "identity"
    assert "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID" in first.says
    assert "az functionapp identity show" in (first.mend or "")


async def test_a_library_that_may_not_be_read_is_named_with_the_grant_that_it_needs(own: OwnNexus) -> None:
    address = own.sharepoint_library("Doctored", a_md="# Text")
    async with httpx.AsyncClient(base_url=own.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, own.sessions[ADMIN])
        made = await admin.post("admin/libraries", {"library_url": address})
        own.fault(own.graph, "^/v1.0/sites", {"status": 403, "body": {"error": {"code": "accessDenied"}}})
        try:
            findings = await examined(own)
        finally:
            own.forget()
            await admin.call("DELETE", f"admin/libraries/{made['id']}", status=202)
    (finding,) = [each for each in findings if each.check == "library Doctored"]
    assert finding.state == "wrong"
    assert "Nexus may not read" in finding.says
    assert "grant read" in (finding.mend or "")


async def test_what_differs_from_sharepoint_is_said_with_the_command_that_shows_it(own: OwnNexus) -> None:
    address = own.sharepoint_library("Drifting", a_md="# Never read")
    async with httpx.AsyncClient(base_url=own.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, own.sessions[ADMIN])
        made = await admin.post("admin/libraries", {"library_url": address})
        try:
            done = await asyncio.to_thread(command, own, "--drift")
        finally:
            await admin.call("DELETE", f"admin/libraries/{made['id']}", status=202)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "WRONG    drift: Ledger, passage index and SharePoint differ in" in done.stdout
    assert "→ python -m functions.drift_report" in done.stdout


def test_settings_that_are_not_complete_are_named_one_by_one(own: OwnNexus) -> None:
    done = command(own, "--json", NEXUS_QDRANT_URL="", OPENAI_API_KEY=REFERENCE)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert {finding["check"] for finding in told["findings"]} == {"settings"}
    says = [finding["says"] for finding in told["findings"]]
    assert says[0].startswith("NEXUS_QDRANT_URL is missing")
    assert "OPENAI_API_KEY holds a Key Vault reference" in says[1]
    assert "az keyvault secret list" in told["findings"][1]["mend"]


async def test_inside_the_app_an_operator_starts_it_and_the_log_says_what_it_found(own: OwnNexus) -> None:
    """With the host's key in Azure; nobody is signed in."""
    own.fault(own.models, "/embeddings$", {"status": 401, "body": {}})
    before = len(own.host.log())

    async def told() -> list[str]:
        lines = [line for line in own.host.log()[before:].splitlines() if "doctor:" in line]
        return lines if any("found something wrong" in line for line in lines) else []

    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        reply = await http.post(f"{own.host.url}/admin/functions/doctor", json={"input": ""})
    assert reply.status_code == 202
    lines = await eventually(told, "the doctor's words", limit_s=90)
    (found,) = [line for line in lines if "doctor: embedding model:" in line]
    assert "refuses our key" in found
    assert "OPENAI_API_KEY=<key>" in found
    assert any("doctor: 1 of" in line for line in lines)


async def test_the_command_says_all_is_well_and_ends_with_0(own: OwnNexus) -> None:
    address = own.sharepoint_library("Healthy", a_md="# Text")
    async with httpx.AsyncClient(base_url=own.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, own.sessions[ADMIN])
        made = await admin.post("admin/libraries", {"library_url": address})
        await admin.synced(made["id"])
    done = command(own, "--drift")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("All is well.")
    assert "drift: Ledger, passage index and SharePoint agree." in done.stdout
    assert done.stderr == ""
