"""What keeps an app from being served, and how the host says so."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.functions_host.configuration import (
    ConfigurationError,
    HostConfiguration,
    load_settings,
    read_host_json,
    resolve_references,
)
from devstack.functions_host.process import HostFailed, HostProcess
from tests.devstack.functions_host.conftest import write_app

FASTAPI = "from azurefunctions.extensions.http.fastapi import JSONResponse, Request, Response, StreamingResponse\n"
HEAD = "import azure.functions as func\n"
APP = "app = func.FunctionApp()\n"


def refusal(folder: Path, source: str, host_json: dict[str, Any] | None = None) -> str:
    """What the host wrote before it gave up with exit status 1."""
    host = HostProcess(write_app(folder / "app", source, host_json), folder / "home")
    with pytest.raises(HostFailed) as failed:
        host.start()
    assert host.wait() == 1
    return str(failed.value)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param(
            HEAD + FASTAPI + APP + "@app.route(route='x')\nasync def x(req: func.HttpRequest): ...\n",
            "type of req binding",
            id="the old request type beside the web extension",
        ),
        pytest.param(
            HEAD + FASTAPI + APP + "@app.route(route='x')\n"
            "async def x(req: Request) -> Response | StreamingResponse: ...\n",
            "return",
            id="a union as the return type",
        ),
        pytest.param(
            HEAD + FASTAPI + APP + "@app.route(route='x')\nasync def x(req: Request, extra: int = 0): ...\n",
            "extra",
            id="a parameter nobody binds",
        ),
        pytest.param(
            HEAD + FASTAPI + APP + "for path in 'ab':\n"
            "    @app.route(route=path)\n    async def same(req: Request) -> str: ...\n",
            "same",
            id="two functions of one name",
        ),
        pytest.param(HEAD + APP + "import nowhere\n", "No module named 'nowhere'", id="a missing module"),
        pytest.param(HEAD + APP, "No functions found", id="an app without functions"),
        pytest.param(
            HEAD + APP + "@app.route(route='x')\ndef x(req: func.HttpRequest) -> str: ...\n",
            "azurefunctions.extensions.http.fastapi",
            id="HTTP without the web extension",
        ),
        pytest.param(
            HEAD + APP + "@app.queue_trigger(arg_name='m', queue_name='q', connection='C')\n"
            "def x(m: func.QueueMessage) -> None: ...\n",
            "does not serve queueTrigger",
            id="a trigger this host does not serve",
        ),
        pytest.param(
            HEAD + FASTAPI + APP + "@app.route(route='x/{id:number}')\nasync def x(req: Request) -> str: ...\n",
            "'number' is not understood",
            id="a route constraint that does not exist",
        ),
        pytest.param(
            HEAD + APP + "@app.timer_trigger(arg_name='t', schedule='%NOT_SET%')\n"
            "def x(t: func.TimerRequest) -> None: ...\n",
            "the setting NOT_SET, which is not set",
            id="a schedule from a setting that is missing",
        ),
    ],
)
def test_an_app_that_azure_would_not_index_is_refused_with_the_reason(tmp_path: Path, source: str, reason: str) -> None:
    assert reason in refusal(tmp_path, source)


def test_a_port_in_use_is_said_before_anything_is_imported(tmp_path: Path) -> None:
    source = HEAD + APP + f"open({str(tmp_path / 'imported')!r}, 'w').close()\n"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        host = HostProcess(write_app(tmp_path / "app", source), tmp_path / "home", port=port)
        with pytest.raises(HostFailed, match=f"cannot listen on 127.0.0.1:{port}"):
            host.start()
    assert not (tmp_path / "imported").exists()


def test_an_empty_route_prefix_serves_from_the_root(tmp_path: Path) -> None:
    source = HEAD + FASTAPI + "app = func.FunctionApp(http_auth_level='ANONYMOUS')\n"
    source += "@app.route(route='x')\nasync def x(req: Request) -> str:\n    return 'root'\n"
    host_json = {"extensions": {"http": {"routePrefix": "", "maxOutstandingRequests": 0}}}
    with HostProcess(write_app(tmp_path / "app", source, host_json), tmp_path / "home") as host:
        assert httpx.get(f"{host.url}/x").status_code == 429, "none may be outstanding"
        assert httpx.get(f"{host.url}/api/x").status_code == 404


def write_host_json(folder: Path, content: object) -> Path:
    (folder / "host.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_host_json_has_azures_defaults(tmp_path: Path) -> None:
    assert read_host_json(write_host_json(tmp_path, {"version": "2.0"})) == HostConfiguration()


def test_host_json_sets_prefix_limits_hub_and_log_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB", "NexusHub")
    content = {
        "version": "2.0",
        "logging": {"logLevel": {"default": "Warning"}},
        "extensions": {
            "http": {"routePrefix": "/v1/", "maxOutstandingRequests": 7, "customHeaders": {"X-A": "b"}},
            "durableTask": {
                "hubName": "%HUB%",
                "maxConcurrentActivityFunctions": 3,
                "maxConcurrentOrchestratorFunctions": 2,
                "defaultVersion": "1.0",
            },
        },
    }
    assert read_host_json(write_host_json(tmp_path, content)) == HostConfiguration(
        "v1", 7, {"X-A": "b"}, "NexusHub", 3, 2, "1.0", 30
    )


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"version": "1.0"},
        {"version": "2.0", "extensions": {"durableTask": {"extendedSessionsEnabled": True}}},
        {"version": "2.0", "extensions": {"durableTask": {"maxConcurrentActivityFunctions": "many"}}},
        {"version": "2.0", "logging": {"logLevel": {"default": "Loud"}}},
    ],
)
def test_a_host_json_that_cannot_be_obeyed_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(ConfigurationError, match=r"host\.json"):
        read_host_json(write_host_json(tmp_path, content))


def test_an_app_without_host_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"host\.json cannot be read"):
        read_host_json(tmp_path)


def test_settings_fill_the_environment_without_replacing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "from the environment")
    monkeypatch.setenv("ADDED", "removed again below")
    monkeypatch.delenv("ADDED")
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps({"Values": {"KEPT": "from the file", "ADDED": "from the file"}}))
    load_settings(file)
    assert (os.environ["KEPT"], os.environ["ADDED"]) == ("from the environment", "from the file")


@pytest.mark.parametrize("content", [{"IsEncrypted": True}, {"Values": {"A": 1}}])
def test_settings_that_cannot_be_read_are_refused(tmp_path: Path, content: dict[str, Any]) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps(content))
    with pytest.raises(ConfigurationError, match=r"local\.settings\.json"):
        load_settings(file)


def test_references_are_resolved_wherever_they_stand() -> None:
    assert resolve_references("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    with pytest.raises(ConfigurationError, match="the setting Z"):
        resolve_references("%Z%", {})
