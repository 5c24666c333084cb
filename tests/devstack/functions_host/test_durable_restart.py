"""Orchestrations outlive their host: killed at the worst moments, they come to the right end."""

import random
from collections import Counter
from pathlib import Path

import pytest

from devstack.functions_host.process import HostFailed, HostProcess
from tests.devstack.functions_host.conftest import DurableApp, until


def test_a_fan_out_continues_after_the_host_is_killed_in_the_middle(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("slow_fan_out", 40)
    until(lambda: len(own_durable.noted()) >= 15, "the third batch of ten has begun")
    own_durable.host.kill()
    begun = set(own_durable.noted())
    own_durable.host.start()
    assert own_durable.output(instance_id) == sum(n * n for n in range(40))
    runs = Counter(own_durable.noted())
    assert runs.keys() == {f"slow_square {n}" for n in range(40)}
    twice = {line for line, count in runs.items() if count > 1}
    assert twice <= begun, "only what was under way may run again"
    assert len(twice) <= 10, "what had been stored as done does not run again"


def test_pages_continue_after_the_host_is_killed_again_and_again(own_durable: DurableApp) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    last = 60
    instance_id = own_durable.start("counter", {"page": 1, "total": 0, "last": last})
    for _ in range(4):
        target = len(own_durable.noted()) + draw.randrange(1, 8)
        until(lambda t=target: len(own_durable.noted()) >= min(t, last), f"{target} pages have run")
        own_durable.host.kill()
        own_durable.host.start()
    assert own_durable.output(instance_id) == sum(n * n for n in range(1, last + 1))
    assert set(own_durable.noted()) == {f"square {n}" for n in range(1, last + 1)}


def test_everything_that_waits_is_taken_up_again(own_durable: DurableApp) -> None:
    """A sub-orchestration with an activity under way, a timer, an event already sent, one suspended, one to come."""
    parent = own_durable.start("gated_parent")
    timer = own_durable.start("timer", 1.5)
    held = own_durable.start("race", 5)
    listener = own_durable.start("listener")
    until(lambda: {"begin 0", "begin 1"} <= set(own_durable.noted()), "the child's activities run")
    for waiting in (held, listener, timer):
        until(lambda w=waiting: own_durable.status(w)["runtimeStatus"] == "Running", f"{waiting} waits")
    own_durable.call("suspend", instance_id=held, reason="")
    own_durable.call("raise_event", instance_id=held, event_name="approval", event_data="kept")
    own_durable.call("raise_event", instance_id=listener, event_name="a", event_data=1)
    own_durable.host.kill()
    own_durable.gate.touch()
    own_durable.host.start()
    assert own_durable.output(parent) == [0, 1]
    assert own_durable.output(timer) >= 1.5
    assert own_durable.status(held)["runtimeStatus"] == "Suspended"
    own_durable.call("resume", instance_id=held, reason="")
    assert own_durable.output(held) == ['"kept"', 36]
    own_durable.call("raise_event", instance_id=listener, event_name="b", event_data=2)
    own_durable.call("raise_event", instance_id=listener, event_name="a", event_data=3)
    assert own_durable.output(listener) == ["1", "2", "3"]


def test_an_event_that_was_taken_is_not_taken_again_after_a_kill(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("listener")
    until(lambda: own_durable.status(instance_id)["runtimeStatus"] == "Running", "it waits")
    own_durable.call("raise_event", instance_id=instance_id, event_name="a", event_data="old")
    own_durable.call("raise_event", instance_id=instance_id, event_name="b", event_data=0)
    until(lambda: own_durable.status(instance_id).get("customStatus"), "both were taken")
    own_durable.host.kill()
    own_durable.host.start()
    own_durable.call("raise_event", instance_id=instance_id, event_name="a", event_data="new")
    assert own_durable.output(instance_id) == ['"old"', "0", '"new"']


def test_an_activity_whose_end_is_stored_but_unread_does_not_run_again(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("gate", 3)
    until(lambda: len(own_durable.noted()) == 3, "all three are under way")
    own_durable.call("suspend", instance_id=instance_id, reason="so that nothing is read")
    own_durable.gate.touch()
    until(lambda: len(own_durable.noted()) == 6, "all three have ended")
    # The next request is answered after their ends are stored: both happen on the host's one event loop.
    own_durable.status(instance_id)
    own_durable.host.kill()
    own_durable.host.start()
    own_durable.call("resume", instance_id=instance_id, reason="")
    assert own_durable.output(instance_id) == [0, 1, 2]
    assert len(own_durable.noted()) == 6


def test_retries_under_way_are_counted_on_after_a_kill(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("retried", ["key"])
    until(lambda: own_durable.noted().count("flaky key") == 1, "the first attempt ran")
    own_durable.host.kill()
    own_durable.host.start()
    output = own_durable.output(instance_id)
    assert output[0] in ("key after 3", "key after 4")
    assert output[1:] == [4, 25]


def test_ended_orchestrations_are_still_known_after_a_restart(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("chain", "x")
    before = own_durable.ended(instance_id)
    assert own_durable.host.stop() == 0
    own_durable.host.start()
    assert own_durable.status(instance_id) == before


def test_an_orderly_stop_loses_nothing_either(own_durable: DurableApp) -> None:
    instance_id = own_durable.start("gate", 3)
    until(lambda: len(own_durable.noted()) == 3, "all three are under way")
    assert own_durable.host.stop() == 0
    own_durable.gate.touch()
    own_durable.host.start()
    assert own_durable.output(instance_id) == [0, 1, 2]


def test_two_hosts_cannot_work_on_the_same_home(own_durable: DurableApp, tmp_path: Path) -> None:
    environment = {"NOTES": str(tmp_path / "notes"), "GATE": str(tmp_path / "gate")}
    second = HostProcess(tmp_path / "app", tmp_path / "home", environment=environment)
    with pytest.raises(HostFailed, match="another host works on"):
        second.start()
    assert second.wait() == 1
    assert own_durable.run("chain")
