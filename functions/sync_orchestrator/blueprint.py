"""Timer → orchestrator → steps: what decides when something is synced. What a sync does is in services/syncing."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import azure.durable_functions as df
import azure.functions as func

from functions.background_work import background_work
from functions.registration import register
from functions.sync_orchestrator.orchestrations import ORCHESTRATOR, DurableOrchestrations
from functions.sync_orchestrator.routes import libraries, sync_runs
from shared.domain.ids import LibraryId, SyncRunId
from shared.runtime import current_runtime

log = logging.getLogger(__name__)

blueprint = df.Blueprint()
register(blueprint, libraries.routes, sync_runs.routes)

# After this many steps in a row that failed or were told to come back, the run ends and says why.
MAX_FAILURES = 6
LONGEST_WAIT_S = 600


@blueprint.function_name("sync_timer")
@blueprint.timer_trigger(arg_name="timer", schedule="%NEXUS_SYNC_SCHEDULE%")
@blueprint.durable_client_input(client_name="client")
async def sync_timer(timer: func.TimerRequest, client: Any) -> None:
    """Starts a sync of every enabled library, and of others with something left to carry out; one that still runs is
    left alone."""
    with background_work("sync_timer", uuid4().hex):
        runs = await current_runtime().sync_starting.start_all(DurableOrchestrations(client))
        log.info("sync timer: %d libraries", len(runs))


@blueprint.function_name(ORCHESTRATOR)
@blueprint.orchestration_trigger(context_name="context")
def sync_library(context: df.DurableOrchestrationContext):  # pyright: ignore[reportUnknownParameterType]
    """One step a generation: its files are fanned out, then history starts anew. Deterministic: it decides by what
    the activities returned, and waits by durable timers."""
    work: Any = context.get_input()
    failures: int = work["failures"]
    wait_s: float = 0
    try:
        step: Any = yield context.call_activity("sync_step", work)
        if step["state"] == "ingest":
            last_try = failures >= 2
            outcomes: Any = yield context.task_all(
                [
                    context.call_activity(
                        "ingest_document", {"document_id": document, "run_id": work["run_id"], "last_try": last_try}
                    )
                    for document in step["documents"]
                ]
            )
            wait_s = max(outcome["retry_after_s"] for outcome in outcomes)
            failures = failures + 1 if any(outcome["result"] == "unavailable" for outcome in outcomes) else 0
        elif step["state"] == "wait":
            wait_s = step["retry_after_s"]
            # throttling says how long; an outage does not end by itself for ever
            failures += 1 if step["message"] else 0
        elif step["state"] == "again":
            failures = 0
        else:
            return step
        problem = step["message"]
    except Exception as error:  # noqa: BLE001 - a failed activity: counted, waited for, and told in the end
        failures += 1
        problem = str(error)
    if failures >= MAX_FAILURES:
        return (yield context.call_activity("sync_fail", {**work, "message": problem or "A dependency stays away."}))
    if failures:
        wait_s = max(wait_s, min(5.0 * 2**failures, 60.0))
    if wait_s > 0:
        until = context.current_utc_datetime + timedelta(seconds=min(wait_s, LONGEST_WAIT_S))
        yield context.create_timer(until)
    context.continue_as_new({**work, "failures": failures})


@blueprint.function_name("sync_step")
@blueprint.activity_trigger(input_name="work")
async def sync_step(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """The next step of a sync: pages, removals and labels are done, files to read are named by id."""
    library_id, run_id = LibraryId(UUID(work["library_id"])), SyncRunId(UUID(work["run_id"]))
    with background_work("sync_step", run_id.hex, library_id=library_id):
        step = await current_runtime().library_sync.step(library_id, run_id, confirmed=work["confirmed"])
        log.info(
            "sync step",
            extra={
                "library_id": library_id,
                "state": step.state,
                "documents": len(step.documents),
                "retry_after_s": step.retry_after_s,
            },
        )
    return {
        "state": step.state,
        "documents": [str(document) for document in step.documents],
        "retry_after_s": step.retry_after_s,
        "message": step.message,
    }


@blueprint.function_name("sync_fail")
@blueprint.activity_trigger(input_name="work")
async def sync_fail(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Ends a run that cannot go on."""
    library_id, run_id = LibraryId(UUID(work["library_id"])), SyncRunId(UUID(work["run_id"]))
    with background_work("sync_fail", run_id.hex, library_id=library_id):
        log.error("sync given up: %s", work["message"], extra={"library_id": library_id})
        step = await current_runtime().library_sync.fail(
            library_id,
            run_id,
            "The sync was given up after several attempts; the next one starts from the last committed state.",
        )
    return {"state": step.state, "message": step.message}
