"""The HTTP API of the Durable extension: what `DurableOrchestrationClient` and curl talk to.

Paths, parameters, status codes and field names are those of
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api.
"""

import json
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from devstack.functions_host.clock import from_text
from devstack.functions_host.durable_engine import DurableEngine, InstanceRunning
from devstack.functions_host.durable_history import history_for_client
from devstack.functions_host.durable_names import UnknownFunction
from devstack.functions_host.durable_query import InstanceFilter, InstanceRow
from devstack.functions_host.durable_store import DurableStore

PREFIX = "/runtime/webhooks/durabletask/"
_ENDED = ("Completed", "Failed", "Terminated")


def client_binding(origin: str, hub_name: str) -> str:
    """The JSON a function with a durable client gets; `origin` is where this host listens."""
    base = origin + PREFIX
    creation = base + "orchestrators/{functionName}[/{instanceId}]"
    return json.dumps(
        {
            "taskHubName": hub_name,
            "creationUrls": {
                "createNewInstancePostUri": creation,
                "createAndWaitOnNewInstancePostUri": creation
                + "?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}",
            },
            "managementUrls": management_urls(base, "INSTANCEID"),
            "baseUrl": base.removesuffix("/"),
            "requiredQueryStringParameters": "",
            "rpcBaseUrl": base,
        }
    )


def management_urls(base: str, instance_id: str) -> dict[str, str]:
    instance = f"{base}instances/{quote(instance_id, safe=':')}"
    return {
        "id": instance_id,
        "statusQueryGetUri": instance,
        "sendEventPostUri": instance + "/raiseEvent/{eventName}",
        "terminatePostUri": instance + "/terminate?reason={text}",
        "purgeHistoryDeleteUri": instance,
        "suspendPostUri": instance + "/suspend?reason={text}",
        "resumePostUri": instance + "/resume?reason={text}",
        "restartPostUri": instance + "/restart",
    }


class DurableHttp:
    """`router` is the ASGI app to be mounted at `PREFIX` (it expects the whole path)."""

    def __init__(self, engine: DurableEngine, store: DurableStore, origin: str) -> None:
        self._engine = engine
        self._store = store
        self._base = origin + PREFIX
        one = PREFIX + "instances/{id}"
        self.router = Router(
            [
                Route(PREFIX + "orchestrators/{name}", self._start, methods=["POST"]),
                Route(PREFIX + "orchestrators/{name}/{id}", self._start, methods=["POST"]),
                Route(PREFIX + "instances", self._list, methods=["GET"]),
                Route(PREFIX + "instances/", self._list, methods=["GET"]),
                Route(PREFIX + "instances", self._purge_many, methods=["DELETE"]),
                Route(PREFIX + "instances/", self._purge_many, methods=["DELETE"]),
                Route(one, self._status, methods=["GET"]),
                Route(one, self._purge_one, methods=["DELETE"]),
                Route(one + "/raiseEvent/{event}", self._raise_event, methods=["POST"]),
                Route(one + "/terminate", self._terminate, methods=["POST"]),
                Route(one + "/suspend", self._suspend, methods=["POST"]),
                Route(one + "/resume", self._resume, methods=["POST"]),
                Route(one + "/restart", self._restart, methods=["POST"]),
                Route(one + "/rewind", self._rewind, methods=["POST"]),
            ],
            redirect_slashes=False,
        )

    async def _start(self, request: Request) -> Response:
        body = await request.body()
        if body and not _is_json(body):
            return _invalid("The request body must be JSON")
        name, wanted = request.path_params["name"], request.path_params.get("id")
        return self._started(name, wanted, body.decode() or None, request.query_params.get("version"))

    def _started(self, name: str, wanted: str | None, text: str | None, version: str | None) -> Response:
        try:
            instance_id = self._engine.start_new(name, wanted, text, version)
        except UnknownFunction as error:
            return _invalid(str(error))
        except InstanceRunning:
            message = f"An Orchestration instance with the status Running already exists: {wanted}"
            return JSONResponse(message, 409)
        urls = management_urls(self._base, instance_id)
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return JSONResponse(urls, 202, headers)

    async def _status(self, request: Request) -> Response:
        row = self._store.find(request.path_params["id"])
        if row is None:
            return Response(status_code=404)
        query = request.query_params
        content = _status_json(row, _flag(request, "showInput", True))
        if _flag(request, "showHistory", False):
            with_output = _flag(request, "showHistoryOutput", False)
            content["historyEvents"] = history_for_client(self._store.history(row.instance_id), with_output)
        if row.status not in _ENDED:
            location = management_urls(self._base, row.instance_id)["statusQueryGetUri"]
            return JSONResponse(content, 202, {"Location": location, "Retry-After": "10"})
        as_error = row.status == "Failed" and query.get("returnInternalServerErrorOnFailure", "").lower() == "true"
        return JSONResponse(content, 500 if as_error else 200)

    async def _list(self, request: Request) -> Response:
        try:
            rows = self._store.select(_filter(request))
        except ValueError as error:
            return _invalid(str(error))
        with_input = _flag(request, "showInput", True)
        return JSONResponse([_status_json(row, with_input) for row in rows])

    async def _purge_one(self, request: Request) -> Response:
        row = self._store.find(request.path_params["id"])
        return self._purged([row] if row else [])

    async def _purge_many(self, request: Request) -> Response:
        if "createdTimeFrom" not in request.query_params:
            return _invalid("Please provide value for 'createdTimeFrom' parameter.")
        try:
            return self._purged(self._store.select(_filter(request)))
        except ValueError as error:
            return _invalid(str(error))

    def _purged(self, rows: list[InstanceRow]) -> Response:
        ended = [row.instance_id for row in rows if row.status in _ENDED]
        if not ended:
            return Response(status_code=404)
        with self._store.transaction():
            self._store.purge(ended)
        return JSONResponse({"instancesDeleted": len(ended)})

    async def _raise_event(self, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            return JSONResponse({"Message": "Only application/json request content is supported"}, 400)
        body = await request.body()
        if body and not _is_json(body):
            return _invalid("The request body must be JSON")
        instance_id, name = request.path_params["id"], request.path_params["event"]
        return self._done(instance_id, self._engine.raise_event(instance_id, name, body.decode() or "null"))

    async def _terminate(self, request: Request) -> Response:
        instance_id = request.path_params["id"]
        reason = request.query_params.get("reason", "")
        return self._done(instance_id, self._engine.terminate(instance_id, reason))

    async def _suspend(self, request: Request) -> Response:
        instance_id = request.path_params["id"]
        return self._done(instance_id, self._engine.suspend(instance_id, True))

    async def _resume(self, request: Request) -> Response:
        instance_id = request.path_params["id"]
        return self._done(instance_id, self._engine.suspend(instance_id, False))

    async def _restart(self, request: Request) -> Response:
        row = self._store.find(request.path_params["id"])
        if row is None:
            return Response(status_code=404)
        fresh = _flag(request, "restartWithNewInstanceId", True)
        return self._started(row.name, None if fresh else row.instance_id, row.input, row.version)

    async def _rewind(self, request: Request) -> Response:
        return JSONResponse("The local host does not support rewind", 501)

    def _done(self, instance_id: str, happened: bool) -> Response:
        if happened:
            return Response(status_code=202)
        return Response(status_code=410 if self._store.find(instance_id) else 404)


def _status_json(row: InstanceRow, with_input: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "instanceId": row.instance_id,
        "runtimeStatus": row.status,
        "input": json.loads(row.input) if with_input and row.input is not None else None,
        "customStatus": json.loads(row.custom_status),
        "output": json.loads(row.output) if row.output is not None else None,
        "createdTime": row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": row.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _filter(request: Request) -> InstanceFilter:
    query = request.query_params
    created = [from_text(query[n]) if n in query else None for n in ("createdTimeFrom", "createdTimeTo")]
    statuses = tuple(s.strip() for s in query.get("runtimeStatus", "").split(",") if s.strip())
    return InstanceFilter(statuses or None, query.get("instanceIdPrefix", ""), created[0], created[1])


def _flag(request: Request, name: str, default: bool) -> bool:
    text = request.query_params.get(name)
    return default if text is None else text.lower() == "true"


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _invalid(message: str) -> Response:
    content = {
        "Message": "One or more of the arguments submitted is incorrect",
        "ExceptionMessage": message,
        "ExceptionType": "System.ArgumentException",
        "StackTrace": "",
    }
    return JSONResponse(content, 400)
