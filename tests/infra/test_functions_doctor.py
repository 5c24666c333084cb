"""`azure-functions-doctor`, a linter of others for function apps, over what is deployed: our part of the package, with
the settings and the function app that the templates come to."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import package
from tests.infra.checker.expressions import Object
from tests.infra.checker.files import Kind, load
from tests.infra.checker.values import Values
from tests.infra.templates import BICEP, ROOT, app_settings, main_with, parameters_of

PROGRAM = Path(sys.executable).parent / "azure-functions-doctor"
# What it warns of, and why that is so here.
WARNED = {
    "check_venv": "a package has no virtual environment: it brings its libraries",
    "check_native_dependency_risk": "wheels for Azure's Linux are asked for by name (package.PLATFORMS)",
    "check_local_settings": "of a developer's machine; settings are the templates'",
    "check_func_cli": "Core Tools are not used: devstack runs the app here, az uploads the package",
    "check_func_core_tools_version": "the same",
    "check_asgi_wsgi_exposure": "FastAPI's request and response types are the HTTP extension's; there is no ASGI app",
    "check_funcignore": "nothing is uploaded from a folder: package.SHIPPED lists what goes",
}
# What it does not look at, and why it need not.
SKIPPED = {
    "check_endpoint_metadata": "of a library that is not used",
    "check_scan_before_spec": "of a library that is not used",
    "check_langgraph_anonymous_auth": "of a library that is not used",
    "check_otel_trace_context_activation": "of the worker's own OpenTelemetry, which is not used (shared/tracing.py)",
    "check_functions_runtime_lifecycle": "Flex Consumption runs version 4 and takes no setting for it",
    "check_functions_extension_version": "the same",
    "check_linux_fx_version": "Flex Consumption has none",
    "check_local_settings_git_tracked": "there is no local.settings.json",
}
# What must have been judged, and found right.
PASSED = {
    "check_python_version",
    "check_requirements_txt",
    "check_azure_functions_library",
    "check_host_json",
    "check_blueprint_registration",
    "check_flex_runtime_config",
    "check_flex_deployment_storage",
    "check_app_insights",
}


def function_app(main: Values) -> dict[str, Any]:
    """The part of the site that Flex Consumption reads, as Resource Manager gets it."""
    settings = app_settings(main)
    main.known["appSettings"] = {"outputs": {"settings": settings}}
    template = Values(load(BICEP / "modules/function-app.bicep"), parameters_of(main, "functionApp"))
    properties = template.file.of(Kind.RESOURCE)["site"].body.get("properties")
    assert isinstance(properties, Object)
    configuration = properties.get("functionAppConfig")
    assert configuration is not None
    named = [{"name": name, "value": value} for name, value in settings.items()]
    site = {"functionAppConfig": template.of(configuration, {}), "siteConfig": {"appSettings": named}}
    return {"resources": [{"type": "Microsoft.Web/sites", "properties": site}]}


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    package.copy_own(ROOT, tmp_path)
    shutil.copy(ROOT / ".python-version", tmp_path)
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra/azuredeploy.json").write_text(json.dumps(function_app(main_with("prod"))))
    return tmp_path


def examined(folder: Path) -> tuple[int, dict[str, dict[str, str]]]:
    """Its exit code, and what it says of each rule; in an environment with the app's own settings."""
    done = subprocess.run(
        [
            str(PROGRAM), "doctor", "--path", str(folder), "--format", "json", "--profile", "full",
            "--deployment-mode", "local-prebuilt", "--hosting-plan", "flex-consumption",
        ],
        env=os.environ | app_settings(main_with("prod")),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    items = [item for section in json.loads(done.stdout)["results"] for item in section["items"]]
    return done.returncode, {item["rule_id"]: item for item in items}


def having(found: dict[str, dict[str, str]], status: str) -> set[str]:
    return {rule for rule, item in found.items() if item["status"] == status}


def test_azure_functions_doctor_passes_and_what_it_warns_of_has_a_reason(deployed: Path) -> None:
    code, found = examined(deployed)
    assert having(found, "fail") == set()
    assert code == 0
    assert having(found, "warn") <= WARNED.keys(), {rule: found[rule]["value"] for rule in having(found, "warn")}
    assert having(found, "skip") <= SKIPPED.keys(), {rule: found[rule]["value"] for rule in having(found, "skip")}
    assert having(found, "pass") >= PASSED, {rule: found[rule] for rule in PASSED & found.keys()}


def test_azure_functions_doctor_would_say_if_something_were_wrong(deployed: Path) -> None:
    (deployed / "host.json").unlink()
    (deployed / "requirements.txt").write_text("msgspec\n")
    code, found = examined(deployed)
    assert code == 1
    assert having(found, "fail") >= {"check_host_json", "check_azure_functions_library"}
