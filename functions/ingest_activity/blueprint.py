"""One changed file a call: download → extract → chunk → embed → upsert → record. Beside it the same for a change of
the embedding model, for which a file need not be read again (rebuilding.py)."""

import logging
from uuid import UUID

import azure.durable_functions as df

from functions.background_work import background_work
from functions.ingest_activity import rebuilding
from functions.ingest_activity.routes import index
from functions.registration import register
from shared import metrics
from shared.domain.ids import DocumentId, SyncRunId
from shared.runtime import current_runtime

log = logging.getLogger(__name__)

blueprint = df.Blueprint()
register(blueprint, index.routes)
rebuilding.add_to(blueprint)


@blueprint.function_name("ingest_document")
@blueprint.activity_trigger(input_name="work")
async def ingest_document(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Reads one document and says what became of it; expected faults are outcomes, never exceptions."""
    document_id, run_id = DocumentId(UUID(work["document_id"])), SyncRunId(UUID(work["run_id"]))
    with background_work("ingest_document", run_id.hex, document_id=document_id) as span:
        runtime = current_runtime()
        outcome = await (await runtime.ingestion()).ingest(document_id, run_id, last_try=work["last_try"])
        if outcome.result == "moved":
            runtime.indexes.forget()
        span.set({"nexus.result": outcome.result})
        metrics.count(metrics.FILES, result=outcome.result)
        log.info("document read", extra={"document_id": document_id, "result": outcome.result})
    return {"result": outcome.result, "retry_after_s": outcome.retry_after_s}
