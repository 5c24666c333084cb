"""One episode of an orchestration: what the orchestrator is shown, and what follows from its answer.

Pure: no clock, no store, no worker. The orchestrator's code is replayed against its whole history every time
and answers all actions it has ever asked for; the ones after `actions_seen` are new. Both sides count the
tasks they create and must come to the same numbers, which is what most of this file is about.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devstack.functions_host import durable_events as events
from devstack.functions_host.clock import from_text, to_text
from devstack.functions_host.durable_model import (
    FAILURES,
    Action,
    ActionType,
    End,
    Event,
    EventType,
    Instance,
    Letter,
    NewInstance,
    OpenTask,
    Parent,
    Retry,
    Status,
    TaskKind,
)

# Azure Storage cannot hold a message longer than a week; the SDK splits longer timers by these.
_TIMER_LIMITS = {"maximumShortTimerDuration": "6.00:00:00", "longRunningTimerIntervalDuration": "3.00:00:00"}
# A failing orchestrator answers by an exception with its state behind this label.
STATE_LABEL = "\n\n$OutOfProcData$:"

_PLAIN = {
    ActionType.CALL_ACTIVITY: TaskKind.ACTIVITY,
    ActionType.CALL_ACTIVITY_WITH_RETRY: TaskKind.ACTIVITY,
    ActionType.CALL_SUB_ORCHESTRATOR: TaskKind.SUB_ORCHESTRATION,
    ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: TaskKind.SUB_ORCHESTRATION,
}


class OrchestrationBroken(Exception):
    """The orchestrator asked for something that cannot be had; the message becomes its failure."""


type NameCheck = Callable[[TaskKind, str], None]


def take_letters(instance: Instance) -> list[Letter]:
    """Takes from the inbox what one episode may see.

    A failure or timer that makes the SDK itself create a task (a retry, or the wait before it) is always the
    first: behind another letter, the orchestrator could have created tasks of its own before, and the host,
    which sees those only afterwards, would number them differently.
    """
    taken: list[Letter] = []
    while instance.inbox and not (taken and _starts_retry(instance, instance.inbox[0].event)):
        taken.append(instance.inbox.popleft())
    return taken


def _task_of(instance: Instance, event: Event) -> OpenTask | None:
    return instance.tasks.get(event.get("TaskScheduledId", event.get("TimerId", -1)))


def _starts_retry(instance: Instance, event: Event) -> bool:
    task = _task_of(instance, event)
    return task is not None and task.retry is not None and event["EventType"] in (*FAILURES, EventType.TIMER_FIRED)


@dataclass(slots=True)
class Episode:
    """One turn of `instance`, which it changes; what must be stored and done is in its other fields.

    `closed` are tasks that no longer wait, `opened` new ones, `children` sub-orchestrations to start.
    Exactly one of these is true afterwards: `end` is set, `renewed` is true, or the orchestration waits on.
    """

    instance: Instance
    letters: list[Letter]
    check_name: NameCheck
    events: list[Event] = field(default_factory=list)
    opened: list[OpenTask] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    children: list[NewInstance] = field(default_factory=list)
    end: End | None = None
    renewed: bool = False

    def begin(self, now: datetime) -> str:
        """Takes in what arrived and returns the JSON text for the orchestrator."""
        instance = self.instance
        self._record(events.orchestrator_started(), now)
        if not instance.history:
            self._record(events.execution_started(instance), now)
        for letter in self.letters:
            self._record(letter.event, now)
            self._take_in(letter.event, now)
        context = {
            "input": json.loads(instance.input) if instance.input is not None else None,
            "instanceId": instance.instance_id,
            "isReplaying": bool(instance.history),
            "parentInstanceId": instance.parent.instance_id if instance.parent else None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 2,
            **_TIMER_LIMITS,
        }
        # The played part is the bulk and never changes again: it is kept as text and not dumped anew.
        history = ",".join([*instance.history, *(json.dumps(event) for event in self.events)])
        return f'{{"history":[{history}],{json.dumps(context)[1:]}'

    def conclude(self, answer: str, now: datetime) -> None:
        """Reads the state the orchestrator returned."""
        try:
            state = json.loads(answer)
            self._follow(state, now)
        except (OrchestrationBroken, ValueError) as error:
            self.end = self._failed(str(error))
        else:
            if self.end is None and not self.renewed and state["isDone"]:
                self.end = End(Status.COMPLETED, json.dumps(state.get("output")))
        self._close_turn(now)

    def conclude_failed(self, message: str, now: datetime) -> None:
        """Reads what is left of the state when the orchestrator raised: its custom status still counts."""
        _, found, text = message.partition(STATE_LABEL)
        error = message
        if found:
            # A raise across several exceptions repeats the state on the following lines.
            state, _ = json.JSONDecoder().raw_decode(text)
            error = state.get("error") or message
            self.instance.custom_status = state.get("customStatus", self.instance.custom_status)
        self.end = self._failed(error)
        self._close_turn(now)

    def _failed(self, error: str) -> End:
        reason = f"Orchestrator function '{self.instance.name}' failed: {error}"
        return End(Status.FAILED, json.dumps(reason), reason)

    def _close_turn(self, now: datetime) -> None:
        instance = self.instance
        self._record(events.orchestrator_completed(), now)
        if self.end is not None:
            self._record(events.execution_ended(self.end), now)
            instance.status = self.end.status
        elif not self.renewed:
            instance.status = Status.RUNNING
            instance.history += [json.dumps(event | {"IsPlayed": True}) for event in self.events]
        instance.updated_at = now

    def _take_in(self, event: Event, now: datetime) -> None:
        task = _task_of(self.instance, event)
        if task is None:
            return
        self._close(task.task_id)
        retry = task.retry
        if retry is None:
            return
        if event["EventType"] in FAILURES:
            # Also after the last attempt: the SDK gives up only when this timer has fired.
            wait = OpenTask(
                self._next_id(),
                TaskKind.TIMER,
                task.name,
                task.input,
                task.version,
                task.child_id,
                fire_at=to_text(now + timedelta(milliseconds=retry.interval_ms)),
                retry=retry,
                retried_kind=task.kind,
            )
            self._open(wait, now)
        elif task.kind is TaskKind.TIMER and retry.attempt < retry.max_attempts:
            kind = task.retried_kind or TaskKind.ACTIVITY
            self._call(kind, task.name, task.input, task.version, task.child_id, retry.again(), now)

    def _follow(self, state: dict[str, Any], now: datetime) -> None:
        instance = self.instance
        instance.custom_status = state.get("customStatus", instance.custom_status)
        leaves = list(_leaves(action for actions in state["actions"] for action in actions))
        for task in list(instance.tasks.values()):
            index = task.action_index
            if index is not None and index < len(leaves) and leaves[index].get("isCanceled"):
                self._close(task.task_id)
        for index in range(instance.actions_seen, len(leaves)):
            action = leaves[index]
            if action["actionType"] == ActionType.CONTINUE_AS_NEW:
                self.renewed = True
                instance.continue_as_new(json.dumps(action["input"]))
                return
            self._schedule(action, index, now)
        instance.actions_seen = len(leaves)

    def _schedule(self, action: Action, index: int, now: datetime) -> None:
        kind = ActionType(action["actionType"])
        if kind in _PLAIN:
            self.check_name(_PLAIN[kind], action["functionName"])
            options = action.get("retryOptions")
            retry = (
                Retry(1, options["maxNumberOfAttempts"], options["firstRetryIntervalInMilliseconds"])
                if options
                else None
            )
            self._call(
                _PLAIN[kind],
                action["functionName"],
                action.get("input"),
                action.get("version"),
                action.get("instanceId"),
                retry,
                now,
            )
        elif kind is ActionType.CREATE_TIMER:
            # Cancelled before it was ever scheduled: it still has its number.
            fire_at = to_text(from_text(action["fireAt"]))
            task = OpenTask(self._next_id(), TaskKind.TIMER, fire_at=fire_at, action_index=index)
            self._open(task, now)
            if action.get("isCanceled"):
                self._close(task.task_id)
        elif kind is not ActionType.WAIT_FOR_EXTERNAL_EVENT:
            raise OrchestrationBroken(f"the local host does not support {kind.name}")

    def _call(
        self,
        kind: TaskKind,
        name: str,
        text: str | None,
        version: str | None,
        child_id: str | None,
        retry: Retry | None,
        now: datetime,
    ) -> None:
        task = OpenTask(self._next_id(), kind, name, text, version, child_id, retry=retry)
        self._open(task, now)
        if kind is TaskKind.SUB_ORCHESTRATION:
            instance = self.instance
            parent = Parent(instance.instance_id, instance.execution_id, task.task_id)
            # The orchestrator passes JSON text; as an orchestration's input it is a string, serialised once more.
            child_input = json.dumps(text) if text is not None else None
            child = NewInstance(self._child_id(task), name, child_input, version, parent)
            self.children.append(child)

    def _child_id(self, task: OpenTask) -> str:
        return task.child_id or f"{self.instance.execution_id}:{task.task_id:x}"

    def _next_id(self) -> int:
        number = self.instance.next_task_id
        self.instance.next_task_id += 1
        return number

    def _open(self, task: OpenTask, now: datetime) -> None:
        self.instance.tasks[task.task_id] = task
        self.opened.append(task)
        child_id = self._child_id(task) if task.kind is TaskKind.SUB_ORCHESTRATION else None
        self._record(events.opened(task, child_id), now)

    def _record(self, event: Event, now: datetime) -> None:
        self.events.append(events.stamped(event, now))

    def _close(self, task_id: int) -> None:
        self.instance.tasks.pop(task_id, None)
        self.closed.append(task_id)


def _leaves(actions: Iterator[Action]) -> Iterator[Action]:
    """Actions in the order the SDK numbers them: compound ones are replaced by their parts."""
    for action in actions:
        if action["actionType"] in (ActionType.WHEN_ANY, ActionType.WHEN_ALL):
            yield from _leaves(iter(action["compoundActions"]))
        else:
            yield action
