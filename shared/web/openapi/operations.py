"""One route as an operation."""

import json
import re
from typing import Any

from shared.domain.limits import DEFAULTS
from shared.web.openapi import events, example_values, problems, vocabulary
from shared.web.openapi.schemas import Schemas
from shared.web.routes import Policy, Route

_JSON = "application/json"
# What a browser shows or runs; every other text comes as a file.
_SHOWN = ("text/html", "text/css", "text/javascript")
_COUNT = {"type": "integer", "minimum": 0}

HEADERS: dict[str, Any] = {
    "X-Correlation-Id": {
        "description": "This request's id in our logs and traces",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "example": "0af7651916cd43dd8448eb211c80319c",
    },
    "RateLimit-Limit": {"description": "So many calls pass in one window", "schema": _COUNT, "example": 1200},
    "RateLimit-Remaining": {"description": "So many more are free now", "schema": _COUNT, "example": 1199},
    "RateLimit-Reset": {"description": "Seconds until the next one is given back", "schema": _COUNT, "example": 60},
    "RateLimit-Policy": {
        "description": "The limit with its window in seconds",
        "schema": {"type": "string"},
        "example": "1200;w=60",
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 5,
    },
    "WWW-Authenticate": {
        "description": "What would get in",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    "Content-Disposition": {
        "description": "The file's name, where the reply is a file",
        "schema": {"type": "string"},
        "example": 'attachment; filename="audit.csv"',
    },
    "Set-Cookie": {
        "description": "The refresh token, for browsers; out of reach of scripts",
        "schema": {"type": "string"},
        "example": "__Host-nexus_rt=…; Max-Age=604800; Path=/; Secure; HttpOnly; SameSite=Strict",
    },
}
_RATE_LIMIT = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")

SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of POST /api/auth/login, good for 15 minutes",
    },
    "refresh_cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-nexus_rt",
        "description": "The refresh token of a browser's session; programs send it in the body",
    },
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "For EventSource, which sends no header: from POST /api/chat/tickets, once, within 30 s",
    },
}

_WHO = {
    Policy.PUBLIC: "Anyone may call it.",
    Policy.SIGNED_IN: "Whoever is signed in may call it.",
    Policy.CONTENT_MANAGER: "For the roles content_manager, within their own scope, and super_admin.",
    Policy.SUPER_ADMIN: "For the role super_admin.",
}


def describe(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": _description(route),
        "tags": [route.tag],
        "parameters": _parameters(route, schemas),
        "responses": _merged(_successes(route, schemas), problems.responses(route)),
        "x-policy": route.policy.value,
        "security": _security(route),
    }
    if route.body is not None:
        shape = schemas.of(route.body)
        operation["requestBody"] = {
            "required": not route.body_optional,
            "content": {_JSON: {"schema": shape, "example": schemas.examples.of(shape)}},
        }
    if route.upload:
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": _FORM}}
    return operation


# The bytes of a file: OpenAPI 3.1 says that by a media type without an encoding.
_FORM = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": "The file, with its name. What type it is of is proven by its content.",
            }
        },
    },
    "encoding": {"file": {"contentType": "application/octet-stream"}},
    "example": {"file": "Leave in Germany\n\nUp to 36 months per child."},
}


def _description(route: Route) -> str:
    sentences = [_WHO[route.policy]]
    if route.limit is not None:
        usual = DEFAULTS[route.limit]
        sentences.append(f"Counted as `{route.limit}`: {usual.count} calls in {usual.window_s} s unless set otherwise.")
    return "\n\n".join(part for part in (route.description, " ".join(sentences)) if part)


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.cookie and route.policy is Policy.PUBLIC and route.body_optional:
        return [{"refresh_cookie": []}, {}]
    if route.policy is Policy.PUBLIC:
        return []
    return [{"bearer": []}, {"ticket": []}] if route.ticket else [{"bearer": []}]


def _parameters(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    found = [_path_parameter(name, schemas) for name in re.findall(r"\{(\w+)\}", route.path)]
    if route.query is not None:
        model, fields, required = schemas.fields(route.query)
        for name, shape in fields.items():
            schema = _sendable(shape)
            found.append(
                {
                    "name": name,
                    "in": "query",
                    "required": name in required,
                    "description": _meaning(model, name),
                    "schema": schema,
                    "example": schemas.examples.of(schema, model, name),
                }
            )
    found += [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": meaning,
            "schema": {"type": "string"},
            "example": example_values.FIELDS.get(name, ""),
        }
        for name, meaning in route.headers.items()
    ]
    return found


def _path_parameter(name: str, schemas: Schemas) -> dict[str, Any]:
    shape = {"type": "string", "format": "uuid"}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _meaning("", name),
        "schema": shape,
        "example": schemas.examples.of(shape, field=name),
    }


def _meaning(model: str, name: str) -> str:
    return vocabulary.PARAMETERS.get(f"{model}.{name}") or vocabulary.PARAMETERS.get(name, "")


def _sendable(shape: dict[str, Any]) -> dict[str, Any]:
    """A query string cannot say null: leaving the parameter out says it."""
    kinds = [each for each in shape.get("anyOf", []) if each.get("type") != "null"]
    if len(kinds) == 1 and len(shape["anyOf"]) == 2:
        shape = {**kinds[0], **{key: value for key, value in shape.items() if key != "anyOf"}}
    return {key: value for key, value in shape.items() if key != "default" or value is not None}


def _successes(route: Route, schemas: Schemas) -> dict[str, Any]:
    content: dict[str, Any] = {}
    shape = None if route.reply is None else schemas.of(route.reply)
    if shape is not None:
        example = schemas.examples.of(shape) if route.example is None else route.example
        content[_JSON] = {"schema": shape, "example": example}
    for media_type in (*((route.also_as,) if route.also_as else ()), *route.files):
        content[media_type] = {"schema": {"type": "string"}, "example": _file(route, media_type, schemas)}
    headers = _headers(route, is_file=bool(content.keys() - {_JSON, *_SHOWN}))
    said = {"description": route.summary, "headers": headers}
    if content:
        said["content"] = content
    found = {str(route.status): said}
    if route.events:
        event = None if route.event is None else schemas.of(route.event)
        stream = events.content(route, event, schemas.examples.of(event) if event else None)
        found["200"] = {
            "description": "The events as they happen",
            "headers": headers,
            "content": {events.EVENT_STREAM: stream},
        }
        if content:
            found["202"] = said | {"description": "Accepted; the run starts when its stream is opened"}
    for status in route.also:
        found[str(status)] = said | {"description": vocabulary.ALSO.get(route.name, "The same, with another verdict")}
        found[str(status)]["headers"] = _headers(route, is_file=False)
    return found


def _merged(replies: dict[str, Any], refusals: dict[str, Any]) -> dict[str, Any]:
    """A status may be both: a reply of the route's own, and a problem."""
    merged = replies | refusals
    for status in replies.keys() & refusals.keys():
        reply, refusal = replies[status], refusals[status]
        merged[status] = {
            "description": reply["description"],
            "headers": reply["headers"] | refusal["headers"],
            "content": reply.get("content", {}) | refusal["content"],
        }
    return merged


def _file(route: Route, media_type: str, schemas: Schemas) -> str:
    """The first lines of a file with the route's columns, or the text that the vocabulary has for the media type."""
    if media_type in example_values.TEXTS:
        return example_values.TEXTS[media_type]
    row = {name: schemas.examples.of(_TEXT, field=name) for name in route.columns}
    if media_type == "text/csv":
        return "\r\n".join((",".join(row), ",".join(str(value) for value in row.values()), ""))
    return json.dumps(row) + "\n"


_TEXT = {"type": ["string", "number", "boolean", "null"]}


def _headers(route: Route, *, is_file: bool) -> dict[str, Any]:
    names = ["X-Correlation-Id"]
    names += _RATE_LIMIT if route.limit is not None else ()
    names += ["Content-Disposition"] if is_file else ()
    names += ["Set-Cookie"] if route.cookie else ()
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def lacking(route: Route) -> list[str]:
    """What is not said of a route, as sentences."""
    found: list[str] = []
    if not (route.handler.__doc__ or "").strip():
        found.append(f"{route.name} has no docstring: its first line is what people read of the route")
    for name in re.findall(r"\{(\w+)\}", route.path):
        if name not in vocabulary.PARAMETERS:
            found.append(f"{route.name}: {{{name}}} has no description: add it to PARAMETERS in {vocabulary.PLACE}")
    for name in getattr(route.query, "__struct_encode_fields__", ()):
        if not _meaning(route.query.__name__, name):
            found.append(
                f"{route.name}: the parameter {name} has no description: add {name!r} or "
                f"'{route.query.__name__}.{name}' to PARAMETERS in {vocabulary.PLACE}"
            )
    if route.files and not route.columns:
        found.append(f"{route.name} gives a file: say its columns=(…) in routes.add, for the description's example")
    if route.also_as and route.also_as not in example_values.TEXTS:
        found.append(f"{route.name} gives {route.also_as}: add an example to TEXTS in {example_values.PLACE}")
    return found
