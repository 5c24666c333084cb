"""SIGTERM: streams are cut, handlers may finish, and nothing keeps the process for long."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from tests.devstack.functions_host.conftest import LIMIT_S, until, write_app
from tests.devstack.functions_host.http_app import HTTP_APP

STUCK_APP = """
import os, time
import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request
app = func.FunctionApp(http_auth_level="ANONYMOUS")
@app.route(route="stuck")
def stuck(req: Request) -> str:
    open(os.environ["NOTES"], "a").write("stuck\\n")
    time.sleep(600)
"""


class Stopping:
    def __init__(self, folder: Path, source: str, *arguments: str) -> None:
        self.notes, self._gate = folder / "notes", folder / "gate"
        environment = {"NOTES": str(self.notes), "GATE": str(self._gate)}
        app = write_app(folder / "app", source)
        self.host = HostProcess(app, folder / "home", environment=environment, arguments=arguments)

    def noted(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def open_gate(self, key: str) -> None:
        Path(f"{self._gate}{key}").touch()


@pytest.fixture(params=[(), ("--two-hop",)], ids=["in-process", "two-hop"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stopping]:
    stopping = Stopping(tmp_path, HTTP_APP, *request.param)
    with stopping.host:
        yield stopping


def test_an_open_stream_is_cut_off_and_its_generator_cleaned_up(served: Stopping) -> None:
    url = f"{served.host.url}/api/stream"
    with httpx.stream("GET", url, params={"key": "open"}, timeout=LIMIT_S) as response:
        pieces = response.iter_text()
        next(pieces)
        assert served.host.stop() == 0
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            list(pieces)
    assert "stream open closed" in served.noted()
    assert "Traceback" not in served.host.log()


def test_a_handler_that_is_nearly_done_may_answer(served: Stopping) -> None:
    answers: list[httpx.Response] = []
    url = f"{served.host.url}/api/slow"
    client = threading.Thread(target=lambda: answers.append(httpx.get(url, timeout=LIMIT_S)))
    client.start()
    until(lambda: "slow begins" in served.noted(), "the handler runs")
    served.open_gate("slow")
    assert served.host.stop() == 0
    client.join()
    assert [answer.text for answer in answers] == ["done"]


def test_a_thread_that_never_returns_does_not_keep_the_process(tmp_path: Path) -> None:
    stopping = Stopping(tmp_path, STUCK_APP)

    answers: list[int] = []

    def ask() -> None:
        answers.append(httpx.get(f"{stopping.host.url}/api/stuck", timeout=LIMIT_S).status_code)

    with stopping.host as host:
        client = threading.Thread(target=ask)
        client.start()
        until(lambda: stopping.noted() == ["stuck"], "the handler is stuck")
        # HostProcess.stop would kill it after ten seconds, and the status would not be 0.
        assert host.stop() == 0
        client.join()
    assert answers == [500]
    assert "left behind" in stopping.host.log()


def test_a_signal_while_the_app_is_still_imported_ends_the_process(tmp_path: Path) -> None:
    source = "import os, time\nopen(os.environ['NOTES'], 'w').write('importing\\n')\ntime.sleep(600)\n"
    stopping = Stopping(tmp_path, source)
    stopping.host.spawn()
    until(lambda: stopping.noted() == ["importing"], "the import is under way")
    assert stopping.host.stop() == -15
