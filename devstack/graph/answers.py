"""Replies in Graph's form, and the errors that end a request with one."""

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response


class GraphError(Exception):
    """Ends the request with `{"error": {"code", "message", "innerError"}}`, as Graph writes it."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def response(self) -> Response:
        request_id = str(uuid.uuid4())
        inner = {
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": request_id,
        }
        return JSONResponse(
            {"error": {"code": self.code, "message": self.message, "innerError": inner}},
            status_code=self.status,
            headers={"request-id": request_id, **self.headers},
        )


def not_found(message: str = "The resource could not be found.") -> GraphError:
    return GraphError(404, "itemNotFound", message)


def invalid(message: str) -> GraphError:
    return GraphError(400, "invalidRequest", message)


def json_reply(body: dict[str, Any], status: int = 200) -> Response:
    # `odata.metadata=minimal` is part of what Graph sends and what some clients look at.
    return JSONResponse(
        body, status_code=status, media_type="application/json;odata.metadata=minimal;odata.streaming=true"
    )


def selected(body: dict[str, Any], select: str | None) -> dict[str, Any]:
    """`$select` at the top level. `id` and annotations that say what the object is always come along."""
    if not select:
        return body
    wanted = {name.strip() for name in select.split(",")}
    # "content.downloadUrl" is a documented way to ask for the annotation of that name.
    if "content.downloadUrl" in wanted:
        wanted.add("@microsoft.graph.downloadUrl")
    return {key: value for key, value in body.items() if key in wanted or key in ("id", "@odata.type")}
