"""Every registered route in this process, over a real database and Redis: for walks over the whole registry."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from functions.role_matrix import all_routes
from shared.db import people
from shared.db.people import User
from shared.domain.identity import EntraIdentity, Role
from shared.domain.ids import CountryId, DepartmentId
from shared.domain.limits import LimitClass
from shared.runtime import Runtime, current_runtime
from shared.web.endpoint import endpoint
from shared.web.routes import Route

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"
CLIENT_ID = "9e2d1a34-7a55-4c0e-8d0e-6a2c3b4d5e6f"
REDIRECT_URI = "http://localhost:4280/auth/callback"


class NoOrchestrations:
    """Stands where the durable client would be bound: nothing runs, nothing is started."""

    async def get_status(self, instance_id: str) -> None:
        return None

    async def start_new(self, name: str, instance_id: str, work: Any) -> str:
        return instance_id


@dataclass(frozen=True)
class Api:
    """`http` asks the routes; `runtime` is what they run on."""

    http: httpx.AsyncClient
    transport: httpx.ASGITransport
    runtime: Runtime

    async def person(
        self,
        name: str,
        role: Role = Role.USER,
        department: DepartmentId | None = None,
        country: CountryId | None = None,
    ) -> "Someone":
        """A new user with an access token, as a sign-in would leave them."""
        async with self.runtime.db.transaction() as connection:
            identity = EntraIdentity(TENANT, name, f"{name}@northwind.example", name.title())
            user = await people.record_sign_in(connection, identity, as_admin=False)
            user = await people.update_user(
                connection, user.id, role=role, department_id=department, country_id=country, is_active=True
            )
        token, _ = self.runtime.access_tokens.issue(user.caller)
        return Someone(self, user, token)


@dataclass(frozen=True)
class Someone:
    api: Api
    user: User
    token: str

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.api.http.request(method, f"/api/{path}", headers=headers, **more)


def environment(database: Database, redis: Redis, **changed: str) -> dict[str, str]:
    """Addresses that nobody listens at where a walk must never get to."""
    return {
        "NEXUS_POSTGRES_URL": database.dsn_app,
        "NEXUS_REDIS_URL": redis.url,
        "NEXUS_QDRANT_URL": "http://127.0.0.1:1",
        "NEXUS_BLOB_ACCOUNT_URL": "http://127.0.0.1:1",
        "NEXUS_ENTRA_AUTHORITY": "http://127.0.0.1:1",
        "NEXUS_ENTRA_TENANT_ID": TENANT,
        "NEXUS_ENTRA_CLIENT_ID": CLIENT_ID,
        "NEXUS_ENTRA_CLIENT_SECRET": "a-secret-of-the-test",
        "NEXUS_GRAPH_BASE_URL": "http://127.0.0.1:1/v1.0",
        "NEXUS_REDIRECT_URIS": REDIRECT_URI,
        "NEXUS_ACCESS_TOKEN_KEYS": "k1:" + base64.b64encode(os.urandom(32)).decode(),
        "NEXUS_RATE_LIMITS": json.dumps(dict.fromkeys(LimitClass, "10000/1")),
        "OPENAI_API_KEY": "no-key-is-needed",
        **changed,
    }


@asynccontextmanager
async def in_process(database: Database, redis: Redis, **changed: str) -> AsyncIterator[Api]:
    """`changed`: variables of the environment."""
    with patch.dict(os.environ, environment(database, redis, **changed)):
        runtime = current_runtime()
        transport = httpx.ASGITransport(_application(), client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://nexus.example") as http:
            yield Api(http, transport, runtime)
        await _close(runtime)


def _application() -> Starlette:
    # Longer paths first where both could match: Azure prefers literal segments, Starlette the first one.
    ordered = sorted(all_routes(), key=lambda route: ("{" in route.path, route.path))
    return Starlette(
        routes=[StarletteRoute(f"/api/{route.path}", _handler(route), methods=[route.method]) for route in ordered]
    )


def _handler(route: Route) -> Any:
    function = endpoint(route)
    more: Mapping[str, Any] = {"client": NoOrchestrations()} if route.durable else {}

    async def handle(request: Request) -> Response:
        return await function(request, **more)

    return handle


async def _close(runtime: Runtime) -> None:
    built = vars(runtime)
    for name in ("db", "redis", "identity_provider", "directory", "graph"):
        if name in built:
            await built[name].close()
    # connections that are being torn down
    await asyncio.sleep(0)
