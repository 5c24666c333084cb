"""The whole document: paths of all routes, and the components they name."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from shared.web.openapi import events, operations, problems, vocabulary
from shared.web.openapi.schemas import Schemas
from shared.web.routes import Route, Routes

_registered: list[Route] = []

_ABOUT = """A company's own AI hub: people ask, and Nexus answers from the documents they may read.

**Signing in.** `GET /api/auth/config` says where. The browser comes back with a code, `POST /api/auth/login` makes a
session of it. The access token (15 minutes) goes into `Authorization: Bearer …`; the refresh token is a cookie, or in
the body for programs. Who may call a route stands at the route (`x-policy`); deny is the default.

**Lists** take `limit` (1 to 100) and `cursor`, and answer `{items, next_cursor}`: hand `next_cursor` back as `cursor`
until it is null. A cursor belongs to its list.

**Errors** are problem documents (RFC 9457) with a `code` for programs and a sentence for people. 404 is also what is
there but not yours. `X-Correlation-Id` is on every reply, and in our logs.

**Limits** are told by `RateLimit-*` headers; 429 comes with `Retry-After`, and so does 503.

**Streams** are Server-Sent Events. `contentSchema` says what the parsed events are like: `id`, `event` (the name, or
`message`) and `data` (JSON). A comment `: ping` comes after 15 s of silence."""


def publish(*modules: Routes) -> None:
    """Adds routes to what `document` describes; every blueprint does it when it registers them."""
    _registered.extend(route for routes in modules for route in routes.all)


def registered() -> tuple[Route, ...]:
    return tuple(_registered)


@cache
def document() -> bytes:
    return msgspec.json.encode(described(_registered)[0])


def described(routes: Iterable[Route]) -> tuple[dict[str, Any], list[str]]:
    """The document, and what it lacks, as sentences for who wrote the route."""
    routes = list(routes)
    schemas = Schemas(
        requests=[route.body for route in routes if route.body is not None],
        queries=[route.query for route in routes if route.query is not None],
        replies=[model for route in routes for model in (route.reply, route.event) if model is not None],
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation = operations.describe(route, schemas)
        paths.setdefault(f"/api/{route.path}", {})[route.method.lower()] = operation
    tags = list(dict.fromkeys(route.tag for route in routes))
    components = {
        "schemas": schemas.components,
        "examples": problems.examples(routes),
        "headers": operations.HEADERS,
        "securitySchemes": operations.SECURITY_SCHEMES,
    }
    written: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Nexus", "version": "0.1.0", "description": _ABOUT},
        "servers": [{"url": "/", "description": "The host that this document came from"}],
        "tags": [{"name": tag, "description": vocabulary.TAGS.get(tag, "")} for tag in tags],
        "paths": paths,
        "components": components,
    }
    lacking = [f"The tag {tag!r} has no description: add it to TAGS in {vocabulary.PLACE}" for tag in tags]
    lacking = [sentence for tag, sentence in zip(tags, lacking, strict=True) if tag not in vocabulary.TAGS]
    lacking += [sentence for route in routes for sentence in operations.lacking(route)]
    return written, [*lacking, *problems.lacking(routes), *schemas.lacking, *events.lacking(routes)]
