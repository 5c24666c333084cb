"""Liveness, readiness, and the API's own description."""

from typing import Any

from functions.http_api.schemas.health import Live, Ready
from shared.web import openapi
from shared.web.routes import Call, Policy, Reply, Routes

routes = Routes("health")


@routes.add("GET", "health/live", Policy.PUBLIC, reply=Live, limit=None)
async def health_live(call: Call) -> Live:
    """The process answers"""
    return Live("ok")


@routes.add("GET", "health/ready", Policy.PUBLIC, reply=Ready, also=(503,))
async def health_ready(call: Call) -> Reply:
    """Everything that chat needs answers"""
    readiness = await call.runtime.health.check()
    body = Ready("ok" if readiness.ready else "unavailable", dict(readiness.checks))
    return Reply(200 if readiness.ready else 503, body)


@routes.add("GET", "openapi.json", Policy.PUBLIC, reply=dict[str, Any], limit=None)
async def openapi_json(call: Call) -> bytes:
    """This description"""
    return openapi.document()
