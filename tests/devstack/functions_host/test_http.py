"""HTTP functions over the real worker, in both ways of handing a request over: they must not differ."""

import hashlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from devstack.functions_host.process import HostProcess
from tests.devstack.functions_host.conftest import LIMIT_S, until, write_app
from tests.devstack.functions_host.http_app import HTTP_APP

HOST_JSON = {"extensions": {"http": {"customHeaders": {"X-Content-Type-Options": "nosniff"}}}}


@dataclass(frozen=True, slots=True)
class HttpApp:
    host: HostProcess
    http: httpx.Client
    folder: Path

    def url(self, path: str) -> str:
        return f"{self.host.url}/api/{path}"

    def get(self, path: str, **arguments: str) -> httpx.Response:
        return self.http.get(self.url(path), params=arguments or None)

    def noted(self) -> list[str]:
        notes = self.folder / "notes"
        return notes.read_text().splitlines() if notes.exists() else []

    def open_gate(self, key: str) -> None:
        (self.folder / f"gate{key}").touch()


@pytest.fixture(scope="module", params=[(), ("--two-hop",)], ids=["in-process", "two-hop"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpApp]:
    folder = tmp_path_factory.mktemp("http")
    environment = {"NOTES": str(folder / "notes"), "GATE": str(folder / "gate")}
    source = write_app(folder / "app", HTTP_APP, HOST_JSON)
    arguments = (*request.param, "--function-key", "sesame", "--function-key", "other")
    with (
        HostProcess(source, folder / "home", environment=environment, arguments=arguments) as host,
        httpx.Client(timeout=LIMIT_S) as http,
    ):
        yield HttpApp(host, http, folder)


def test_a_handler_gets_its_route_parameters_query_and_path(app: HttpApp) -> None:
    response = app.get("hello/J%C3%B6rg%20x", a="1", b="ä")
    assert response.json() == {
        "name": "Jörg x",
        "query": {"a": "1", "b": "ä"},
        "path": "/api/hello/Jörg x",
    }


def test_the_literal_route_wins_over_the_parameter(app: HttpApp) -> None:
    assert app.get("hello/world").text == "the literal one"
    assert app.get("number/12").json() == {"number": "12"}
    assert app.get("number/12/more").json() == {"number": "12", "more": "more"}
    assert app.get("number/twelve").status_code == 404


def test_one_path_with_two_methods_is_two_functions(app: HttpApp) -> None:
    assert app.get("item").json() == "read"
    assert app.http.put(app.url("item")).json() == {"written": "in a thread"}
    refused = app.http.delete(app.url("item"))
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, PUT")
    assert app.get("nowhere").status_code == 404
    assert app.http.get(f"{app.host.url}/hello/world").status_code == 404, "without the prefix"


def test_head_is_answered_without_a_body_where_the_function_takes_it(app: HttpApp) -> None:
    response = app.http.head(app.url("hello/world"))
    assert (response.status_code, response.headers["content-length"], response.text) == (200, "15", "")
    assert app.http.head(app.url("item")).status_code == 405


def test_a_function_without_methods_takes_all_of_them(app: HttpApp) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        response = app.http.request(method, app.url("everything/a/b"))
        assert response.json() == {"method": method, "rest": "a/b"}


def test_body_status_headers_and_trace_pass_through(app: HttpApp) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    given = {"traceparent": traceparent, "x-ms-invocation-id": "chosen by the client"}
    response = app.http.post(app.url("echo"), content=b"\x00\xff", headers=given)
    assert (response.status_code, response.content) == (201, b"\x00\xff")
    assert response.headers["content-type"] == "application/x-echo"
    assert response.headers["x-traceparent"] == traceparent
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-seen-invocation"] == response.headers["x-invocation"] != "chosen by the client"
    assert "x-ms-invocation-id" not in response.headers
    assert "server" not in response.headers


def test_a_large_body_is_streamed_into_the_handler(app: HttpApp) -> None:
    megabyte = bytes(range(256)) * 4096
    before = app.noted().count("first piece")

    def body() -> Iterator[bytes]:
        yield megabyte
        until(lambda: app.noted().count("first piece") > before, "the handler reads before the end is sent")
        for _ in range(15):
            yield megabyte

    seen = app.http.post(app.url("digest"), content=body()).json()
    assert seen["size"] == 16 * len(megabyte)
    assert seen["sha256"] == hashlib.sha256(megabyte * 16).hexdigest()
    assert seen["pieces"] > 16


def test_a_stream_arrives_before_it_is_complete(app: HttpApp) -> None:
    with app.http.stream("GET", app.url("stream"), params={"key": "whole"}) as response:
        events = response.iter_text()
        assert next(events).startswith("data: 0")
        assert "stream whole closed" not in app.noted()
        app.open_gate("whole")
        assert "".join(events).endswith("data: 2\n\n")
    until(lambda: "stream whole closed" in app.noted(), "the generator ended")


def test_a_client_that_leaves_cancels_the_stream(app: HttpApp) -> None:
    with app.http.stream("GET", app.url("stream"), params={"key": "left"}) as response:
        next(response.iter_text())
    until(lambda: "stream left closed" in app.noted(), "the generator was cancelled")
    until(lambda: "/api/stream 200" in app.host.log() and " cut off" in app.host.log(), "the log says so")


def test_a_client_that_leaves_does_not_cancel_a_handler_that_has_not_answered(app: HttpApp) -> None:
    """In Azure only a streaming response listens for the client; a handler always runs to its end."""
    parts = urlsplit(app.host.url)
    with socket.create_connection((parts.hostname, parts.port)) as client:
        client.sendall(b"GET /api/slow HTTP/1.1\r\nhost: x\r\n\r\n")
        until(lambda: "slow begins" in app.noted(), "the handler runs")
    app.open_gate("slow")
    until(lambda: "slow ends" in app.noted(), "the handler ran to its end")


def test_a_stream_that_breaks_is_cut_off_and_not_ended(app: HttpApp) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        app.get("breaks")


def test_a_defect_of_the_app_is_a_500_without_details_and_a_trace_in_the_log(app: HttpApp) -> None:
    response = app.get("raises")
    assert (response.status_code, response.text) == (500, "Internal Server Error")
    until(lambda: "RuntimeError: a defect of the app" in app.host.log(), "the trace is logged")


def test_an_http_exception_becomes_its_status(app: HttpApp) -> None:
    response = app.get("teapot")
    assert (response.status_code, response.json()) == (418, {"detail": "short and stout"})
    assert response.headers["x-pot"] == "tea"


def test_a_handler_that_returns_nothing_is_a_500(app: HttpApp) -> None:
    assert app.get("nothing").status_code == 500


def test_a_function_key_is_asked_for_where_the_function_wants_one(app: HttpApp) -> None:
    assert app.get("locked").status_code == 401
    assert app.get("locked", code="wrong").status_code == 401
    assert app.get("locked", code="sesame").json() == "open"
    assert app.http.get(app.url("locked"), headers={"x-functions-key": "other"}).json() == "open"


def test_the_log_has_a_line_for_each_request_without_its_query(app: HttpApp) -> None:
    app.get("hello/logged", code="sesame", q="what the user typed")
    line = until(lambda: [line for line in app.host.log().splitlines() if "/api/hello/logged" in line], "it is logged")[
        0
    ]
    assert " INFO host.http GET /api/hello/logged 200 " in line
    assert "sesame" not in app.host.log()
    assert "typed" not in app.host.log()
    assert " INFO app hello from the app's own logger" in app.host.log()


def test_the_admin_api_says_that_the_host_runs_and_what_it_has(app: HttpApp) -> None:
    status = app.http.get(f"{app.host.url}/admin/host/status").json()
    assert status["state"] == "Running"
    names = {function["name"] for function in app.http.get(f"{app.host.url}/admin/functions").json()}
    assert {"hello", "yearly", "everything"} <= names
    assert status["functionCount"] == len(names)


def test_the_admin_api_runs_a_timer_function_now(app: HttpApp) -> None:
    before = app.noted().count("yearly False")
    response = app.http.post(f"{app.host.url}/admin/functions/yearly", json={"input": ""})
    assert response.status_code == 202
    until(lambda: app.noted().count("yearly False") == before + 1, "it ran")
    assert app.http.post(f"{app.host.url}/admin/functions/nothing-there", json={}).status_code == 404
    assert app.http.post(f"{app.host.url}/admin/functions/hello", json={}).status_code == 400
    assert app.http.post(f"{app.host.url}/admin/functions/yearly", content="[").status_code == 400


def test_only_loopback_is_listened_on(app: HttpApp) -> None:
    connections = psutil.Process(app.host.pid).net_connections(kind="inet")
    listening = [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    assert urlsplit(app.host.url).port in {address.port for address in listening}
    assert {address.ip for address in listening} == {"127.0.0.1"}
