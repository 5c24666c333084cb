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
from functions.doctor import checks, network
from functions.doctor.checks import examine
from functions.doctor.findings import Finding
from shared.runtime import Runtime
from shared.settings import Settings
from tests.certificates import Authority
from tests.conftest import ROOT
from tests.fakes.tls_front import POSTGRES, TlsFront
from tests.functions.doctor_faults import FAULTS, Fault
from tests.functions.nexus import ADMIN, Nexus, eventually
from tests.functions.person import Person

REFERENCE = "@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/x)"


@pytest.fixture(autouse=True)
def nothing_is_broken(app: Nexus) -> Iterator[None]:
    app.forget()
    yield
    app.forget()


async def examined(app: Nexus, **settings: str) -> list[Finding]:
    with patch.dict(os.environ, app.settings_with(**settings)):
        runtime = Runtime(Settings.from_env())
        try:
            return await examine(runtime)
        finally:
            await runtime.close()


async def found(app: Nexus, **settings: str) -> Finding:
    """The one thing that is wrong."""
    wrong = [finding for finding in await examined(app, **settings) if finding.state == "wrong"]
    assert len(wrong) == 1, wrong
    return wrong[0]


def command(app: Nexus, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "functions.doctor", *arguments],
        cwd=ROOT,
        env={**os.environ, **app.settings_with(**settings)},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_where_all_is_well_every_part_was_asked(app: Nexus) -> None:
    findings = await examined(app)
    assert {finding.state for finding in findings} <= {"ok", "skipped"}, findings
    asked = {finding.check for finding in findings if finding.state == "ok"}
    parts = {"postgres", "postgres role", "schema", "redis", "blob", "qdrant", "chat model", "embedding model", "graph"}
    assert parts <= asked
    reached = {"postgres", "redis", "qdrant", "entra", "graph", "chat model", "embedding model"}
    assert {f"network: {name}" for name in reached} <= asked


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
async def test_a_fault_is_named_once_in_words_and_with_what_mends_it(app: Nexus, fault: Fault) -> None:
    with fault.broken(app) as settings:
        findings = await examined(app, **settings)
    # of libraries that other tests have made, whatever keeps Nexus from Graph keeps it from each
    wrong = [each for each in findings if each.state == "wrong" and not each.check.startswith("library ")]
    assert len(wrong) == 1, wrong
    assert wrong[0].check == fault.check
    assert fault.says in wrong[0].says
    assert fault.mend in (wrong[0].mend or "")
    assert "secret" not in wrong[0].says


def test_every_check_that_the_doctor_makes_has_a_fault_that_it_finds(app: Nexus) -> None:
    """The other tests of this file add `identity`, `library …`, `settings` and `drift`."""
    everything = {
        "NEXUS_BLOB_CONNECTION_STRING": "",
        "NEXUS_BLOB_ACCOUNT_URL": "https://account.example",
        "NEXUS_NOTEBOOK_URL": "https://notebook.example",
    }
    servers = network.servers(Settings.from_env(app.settings_with(**everything)))
    # what a check finds beside its own name
    made = {*(name for name, _, _ in checks.CHECKS), "postgres role", "schema", "graph permission"}
    made |= {f"network: {server.name}" for server in servers}
    assert made - {fault.check for fault in FAULTS} == {"identity"}
    assert {fault.check for fault in FAULTS} <= made


async def test_a_part_that_never_answers_is_named_when_the_doctor_gives_up(
    app: Nexus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TIMEOUT_S", 8.0)
    app.fault(app.models, "/chat/completions$", {"hang": True})
    (finding,) = [each for each in await examined(app) if each.check == "chat model"]
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
    app: Nexus, tmp_path: Path, host: str, roots: str, says: str
) -> None:
    ours, another = Authority(tmp_path, "ours"), Authority(tmp_path, "another")
    trusted = {"nobody": another.certificate, "ours": ours.certificate, "missing": tmp_path / "missing.pem"}
    tls = await TlsFront(app.postgres.port, ours.issue("127.0.0.1"), prelude=POSTGRES).start()
    address = app.database.dsn_app.replace(f"127.0.0.1:{app.postgres.port}", f"{host}:{tls.port}")
    try:
        finding = await found(
            app, NEXUS_POSTGRES_URL=f"{address}?sslmode=verify-full", PGSSLROOTCERT=str(trusted[roots])
        )
    finally:
        await tls.stop()
    assert finding.check == "postgres"
    assert says in finding.says
    assert "PGSSLROOTCERT" in (finding.mend or "")


async def test_an_identity_without_tokens_is_named_before_what_needs_them(app: Nexus) -> None:
    identity = HostIdentity("the-identity")
    database = app.database.dsn_app.partition("@")[2]
    with ServerThread(identity.app) as server:
        findings = await examined(
            app,
            NEXUS_POSTGRES_URL=f"postgresql://nexus_app@{database}",
            NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID="another-identity",
            **identity.environment(server.url),
        )
    first = next(finding for finding in findings if finding.state == "wrong")
    assert first.check == "identity"
    assert "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID" in first.says
    assert "az functionapp identity show" in (first.mend or "")


async def test_a_library_that_may_not_be_read_is_named_with_the_grant_that_it_needs(app: Nexus) -> None:
    address = app.sharepoint_library("Doctored", a_md="# Text")
    async with httpx.AsyncClient(base_url=app.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, app.sessions[ADMIN])
        made = await admin.post("admin/libraries", {"library_url": address})
        app.fault(app.graph, "^/v1.0/sites", {"status": 403, "body": {"error": {"code": "accessDenied"}}})
        try:
            findings = await examined(app)
        finally:
            app.forget()
            await admin.call("DELETE", f"admin/libraries/{made['id']}", status=202)
    (finding,) = [each for each in findings if each.check == "library Doctored"]
    assert finding.state == "wrong"
    assert "Nexus may not read" in finding.says
    assert "grant read" in (finding.mend or "")


async def test_what_differs_from_sharepoint_is_said_with_the_command_that_shows_it(app: Nexus) -> None:
    address = app.sharepoint_library("Drifting", a_md="# Never read")
    async with httpx.AsyncClient(base_url=app.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, app.sessions[ADMIN])
        made = await admin.post("admin/libraries", {"library_url": address})
        try:
            done = await asyncio.to_thread(command, app, "--drift")
        finally:
            await admin.call("DELETE", f"admin/libraries/{made['id']}", status=202)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "WRONG    drift: Ledger, passage index and SharePoint differ in" in done.stdout
    assert "→ python -m functions.drift_report" in done.stdout


def test_settings_that_are_not_complete_are_named_one_by_one(app: Nexus) -> None:
    done = command(app, "--json", NEXUS_QDRANT_URL="", OPENAI_API_KEY=REFERENCE)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert {finding["check"] for finding in told["findings"]} == {"settings"}
    says = [finding["says"] for finding in told["findings"]]
    assert says[0].startswith("NEXUS_QDRANT_URL is missing")
    assert "OPENAI_API_KEY holds a Key Vault reference" in says[1]
    assert "az keyvault secret list" in told["findings"][1]["mend"]


async def test_inside_the_app_an_operator_starts_it_and_the_log_says_what_it_found(app: Nexus) -> None:
    """With the host's key in Azure; nobody is signed in."""
    app.fault(app.models, "/embeddings$", {"status": 401, "body": {}})
    before = len(app.host.log())

    async def told() -> list[str]:
        lines = [line for line in app.host.log()[before:].splitlines() if "doctor:" in line]
        return lines if any("found something wrong" in line for line in lines) else []

    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        reply = await http.post(f"{app.host.url}/admin/functions/doctor", json={"input": ""})
    assert reply.status_code == 202
    lines = await eventually(told, "the doctor's words", limit_s=90)
    (found,) = [line for line in lines if "doctor: embedding model:" in line]
    assert "refuses our key" in found
    assert "OPENAI_API_KEY=<key>" in found
    assert any("doctor: 1 of" in line for line in lines)


async def test_the_command_says_all_is_well_and_ends_with_0(app: Nexus) -> None:
    async with httpx.AsyncClient(base_url=app.host.url, timeout=60, trust_env=False) as http:
        admin = Person(http, app.sessions[ADMIN])
        # Libraries of earlier tests that were added and never synced differ from SharePoint, and the doctor says so.
        for library in (await admin.get("admin/libraries", limit=100))["items"]:
            if library["last_sync_at"] is None:
                await admin.synced(library["id"])
    done = command(app, "--drift")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("All is well.")
    assert "drift: Ledger, passage index and SharePoint agree." in done.stdout
    assert done.stderr == ""
