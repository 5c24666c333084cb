"""G6: what Graph asks of one caller, all of them do, by durable timers (R05)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from devstack.stack.redis import Redis
from shared.adapters.redis_store import RedisConnection, RedisThrottle
from tests.conftest import PATIENCE_S
from tests.shared.services.guarantees.synced_library import SyncedLibrary

PAUSE_S = 240
WHERE = {"delta": "root/delta$", "content": "/content$", "download host": "download.aspx$"}


def retry_after(form: str) -> str:
    return (
        str(PAUSE_S)
        if form == "seconds"
        else format_datetime(datetime.now(UTC) + timedelta(seconds=PAUSE_S), usegmt=True)
    )


@pytest.mark.parametrize("form", ["seconds", "date"])
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("where", WHERE)
async def test_g6_r05_a_pause_is_waited_out_by_a_timer_and_costs_no_file(
    library: SyncedLibrary, where: str, status: int, form: str
) -> None:
    for number in range(4):
        await library.put(f"{number}.md", f"Text {number}.")
    then = {"status": status, "headers": {"Retry-After": retry_after(form)}}
    await library.sharepoint.add_faults({"match": {"path": WHERE[where]}, "then": then, "times": 1})
    run = await library.sync()
    assert (run.status, run.added, run.failed) == ("complete", 4, 0)
    assert max(library.clock.waits) == pytest.approx(PAUSE_S, abs=5)
    assert all(document.attempts == 0 for document in (await library.documents()).values())
    assert (await library.drift()).differences == []


async def test_g6_r05_once_one_download_is_throttled_no_other_begins_before_the_pause_is_over(
    library: SyncedLibrary,
) -> None:
    for number in range(12):
        await library.put(f"{number}.md", f"Text {number}.")
    library.durable.at_once = 1
    then = {"status": 429, "headers": {"Retry-After": str(PAUSE_S)}}
    await library.sharepoint.add_faults({"match": {"path": "/content$", "nth": 3}, "then": then})
    await library.start()
    (instance,) = library.durable.running
    while not library.clock.waits:
        await library.durable.one_generation(instance)
    asked = [request["path"] for request in await library.sharepoint.requests() if request["path"].endswith("/content")]
    assert len(asked) == 3, "nine files were not asked for: the pause is everyone's"
    await library.durable.drain()
    assert len(await library.readable()) == 12


async def test_g6_one_instance_told_to_wait_stops_another(redis_server: Redis) -> None:
    connections = [
        RedisConnection(redis_server.url, timeout_s=PATIENCE_S),
        RedisConnection(redis_server.url, timeout_s=PATIENCE_S),
    ]
    told, other = (RedisThrottle(connection) for connection in connections)
    service = "a service of this test"
    await told.hold(service, 30.0)
    assert 20 < await other.remaining(service) <= 30
    await other.hold(service, 5.0)
    assert await told.remaining(service) > 20, "a shorter pause does not end a longer one"
    assert await other.remaining("another service of this test") == 0
    for connection in connections:
        await connection.client.aclose()
