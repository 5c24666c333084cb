"""The fault middleware under a real uvicorn: every fault is seen as a client on a socket sees it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from devstack.faults import BODY_KEPT, REQUESTS_KEPT, FaultControl
from devstack.serving import ServerThread

EVENTS = [f"data: {number}\n\n".encode() for number in range(20)]


async def _echo(request: Request) -> Response:
    return JSONResponse({"body": (await request.body()).decode()}, headers={"x-app": "yes"})


async def _stream(request: Request) -> Response:
    async def events() -> AsyncIterator[bytes]:
        for event in EVENTS:
            yield event

    return StreamingResponse(events(), media_type="text/event-stream")


async def _text(request: Request) -> Response:
    return PlainTextResponse("x" * 1_000)


class Scripted:
    def __init__(self) -> None:
        self.given: list[dict[str, object]] = []

    async def __call__(self, given: dict[str, object]) -> dict[str, object] | None:
        if "wrong" in given:
            raise ValueError("that is not a script")
        self.given.append(given)
        return {"taken": len(self.given)} if "reply" in given else None


def _app(script: Scripted | None = None) -> FaultControl:
    routes = [
        Route("/echo", _echo, methods=["GET", "POST"]),
        Route("/stream", _stream),
        Route("/text", _text),
    ]
    return FaultControl(Starlette(routes=routes), script=script)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with ServerThread(_app(Scripted())) as server:
        yield server


@pytest.fixture(scope="module")
def connected(server: ServerThread) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


@pytest.fixture
def client(connected: httpx.Client) -> httpx.Client:
    connected.delete("/_control/faults")
    connected.delete("/_control/requests")
    return connected


def _post(client: httpx.Client, *rules: dict[str, object]) -> list[dict[str, object]]:
    reply = client.post("/_control/faults", json=list(rules))
    assert reply.status_code == 200, reply.text
    return reply.json()["rules"]


def _read(reply: httpx.Response, into: bytearray) -> None:
    for piece in reply.iter_raw():
        into += piece


def _statuses(client: httpx.Client, count: int, path: str = "/echo") -> list[int]:
    return [client.get(path).status_code for _ in range(count)]


def test_without_rules_requests_reach_the_app(client: httpx.Client) -> None:
    assert client.post("/echo", content="hello").json() == {"body": "hello"}
    assert client.get("/_control/health").json() == {"status": "ok"}


def test_a_status_rule_answers_instead_of_the_app_with_its_headers_and_json_body(client: httpx.Client) -> None:
    then = {"status": 429, "headers": {"Retry-After": "7"}, "body": {"error": {"code": "slow"}}}
    _post(client, {"match": {"path": "^/ec"}, "then": then})

    reply = client.get("/echo")

    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "7"
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"error": {"code": "slow"}}
    assert client.get("/text").status_code == 200


def test_times_ends_a_rule_and_get_shows_how_often_it_was_seen_and_applied(client: httpx.Client) -> None:
    _post(client, {"then": {"status": 503}, "times": 2})

    assert _statuses(client, 4) == [503, 503, 200, 200]
    (rule,) = client.get("/_control/faults").json()["rules"]
    assert (rule["seen"], rule["applied"], rule["times"]) == (4, 2, 2)


def test_nth_and_every_count_the_requests_that_fit_method_and_path(client: httpx.Client) -> None:
    _post(
        client,
        {"match": {"method": "get", "path": "/echo$", "nth": 2}, "then": {"status": 500}},
        {"match": {"path": "/text", "every": 3}, "then": {"status": 502}},
    )
    client.post("/echo")

    assert _statuses(client, 3) == [200, 500, 200]
    assert _statuses(client, 6, "/text") == [200, 200, 502, 200, 200, 502]


def test_a_later_list_goes_before_an_earlier_one_unless_it_replaces_it(client: httpx.Client) -> None:
    _post(client, {"then": {"status": 500}})
    assert len(_post(client, {"match": {"path": "/echo"}, "then": {"status": 429}})) == 2
    assert _statuses(client, 1) == [429]
    assert _statuses(client, 1, "/text") == [500]

    reply = client.post("/_control/faults", json={"rules": [{"then": {"status": 418}}], "replace": True})

    assert len(reply.json()["rules"]) == 1
    assert _statuses(client, 1, "/text") == [418]
    client.delete("/_control/faults")
    assert _statuses(client, 1) == [200]


def test_probability_repeats_itself_with_the_seed_that_get_shows(client: httpx.Client) -> None:
    (rule,) = _post(client, {"match": {"probability": 0.5}, "then": {"status": 500}})
    first = _statuses(client, 24)
    print("seed", rule["seed"])
    client.delete("/_control/faults")

    _post(client, {"match": {"probability": 0.5}, "then": {"status": 500}, "seed": rule["seed"]})

    assert _statuses(client, 24) == first
    _post(client, {"match": {"probability": 0.5}, "then": {"status": 500}, "seed": 1})
    assert set(_statuses(client, 24)) == {200, 500}


def test_headers_alone_are_set_on_the_answer_of_the_app(client: httpx.Client) -> None:
    _post(client, {"then": {"headers": {"X-App": "changed", "x-more": "1"}}})

    reply = client.post("/echo", content="kept")

    assert (reply.json(), reply.headers["x-app"], reply.headers["x-more"]) == ({"body": "kept"}, "changed", "1")


def test_reset_before_the_headers_is_a_connection_reset(client: httpx.Client) -> None:
    _post(client, {"then": {"reset": True}, "times": 1})

    with pytest.raises(httpx.ReadError) as error:
        client.post("/echo", content="x" * 10_000)

    assert "reset" in str(error.value).lower()
    assert _statuses(client, 1) == [200]


def test_reset_in_the_body_breaks_the_stream_that_had_begun(client: httpx.Client) -> None:
    _post(client, {"then": {"truncate_after": 25, "reset": True}, "times": 1})

    with client.stream("GET", "/stream") as reply, pytest.raises(httpx.ReadError) as error:
        _read(reply, into=bytearray())

    assert reply.status_code == 200
    assert "reset" in str(error.value).lower()
    assert client.get("/stream").content == b"".join(EVENTS)


@pytest.mark.parametrize("path", ["/stream", "/text"])
def test_truncate_delivers_exactly_its_bytes_and_then_drops_the_connection(client: httpx.Client, path: str) -> None:
    whole = client.get(path).content
    _post(client, {"then": {"truncate_after": 30}, "times": 1})
    received = bytearray()

    with client.stream("GET", path) as reply, pytest.raises(httpx.RemoteProtocolError):
        _read(reply, into=received)

    assert received == whole[:30]


def test_truncate_at_or_beyond_the_end_changes_nothing(client: httpx.Client) -> None:
    _post(client, {"match": {"path": "/text"}, "then": {"truncate_after": 1_000}})
    assert len(client.get("/text").content) == 1_000


def test_hang_holds_the_request_until_the_client_goes(client: httpx.Client) -> None:
    _post(client, {"then": {"hang": True}, "times": 1})

    with pytest.raises(httpx.ReadTimeout):
        client.get("/echo", timeout=0.2)

    assert _statuses(client, 1) == [200]


def test_hang_in_the_body_sends_its_bytes_first(client: httpx.Client) -> None:
    _post(client, {"then": {"truncate_after": 9, "hang": True}})
    received = bytearray()

    with client.stream("GET", "/stream", timeout=0.3) as reply, pytest.raises(httpx.ReadTimeout):
        _read(reply, into=received)

    assert received == EVENTS[0]


def test_a_server_with_hanging_requests_still_stops() -> None:
    with ServerThread(_app()) as server, httpx.Client(base_url=server.url) as client:
        _post(client, {"then": {"truncate_after": 1, "hang": True}})
        reply = client.send(client.build_request("GET", "/stream"), stream=True)
        next(reply.iter_raw())
        server.stop()
        reply.close()


def test_delay_and_drip_take_at_least_their_time_and_lose_nothing(client: httpx.Client) -> None:
    _post(client, {"then": {"delay_ms": 100, "drip_bytes_per_s": 5_000}})
    began = time.monotonic()

    reply = client.get("/text")

    # Only the lower bound is asserted: a sleep is never shorter than asked, on any machine.
    assert time.monotonic() - began >= 0.1 + 0.2
    assert reply.content == b"x" * 1_000


def test_what_was_asked_is_listed_with_headers_body_and_the_fault_it_met(client: httpx.Client) -> None:
    _post(client, {"match": {"nth": 2}, "then": {"status": 503}})
    client.post("/echo?a=1&b=%20", content="körper", headers={"Authorization": "Bearer abc"})
    client.get("/text")

    first, second = client.get("/_control/requests").json()["requests"]

    assert (first["method"], first["path"], first["query"]) == ("POST", "/echo", "a=1&b=%20")
    assert (first["body"], first["headers"]["authorization"]) == ("körper", "Bearer abc")
    assert (first["status"], first["fault"]) == (200, None)
    assert (second["status"], second["fault"]) == (503, {"status": 503})
    assert first["time"] <= second["time"]
    client.delete("/_control/requests")
    assert client.get("/_control/requests").json() == {"requests": []}


def test_bodies_are_kept_to_64_kilobytes_and_requests_to_the_last_five_thousand(client: httpx.Client) -> None:
    client.post("/echo", content="y" * (BODY_KEPT + 500))
    (asked,) = client.get("/_control/requests").json()["requests"]
    assert (len(asked["body"]), asked["body_bytes"]) == (BODY_KEPT, BODY_KEPT + 500)

    async def ask(control: FaultControl) -> list[str]:
        transport = httpx.ASGITransport(control)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as local:
            for number in range(REQUESTS_KEPT + 3):
                await local.get(f"/none/{number}")
            return [entry["path"] for entry in (await local.get("/_control/requests")).json()["requests"]]

    async def nothing(scope: object, receive: object, send: object) -> None:
        await Response(status_code=204)(scope, receive, send)  # type: ignore[arg-type]

    paths = asyncio.run(ask(FaultControl(nothing)))
    assert (len(paths), paths[0], paths[-1]) == (REQUESTS_KEPT, "/none/3", f"/none/{REQUESTS_KEPT + 2}")


def test_a_script_is_handed_over_and_its_refusal_is_a_400(client: httpx.Client) -> None:
    assert client.post("/_control/script", json={"say": "x"}).json() == {"status": "ok"}
    assert client.post("/_control/script", json={"reply": 1}).json() == {"taken": 2}
    refused = client.post("/_control/script", json={"wrong": 1})
    assert (refused.status_code, refused.json()) == (400, {"error": "that is not a script"})
    assert client.post("/_control/script", json=[1]).status_code == 400


def test_a_stand_in_without_a_script_says_so() -> None:
    with ServerThread(_app()) as server:
        assert httpx.post(f"{server.url}/_control/script", json={}).status_code == 404


@pytest.mark.parametrize(
    "rules",
    [
        [{"then": {"statsu": 500}}],
        [{"match": {"path": "("}, "then": {"status": 500}}],
        [{"match": {"nth": "2"}, "then": {"status": 500}}],
        [{"match": {"nth": True}, "then": {"status": 500}}],
        [{"match": {"every": 0}, "then": {"status": 500}}],
        [{"then": {"status": 99}}],
        [{"then": {"drip_bytes_per_s": 0}}],
        [{"match": {}}],
        [{"then": {"status": 500}, "time": 1}],
        {"rule": []},
        "text",
    ],
    ids=json.dumps,
)
def test_a_rule_that_cannot_be_meant_is_refused_and_changes_nothing(client: httpx.Client, rules: object) -> None:
    _post(client, {"then": {"status": 418}})

    reply = client.post("/_control/faults", json=rules)

    assert reply.status_code == 400
    assert reply.json()["error"]
    assert _statuses(client, 1) == [418]


async def test_control_is_for_loopback_only() -> None:
    control = _app()
    for host, expected in (("127.0.0.1", 200), ("::1", 200), ("10.0.0.9", 403)):
        transport = httpx.ASGITransport(control, client=(host, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            assert (await client.get("/_control/health")).status_code == expected
            assert (await client.post("/_control/faults", json=[])).status_code == expected
