"""The host's own API under /admin: its state, its functions, and running one of them now."""

import json
import logging
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from devstack.functions_host.background import BackgroundTasks
from devstack.functions_host.protocol import TypedData
from devstack.functions_host.timers import TimerService
from devstack.functions_host.worker import InvocationFailed, Worker

logger = logging.getLogger("host.admin")

PREFIX = "/admin/"


class AdminApi:
    """`router` is the ASGI app for `PREFIX`; it exists only once the app is indexed, so the state is Running."""

    def __init__(self, worker: Worker, timers: TimerService) -> None:
        self._worker = worker
        self._timers = timers
        self._started = time.monotonic()
        self._background = BackgroundTasks(logger)
        self.router = Router(
            [
                Route("/admin/host/status", self._status, methods=["GET"]),
                Route("/admin/functions", self._functions, methods=["GET"]),
                Route("/admin/functions/{name}", self._run, methods=["POST"]),
            ],
            redirect_slashes=False,
        )

    async def stop(self) -> None:
        await self._background.end()

    async def _status(self, request: Request) -> Response:
        uptime_ms = int((time.monotonic() - self._started) * 1000)
        functions = len(self._worker.functions)
        return JSONResponse({"id": "local", "state": "Running", "processUptime": uptime_ms, "functionCount": functions})

    async def _functions(self, request: Request) -> Response:
        return JSONResponse(
            [
                {"name": f.name, "config": {"bindings": [dict(f.trigger), *map(dict, f.inputs)]}}
                for f in self._worker.functions.values()
            ]
        )

    async def _run(self, request: Request) -> Response:
        name = request.path_params["name"]
        function = self._worker.functions.get(name)
        if function is None:
            return Response(status_code=404)
        if function.trigger_type not in ("timerTrigger", "activityTrigger"):
            return JSONResponse({"Message": f"{function.trigger_type} cannot be run from here"}, 400)
        try:
            given: Any = json.loads(await request.body() or b"{}")
            text = given.get("input") or ""
        except (ValueError, AttributeError):
            return JSONResponse({"Message": 'The body must be {"input": "…"}'}, 400)
        if not isinstance(text, str):
            text = json.dumps(text)
        is_timer = function.trigger_type == "timerTrigger"
        work = self._timers.run_now(name) if is_timer else self._run_activity(name, text)
        self._background.spawn(work)
        return Response(status_code=202)

    async def _run_activity(self, name: str, text: str) -> None:
        try:
            await self._worker.invoke(name, TypedData(string=text))
        except InvocationFailed as failure:
            logger.error("Executed '%s' (Failed): %s\n%s", name, failure, failure.stack)
