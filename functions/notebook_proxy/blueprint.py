"""Notebook mode: sessions, uploads and chat over HTTP; files on their way to what reads them; what expired goes."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import azure.durable_functions as df
import azure.functions as func

from functions.background_work import background_work
from functions.notebook_proxy.hand_overs import ORCHESTRATOR, start_hand_over
from functions.notebook_proxy.routes import chat, files, limits, sessions
from functions.registration import register
from shared.domain.ids import FileId
from shared.runtime import current_runtime

log = logging.getLogger(__name__)

blueprint = df.Blueprint()
register(blueprint, limits.routes, sessions.routes, files.routes, chat.routes)


@blueprint.function_name(ORCHESTRATOR)
@blueprint.orchestration_trigger(context_name="context")
def hand_over_file(context: df.DurableOrchestrationContext):  # pyright: ignore[reportUnknownParameterType]
    """One step a generation, until the file is ready or has failed. Deterministic, and waits by durable timers."""
    work: Any = context.get_input()
    step: Any = yield context.call_activity("hand_over_step", work)
    if step["state"] == "done":
        return
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=step["retry_after_s"]))
    context.continue_as_new({**work, "polls": work["polls"] + 1})


@blueprint.function_name("hand_over_step")
@blueprint.activity_trigger(input_name="work")
async def hand_over_step(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Hands one file over, or asks how far it is; expected faults are outcomes, never exceptions."""
    file_id = FileId(UUID(work["file_id"]))
    with background_work("hand_over_step", file_id.hex, file_id=file_id):
        step = await current_runtime().handing_over.step(file_id, work["polls"])
    return {"state": step.state, "retry_after_s": step.retry_after_s}


@blueprint.function_name("notebook_upkeep")
@blueprint.timer_trigger(arg_name="timer", schedule="%NEXUS_NOTEBOOK_UPKEEP_SCHEDULE%")
@blueprint.durable_client_input(client_name="client")
async def notebook_upkeep(timer: func.TimerRequest, client: Any) -> None:
    """Removes what expired or was deleted, mends what blob and row disagree on, and starts forgotten hand-overs."""
    with background_work("notebook_upkeep", uuid4().hex):
        upkeep = current_runtime().notebook_upkeep
        removed = await upkeep.remove_due()
        orphans, lost = await upkeep.mend()
        left_behind = await upkeep.left_behind()
        for file_id in left_behind:
            await start_hand_over(client, file_id)
        log.info(
            "notebook upkeep",
            extra={"removed": removed, "orphans": orphans, "lost": lost, "restarted": len(left_behind)},
        )
