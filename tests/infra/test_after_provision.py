"""azd's hook, run as it is: `az` and the steps are stand-ins that write down what they were asked, and may fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.templates import ROOT

SCRIPT = ROOT / "infra/deploy/after_provision.sh"
OUTPUTS = {
    "AZURE_RESOURCE_GROUP": "rg-nexus-dev",
    "NEXUS_POSTGRES_HOST": "psql-nexus-dev-abc.postgres.database.azure.com",
    "NEXUS_API_NAME": "func-nexus-dev-abc",
    "NEXUS_DATABASE_ADMINS_NAME": "Nexus DBA's",
    "NEXUS_MIGRATIONS_NAME": "id-nexus-dev-migrations",
}
# Writes its name and arguments down; fails where $FAILING is among them.
STAND_IN = f"""#!{sys.executable}
import json, os, sys
called = [os.path.basename(sys.argv[0]), *sys.argv[1:]]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps(called) + "\\n")
sys.exit(3 if os.environ.get("FAILING") in called else 0)
"""


def run(folder: Path, **settings: str) -> tuple[subprocess.CompletedProcess[str], list[list[str]]]:
    """What it said, and what it called in order."""
    for name in ("az", "python"):
        program = folder / name
        program.write_text(STAND_IN)
        program.chmod(0o755)
    (folder / "temporary").mkdir()
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "CALLS": str(folder / "calls"),
        "TMPDIR": str(folder / "temporary"),
        "NEXUS_PYTHON": str(folder / "python"),
        **settings,
    }
    done = subprocess.run(["sh", str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
    calls = folder / "calls"
    assert list((folder / "temporary").iterdir()) == [], "a package of 130 MB was left behind"
    return done, [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


def steps(calls: list[list[str]]) -> list[str]:
    return [
        call[2].removeprefix("infra.deploy.") if call[0] == "python" else " ".join(call[1:3]).partition(" --")[0]
        for call in calls
    ]


def option(call: list[str], name: str) -> str:
    return call[call.index(name) + 1]


def test_the_steps_come_in_order_and_the_laptop_is_let_in_for_their_time_alone(tmp_path: Path) -> None:
    done, calls = run(tmp_path, **OUTPUTS, NEXUS_MY_ADDRESS="203.0.113.7")
    assert done.returncode == 0, done.stderr
    assert steps(calls) == [
        "secrets", "resource create", "database", "package", "functionapp deployment", "resource delete",
    ]  # fmt: skip
    _, opened, database, built, uploaded, closed = calls
    for call in (opened, closed):
        assert option(call, "--parent") == "flexibleServers/psql-nexus-dev-abc"
        assert option(call, "--resource-group") == "rg-nexus-dev"
    # of the API that the template uses, so that both mean the same
    version = option(opened, "--api-version")
    assert f"flexibleServers/firewallRules@{version}" in (ROOT / "infra/bicep/modules/postgres.bicep").read_text()
    assert json.loads(option(opened, "--properties")) == {
        "startIpAddress": "203.0.113.7",
        "endIpAddress": "203.0.113.7",
    }
    assert (option(database, "--user"), option(database, "--also")) == ("Nexus DBA's", "id-nexus-dev-migrations")
    assert option(uploaded, "--src") == built[3]


def test_without_an_address_no_door_is_touched(tmp_path: Path) -> None:
    done, calls = run(tmp_path, **OUTPUTS)
    assert done.returncode == 0, done.stderr
    assert steps(calls) == ["secrets", "database", "package", "functionapp deployment"]


@pytest.mark.parametrize(
    ("failing", "before"),
    [
        ("infra.deploy.secrets", ["secrets"]),
        ("infra.deploy.database", ["secrets", "resource create", "database", "resource delete"]),
        ("infra.deploy.package", ["secrets", "resource create", "database", "package", "resource delete"]),
    ],
)
def test_a_step_that_fails_ends_it_with_the_door_shut(tmp_path: Path, failing: str, before: list[str]) -> None:
    done, calls = run(tmp_path, **OUTPUTS, NEXUS_MY_ADDRESS="203.0.113.7", FAILING=failing)
    assert done.returncode == 3
    assert steps(calls) == before
    assert "Deployed" not in done.stdout


@pytest.mark.parametrize("missing", OUTPUTS)
def test_what_the_deployment_did_not_say_is_named(tmp_path: Path, missing: str) -> None:
    done, calls = run(tmp_path, **{name: value for name, value in OUTPUTS.items() if name != missing})
    assert done.returncode != 0
    assert missing in done.stderr
    assert "functionapp deployment" not in steps(calls)
