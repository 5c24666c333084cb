"""`POST /v1.0/$batch`: up to 20 requests in one, each run through the same application."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.requests import Request

from devstack.graph.answers import GraphError, invalid

MOST_REQUESTS = 20
App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


async def run_batch(request: Request, app: App) -> dict[str, Any]:
    """Responses by id, in the order asked; one whose `dependsOn` failed gets 424, as Graph does."""
    body = await request.json()
    asked = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not asked:
        raise invalid("Invalid batch payload format.")
    if len(asked) > MOST_REQUESTS:
        raise GraphError(
            400, "BadRequest", f"Number of batch request steps exceeds the maximum value of {MOST_REQUESTS}."
        )
    answers: dict[str, dict[str, Any]] = {}
    for step in asked:
        identity = str(step.get("id", ""))
        if not identity or identity in answers or not {"method", "url"} <= step.keys():
            raise invalid("Each batch step needs an id of its own, a method and a url.")
        if any(answers.get(before, {"status": 424})["status"] >= 400 for before in step.get("dependsOn", [])):
            error = {"error": {"code": "FailedDependency", "message": "The dependency did not succeed."}}
            answers[identity] = {"id": identity, "status": 424, "body": error}
        else:
            answers[identity] = {"id": identity, **await _one(request, app, step)}
    return {"responses": list(answers.values())}


async def _one(request: Request, app: App, step: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(step["url"])
    body = json.dumps(step["body"]).encode() if "body" in step else b""
    own = {name.lower().encode(): value.encode() for name, value in step.get("headers", {}).items()}
    inherited = {name: value for name, value in request.headers.raw if name in (b"authorization", b"host")}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": step["method"].upper(),
        "scheme": request.url.scheme,
        "path": "/v1.0/" + unquote(url.path).lstrip("/"),
        "raw_path": ("/v1.0/" + url.path.lstrip("/")).encode(),
        "query_string": url.query.encode(),
        "headers": list((inherited | own).items()),
        "client": request.scope.get("client"),
        "server": request.scope.get("server"),
    }
    started: dict[str, Any] = {}
    content = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            content.extend(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in started["headers"]}
    answer: dict[str, Any] = {"status": started["status"], "headers": headers}
    if content:
        answer["body"] = json.loads(bytes(content))
    return answer
