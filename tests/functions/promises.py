"""Holds every reply against what `/api/openapi.json` promises, and against what the contract says of all replies."""

import json
import re
from typing import Any

import httpx
import jsonschema

from shared.web.downloads import JSON_LINES

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
# The one page that the API has: what it loads comes from the same host, and nothing is inline.
OF_THE_PAGE = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
EVENTS = "text/event-stream"
PROBLEM = "application/problem+json"


class Promises:
    """`document` is the app's own description, as served."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in document["paths"].items()
        ]
        self._formats = jsonschema.FormatChecker(formats=["uuid"])
        self._formats.checks("date-time", raises=ValueError)(_is_time)
        self.checked: set[tuple[str, int]] = set()

    async def check(self, reply: httpx.Response) -> None:
        """An httpx response hook. What no route is for is the host's own reply and not looked at."""
        operation = self._operation(reply.request)
        if operation is None:
            return
        where = f"{reply.request.method} {reply.request.url.path} → {reply.status_code}"
        headers = SECURITY_HEADERS | (OF_THE_PAGE if operation["operationId"] == "docs" else {})
        for name, value in headers.items():
            assert reply.headers.get(name) == value, f"{where}: {name}"
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers.get("x-correlation-id", "")), where
        assert "no-store" in reply.headers["cache-control"], where
        self.checked.add((operation["operationId"], reply.status_code))
        assert str(reply.status_code) in operation["responses"], (
            f"{where} is not promised: add it to errors={{…}} of {operation['operationId']}: {await reply.aread()!r}"
        )
        promised = operation["responses"][str(reply.status_code)]
        if reply.headers.get("content-type", "").startswith(EVENTS):
            assert EVENTS in promised["content"], f"{where} is not promised to be a stream"
            return
        await reply.aread()
        self._check_body(reply, promised, where)

    def _check_body(self, reply: httpx.Response, promised: dict[str, Any], where: str) -> None:
        if "content" not in promised:
            assert reply.content == b"", f"{where}: nothing is promised, {reply.text!r} came"
            return
        kind = reply.headers["content-type"].partition(";")[0]
        assert kind in promised["content"], f"{where}: {kind} is not promised"
        if kind == JSON_LINES:
            # a file may hold no line at all
            assert all(json.loads(line) for line in reply.content.splitlines())
            return
        if kind.startswith("text/"):
            assert reply.content.decode()
            return
        if kind == PROBLEM:
            known = promised["content"][kind]["schema"]["allOf"][1]["properties"]["code"]["enum"]
            code = reply.json()["code"]
            assert code in known, f"{where} says {code!r}, the route's errors={{…}} for this status only {known}"
        schema = {**promised["content"][kind]["schema"], "components": self._document["components"]}
        body = reply.json()
        jsonschema.Draft202012Validator(schema, format_checker=self._formats).validate(body)
        if kind == PROBLEM:
            check_problem(reply, body)

    def _operation(self, request: httpx.Request) -> dict[str, Any] | None:
        for pattern, methods in self._paths:
            if pattern.fullmatch(request.url.path) and (found := methods.get(request.method.lower())):
                return found
        return None


def check_problem(reply: httpx.Response, body: dict[str, Any]) -> None:
    """RFC 9457, and the contract's additions."""
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code", "correlation_id"}
    assert body["status"] == reply.status_code
    assert body["correlation_id"] == reply.headers["x-correlation-id"]
    assert re.fullmatch(r"[a-z][a-z0-9_]+", body["code"]), body["code"]
    assert body["title"]
    assert body["detail"]
    if "errors" in body:
        assert body["errors"]
        assert all(re.fullmatch(r"(/[^/]*)*", error["pointer"]) for error in body["errors"]), body
    if reply.status_code == 401:
        assert reply.headers["www-authenticate"] == "Bearer"
    if reply.status_code in (429, 503):
        assert int(reply.headers["retry-after"]) >= 1


def _is_time(value: object) -> bool:
    from datetime import datetime

    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
