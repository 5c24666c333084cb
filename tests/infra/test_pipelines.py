"""CI and deployment of GitHub Actions and Azure Pipelines: they read, keep no secret, and fit what they run."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.checker.expressions import Call, Constant
from tests.infra.checker.files import Kind, load
from tests.infra.checker.names import walk
from tests.infra.templates import BICEP, DEPLOYER, PARAMETER_FILES, ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PIPELINES = sorted((ROOT / "azure-pipelines").glob("*.yml"))
# Made while they run, or by azd.
MADE = {"NEXUS_EPHEMERAL_QDRANT_KEY"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read_by_templates(path: Path) -> dict[str, bool]:
    """Environment variable → whether the parameter file goes without it."""
    found: dict[str, bool] = {}
    for declaration in load(path).of(Kind.VARIABLE).values():
        for expression, _ in walk(declaration.value) if declaration.value else ():
            match expression:
                case Call(function="readEnvironmentVariable", arguments=(Constant(value=str(name)), *rest)):
                    found[name] = bool(rest)
                case _:
                    continue
    return found


@pytest.mark.parametrize("path", [*WORKFLOWS, *PIPELINES], ids=named)
def test_it_reads_and_runs_what_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert isinstance(yaml.safe_load(text), dict)
    for module in re.findall(r"python -m (infra\.[\w.]+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
    for script in re.findall(r"\b((?:infra|\.ci)/[\w./-]+)", _of_prod(text)):
        assert (ROOT / script.rstrip(".")).exists(), script


def _of_prod(text: str) -> str:
    return re.sub(r"\$\{\{ (?:inputs|parameters)\.stage \}\}|\$stage", "prod", text)


@pytest.mark.parametrize("path", [*WORKFLOWS, *PIPELINES], ids=named)
def test_it_keeps_no_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"\$\{\{\s*secrets\.(?!GITHUB_TOKEN)", text)
    assert not re.search(r"(?i)client-?secret|servicePrincipalKey|creds:|publish-profile", text)
    # the one token that Azure has no identity for is asked for when it is used, and masked before
    if "staticwebapp secrets list" in text:
        assert re.search(r"add-mask::\$token|setsecret\]\$token", text)


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_a_workflow_may_do_no_more_than_it_needs(path: Path) -> None:
    workflow: Any = yaml.safe_load(path.read_text("utf-8"))
    wanted = {"contents": "read"} | ({"id-token": "write"} if path.stem == "deploy" else {})
    assert workflow["permissions"] == wanted
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job, name
        for step in job["steps"]:
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name
            # what a person wrote (a branch's name, a title) is never put into a shell's text
            assert not re.search(r"\$\{\{\s*github\.(event|head_ref)", str(step.get("run", ""))), name


def test_a_pull_request_does_not_get_azures_token() -> None:
    workflow: Any = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert "id-token" not in workflow["permissions"]
    assert "pull_request_target" not in (ROOT / ".github/workflows/ci.yml").read_text("utf-8")


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_deployment_says_everything_that_the_parameter_file_asks_for(stage: str) -> None:
    needed = {name for name, optional in read_by_templates(BICEP / f"main.{stage}.bicepparam").items() if not optional}
    workflow: Any = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    assert needed - workflow["env"].keys() - MADE == set()
    assert needed - DEPLOYER.keys() == set()


@pytest.mark.parametrize("path", [ROOT / ".github/workflows/ci.yml", ROOT / "azure-pipelines/ci.yml"], ids=named)
def test_ci_builds_every_template_and_parameter_file_with_bicep_itself(path: Path) -> None:
    text = path.read_text("utf-8").replace("main.$stage.bicepparam", "main.dev.bicepparam main.prod.bicepparam")
    for file in [*PARAMETER_FILES, BICEP / "main.bicep", BICEP / "identity/app.bicep"]:
        assert file.relative_to(ROOT).as_posix() in text or file.name in text, file.name
    for command in ("bicep lint", "bicep build ", "bicep build-params"):
        assert command in text
    needed = {name for file in PARAMETER_FILES for name, optional in read_by_templates(file).items() if not optional}
    assert [name for name in needed if f"{name}:" not in text] == []


@pytest.mark.parametrize(
    "path", [ROOT / ".github/workflows/deploy.yml", ROOT / "azure-pipelines/deploy.yml"], ids=named
)
def test_a_deployment_shows_what_would_change_first_and_ends_with_a_question(path: Path) -> None:
    text = path.read_text("utf-8")
    order = [
        "group what-if", "group create", "infra.deploy.secrets", "infra.deploy.database", "infra.deploy.package",
        "config-zip", "static-web-apps-cli", "/health/ready",
    ]  # fmt: skip
    if path.parent.name == "azure-pipelines":
        assert all(step in text for step in order)
        order = [step for step in order if step != "config-zip"]
    places = [text.index(step) for step in order]
    assert places == sorted(places)


def test_the_database_step_signs_in_as_another_identity_than_the_templates_step() -> None:
    workflow: Any = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text("utf-8"))
    logins = {
        name: next(step["with"]["client-id"] for step in job["steps"] if "azure/login" in str(step.get("uses")))
        for name, job in workflow["jobs"].items()
    }
    assert "NEXUS_MIGRATIONS_CLIENT_ID" in logins["database"]
    assert all("AZURE_CLIENT_ID" in login for name, login in logins.items() if name != "database")


def test_azds_hooks_and_services_are_there() -> None:
    told: Any = yaml.safe_load((ROOT / "azure.yaml").read_text("utf-8"))
    assert (ROOT / told["infra"]["path"] / f"{told['infra']['module']}.bicepparam").is_file()
    for hook in told["hooks"].values():
        assert (ROOT / hook["run"]).is_file()
    tags = re.findall(r"'azd-service-name': '(\w+)'", "".join(p.read_text() for p in BICEP.rglob("*.bicep")))
    assert set(told["services"]) <= set(tags)


def test_the_steps_after_azds_provisioning_read_what_main_says() -> None:
    script = (ROOT / "infra/deploy/after_provision.sh").read_text("utf-8")
    outputs = set(load(BICEP / "main.bicep").of(Kind.OUTPUT))
    said_by_people = {"NEXUS_PYTHON", "NEXUS_MY_ADDRESS", "NEXUS_DATABASE_ADMINS_NAME"}
    assert set(re.findall(r"NEXUS_[A-Z_]+", script)) - outputs - said_by_people == set()
    for step in ("secrets", "database"):
        read = set(re.findall(r'"(NEXUS_(?!SECRET_)[A-Z_]+)"', (ROOT / f"infra/deploy/{step}.py").read_text("utf-8")))
        assert read - outputs == {"NEXUS_MIGRATIONS_POSTGRES_URL"} & read
