"""The history events of the Durable extension, one function each, under the field names the SDK reads."""

from datetime import datetime
from typing import Any

from devstack.functions_host.clock import to_text
from devstack.functions_host.durable_model import End, Event, EventType, Instance, OpenTask, Parent, Status, TaskKind


def stamped(event: Event, at: datetime) -> Event:
    """An event as it enters the history; what the host itself adds gets here too."""
    return {"EventId": -1, "IsPlayed": False, "Timestamp": to_text(at), **event}


def orchestrator_started() -> Event:
    return {"EventType": EventType.ORCHESTRATOR_STARTED}


def orchestrator_completed() -> Event:
    return {"EventType": EventType.ORCHESTRATOR_COMPLETED}


def execution_started(instance: Instance) -> Event:
    # The SDK reads Version even when there is none.
    return {
        "EventType": EventType.EXECUTION_STARTED,
        "Name": instance.name,
        "Input": instance.input,
        "Version": instance.version,
    }


def execution_ended(end: End) -> Event:
    kinds = {Status.COMPLETED: EventType.EXECUTION_COMPLETED, Status.TERMINATED: EventType.EXECUTION_TERMINATED}
    kind = kinds.get(end.status, EventType.EXECUTION_FAILED)
    return {"EventType": kind, "Result": end.output, "OrchestrationStatus": str(end.status)}


def opened(task: OpenTask, child_id: str | None) -> Event:
    """What records that `task` was scheduled; `child_id` is a sub-orchestration's."""
    match task.kind:
        case TaskKind.ACTIVITY:
            described: dict[str, Any] = {"EventType": EventType.TASK_SCHEDULED, "Name": task.name}
            described["Input"] = task.input
        case TaskKind.SUB_ORCHESTRATION:
            described = {"EventType": EventType.SUB_ORCHESTRATION_CREATED, "Name": task.name}
            described |= {"Input": task.input, "InstanceId": child_id}
        case TaskKind.TIMER:
            described = {"EventType": EventType.TIMER_CREATED, "FireAt": task.fire_at}
    return {**described, "EventId": task.task_id}


def task_completed(task_id: int, result: str | None) -> Event:
    return {"EventType": EventType.TASK_COMPLETED, "TaskScheduledId": task_id, "Result": result}


def task_failed(task_id: int, reason: str, details: str = "") -> Event:
    return {
        "EventType": EventType.TASK_FAILED,
        "TaskScheduledId": task_id,
        "Reason": reason,
        "Details": details,
    }


def timer_fired(task: OpenTask) -> Event:
    return {"EventType": EventType.TIMER_FIRED, "TimerId": task.task_id, "FireAt": task.fire_at}


def event_raised(name: str, text: str) -> Event:
    return {"EventType": EventType.EVENT_RAISED, "Name": name, "Input": text}


def sub_orchestration_failed(task_id: int, reason: str) -> Event:
    return {
        "EventType": EventType.SUB_ORCHESTRATION_FAILED,
        "TaskScheduledId": task_id,
        "Reason": reason,
        "Details": "",
    }


def word_to_parent(parent: Parent, end: End) -> Event:
    """How a sub-orchestration ended, as its parent gets to know it."""
    if end.status is not Status.COMPLETED:
        return sub_orchestration_failed(parent.task_id, end.reason)
    kind = EventType.SUB_ORCHESTRATION_COMPLETED
    return {"EventType": kind, "TaskScheduledId": parent.task_id, "Result": end.output}
