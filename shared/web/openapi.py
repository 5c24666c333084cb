"""OpenAPI 3.1 from the routes' own models, so that it cannot say anything else than the code does."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from shared.web.routes import Policy, Route, Routes

_registered: list[Route] = []

_EVENTS = """Server-Sent Events, each with `id: <run_id>:<seq>`. Named: `meta`, `sources`, `title`, `error` (a problem
document, always followed by done). Without a name: `{"token": "…"}` and at the end
`{"done": true, "message_id", "status", "finish_reason", "usage", "provider", "model", "sources", "supported"}`.
A comment `: ping` every 15 s of silence."""

_EVENTS_OF_ONE_KIND = """Server-Sent Events without a name, each with `id: <run_id>:<seq>`; `data` is as the schema
says. A comment `: ping` every 15 s of silence."""


_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}


class FieldProblem(msgspec.Struct):
    pointer: str
    detail: str


class Problem(msgspec.Struct):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: list[FieldProblem] = []


def publish(*modules: Routes) -> None:
    """Adds routes to what `document` describes; every blueprint does it when it registers them."""
    _registered.extend(route for routes in modules for route in routes.all)


def registered() -> tuple[Route, ...]:
    return tuple(_registered)


@cache
def document() -> bytes:
    return msgspec.json.encode(_describe(_registered))


def _describe(routes: Iterable[Route]) -> dict[str, Any]:
    routes = list(routes)
    used = [(route.body, route.query, route.reply, route.event) for route in routes]
    models = [model for each in used for model in each if model is not None]
    schemas, components = msgspec.json.schema_components([*models, Problem], ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(map(repr, models), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = _operation(route, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nexus", "version": "0.1.0", "description": "A company's own AI hub."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(route: Route, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    if route.query is not None:
        parameters += _query_parameters(schema_of[repr(route.query)], components)
    parameters += [
        {"name": name, "in": "header", "required": False, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in route.headers.items()
    ]
    content: dict[str, Any] = {}
    if route.reply is not None:
        content["application/json"] = {"schema": schema_of[repr(route.reply)]}
    if route.also_as is not None:
        content[route.also_as] = {"schema": {"type": "string"}}
    success: dict[str, Any] = {"description": "Success"}
    responses: dict[str, Any] = {str(route.status): success}
    if route.events:
        responses["200"] = {
            "description": _EVENTS if route.event is None else _EVENTS_OF_ONE_KIND,
            "content": {"text/event-stream": {"schema": schema_of.get(repr(route.event), {"type": "string"})}},
        }
        if content:
            responses["202"] = {"description": "Accepted; the run starts when its stream is opened", "content": content}
    elif content:
        success["content"] = content
    for status in route.also:
        responses[str(status)] = {"description": "The same, with another verdict"}
        if content:
            responses[str(status)]["content"] = content
    responses["default"] = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": responses,
        "x-policy": route.policy.value,
        "security": [] if route.policy is Policy.PUBLIC else [{"bearer": []}],
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {"application/json": {"schema": schema_of[repr(route.body)]}},
        }
    if route.upload:
        file = {"type": "object", "required": ["file"], "properties": {"file": _BINARY}}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    return operation


def _query_parameters(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    definition = components[schema["$ref"].rpartition("/")[2]]
    required = set(definition.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": shape}
        for name, shape in definition["properties"].items()
    ]
