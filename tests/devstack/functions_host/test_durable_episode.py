"""Episodes against the real SDK's replay, without a host: letters arrive in any order and in any batches.

Whatever the order, host and SDK must come to the same task numbers; the SDK warns about a completion it cannot
place, and warnings are errors here.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack.functions_host import durable_events as events
from devstack.functions_host.clock import from_text
from devstack.functions_host.durable_episode import Episode, OrchestrationBroken, take_letters
from devstack.functions_host.durable_model import (
    End,
    Event,
    Instance,
    Letter,
    OpenTask,
    Parent,
    Status,
    TaskKind,
)

# Once a process the SDK advises to annotate what activities return.
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions.*expected_type")

type Orchestrator = Callable[[df.DurableOrchestrationContext], Iterator[Any]]


class Replay:
    """One orchestration, its clock, and what it is waiting for."""

    def __init__(self, orchestrator: Orchestrator, text: str | None = None) -> None:
        self._handle = df.Orchestrator.create(orchestrator)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.instance = Instance("it", "orchestrator", text, None, self.now, self.now)
        self.end: End | None = None
        self._letters = 0

    def arrive(self, event: Event) -> None:
        self._letters += 1
        self.instance.inbox.append(Letter(self._letters, event))

    def turn(self) -> Episode:
        """Runs one episode; a second later than the one before."""
        self.now += timedelta(seconds=1)
        episode = Episode(self.instance, take_letters(self.instance), _any_name)
        context = episode.begin(self.now)
        try:
            answer = self._handle(context)
        except Exception as error:  # noqa: BLE001 – as the worker does: whatever an orchestrator raises
            episode.conclude_failed(f"Exception: {error}", self.now)
        else:
            episode.conclude(answer, self.now)
        self.end = episode.end
        return episode

    def only_task(self) -> OpenTask:
        (task,) = self.instance.tasks.values()
        return task

    def output(self) -> Any:
        assert self.end is not None
        assert self.end.status is Status.COMPLETED, self.end
        return json.loads(self.end.output)


def _any_name(kind: TaskKind, name: str) -> None:
    """Every function exists."""


def mixed(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)
    deadline = context.create_timer(context.current_utc_datetime + timedelta(days=5))
    approval = context.wait_for_external_event("go")
    work = [
        context.call_activity_with_retry("work", options, "a"),
        context.call_activity("work", "p"),
        context.call_activity_with_retry("work", options, "b"),
        context.call_sub_orchestrator_with_retry("work", options, "c"),
        context.call_activity("work", "q"),
    ]
    # Goes on while retries are under way: from here on both sides create tasks at the same time.
    yield context.task_any(work)
    early = yield context.call_activity("work", "e")
    first = yield context.task_all(work)
    second = yield context.call_activity_with_retry("work", options, "d")
    winner = yield context.task_any([deadline, approval])
    if winner is approval:
        deadline.cancel()
    third = yield context.call_activity("work", "r")
    return [early, first, second, winner is approval, third]


# An event before anybody waits for it: the SDK keeps it, and warns all the same.
@pytest.mark.filterwarnings("ignore:Potential duplicate Task completion for TaskId. go")
@settings(max_examples=80, deadline=None, print_blob=True)
@given(st.data(), st.fixed_dictionaries({key: st.integers(0, 2) for key in "abcd"}), st.booleans())
def test_any_order_of_letters_comes_to_the_same_end(
    data: st.DataObject, failures: dict[str, int], approved: bool
) -> None:
    replay = Replay(mixed)
    attempts: Counter[str] = Counter()
    under_way: set[int] = set()
    sent = False

    def waiting() -> list[OpenTask]:
        return [
            task
            for task in replay.instance.tasks.values()
            if task.task_id not in under_way
            and (task.retry is not None or task.kind is not TaskKind.TIMER or not approved)
        ]

    for _ in range(200):
        open_tasks = waiting()
        choices: list[OpenTask | str] = [*open_tasks]
        if replay.instance.has_work:
            choices.append("turn")
        if approved and not sent:
            choices.append("go")
        choice = data.draw(st.sampled_from(choices), label="next")
        if choice == "go":
            sent = True
            replay.arrive(events.event_raised("go", '"yes"'))
        elif choice == "turn":
            replay.turn()
            if replay.end is not None:
                break
        elif isinstance(choice, OpenTask):
            under_way.add(choice.task_id)
            replay.arrive(_outcome(choice, attempts, failures, replay))
    expected_first = [f"{key} done" for key in "apbcq"]
    assert replay.output() == ["e done", expected_first, "d done", approved, "r done"]
    assert attempts == Counter({key: failures.get(key, 0) + 1 for key in "aepbcqdr"})


def _outcome(task: OpenTask, attempts: Counter[str], failures: dict[str, int], replay: Replay) -> Event:
    if task.kind is TaskKind.TIMER:
        replay.now = max(replay.now, from_text(task.fire_at or ""))
        return events.timer_fired(task)
    key = json.loads(task.input or "")
    attempts[key] += 1
    failed = attempts[key] <= failures.get(key, 0)
    result = json.dumps(f"{key} done")
    if task.kind is TaskKind.ACTIVITY:
        return events.task_failed(task.task_id, "no") if failed else events.task_completed(task.task_id, result)
    end = End(Status.FAILED, '"no"', "no") if failed else End(Status.COMPLETED, result)
    return events.word_to_parent(Parent("it", replay.instance.execution_id, task.task_id), end)


def race(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    approval = context.wait_for_external_event("go")
    yield context.task_any([approval, deadline])
    deadline.cancel()
    yield context.call_activity("work", 1)


def test_a_cancelled_timer_is_waited_for_no_more() -> None:
    replay = Replay(race)
    replay.turn()
    timer = replay.only_task()
    replay.arrive(events.event_raised("go", "null"))
    episode = replay.turn()
    assert episode.closed == [timer.task_id]
    assert replay.only_task().kind is TaskKind.ACTIVITY


def long_wait(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    begun = context.current_utc_datetime
    yield context.create_timer(begun + timedelta(days=20))
    return (context.current_utc_datetime - begun).days


def test_a_timer_longer_than_azure_storage_can_hold_is_split_by_the_sdk() -> None:
    replay = Replay(long_wait)
    replay.turn()
    legs = 0
    while replay.end is None:
        timer = replay.only_task()
        replay.now = max(replay.now, from_text(timer.fire_at or ""))
        replay.arrive(events.timer_fired(timer))
        replay.turn()
        legs += 1
    assert replay.output() == 20
    assert legs > 3, "no leg is longer than three days unless it is the last, of at most six"


def pages(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    yield context.call_activity("work", context.get_input())
    yield context.wait_for_external_event("next")
    context.continue_as_new(context.get_input() + 1)


def test_the_next_generation_begins_with_nothing_but_events_that_came_too_late() -> None:
    replay = Replay(pages, '"1"')
    replay.turn()
    old = replay.instance.execution_id
    replay.arrive(events.task_completed(0, "null"))
    replay.turn()
    replay.arrive(events.event_raised("next", "1"))
    letters = take_letters(replay.instance)
    episode = Episode(replay.instance, letters, _any_name)
    answer = replay._handle(episode.begin(replay.now))
    # While the orchestrator was running:
    replay.arrive(events.event_raised("next", "2"))
    replay.arrive(events.task_completed(0, "null"))
    episode.conclude(answer, replay.now)
    instance = replay.instance
    assert episode.renewed
    assert (instance.input, instance.history, instance.tasks) == ('"2"', [], {})
    assert instance.execution_id != old
    assert [letter.event["Input"] for letter in instance.inbox] == ["2"]


def outside(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    yield context.call_http("GET", "https://example.com")


def unknown(context: df.DurableOrchestrationContext) -> Iterator[Any]:
    yield context.call_activity("nobody", 1)


def test_what_cannot_be_had_fails_the_orchestration_with_its_reason() -> None:
    replay = Replay(outside)
    replay.turn()
    assert replay.end is not None
    assert replay.end.reason == (
        "Orchestrator function 'orchestrator' failed: the local host does not support CALL_HTTP"
    )
    refused = Instance("it", "orchestrator", None, None, replay.now, replay.now)

    def no_name(kind: TaskKind, name: str) -> None:
        raise OrchestrationBroken(f"no {kind} {name}")

    episode = Episode(refused, [], no_name)
    episode.conclude(df.Orchestrator.create(unknown)(episode.begin(replay.now)), replay.now)
    assert episode.end is not None
    assert episode.end.reason.endswith("failed: no activity nobody")
    assert not episode.opened


@pytest.mark.parametrize("answer", ["", "no JSON", '{"isDone": false, "actions": [[{"actionType": 99}]]}'])
def test_an_answer_that_is_none_fails_the_orchestration(answer: str) -> None:
    replay = Replay(race)
    episode = Episode(replay.instance, [], _any_name)
    episode.begin(replay.now)
    episode.conclude(answer, replay.now)
    assert episode.end is not None
    assert episode.end.status is Status.FAILED
