"""One changed file a call: download → extract → chunk → embed → upsert → record."""

import logging
from uuid import UUID

import azure.durable_functions as df

from functions.background_work import background_work
from shared.domain.ids import DocumentId, SyncRunId
from shared.runtime import current_runtime

log = logging.getLogger(__name__)

blueprint = df.Blueprint()


@blueprint.function_name("ingest_document")
@blueprint.activity_trigger(input_name="work")
async def ingest_document(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Reads one document and says what became of it; expected faults are outcomes, never exceptions."""
    document_id, run_id = DocumentId(UUID(work["document_id"])), SyncRunId(UUID(work["run_id"]))
    with background_work("ingest_document", run_id.hex, document_id=document_id):
        outcome = await current_runtime().ingestion.ingest(document_id, run_id, last_try=work["last_try"])
        log.info("document read", extra={"document_id": document_id, "result": outcome.result})
    return {"result": outcome.result, "retry_after_s": outcome.retry_after_s}
