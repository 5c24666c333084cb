"""How long things are kept, and people who are to be forgotten."""

from typing import Any

from functions.http_api.schemas.data_care import ForgetJobView, RetentionSettings, RetentionView
from shared.db import forgetting, retention
from shared.db.retention import Retention
from shared.domain.ids import UserId
from shared.web import auditing
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin data care")


@routes.add("GET", "admin/retention", Policy.SUPER_ADMIN, reply=RetentionView, errors={})
async def get_retention(call: Call) -> RetentionView:
    """How many days messages, feedback and audit log are kept; null is for ever"""
    async with call.runtime.db.connection() as connection:
        return RetentionView.of(await retention.get(connection))


@routes.add("PUT", "admin/retention", Policy.SUPER_ADMIN, body=RetentionSettings, reply=RetentionView, errors={})
async def set_retention(call: Call) -> RetentionView:
    """Sets how long things are kept; what is older goes within the hours that follow"""
    wanted: RetentionSettings = call.body
    async with call.runtime.db.transaction() as connection:
        before, after = await retention.replace(connection, wanted.retention(), call.caller.user_id)
        await auditing.record(
            call, connection, "retention.change", None, {"before": _days(before), "after": _days(after)}
        )
    return RetentionView.of(after)


def _days(kept: Retention) -> dict[str, Any]:
    return {
        "messages_days": kept.messages_days,
        "feedback_days": kept.feedback_days,
        "audit_days": kept.audit_days,
    }


@routes.add(
    "POST",
    "admin/users/{user_id}/forget",
    Policy.SUPER_ADMIN,
    reply=ForgetJobView,
    status=202,
    errors={404: ("user_not_found",), 409: ("own_account", "last_super_admin")},
)
async def forget_user(call: Call) -> ForgetJobView:
    """Forgets a person: their name is gone when this returns, all else of theirs within minutes"""
    job = await call.runtime.forgetting.request(
        call.caller, UserId(call.id("user_id", "user")), correlation_id=call.correlation_id
    )
    return ForgetJobView.of(job)


@routes.add(
    "GET",
    "admin/forget-jobs/{job_id}",
    Policy.SUPER_ADMIN,
    reply=ForgetJobView,
    errors={404: ("forget_job_not_found",)},
)
async def get_forget_job(call: Call) -> ForgetJobView:
    """How far a person is forgotten, and what was erased and anonymised"""
    async with call.runtime.db.connection() as connection:
        return ForgetJobView.of(await forgetting.get(connection, call.id("job_id", "forget job")))
