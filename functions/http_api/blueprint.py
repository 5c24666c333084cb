"""The HTTP API: sign-in, conversations, chat, search, administration, health."""

from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

from functions.background_work import background_work
from functions.http_api.routes import (
    admin_audit,
    admin_documents,
    admin_people,
    admin_scopes,
    admin_sessions,
    auth,
    chat,
    conversations,
    documents,
    feedback,
    health,
)
from functions.registration import register
from shared.runtime import current_runtime
from shared.web.preflight import preflight_response

blueprint = df.Blueprint()
register(
    blueprint,
    health.routes,
    auth.routes,
    conversations.routes,
    chat.routes,
    feedback.routes,
    documents.routes,
    admin_people.routes,
    admin_scopes.routes,
    admin_sessions.routes,
    admin_documents.routes,
    admin_audit.routes,
)


@blueprint.function_name("preflight")
@blueprint.route(route="{*path}", methods=["OPTIONS"], trigger_arg_name="req", auth_level=func.AuthLevel.ANONYMOUS)
async def preflight(req: Request) -> Response:
    """OPTIONS of every path; no route takes that method itself. Platform CORS answers before it comes here."""
    return preflight_response(req)


@blueprint.function_name("sweep_runs")
@blueprint.timer_trigger(arg_name="timer", schedule="*/30 * * * * *")
async def sweep_runs(timer: func.TimerRequest) -> None:
    """Closes runs whose instance died (R10): within 90 s of its last sign of life."""
    with background_work("sweep_runs", uuid4().hex):
        await current_runtime().runs.sweep()
