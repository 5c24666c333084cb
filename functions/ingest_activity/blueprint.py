"""One changed file a call: download → extract → chunk → embed → upsert → record."""

from uuid import UUID

import azure.durable_functions as df

from shared.domain.ids import DocumentId, SyncRunId
from shared.runtime import current_runtime

blueprint = df.Blueprint()


@blueprint.function_name("ingest_document")
@blueprint.activity_trigger(input_name="work")
async def ingest_document(work: dict) -> dict:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Reads one document and says what became of it; expected faults are outcomes, never exceptions."""
    outcome = await current_runtime().ingestion.ingest(
        DocumentId(UUID(work["document_id"])), SyncRunId(UUID(work["run_id"])), last_try=work["last_try"]
    )
    return {"result": outcome.result, "retry_after_s": outcome.retry_after_s}
