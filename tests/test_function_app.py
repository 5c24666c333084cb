"""The function app as Azure's own worker sees it."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from shared.web import openapi
from shared.web.routes import Policy

ROOT = Path(__file__).parent.parent

# What costs a cold start and is not needed to register functions (docs/architecture.md, decision 9).
NOT_AT_IMPORT = [
    "openai", "qdrant_client", "redis", "azure.storage.blob", "azure.identity", "msgraph", "kiota_abstractions",
    "numpy", "pypdf", "pypdfium2", "docx", "pptx", "lxml", "sqlalchemy", "alembic", "snowballstemmer", "bpe_openai",
    "py3langid", "jwt", "httpx", "stamina",
]  # fmt: skip


def in_a_fresh_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_the_app_loads_no_sdk() -> None:
    code = f"import function_app, json, sys; print(json.dumps([m for m in {NOT_AT_IMPORT!r} if m in sys.modules]))"
    assert json.loads(in_a_fresh_process(code)) == []


def test_microsofts_worker_indexes_every_function_and_nothing_else(tmp_path: Path) -> None:
    import function_app  # noqa: F401 - fills the registry

    with HostProcess(
        ROOT,
        tmp_path,
        environment={"NEXUS_SYNC_SCHEDULE": "0 0 * * * *", "NEXUS_NOTEBOOK_UPKEEP_SCHEDULE": "0 15 * * * *"},
    ) as host:
        listed = httpx.get(f"{host.url}/admin/functions").json()
        live = httpx.get(f"{host.url}/api/health/live")
    assert live.json() == {"status": "ok"}
    assert live.headers["x-content-type-options"] == "nosniff"
    routes = {route.name for route in openapi.registered()}
    others = {"sync_timer", "sync_library", "sync_step", "sync_fail", "ingest_document", "sweep_runs", "preflight"}
    others |= {"rebuild_index", "index_step", "copy_passages", "index_stop"}
    others |= {"hand_over_file", "hand_over_step", "notebook_upkeep"}
    others |= {"forget_people", "apply_retention", "roll_up_usage", "doctor"}
    assert {function["name"] for function in listed} == routes | others


@pytest.mark.parametrize("word", ["HttpResponse", "HttpRequest", "create_check_status_response"])
def test_no_handler_speaks_the_types_that_a_streaming_app_sends_wrongly(word: str) -> None:
    product = [ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")]
    assert [path.name for path in product if f"func.{word}" in path.read_text() or word in path.read_text()] == []


def test_s07_every_route_declares_who_may_call_it() -> None:
    import function_app  # noqa: F401 - fills the registry

    public = {route.name for route in openapi.registered() if route.policy is Policy.PUBLIC}
    assert public == {
        "health_live",
        "health_ready",
        "openapi_json",
        "docs",
        "docs_start",
        "docs_script",
        "docs_style",
        "auth_config",
        "auth_login",
        "auth_refresh",
    }
    for route in openapi.registered():
        if route.path.startswith("admin/"):
            assert route.policy in (Policy.CONTENT_MANAGER, Policy.SUPER_ADMIN), route.name


def test_the_openapi_document_describes_every_route() -> None:
    import function_app  # noqa: F401 - fills the registry

    described = json.loads(openapi.document())
    operations = {operation["operationId"] for methods in described["paths"].values() for operation in methods.values()}
    assert operations == {route.name for route in openapi.registered()}
    assert described["components"]["schemas"]["NewMessage"]["additionalProperties"] is False
