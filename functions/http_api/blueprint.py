"""The HTTP API: sign-in, conversations, chat, search, administration, health."""

import azure.durable_functions as df
import azure.functions as func

from functions.http_api.routes import admin_documents, admin_people, auth, chat, conversations, documents, health
from functions.registration import register
from shared.runtime import current_runtime

blueprint = df.Blueprint()
register(
    blueprint,
    health.routes,
    auth.routes,
    conversations.routes,
    chat.routes,
    documents.routes,
    admin_people.routes,
    admin_documents.routes,
)


@blueprint.function_name("sweep_runs")
@blueprint.timer_trigger(arg_name="timer", schedule="*/30 * * * * *")
async def sweep_runs(timer: func.TimerRequest) -> None:
    """Closes runs whose instance died (R10): within 90 s of its last sign of life."""
    await current_runtime().runs.sweep()
