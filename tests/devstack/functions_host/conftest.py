"""Function apps in a temporary folder, and hosts that serve them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from tests.devstack.functions_host.durable_app import DURABLE_APP

LIMIT_S = 60.0


def write_app(folder: Path, source: str, host_json: dict[str, Any] | None = None) -> Path:
    """Writes an app of one file and returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "function_app.py").write_text(source)
    (folder / "host.json").write_text(json.dumps({"version": "2.0"} | (host_json or {})))
    return folder


def until[T](probe: Callable[[], T], what: str) -> T:
    """Waits until `probe` returns something true and returns it."""
    deadline = time.monotonic() + LIMIT_S
    while not (found := probe()):
        if time.monotonic() > deadline:
            pytest.fail(f"never happened: {what}")
        time.sleep(0.02)
    return found


@dataclass(frozen=True, slots=True)
class DurableApp:
    """A host with the durable app; calls go through the SDK's client inside the app."""

    host: HostProcess
    http: httpx.Client
    notes: Path
    gate: Path

    def call(self, operation: str, **arguments: Any) -> Any:
        """What `DurableOrchestrationClient.operation` returned, as JSON; `AssertionError` when it raised."""
        response = self.http.post(f"{self.host.url}/api/client/{operation}", json=arguments)
        assert response.status_code == 200, response.text
        return response.json()["answer"]

    def refused(self, operation: str, **arguments: Any) -> str:
        """The message `DurableOrchestrationClient.operation` raised."""
        response = self.http.post(f"{self.host.url}/api/client/{operation}", json=arguments)
        assert response.status_code == 409, response.text
        return str(response.json()["error"])

    def start(self, name: str, given: Any = None, instance_id: str | None = None, **more: Any) -> str:
        arguments = {"orchestration_function_name": name, "client_input": given, "instance_id": instance_id}
        return str(self.call("start_new", **arguments, **more))

    def status(self, instance_id: str, **show: bool) -> Any:
        return self.call("get_status", instance_id=instance_id, **show)

    def ended(self, instance_id: str) -> Any:
        """The status once the orchestration has ended."""

        def probe() -> Any:
            status = self.status(instance_id)
            return status if status["runtimeStatus"] in ("Completed", "Failed", "Terminated") else None

        return until(probe, f"{instance_id} ends\n{self.host.log()}")

    def output(self, instance_id: str) -> Any:
        status = self.ended(instance_id)
        assert status["runtimeStatus"] == "Completed", status
        return status.get("output")

    def run(self, name: str, given: Any = None) -> Any:
        return self.output(self.start(name, given))

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []


@contextmanager
def served_durable_app(folder: Path, durable_task: dict[str, Any] | None = None) -> Iterator[DurableApp]:
    """The durable app with a running host; `durable_task` is that part of its host.json."""
    app = write_app(folder / "app", DURABLE_APP, {"extensions": {"durableTask": durable_task or {}}})
    notes, gate = folder / "notes", folder / "gate"
    environment = {"NOTES": str(notes), "GATE": str(gate)}
    with (
        HostProcess(app, folder / "home", environment=environment) as host,
        httpx.Client(timeout=LIMIT_S) as http,
    ):
        yield DurableApp(host, http, notes, gate)


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableApp]:
    with served_durable_app(tmp_path_factory.mktemp("durable")) as served:
        yield served


@pytest.fixture
def own_durable(tmp_path: Path) -> Iterator[DurableApp]:
    """A durable app for one test alone, which may kill its host."""
    with served_durable_app(tmp_path) as served:
        yield served
