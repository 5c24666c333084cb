"""The doctor, with each thing broken one at a time: it names that one, says what is wrong, and what mends it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from devstack.stack.azurite import connection_string, new_key
from devstack.stack.ports import free_port
from functions.doctor.checks import examine
from functions.doctor.findings import Finding
from shared.runtime import Runtime
from shared.settings import Settings
from tests.conftest import ROOT
from tests.functions.nexus import ADMIN, Nexus
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


BROKEN: list[tuple[str, Callable[[Nexus], dict[str, str]], str, str]] = [
    (
        "network: redis",
        lambda _: {"NEXUS_REDIS_URL": f"redis://:secret@127.0.0.1:{free_port()}/0"},
        "refuses connections",
        "az resource list",
    ),
    (
        "network: qdrant",
        lambda _: {"NEXUS_QDRANT_URL": "http://qdrant.invalid:6333"},
        "does not resolve",
        "private-dns",
    ),
    (
        "postgres",
        lambda app: {"NEXUS_POSTGRES_URL": app.database.dsn_app.replace("nexus_app:", "nexus_app:not-")},
        "does not accept the role",
        "infra.deploy.database",
    ),
    (
        "postgres role",
        lambda app: {"NEXUS_POSTGRES_URL": app.database.dsn_owner},
        "it makes tables, it owns tables",
        "infra.deploy.database",
    ),
    (
        "redis",
        lambda app: {"NEXUS_REDIS_URL": app.redis.url.replace("redis://:", "redis://:not-")},
        "redis service does not answer",
        "access-policy-assignment",
    ),
    (
        "blob",
        lambda app: {"NEXUS_BLOB_CONNECTION_STRING": connection_string(new_key(), app.azurite.port)},
        "blob service does not answer",
        "az role assignment list",
    ),
    ("qdrant", lambda _: {"NEXUS_QDRANT_API_KEY": "another"}, "refuses Nexus' key", "NEXUS_QDRANT_API_KEY"),
]


@pytest.mark.parametrize(("check", "settings", "says", "mend"), BROKEN, ids=[case[0] for case in BROKEN])
async def test_a_setting_that_is_wrong_is_found_at_the_part_that_it_breaks(
    app: Nexus, check: str, settings: Callable[[Nexus], dict[str, str]], says: str, mend: str
) -> None:
    finding = await found(app, **settings(app))
    assert finding.check == check
    assert says in finding.says
    assert mend in (finding.mend or "")
    assert "secret" not in finding.says


@pytest.mark.parametrize(
    ("path", "then", "check", "says"),
    [
        ("/chat/completions$", {"status": 404, "body": {"error": {"code": "model_not_found"}}}, "chat model", "know"),
        ("/chat/completions$", {"status": 401, "body": {}}, "chat model", "refuses our key"),
        ("/embeddings$", {"status": 401, "body": {}}, "embedding model", "refuses our key"),
    ],
)
async def test_a_model_that_cannot_be_asked_is_named_with_the_reason(
    app: Nexus, path: str, then: dict[str, Any], check: str, says: str
) -> None:
    app.fault(app.models, path, then)
    finding = await found(app)
    assert finding.check == check
    assert says in finding.says


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


@pytest.mark.parametrize(
    ("broken", "mended", "check", "says"),
    [
        (
            "REVOKE INSERT ON feedback FROM nexus_app",
            "GRANT INSERT ON feedback TO nexus_app",
            "postgres role",
            "may not use the tables feedback",
        ),
        (
            "GRANT UPDATE ON audit_log TO nexus_app",
            "REVOKE UPDATE ON audit_log FROM nexus_app",
            "postgres role",
            "rewrites the audit log (S19)",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO nexus_app",
            "REVOKE CREATE ON SCHEMA public FROM nexus_app",
            "postgres role",
            "it makes tables",
        ),
        (
            "CREATE SCHEMA kept; CREATE TABLE kept.at AS SELECT version_num FROM alembic_version;"
            " UPDATE alembic_version SET version_num = '0001'",
            "UPDATE alembic_version SET version_num = (SELECT version_num FROM kept.at); DROP SCHEMA kept CASCADE",
            "schema",
            "at revision 0001, this version of Nexus needs",
        ),
    ],
)
async def test_a_role_with_other_rights_and_an_older_schema_are_found(
    app: Nexus, broken: str, mended: str, check: str, says: str
) -> None:
    app.postgres.sql(broken, app.database.name)
    try:
        findings = await examined(app)
    finally:
        app.postgres.sql(mended, app.database.name)
    (finding,) = [each for each in findings if each.state == "wrong" and each.check == check]
    assert says in finding.says


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
