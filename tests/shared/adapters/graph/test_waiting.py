"""What is waited out here, and what is handed to the sync (R03, R05)."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from devstack.graph.client import GraphControl, Library
from shared.adapters.graph_msgraph import MsGraph
from shared.adapters.graph_requests import retry_after_s
from shared.errors import Throttled, Unavailable
from tests.shared.adapters.graph.conftest import Tokens, settings


@pytest.mark.parametrize("status", [429, 503])
async def test_a_long_pause_is_raised_at_once(
    graph: MsGraph, control: GraphControl, library: Library, status: int
) -> None:
    await control.add_faults({"match": {}, "then": {"status": status, "headers": {"Retry-After": "17"}}})
    with pytest.raises(Throttled) as throttled:
        await graph.delta_page(library.drive_id, None)
    assert (throttled.value.service, throttled.value.retry_after_s) == ("graph", 17)
    assert len(await control.requests()) == 1


async def test_a_pause_until_a_date_is_raised_too(graph: MsGraph, control: GraphControl, library: Library) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=30), usegmt=True)
    await control.add_faults({"match": {}, "then": {"status": 429, "headers": {"Retry-After": until}}})
    with pytest.raises(Throttled) as throttled:
        await graph.item(library.drive_id, "x")
    assert 600 < throttled.value.retry_after_s <= 1801


async def test_a_429_that_says_nothing_is_not_hammered(graph: MsGraph, control: GraphControl, library: Library) -> None:
    await control.add_faults({"match": {}, "then": {"status": 429}})
    with pytest.raises(Throttled) as throttled:
        await graph.delta_page(library.drive_id, None)
    assert throttled.value.retry_after_s == 10
    assert len(await control.requests()) == 1


async def test_a_short_pause_is_waited_out(graph: MsGraph, control: GraphControl, library: Library) -> None:
    then = {"status": 429, "headers": {"Retry-After": "0"}}
    await control.add_faults({"match": {}, "then": then, "times": 2})
    assert (await graph.delta_page(library.drive_id, None)).delta_link
    assert len(await control.requests()) == 3


async def test_a_short_pause_that_does_not_end_is_raised(
    graph: MsGraph, control: GraphControl, library: Library
) -> None:
    await control.add_faults({"match": {}, "then": {"status": 503, "headers": {"Retry-After": "0"}}})
    with pytest.raises(Throttled):
        await graph.delta_page(library.drive_id, None)
    assert len(await control.requests()) == 3


@pytest.mark.parametrize("then", [{"status": 500}, {"status": 502}, {"status": 503}, {"status": 504}, {"reset": True}])
async def test_a_passing_failure_is_tried_again_and_a_lasting_one_is_an_outage(
    graph: MsGraph, control: GraphControl, library: Library, then: dict[str, object]
) -> None:
    await control.add_faults({"match": {}, "then": then, "times": 1})
    assert (await graph.delta_page(library.drive_id, None)).delta_link
    await control.add_faults({"match": {}, "then": then})
    with pytest.raises(Unavailable) as outage:
        await graph.delta_page(library.drive_id, None)
    assert outage.value.dependency == "graph"


async def test_a_page_that_was_cut_is_asked_for_again(graph: MsGraph, control: GraphControl, library: Library) -> None:
    await control.put_file("Handbook", "a.md", b"text")
    await control.add_faults({"match": {}, "then": {"truncate_after": 100}, "times": 1})
    assert len((await graph.delta_page(library.drive_id, None)).items) == 2


async def test_where_nothing_listens_graph_is_unavailable(tokens: Tokens) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    graph = MsGraph(settings(url, "localhost"), tokens)
    with pytest.raises(Unavailable):
        await graph.delta_page("b!x", None)
    await graph.close()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "99999999"}, 3600),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "later"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:30 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 08:00:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 40),
    ],
)
def test_both_forms_of_retry_after_are_understood(headers: dict[str, str], expected: float | None) -> None:
    now = datetime(2026, 10, 21, 7, 27, 20, tzinfo=UTC).timestamp()
    assert retry_after_s(httpx.Headers(headers), clock=lambda: now) == expected
