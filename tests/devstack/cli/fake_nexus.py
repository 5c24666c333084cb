"""As much of Nexus' API and of Entra as the commands need: remembers what it was asked, answers as it was told."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass
class FakeNexus:
    """`events` are the raw lines of every answer's stream; `runs` what each look at a sync run gives, in turn."""

    events: str = ""
    ask_refusal: dict[str, Any] | None = None
    departments: list[dict[str, Any]] = field(default_factory=list)
    countries: list[dict[str, Any]] = field(default_factory=list)
    libraries: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    refused_users: tuple[str, ...] = ()
    _user: str = ""

    def app(self) -> Starlette:
        api = [
            Route("/api/auth/config", self._config),
            Route("/api/auth/login", self._login, methods=["POST"]),
            Route("/api/conversations", self._conversation, methods=["POST"]),
            Route("/api/conversations/{id}/messages", self._message, methods=["POST"]),
            Route("/api/admin/libraries/{id}/sync", self._sync, methods=["POST"]),
            Route("/api/admin/libraries/{id}", self._change_library, methods=["PATCH"]),
            Route("/api/admin/sync-runs/{id}", self._run),
            Route("/api/admin/documents", self._documents),
            Route("/api/admin/{kind}", self._list),
            Route("/api/admin/{kind}", self._add, methods=["POST"]),
        ]
        return Starlette(routes=[*api, Route("/tenant/oauth2/v2.0/authorize", self._authorize)])

    def bodies(self, method: str, path: str) -> list[Any]:
        return [body for asked, where, body in self.asked if (asked, where) == (method, path)]

    async def _config(self, request: Request) -> Response:
        authority = f"{request.base_url}tenant/v2.0"
        config = {"authority": authority, "client_id": "c", "scopes": ["openid"], "redirect_uri": "http://localhost/x"}
        return JSONResponse(config)

    async def _authorize(self, request: Request) -> Response:
        self._user = request.query_params["login_hint"]
        reply = {"state": request.query_params["state"]}
        if self._user in self.refused_users:
            reply |= {"error": "access_denied", "error_description": "AADSTS50105: not assigned"}
        else:
            reply["code"] = "code"
        return RedirectResponse(f"{request.query_params['redirect_uri']}?{urlencode(reply)}", 302)

    async def _login(self, request: Request) -> Response:
        user = {"id": str(uuid4()), "role": "super_admin", "email": self._user}
        return JSONResponse({"access_token": f"token-of-{self._user}", "expires_in": 900, "user": user})

    async def _note(self, request: Request) -> Any:
        content = await request.body()
        body = json.loads(content) if content else None
        self.asked.append((request.method, request.url.path.removeprefix("/api"), body))
        return body

    async def _conversation(self, request: Request) -> Response:
        await self._note(request)
        return JSONResponse({"id": str(uuid4())}, 201)

    async def _message(self, request: Request) -> Response:
        await self._note(request)
        if self.ask_refusal is not None:
            return JSONResponse(self.ask_refusal, self.ask_refusal["status"])

        async def body() -> AsyncIterator[str]:
            for at in range(0, len(self.events), 7):  # lines arrive in pieces
                yield self.events[at : at + 7]

        return StreamingResponse(body(), media_type="text/event-stream")

    async def _list(self, request: Request) -> Response:
        items = getattr(self, request.path_params["kind"])
        start = int(request.query_params.get("cursor", "0"))
        page = items[start : start + 2]  # small pages, so that following them is needed
        following = str(start + 2) if start + 2 < len(items) else None
        return JSONResponse({"items": page, "next_cursor": following})

    async def _add(self, request: Request) -> Response:
        body = await self._note(request)
        items: list[dict[str, Any]] = getattr(self, request.path_params["kind"])
        if any(item.get("library_url") and item["library_url"] == body.get("library_url") for item in items):
            return JSONResponse({"status": 409, "code": "conflict", "detail": "registered already"}, 409)
        items.append({"id": str(uuid4()), **body})
        return JSONResponse(items[-1], 201)

    async def _change_library(self, request: Request) -> Response:
        body = await self._note(request)
        found = next(item for item in self.libraries if item["id"] == request.path_params["id"])
        found |= body
        return JSONResponse(found)

    async def _sync(self, request: Request) -> Response:
        await self._note(request)
        return JSONResponse({"id": "run-1", "status": "queued"}, 202)

    async def _run(self, request: Request) -> Response:
        return JSONResponse(self.runs.pop(0) if len(self.runs) > 1 else self.runs[0])

    async def _documents(self, request: Request) -> Response:
        return JSONResponse({"items": [{"file_name": "broken.pdf", "reason": "It is damaged."}], "next_cursor": None})
