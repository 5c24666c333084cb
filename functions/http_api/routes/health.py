"""Liveness and readiness."""

from functions.http_api.schemas.health import Live, Ready
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("health")

_RETRY_AFTER_S = 5


@routes.add("GET", "health/live", Policy.PUBLIC, reply=Live, limit=None, errors={})
async def health_live(call: Call) -> Live:
    """The process answers"""
    return Live("ok")


@routes.add("GET", "health/ready", Policy.PUBLIC, reply=Ready, also=(503,), errors={})
async def health_ready(call: Call) -> Reply:
    """Everything that chat needs answers"""
    readiness = await call.runtime.health.check()
    body = Ready("ok" if readiness.ready else "unavailable", dict(readiness.checks))
    return Reply(200, body) if readiness.ready else Reply(503, body, {"Retry-After": str(_RETRY_AFTER_S)})
