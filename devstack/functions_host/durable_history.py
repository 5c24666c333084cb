"""The history of an orchestration as its status shows it: one entry a task, without the engine's bookkeeping."""

import json
from typing import Any

from devstack.functions_host.durable_model import Event, EventType

_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_FAILED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_RAISED: "EventRaised",
}
_COPIED = ("Reason", "Details", "FireAt", "OrchestrationStatus", "InstanceId")
_RESULTS = ("Result", "Input")


def history_for_client(history: list[Event], with_output: bool) -> list[dict[str, Any]]:
    """Scheduling is folded into the end of the same task; `with_output` adds results and inputs."""
    scheduled: dict[int, Event] = {}
    shown: dict[int, dict[str, Any]] = {}
    for position, event in enumerate(history):
        kind = EventType(event["EventType"])
        if kind not in _NAMES:
            continue
        entry: dict[str, Any] = {"EventType": _NAMES[kind], "Timestamp": event["Timestamp"]}
        if event.get("Name"):
            entry["Name" if kind is EventType.EVENT_RAISED else "FunctionName"] = event["Name"]
        entry |= {name: event[name] for name in _COPIED if event.get(name) is not None}
        if with_output:
            entry |= {name: json.loads(event[name]) for name in _RESULTS if event.get(name) is not None}
        if event["EventId"] >= 0:
            scheduled[event["EventId"]] = event | {"position": position}
        begun = scheduled.get(event.get("TaskScheduledId", event.get("TimerId", -1)))
        if begun is not None:
            shown.pop(begun["position"], None)
            entry["ScheduledTime"] = begun["Timestamp"]
            if begun.get("Name"):
                entry["FunctionName"] = begun["Name"]
        shown[position] = entry
    return [shown[position] for position in sorted(shown)]
