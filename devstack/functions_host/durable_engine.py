"""Runs orchestrations: episodes, activities, timers and the letters between them.

Everything that happens is first stored, then done: after a kill, `start` finds what was under way and does it
again. Activities therefore run at least once, as in Azure.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from devstack.functions_host import durable_events as events
from devstack.functions_host.background import BackgroundTasks
from devstack.functions_host.clock import from_text, sleep_until, utc_now
from devstack.functions_host.durable_episode import STATE_LABEL, Episode, take_letters
from devstack.functions_host.durable_model import (
    ENDED,
    End,
    Event,
    Instance,
    NewInstance,
    OpenTask,
    Parent,
    Status,
    TaskKind,
)
from devstack.functions_host.durable_names import FunctionNames
from devstack.functions_host.durable_store import DurableStore
from devstack.functions_host.protocol import TypedData
from devstack.functions_host.worker import InvocationFailed, Worker

logger = logging.getLogger("host.durable")


class InstanceRunning(Exception):
    """An orchestration of this id has not ended, so none can be started under it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many activities and orchestrator episodes may run at once."""

    activities: int
    orchestrators: int


class DurableEngine:
    """The orchestrations of one task hub; all methods belong to the event loop's thread."""

    def __init__(self, worker: Worker, store: DurableStore, limits: Limits, default_version: str | None) -> None:
        self._worker = worker
        self._store = store
        self._default_version = default_version
        self._names = FunctionNames(worker.functions)
        self._activity_slots = asyncio.Semaphore(limits.activities)
        self._orchestrator_slots = asyncio.Semaphore(limits.orchestrators)
        self._unended: dict[str, Instance] = {}
        # By execution and task, so that a cancelled durable timer need not be waited for.
        self._timers: dict[str, dict[int, asyncio.Task[None]]] = {}
        self._background = BackgroundTasks(logger)
        self._stopping = False

    def start(self) -> None:
        """Takes up every orchestration that had not ended when the last host stopped or died."""
        for instance in self._store.load_unended():
            self._unended[instance.instance_id] = instance
        for instance in self._unended.values():
            for task in instance.tasks.values():
                if not task.delivered:
                    self._launch(instance, task)
            self._drive(instance)
        if self._unended:
            logger.info("Taking up %d orchestrations", len(self._unended))

    async def stop(self, grace_s: float) -> None:
        """Begins nothing new, waits at most `grace_s` for activities and episodes, then cancels them."""
        self._stopping = True
        for execution_id in list(self._timers):
            self._cancel_timers(execution_id)
        await self._background.end(grace_s)
        self._store.close()

    # What clients ask for. Each returns False when there is no such orchestration that has not ended.

    def start_new(
        self,
        name: str,
        instance_id: str | None = None,
        text: str | None = None,
        version: str | None = None,
    ) -> str:
        """Starts an orchestration with JSON `text` as its input and returns its id.

        `UnknownFunction`, or `InstanceRunning` when one of this id has not ended.
        """
        self._names.check(TaskKind.SUB_ORCHESTRATION, name)
        chosen = instance_id or uuid.uuid4().hex
        if chosen in self._unended:
            raise InstanceRunning(chosen)
        with self._store.transaction():
            instance = self._insert(NewInstance(chosen, name, text, version))
        self._drive(instance)
        return chosen

    def raise_event(self, instance_id: str, name: str, text: str) -> bool:
        """Sends JSON `text` as the external event `name`."""
        instance = self._unended.get(instance_id)
        if instance is None:
            return False
        with self._store.transaction():
            letter = self._store.post(instance_id, events.event_raised(name, text))
        instance.inbox.append(letter)
        self._drive(instance)
        return True

    def terminate(self, instance_id: str, reason: str) -> bool:
        """Ends it now; activities under way run to their end, for nobody. Sub-orchestrations go on, as in Azure."""
        instance = self._unended.get(instance_id)
        if instance is None:
            return False
        end = End(Status.TERMINATED, json.dumps(reason), reason)
        instance.status = end.status
        instance.updated_at = utc_now()
        self._end(
            instance, end, [events.stamped(events.execution_ended(end), instance.updated_at)], len(instance.history)
        )
        return True

    def suspend(self, instance_id: str, suspended: bool) -> bool:
        """Holds an orchestration back after its present episode, or lets it go on."""
        instance = self._unended.get(instance_id)
        if instance is None:
            return False
        instance.suspended = suspended
        instance.updated_at = utc_now()
        with self._store.transaction():
            self._store.set_suspended(instance)
        self._drive(instance)
        return True

    # Episodes.

    def _insert(self, order: NewInstance) -> Instance:
        now = utc_now()
        version = order.version if order.version is not None else self._default_version
        instance = Instance(order.instance_id, order.name, order.input, version, now, now, order.parent)
        self._store.insert(instance)
        self._unended[order.instance_id] = instance
        return instance

    def _drive(self, instance: Instance) -> None:
        if instance.has_work and not instance.driven and not self._stopping:
            instance.driven = True
            self._background.spawn(self._run_episodes(instance))

    async def _run_episodes(self, instance: Instance) -> None:
        try:
            while instance.has_work and instance.status not in ENDED and not self._stopping:
                async with self._orchestrator_slots:
                    await self._run_episode(instance)
        finally:
            instance.driven = False

    async def _run_episode(self, instance: Instance) -> None:
        if instance.status in ENDED or not instance.has_work:
            return
        position = len(instance.history)
        generation = instance.execution_id
        letters = take_letters(instance)
        episode = Episode(instance, letters, self._names.check)
        context = episode.begin(utc_now())
        try:
            answer = await self._worker.invoke(instance.name, TypedData(string=context))
        except InvocationFailed as failure:
            if instance.status not in ENDED:
                # Only the app's own part of the trace: the rest is the SDK wrapping it up for the wire.
                trace = failure.stack.partition("\n\nThe above exception")[0].partition(STATE_LABEL)[0]
                logger.error("Orchestrator '%s' raised:\n%s", instance.name, trace)
                episode.conclude_failed(str(failure), utc_now())
        except KeyError:
            # It was there when the orchestration began; the app has changed since.
            episode.conclude_failed(f"The function '{instance.name}' doesn't exist", utc_now())
        else:
            # Terminated in the meantime: the answer is for nobody.
            if instance.status not in ENDED:
                episode.conclude(answer or "", utc_now())
        if episode.end is not None or instance.status not in ENDED:
            self._commit(episode, position, generation)

    def _commit(self, episode: Episode, position: int, generation: str) -> None:
        instance = episode.instance
        if episode.end is not None:
            self._end(instance, episode.end, episode.events, position)
            self._cancel_timers(generation)
            return
        started: list[Instance] = []
        with self._store.transaction():
            if episode.renewed:
                self._store.forget_generation(instance)
            else:
                self._store.append_history(instance.instance_id, episode.events, position)
                self._store.open_tasks(instance.instance_id, episode.opened)
                self._store.close_tasks(instance.instance_id, episode.closed)
                self._store.discard(episode.letters)
            self._store.update(instance)
            for child in episode.children:
                if child.instance_id in self._unended:
                    self._refuse(instance, child)
                else:
                    started.append(self._insert(child))
        self._cancel_timers(generation, None if episode.renewed else episode.closed)
        for task in episode.opened:
            # Not the ones closed in the same turn, and none of a generation that is over.
            if instance.tasks.get(task.task_id) is task:
                self._launch(instance, task)
        for child_instance in started:
            self._drive(child_instance)

    def _refuse(self, instance: Instance, child: NewInstance) -> None:
        """Tells a parent that the id it chose for a sub-orchestration is taken."""
        if child.parent is not None and child.parent.task_id in instance.tasks:
            reason = f"An orchestration instance with ID '{child.instance_id}' is already running"
            event = events.sub_orchestration_failed(child.parent.task_id, reason)
            self._deliver(instance, child.parent.task_id, event)

    def _end(self, instance: Instance, end: End, history: list[Event], position: int) -> None:
        logger.info("Orchestration %s of '%s' %s", instance.instance_id, instance.name, end.status.lower())
        parent = self._listening(instance.parent)
        with self._store.transaction():
            self._store.append_history(instance.instance_id, history, position)
            self._store.end(instance, end)
            if parent is not None and instance.parent is not None:
                self._deliver(parent, instance.parent.task_id, events.word_to_parent(instance.parent, end))
        del self._unended[instance.instance_id]
        self._cancel_timers(instance.execution_id)
        if parent is not None:
            self._drive(parent)

    def _listening(self, parent: Parent | None) -> Instance | None:
        instance = self._unended.get(parent.instance_id) if parent else None
        if instance is None or parent is None or instance.execution_id != parent.execution_id:
            return None
        return instance if parent.task_id in instance.tasks else None

    def _deliver(self, instance: Instance, task_id: int, event: Event) -> None:
        """Puts the end of a task into the inbox; inside a transaction."""
        self._store.mark_delivered(instance.instance_id, task_id)
        instance.inbox.append(self._store.post(instance.instance_id, event))
        instance.tasks[task_id] = replace(instance.tasks[task_id], delivered=True)

    # Tasks.

    def _launch(self, instance: Instance, task: OpenTask) -> None:
        execution_id = instance.execution_id
        if task.kind is TaskKind.ACTIVITY:
            self._background.spawn(self._run_activity(instance, execution_id, task))
        elif task.kind is TaskKind.TIMER:
            timer = self._background.spawn(self._wait_for_timer(instance, execution_id, task))
            self._timers.setdefault(execution_id, {})[task.task_id] = timer

    async def _run_activity(self, instance: Instance, execution_id: str, task: OpenTask) -> None:
        async with self._activity_slots:
            if self._stopping:
                return
            try:
                result = await self._worker.invoke(task.name, TypedData(string=task.input))
                event = events.task_completed(task.task_id, result)
            except InvocationFailed as failure:
                logger.error("Activity '%s' of %s failed: %s", task.name, instance.instance_id, failure)
                reason = f"Activity function '{task.name}' failed: {failure}"
                event = events.task_failed(task.task_id, reason, failure.stack)
            except KeyError:
                event = events.task_failed(task.task_id, f"The function '{task.name}' doesn't exist")
        self._report(instance, execution_id, task.task_id, event)

    async def _wait_for_timer(self, instance: Instance, execution_id: str, task: OpenTask) -> None:
        await sleep_until(from_text(task.fire_at or ""))
        del self._timers[execution_id][task.task_id]
        self._report(instance, execution_id, task.task_id, events.timer_fired(task))

    def _report(self, instance: Instance, execution_id: str, task_id: int, event: Event) -> None:
        gone = instance.status in ENDED or instance.execution_id != execution_id
        if gone or task_id not in instance.tasks:
            return
        with self._store.transaction():
            self._deliver(instance, task_id, event)
        self._drive(instance)

    def _cancel_timers(self, execution_id: str, task_ids: Iterable[int] | None = None) -> None:
        timers = self._timers.get(execution_id, {})
        for task_id in list(timers) if task_ids is None else [t for t in task_ids if t in timers]:
            timers.pop(task_id).cancel()
        if not timers:
            self._timers.pop(execution_id, None)
