"""The HTTP API: sign-in, conversations, chat, search, administration, health."""

from uuid import uuid4

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.http.fastapi import Request, Response

from functions.background_work import background_work
from functions.http_api.routes import (
    admin_analytics,
    admin_audit,
    admin_budgets,
    admin_data_care,
    admin_documents,
    admin_eval_cases,
    admin_feedback,
    admin_people,
    admin_prompts,
    admin_providers,
    admin_scopes,
    admin_sessions,
    auth,
    chat,
    conversations,
    description,
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
    description.routes,
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
    admin_data_care.routes,
    admin_feedback.routes,
    admin_eval_cases.routes,
    admin_providers.routes,
    admin_prompts.routes,
    admin_analytics.routes,
    admin_budgets.routes,
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


@blueprint.function_name("forget_people")
@blueprint.timer_trigger(arg_name="timer", schedule="20 * * * * *")
async def forget_people(timer: func.TimerRequest) -> None:
    """Goes on with forgetting the people that administrators asked to be forgotten."""
    with background_work("forget_people", uuid4().hex):
        await current_runtime().forgetting.work()


@blueprint.function_name("apply_retention")
@blueprint.timer_trigger(arg_name="timer", schedule="0 40 * * * *")
async def apply_retention(timer: func.TimerRequest) -> None:
    """Takes away what is older than the retention allows, a bounded number of rows a time."""
    with background_work("apply_retention", uuid4().hex):
        await current_runtime().retaining.apply()


@blueprint.function_name("roll_up_usage")
@blueprint.timer_trigger(arg_name="timer", schedule="50 * * * * *")
async def roll_up_usage(timer: func.TimerRequest) -> None:
    """Adds what was used since the last time to the sums that reports are read from."""
    with background_work("roll_up_usage", uuid4().hex):
        await current_runtime().analytics.roll_up()
