"""What an orchestration is made of: events, actions, open tasks and the instance itself.

Numbers and field names are the wire contract of azure-functions-durable 1.7
(`HistoryEventType`, `ActionType`, the history JSON), not ours to choose.
"""

import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

type Event = dict[str, Any]
type Action = dict[str, Any]


class EventType(IntEnum):
    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_FAILED = 2
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15


FAILURES = (EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_FAILED)


class ActionType(IntEnum):
    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


class Status(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"


ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.TERMINATED})


class TaskKind(StrEnum):
    ACTIVITY = "activity"
    SUB_ORCHESTRATION = "sub-orchestration"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Retry:
    """`RetryOptions` as it stands: `attempt` of `max_attempts` is under way; the interval never grows."""

    attempt: int
    max_attempts: int
    interval_ms: int

    def again(self) -> "Retry":
        return replace(self, attempt=self.attempt + 1)


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something an orchestration waits for. `task_id` is the number the SDK gave the same thing.

    Activities and sub-orchestrations have `name` and `input` (the JSON text the orchestrator passed), timers
    have `fire_at` (ISO) and, where the orchestrator made them, the `action_index` by which it may cancel them.
    With `retry`, a timer is the wait before the next attempt of `name`. `delivered`: its end is in the inbox.
    """

    task_id: int
    kind: TaskKind
    name: str = ""
    input: str | None = None
    version: str | None = None
    child_id: str | None = None
    fire_at: str | None = None
    action_index: int | None = None
    retry: Retry | None = None
    retried_kind: TaskKind | None = None
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """Where a sub-orchestration reports to; a parent that has continued as new no longer listens."""

    instance_id: str
    execution_id: str
    task_id: int


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that waits for its orchestration; `number` is its row in the store."""

    number: int
    event: Event


@dataclass(slots=True)
class Instance:
    """An orchestration that has not ended, as it is held in memory.

    `input` is JSON text; `history` holds the events as JSON texts, already marked as played.
    """

    instance_id: str
    name: str
    input: str | None
    version: str | None
    created_at: datetime
    updated_at: datetime
    parent: Parent | None = None
    execution_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: Status = Status.PENDING
    suspended: bool = False
    custom_status: Any = None
    next_task_id: int = 0
    actions_seen: int = 0
    history: list[str] = field(default_factory=list)
    inbox: deque[Letter] = field(default_factory=deque)
    tasks: dict[int, OpenTask] = field(default_factory=dict)
    driven: bool = False

    @property
    def has_work(self) -> bool:
        """Whether an episode can run: it has not begun yet, or something has arrived."""
        return not self.suspended and (not self.history or bool(self.inbox))

    def continue_as_new(self, new_input: str | None) -> None:
        """Begins the next generation: only external events that came meanwhile are carried over."""
        self.execution_id = uuid.uuid4().hex
        self.input = new_input
        self.next_task_id = 0
        self.actions_seen = 0
        self.history = []
        self.tasks = {}
        self.inbox = deque(x for x in self.inbox if x.event["EventType"] == EventType.EVENT_RAISED)


@dataclass(frozen=True, slots=True)
class NewInstance:
    """An order to start an orchestration; `input` is JSON text."""

    instance_id: str
    name: str
    input: str | None
    version: str | None
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class End:
    """How an orchestration ended; `output` is JSON text, `reason` what a parent is told about a failure."""

    status: Status
    output: str
    reason: str = ""
