"""R13: the orchestrator is deployed anew under a running sync. What the release before wrote into history is replayed
by the code of today with the same decisions, and an input it left behind is taken up.

HISTORIES are of the first release (commit 67bb39e) and are never edited: a new release that decides otherwise adds its
own here and keeps the old ones replaying, or lets them drain under a version of their own.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.shared.services.guarantees.durable import Clock, _Activity, _Context, _Timer, functions_of_the_app
from tests.shared.services.guarantees.synced_library import SyncedLibrary

WORK: dict[str, Any] = {
    "library_id": "7f6b8f0e-25c9-4b0e-8a55-8f1f6a4cf0d3",
    "run_id": "0d0f3d0c-2d0e-4f5a-9d3b-3c1f0f4be111",
    "confirmed": False,
    "failures": 0,
}
DOCUMENTS = ["11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"]
ANSWER: dict[str, Any] = {"state": "again", "documents": [], "retry_after_s": 0.0, "message": None}


def done(result: str, retry_after_s: float = 0.0) -> dict[str, Any]:
    return {"result": result, "retry_after_s": retry_after_s}


def ingest(*, last_try: bool) -> list[tuple[str, Any]]:
    return [
        ("ingest_document", {"document_id": document, "run_id": WORK["run_id"], "last_try": last_try})
        for document in DOCUMENTS
    ]


STEP = ("sync_step", WORK)
# name → input, what was decided with what came back (seconds for a timer), and the input of the next generation
# or the result
HISTORIES: dict[str, tuple[dict[str, Any], list[tuple[Any, Any]], dict[str, Any] | None, Any]] = {
    "a page": (WORK, [(STEP, ANSWER)], WORK, None),
    "files": (
        WORK,
        [(STEP, ANSWER | {"state": "ingest", "documents": DOCUMENTS}),
         (ingest(last_try=False), [done("indexed"), done("skipped")])],
        WORK,
        None,
    ),
    "throttled files": (
        WORK,
        [(STEP, ANSWER | {"state": "ingest", "documents": DOCUMENTS}),
         (ingest(last_try=False), [done("throttled", 30.0), done("indexed")]),
         (30.0, None)],
        WORK,
        None,
    ),
    "an outage": (
        WORK | {"failures": 2},
        [(("sync_step", WORK | {"failures": 2}), ANSWER | {"state": "ingest", "documents": DOCUMENTS}),
         (ingest(last_try=True), [done("unavailable", 5.0), done("indexed")]),
         (40.0, None)],
        WORK | {"failures": 3},
        None,
    ),
    "a wait": (WORK, [(STEP, ANSWER | {"state": "wait", "retry_after_s": 12.0}), (12.0, None)], WORK, None),
    "the end": (WORK, [(STEP, ANSWER | {"state": "complete"})], None, ANSWER | {"state": "complete"}),
    "given up": (
        WORK | {"failures": 5},
        [(("sync_step", WORK | {"failures": 5}), ANSWER | {"state": "wait", "retry_after_s": 5, "message": "down"}),
         (("sync_fail", WORK | {"failures": 5, "message": "down"}), {"state": "failed", "message": "down"})],
        None,
        {"state": "failed", "message": "down"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_r13_a_history_of_the_release_before_replays(name: str) -> None:
    given, history, next_input, result = HISTORIES[name]
    clock = Clock()
    context = _Context(given, clock, "sync-1", is_replaying=True)
    orchestrator = functions_of_the_app()["sync_library"](context)
    answer: Any = None
    returned: Any = None
    for decided, came_back in [*history, (None, None)]:
        before = clock.now()
        try:
            task = orchestrator.send(answer)
        except StopIteration as end:
            assert decided is None, f"the history goes on with {decided}"
            returned = end.value
            break
        match task:
            case _Activity(activity, argument):
                assert (activity, argument) == decided
            case list():
                assert [(each.name, each.argument) for each in task] == decided
            case _Timer(until):
                assert abs(until - before - timedelta(seconds=decided)) < timedelta(seconds=5)
            case _:
                raise AssertionError(f"the history has {decided}, the code of today {task!r}")
        answer = came_back
    assert (context.next_input, returned) == (next_input, result)


async def test_r13_a_sync_that_the_release_before_began_is_finished_by_this_one(library: SyncedLibrary) -> None:
    for number in range(3):
        await library.put(f"{number}.md", f"Text {number}.")
    run = await library.start()
    (instance,) = library.durable.running
    old_input = {"library_id": str(library.library.id), "run_id": str(run.id), "confirmed": False, "failures": 0}
    library.durable.running[instance] = ("sync_library", old_input)
    await library.durable.drain()
    assert (await library.run(run)).status == "complete"
    assert (await library.drift()).differences == []
