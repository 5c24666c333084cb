"""The orchestrator as it is deployed, under a clock that jumps: what the durable extension does, without history.

A generation that was cut off starts again from its input, so that every activity of it runs a second time: that is
more than the extension does, which remembers those that had ended.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import azure.functions as func

from functions.ingest_activity.blueprint import blueprint as ingest_activity
from functions.sync_orchestrator.blueprint import blueprint as sync_orchestrator


def functions_of_the_app() -> dict[str, Callable[..., Any]]:
    """User functions by name: orchestrators as generator functions, activities as coroutine functions."""
    app = func.FunctionApp()
    for blueprint in (sync_orchestrator, ingest_activity):
        app.register_functions(blueprint)
    found: dict[str, Callable[..., Any]] = {}
    for function in app.get_functions():
        user_function = function.get_user_function()
        found[function.get_function_name()] = getattr(user_function, "orchestrator_function", user_function)
    return found


@dataclass
class Clock:
    """Durable timers are over at once: they move this clock, which all waiting here goes by."""

    ahead_s: float = 0.0
    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s)

    def wait_until(self, when: datetime) -> None:
        wait_s = max(0.0, (when - self.now()).total_seconds())
        self.waits.append(wait_s)
        self.ahead_s += wait_s


@dataclass
class ClockedThrottle:
    """The port `Throttle` by that clock."""

    clock: Clock
    until: dict[str, datetime] = field(default_factory=dict)

    async def hold(self, service: str, seconds: float) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        self.until[service] = max(until, self.until.get(service, until))

    async def remaining(self, service: str) -> float:
        until = self.until.get(service)
        return 0.0 if until is None else max(0.0, (until - self.clock.now()).total_seconds())


@dataclass(frozen=True)
class _Activity:
    name: str
    argument: Any


@dataclass(frozen=True)
class _Timer:
    until: datetime


@dataclass
class _Context:
    """What the orchestrator sees. `next_input` is set by `continue_as_new`."""

    argument: Any
    clock: Clock
    instance_id: str
    next_input: Any = None
    is_replaying: bool = False

    @property
    def current_utc_datetime(self) -> datetime:
        return self.clock.now()

    def get_input(self) -> Any:
        return self.argument

    def call_activity(self, name: str, input_: Any = None) -> _Activity:
        return _Activity(name, input_)

    def task_all(self, activities: list[_Activity]) -> list[_Activity]:
        return activities

    def create_timer(self, fire_at: datetime) -> _Timer:
        return _Timer(fire_at)

    def continue_as_new(self, argument: Any) -> None:
        self.next_input = argument

    def set_custom_status(self, status: Any) -> None:
        json.dumps(status)


@dataclass
class Generation:
    """What the extension would have kept of one: how many activities, and all that went in and out of them."""

    activities: int = 0
    history: str = ""


class InstanceExists(Exception):
    """In the extension's words, by which the app tells it."""


@dataclass
class Durable:
    """Stands for the durable client and for the extension behind it. `at_once` activities run side by side.
    What it runs survives a kill, as the extension's storage does."""

    clock: Clock
    at_once: int = 8
    running: dict[str, tuple[str, Any]] = field(default_factory=dict)
    generations: list[Generation] = field(default_factory=list)
    most_generations: int = 5_000
    functions: dict[str, Callable[..., Any]] = field(default_factory=functions_of_the_app)

    async def get_status(self, instance_id: str) -> Any:
        if instance_id not in self.running:
            return None
        return SimpleNamespace(runtime_status=SimpleNamespace(value="Running"))

    async def start_new(self, orchestrator: str, instance_id: str, work: Any) -> str:
        if instance_id in self.running:
            raise InstanceExists(f"An Orchestration instance with the ID {instance_id} already exists.")
        self.running[instance_id] = (orchestrator, json.loads(json.dumps(work)))
        return instance_id

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.running.pop(instance_id, None)

    async def drain(self) -> None:
        """Generation after generation, until every instance has ended."""
        generations = 0
        while self.running:
            for instance_id in list(self.running):
                await self.one_generation(instance_id)
                generations += 1
                assert generations < self.most_generations, "the orchestration does not end"

    async def one_generation(self, instance_id: str) -> None:
        name, work = self.running[instance_id]
        context = _Context(work, self.clock, instance_id)
        self.generations.append(Generation(history=json.dumps(work)))
        orchestrator: Generator[Any, Any, Any] = self.functions[name](context)
        answer: Any = None
        failure: Exception | None = None
        while True:
            try:
                task = orchestrator.throw(failure) if failure else orchestrator.send(answer)
            except StopIteration:
                break
            answer, failure = None, None
            try:
                answer = await self._done(task)
            except Exception as error:  # noqa: BLE001 - a failed activity is the orchestrator's to judge
                failure = error
        if context.next_input is None:
            del self.running[instance_id]
        else:
            self.running[instance_id] = (name, json.loads(json.dumps(context.next_input)))

    async def _done(self, task: Any) -> Any:
        match task:
            case _Timer(until):
                self.clock.wait_until(until)
                return None
            case _Activity():
                return await self._activity(task)
            case list():
                return await self._all(task)
            case _:
                raise AssertionError(f"the orchestrator waits for {task!r}, which this harness does not know")

    async def _all(self, activities: list[_Activity]) -> list[Any]:
        turns = asyncio.Semaphore(self.at_once)

        async def one(activity: _Activity) -> Any:
            async with turns:
                return await self._activity(activity)

        async with unwrapped_group() as group:
            tasks = [group.create_task(one(activity)) for activity in activities]
        return [task.result() for task in tasks]

    async def _activity(self, activity: _Activity) -> Any:
        """What crosses the border of an activity is JSON, both ways."""
        generation = self.generations[-1]
        argument = json.dumps(activity.argument)
        generation.activities += 1
        generation.history += argument
        answer = json.dumps(await self.functions[activity.name](json.loads(argument)))
        generation.history += answer
        return json.loads(answer)


@asynccontextmanager
async def unwrapped_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the first failure itself, as the caller of a single task would see it."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise first_of(failures) from failures


def first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first
