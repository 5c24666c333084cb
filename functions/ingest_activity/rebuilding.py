"""Orchestrator → steps → copies: a change of the embedding model. What it does is in services/reindexing."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import azure.durable_functions as df

from functions.background_work import background_work
from functions.ingest_activity.orchestration import INSTANCE, ORCHESTRATOR
from shared.domain.ids import DocumentId, IndexId
from shared.runtime import current_runtime

log = logging.getLogger(__name__)

# Documents of one activity: they share the calls of the model, and cost the durable history one entry.
DOCUMENTS_A_COPY = 10
# After this many generations in a row without a document copied the rebuild ends and says why; the old index serves.
MAX_FAILURES = 10
LONGEST_WAIT_S = 600
# Documents that changed while they were copied are about to be settled.
CHANGED_S = 2.0


def rebuild_index(context: df.DurableOrchestrationContext):  # pyright: ignore[reportUnknownParameterType]
    """One step a generation: its documents are fanned out, then history starts anew. Deterministic: it decides by
    what the activities returned, and waits by durable timers."""
    work: Any = context.get_input()
    failures: int = work["failures"]
    after, wait_s, problem = work["after"], 0.0, None
    try:
        step: Any = yield context.call_activity("index_step", {"after": after})
        after, wait_s, problem = step["after"], step["retry_after_s"], step["message"]
        if step["state"] in ("complete", "stopped"):
            return step
        if step["state"] == "copy":
            copies: Any = yield context.task_all(
                [
                    context.call_activity(
                        "copy_passages", {"index_id": step["index_id"], "documents": step["documents"][start:end]}
                    )
                    for start, end in _parts(len(step["documents"]))
                ]
            )
            wait_s = max(copy["retry_after_s"] for copy in copies)
            problem = next((copy["message"] for copy in copies if copy["message"]), None)
            if not any(copy["done"] for copy in copies):
                wait_s = max(wait_s, CHANGED_S)
        failures = failures + 1 if problem else 0
    except Exception as error:  # noqa: BLE001 - a failed activity: counted, waited for, and told in the end
        failures += 1
        problem = str(error)
    if failures >= MAX_FAILURES:
        return (yield context.call_activity("index_stop", {"message": problem}))
    if failures:
        wait_s = max(wait_s, min(5.0 * 2**failures, 300.0))
    if wait_s > 0:
        until = context.current_utc_datetime + timedelta(seconds=min(wait_s, LONGEST_WAIT_S))
        yield context.create_timer(until)
    context.continue_as_new({"after": after, "failures": failures})


def _parts(documents: int) -> list[tuple[int, int]]:
    return [(start, start + DOCUMENTS_A_COPY) for start in range(0, documents, DOCUMENTS_A_COPY)]


async def index_step(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """The next step of a change of models: swaps and tidies up, or names documents to copy."""
    after = work["after"]
    with background_work("index_step", INSTANCE):
        step = await current_runtime().reindexing.step(DocumentId(UUID(after)) if after else None)
        log.info(
            "index step",
            extra={"state": step.state, "documents": len(step.documents), "retry_after_s": step.retry_after_s},
        )
    return {
        "state": step.state,
        "index_id": str(step.index.id) if step.index else None,
        "documents": [str(document) for document in step.documents],
        "after": str(step.after) if step.after else None,
        "retry_after_s": step.retry_after_s,
        "message": step.message,
    }


async def copy_passages(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Copies a few documents; expected faults are outcomes, never exceptions."""
    index_id = IndexId(UUID(work["index_id"]))
    documents = [DocumentId(UUID(document)) for document in work["documents"]]
    with background_work("copy_passages", INSTANCE):
        copies = await current_runtime().index_copying.copy(index_id, documents)
        for document_id, copy in zip(documents, copies, strict=True):
            log.info("passages copied", extra={"document_id": document_id, "result": copy.result})
    return {
        "done": sum(copy.result in ("copied", "refused", "gone") for copy in copies),
        "retry_after_s": max(copy.retry_after_s for copy in copies),
        "message": next((copy.message for copy in copies if copy.message), None),
    }


async def index_stop(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Ends a rebuild that cannot go on; what is copied is kept for the next."""
    with background_work("index_stop", INSTANCE):
        log.error("rebuild of the index given up: %s", work["message"])
        await current_runtime().reindexing.stop(f"Given up after several attempts. {work['message'] or ''}".strip())
    return {"state": "stopped", "message": work["message"]}


def add_to(blueprint: Any) -> None:
    """Of a module of its own, because one file is read by one person at a time."""
    blueprint.function_name(ORCHESTRATOR)(blueprint.orchestration_trigger(context_name="context")(rebuild_index))
    for activity in (index_step, copy_passages, index_stop):
        blueprint.function_name(activity.__name__)(blueprint.activity_trigger(input_name="work")(activity))
