"""Durable Functions through the real SDK: replay in the app, and its client speaking to the host's HTTP API."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.devstack.functions_host.conftest import DurableApp, until


def test_activities_run_one_after_the_other_with_their_inputs_and_results(durable: DurableApp) -> None:
    output = durable.run("chain", {"any": ["input", 1]})
    assert output == [9, 81, {"got": {"text": "ä", "list": [1, None]}}, {"any": ["input", 1]}]


def test_a_hundred_activities_fan_out_and_in(durable: DurableApp) -> None:
    assert durable.run("fan_out", 100) == sum(n * n for n in range(100))


def test_two_flaky_activities_side_by_side_are_each_retried_until_they_succeed(durable: DurableApp) -> None:
    keys = [uuid.uuid4().hex for _ in range(2)]
    output = durable.run("retried", keys)
    assert output == [f"{keys[0]} after 3", f"{keys[1]} after 3", 4, 25]


def test_an_activity_that_never_succeeds_fails_after_its_attempts(durable: DurableApp) -> None:
    before = durable.noted().count("broken it")
    output = durable.run("exhausted")
    assert output == ["Activity function 'broken' failed: ValueError: it is broken ", 16]
    assert durable.noted().count("broken it") - before == 3


def test_an_orchestrator_can_catch_what_an_activity_raised(durable: DurableApp) -> None:
    output = durable.run("caught")
    assert "it is broken" in output
    assert "function_app.py" in output, "the trace inside the app belongs to the message"


def test_sub_orchestrations_report_to_their_parent_under_given_and_made_up_ids(durable: DurableApp) -> None:
    parent = durable.start("parent")
    two, three, four = durable.output(parent)
    assert [two["squared"], three["squared"], four["squared"]] == [4, 9, 16]
    assert {child["parent"] for child in (two, three, four)} == {parent}
    assert two["id"] == f"{parent}-child-2"
    assert durable.status(four["id"])["runtimeStatus"] == "Completed"


def test_a_failing_sub_orchestration_is_retried_and_then_fails_at_the_parent(durable: DurableApp) -> None:
    assert "Orchestrator function 'child' failed: the child cannot" in durable.run("unhappy_parent")


def test_a_timer_fires_when_its_time_has_come_and_not_before(durable: DurableApp) -> None:
    assert durable.run("timer", 0.3) >= 0.3


def test_an_event_wins_against_a_timer_that_is_then_cancelled(durable: DurableApp) -> None:
    instance_id = durable.start("race", 5)
    until(lambda: durable.status(instance_id)["runtimeStatus"] == "Running", "it waits")
    durable.call("raise_event", instance_id=instance_id, event_name="approval", event_data="yes")
    # Had the cancelled timer kept its number, the activity after it would never get its result.
    # (The SDK's client serialises an event twice: what is raised arrives as JSON text.)
    assert durable.output(instance_id) == ['"yes"', 36]


def test_a_timer_wins_when_no_event_comes(durable: DurableApp) -> None:
    assert durable.run("race", 0.2 / 3600) == ["too late", 36]


def test_events_reach_whoever_waits_for_their_name_in_the_order_they_came(durable: DurableApp) -> None:
    instance_id = durable.start("listener")
    until(lambda: durable.status(instance_id)["runtimeStatus"] == "Running", "it waits")
    durable.call("raise_event", instance_id=instance_id, event_name="a", event_data=1)
    durable.call("raise_event", instance_id=instance_id, event_name="b", event_data=[2])
    until(lambda: durable.status(instance_id).get("customStatus"), "both were heard")
    assert durable.status(instance_id)["customStatus"] == {"heard": ["1", "[2]"]}
    durable.call("raise_event", instance_id=instance_id, event_name="a", event_data={"by": "me"})
    assert durable.output(instance_id) == ["1", "[2]", '{"by": "me"}']


def test_generations_follow_each_other_with_nothing_but_their_input(durable: DurableApp) -> None:
    instance_id = durable.start("counter", {"page": 1, "total": 0, "last": 20})
    assert durable.output(instance_id) == sum(n * n for n in range(1, 21))
    history = durable.status(instance_id, show_history=True)["historyEvents"]
    assert [entry["EventType"] for entry in history] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]


def test_no_event_is_lost_between_two_generations(durable: DurableApp) -> None:
    instance_id = durable.start("inbox", [])
    for number in range(5):
        # Each generation takes one; the next may only be sent once the last was taken or it would be dropped
        # with its generation, as in Azure.
        until(lambda n=number: durable.status(instance_id)["input"] == _texts(n), f"{number} were taken")
        durable.call("raise_event", instance_id=instance_id, event_name="item", event_data=number)
    assert durable.output(instance_id) == [str(n) for n in range(5)]


def _texts(count: int) -> str:
    return "[" + ", ".join(f'"{n}"' for n in range(count)) + "]"


def test_what_an_earlier_generation_left_behind_reaches_nobody(durable: DurableApp) -> None:
    instance_id = durable.start("impatient", 1)
    until(lambda: "until begins" in durable.noted(), "the second generation waits for its own activity")
    durable.gate.touch()
    assert durable.output(instance_id) == "mine"
    durable.gate.unlink()


def test_an_exception_in_an_orchestrator_fails_it_with_its_message(durable: DurableApp) -> None:
    status = durable.ended(durable.start("crash"))
    assert status["runtimeStatus"] == "Failed"
    assert status["output"] == "Orchestrator function 'crash' failed: the orchestrator fell over"
    assert status["customStatus"] == "about to"


def test_a_misspelt_activity_fails_the_orchestration_and_names_the_known_ones(durable: DurableApp) -> None:
    status = durable.ended(durable.start("misspelt"))
    assert status["runtimeStatus"] == "Failed"
    assert "The function 'sqare' doesn't exist" in status["output"]
    assert "'square'" in status["output"]


def test_a_misspelt_orchestrator_cannot_be_started(durable: DurableApp) -> None:
    message = durable.refused("start_new", orchestration_function_name="chian")
    assert "The function 'chian' doesn't exist, is disabled, or is not an orchestrator function" in message


def test_an_id_can_be_used_again_only_after_its_orchestration_has_ended(durable: DurableApp) -> None:
    durable.start("listener", instance_id="single")
    arguments: dict[str, Any] = {"orchestration_function_name": "chain", "instance_id": "single"}
    assert "already exists" in durable.refused("start_new", **arguments)
    response = durable.http.post(f"{durable.host.url}/runtime/webhooks/durabletask/orchestrators/chain/single")
    assert response.status_code == 409
    durable.call("terminate", instance_id="single", reason="make room")
    durable.ended("single")
    assert durable.start("chain", "again", "single") == "single"
    assert durable.output("single")[-1] == "again"


def test_a_terminated_orchestration_keeps_the_reason_and_takes_no_more(durable: DurableApp) -> None:
    instance_id = durable.start("listener")
    durable.call("terminate", instance_id=instance_id, reason="not needed & done")
    status = durable.ended(instance_id)
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "not needed & done")
    refused = durable.refused("raise_event", instance_id=instance_id, event_name="a")
    assert refused == f"Instance with ID {instance_id} is gone: either completed or failed"
    durable.call("terminate", instance_id=instance_id, reason="twice does no harm")


def test_a_terminated_sub_orchestration_fails_at_its_parent(durable: DurableApp) -> None:
    parent = durable.start("gated_parent")
    history = until(
        lambda: [
            entry
            for entry in durable.status(parent, show_history=True)["historyEvents"] or ()
            if entry["EventType"] == "SubOrchestrationInstanceCreated"
        ],
        "the child was created",
    )
    durable.call("terminate", instance_id=history[0]["InstanceId"], reason="enough")
    status = durable.ended(parent)
    assert status["runtimeStatus"] == "Failed"
    assert "enough" in status["output"]


def test_a_suspended_orchestration_takes_events_only_after_it_is_resumed(durable: DurableApp) -> None:
    instance_id = durable.start("race", 5)
    until(lambda: durable.status(instance_id)["runtimeStatus"] == "Running", "it waits")
    durable.call("suspend", instance_id=instance_id, reason="hold")
    assert durable.status(instance_id)["runtimeStatus"] == "Suspended"
    durable.call("raise_event", instance_id=instance_id, event_name="approval", event_data="late")
    # Another orchestration that starts now and ends proves that the first had its chance.
    durable.run("chain")
    assert durable.status(instance_id)["runtimeStatus"] == "Suspended"
    durable.call("resume", instance_id=instance_id, reason="go on")
    assert durable.output(instance_id) == ['"late"', 36]


def test_the_version_given_at_the_start_is_seen_by_the_orchestrator(durable: DurableApp) -> None:
    assert durable.output(durable.start("which_version", version="2.1")) == "2.1"
    assert durable.run("which_version") is None


def test_a_status_shows_input_history_and_results_when_asked(durable: DurableApp) -> None:
    instance_id = durable.start("chain", "given")
    durable.output(instance_id)
    status = durable.status(instance_id, show_history=True, show_history_output=True)
    assert status["name"] == "chain"
    assert status["input"] == '"given"'
    entries = status["historyEvents"]
    assert [entry["EventType"] for entry in entries] == [
        "ExecutionStarted",
        *["TaskCompleted"] * 3,
        "ExecutionCompleted",
    ]
    assert [entry.get("Result") for entry in entries[1:3]] == [9, 81]
    assert entries[1]["FunctionName"] == "square"
    assert entries[1]["ScheduledTime"] <= entries[1]["Timestamp"]


def test_an_unknown_instance_has_no_status_and_takes_nothing(durable: DurableApp) -> None:
    assert durable.status("nobody") is None
    refused = durable.refused("raise_event", instance_id="nobody", event_name="a")
    assert refused == "No instance with ID nobody found."
    assert "nobody" in durable.refused("terminate", instance_id="nobody", reason="")


def test_instances_are_listed_by_state_prefix_and_age(durable: DurableApp) -> None:
    prefix = uuid.uuid4().hex
    began = datetime.now(UTC)
    durable.start("chain", instance_id=f"{prefix}-done")
    durable.output(f"{prefix}-done")
    durable.start("listener", instance_id=f"{prefix}-open")
    until(lambda: durable.status(f"{prefix}-open")["runtimeStatus"] == "Running", "it waits")

    def listed(**wanted: Any) -> list[str]:
        found = durable.call("get_status_by", **wanted)
        return [s["instanceId"].removeprefix(prefix) for s in found if s["instanceId"].startswith(prefix)]

    assert listed(instance_id_prefix=prefix) == ["-done", "-open"]
    assert listed(instance_id_prefix=prefix, runtime_status=["Completed", "Failed"]) == ["-done"]
    assert listed(instance_id_prefix=prefix, runtime_status=["Running"]) == ["-open"]
    assert listed(created_time_from=began.isoformat()) == ["-done", "-open"]
    assert listed(created_time_to=(began - timedelta(seconds=1)).isoformat()) == []
    assert {f"{prefix}-done", f"{prefix}-open"} <= {s["instanceId"] for s in durable.call("get_status_all")}


def test_a_purge_forgets_one_instance_or_all_that_fit_but_none_that_runs(durable: DurableApp) -> None:
    began = datetime.now(UTC)
    for name in ("purged-1", "purged-2", "purged-3"):
        durable.start("chain", instance_id=name)
        durable.output(name)
    durable.start("listener", instance_id="purged-open")
    assert durable.call("purge_instance_history", instance_id="purged-1") == 1
    assert durable.status("purged-1") is None
    assert durable.call("purge_instance_history", instance_id="purged-1") == 0
    wanted = {"created_time_from": began.isoformat(), "runtime_status": ["Completed", "Running"]}
    assert durable.call("purge_instance_history_by", **wanted) == 2
    assert durable.status("purged-open") is not None
    assert durable.call("purge_instance_history_by", **wanted) == 0


def test_an_ended_orchestration_can_be_restarted_over_http(durable: DurableApp) -> None:
    instance_id = durable.start("chain", "kept")
    durable.output(instance_id)
    base = f"{durable.host.url}/runtime/webhooks/durabletask/instances"
    again = durable.http.post(f"{base}/{instance_id}/restart").json()["id"]
    assert again != instance_id
    assert durable.output(again)[-1] == "kept"
    assert durable.http.post(f"{base}/nobody/restart").status_code == 404


def test_the_http_api_starts_and_reports_without_the_sdk(durable: DurableApp) -> None:
    base = f"{durable.host.url}/runtime/webhooks/durabletask"
    started = durable.http.post(f"{base}/orchestrators/chain", json={"a": 1})
    assert started.status_code == 202
    assert started.headers["location"] == started.json()["statusQueryGetUri"]
    durable.output(started.json()["id"])
    finished = durable.http.get(started.json()["statusQueryGetUri"])
    assert finished.status_code == 200
    assert finished.json()["input"] == {"a": 1}
    assert finished.json()["output"][-1] == {"a": 1}
    assert durable.http.get(started.json()["statusQueryGetUri"], params={"showInput": "false"}).json()["input"] is None
    waiting = durable.http.post(f"{base}/orchestrators/listener").json()
    assert durable.http.get(waiting["statusQueryGetUri"]).status_code == 202
    event = waiting["sendEventPostUri"].format(eventName="a")
    assert durable.http.post(event, content="1", headers={"content-type": "text/plain"}).status_code == 400
    assert durable.http.post(event, content="{", headers={"content-type": "application/json"}).status_code == 400
    assert durable.http.post(f"{base}/orchestrators/chain", content="{").status_code == 400
    failed = durable.http.post(f"{base}/orchestrators/crash").json()
    durable.ended(failed["id"])
    as_error = {"returnInternalServerErrorOnFailure": "true"}
    assert durable.http.get(failed["statusQueryGetUri"]).status_code == 200
    assert durable.http.get(failed["statusQueryGetUri"], params=as_error).status_code == 500
    assert durable.http.delete(f"{base}/instances/").status_code == 400


@pytest.mark.parametrize("operation", ["terminate?reason=x", "suspend?reason=x", "resume?reason=x"])
def test_a_finished_instance_is_gone_and_an_unknown_one_not_found(durable: DurableApp, operation: str) -> None:
    instance_id = durable.start("chain")
    durable.output(instance_id)
    base = f"{durable.host.url}/runtime/webhooks/durabletask/instances"
    assert durable.http.post(f"{base}/{instance_id}/{operation}").status_code == 410
    assert durable.http.post(f"{base}/nobody/{operation}").status_code == 404
