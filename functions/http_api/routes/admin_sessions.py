"""Administration of sessions."""

from shared.domain.ids import UserId
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin people")


@routes.add(
    "POST", "admin/users/{user_id}/revoke-sessions", Policy.SUPER_ADMIN, status=204, errors={404: ("user_not_found",)}
)
async def revoke_user_sessions(call: Call) -> None:
    """Ends all sessions of a user; access tokens still live out their 15 minutes"""
    user_id = UserId(call.id("user_id", "user"))
    await call.runtime.sessions.end_all(user_id, actor=call.caller.user_id, correlation_id=call.correlation_id)
