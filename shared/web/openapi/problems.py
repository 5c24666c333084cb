"""How a route refuses: by status and code, each with an example.

What every route of a kind has follows from the route itself; the rest stands at the route as `errors`. The tests hold
every problem that any test provokes against this list (tests/functions/promises.py).
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from shared import errors
from shared.web.openapi import vocabulary
from shared.web.routes import Policy, Route

PROBLEM = "application/problem+json"
_CORRELATION_ID = "0af7651916cd43dd8448eb211c80319c"


class FieldProblem(msgspec.Struct):
    """`pointer` is a JSON pointer (RFC 6901) into the body, or `/name` of a query parameter."""

    pointer: str
    detail: str


class Problem(msgspec.Struct):
    """RFC 9457. `code` is for programs, `detail` for people; `errors` say which fields are wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: list[FieldProblem] = []


_MEANINGS = {
    401: "Not signed in, or the session has ended",
    403: "The caller's role, or the page's origin, does not allow it",
    404: "Not there, or not the caller's",
    409: "In conflict with what is there",
    413: "Too large",
    415: "Another media type is needed",
    422: "What was sent is not valid",
    429: "Too many calls, or more than there is room for",
    500: "An error on our side; its correlation id is in our logs",
    502: "The language model could not answer",
    503: "A part that this needs does not answer right now",
}


def of_route(route: Route) -> dict[int, tuple[str, ...]]:
    """Codes by status, in the order of statuses."""
    found: dict[int, dict[str, None]] = {}

    def add(status: int, *codes: str) -> None:
        found.setdefault(status, {}).update(dict.fromkeys(codes))

    if route.policy is not Policy.PUBLIC:
        add(401, "unauthenticated")
    if route.policy in (Policy.CONTENT_MANAGER, Policy.SUPER_ADMIN):
        add(403, "forbidden")
    if route.cookie:
        add(403, "origin_not_allowed")
        if route.body is not None:
            add(415, "unsupported_type")
    if route.body is not None:
        add(413, "too_large")
        add(422, "invalid", "invalid_json", "body_cut_off")
    if route.query is not None:
        add(422, "invalid")
    if route.limit is not None:
        add(429, "rate_limited")
        add(503, "postgres_unavailable", "redis_unavailable")
    if route.events:
        add(429, "too_many_streams")
    if route.durable:
        add(503, "durable_unavailable")
    add(500, "internal_error")
    for status, codes in (route.errors or {}).items():
        add(status, *codes)
    return {status: tuple(found[status]) for status in sorted(found)}


def responses(route: Route) -> dict[str, Any]:
    return {str(status): _response(status, codes) for status, codes in of_route(route).items()}


def _response(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Correlation-Id": {"$ref": "#/components/headers/X-Correlation-Id"}}
    if status in (429, 503):
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    if status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WWW-Authenticate"}
    told = {"properties": {"status": {"const": status}, "code": {"enum": list(codes)}}}
    content = {
        "schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, told]},
        "examples": {code: {"$ref": f"#/components/examples/{_key(status, code)}"} for code in codes},
    }
    return {"description": _MEANINGS[status], "headers": headers, "content": {PROBLEM: content}}


def examples(routes: Iterable[Route]) -> dict[str, Any]:
    """One of every problem that these routes know."""
    every = {(status, code) for route in routes for status, codes in of_route(route).items() for code in codes}
    return {_key(status, code): {"summary": code, "value": _example(status, code)} for status, code in sorted(every)}


def _key(status: int, code: str) -> str:
    return f"{status}_{code}"


def _example(status: int, code: str) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(status, code),
        "status": status,
        "detail": _detail(status, code) or "",
        "code": code,
        "correlation_id": _CORRELATION_ID,
    }
    if (status, code) == (422, "invalid"):
        problem["errors"] = [{"pointer": "/limit", "detail": "Expected `int` <= 100"}]
    return problem


def _title(status: int, code: str) -> str:
    """Of the error class with this code, else of the status."""
    classes = list(_subclasses(errors.NexusError))
    exact = (each.title for each in classes if (each.status, each.code) == (status, code))
    usual = (each.title for each in classes if each.status == status)
    return next(exact, next(usual, errors.NexusError.title))


def _subclasses(cls: type[errors.NexusError]) -> Iterable[type[errors.NexusError]]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def _detail(status: int, code: str) -> str | None:
    """The sentence that comes with a code; None where nobody wrote one."""
    if code in vocabulary.PROBLEMS:
        return vocabulary.PROBLEMS[code]
    if status == 404 and code.endswith("_not_found"):
        return errors.NotFound(code.removesuffix("_not_found").replace("_", " ")).detail
    if status == 422 and code.endswith("_not_found"):
        return f"There is no such {code.removesuffix('_not_found').replace('_', ' ')}."
    if status == 503 and code.endswith("_unavailable"):
        return errors.Unavailable(code.removesuffix("_unavailable")).detail
    return None


def lacking(routes: Iterable[Route]) -> list[str]:
    """What is not said of these routes' problems, as sentences."""
    found: list[str] = []
    for route in routes:
        if route.errors is None:
            found.append(
                f"{route.name} does not say how it fails: give it errors={{status: (code, …)}} in routes.add, "
                f"errors={{}} where nothing is its own beside {of_route(route)}"
            )
        if "{" in route.path and 404 not in of_route(route):
            found.append(f"{route.name} takes an id in its path and has no 404 among its errors")
        for status, codes in of_route(route).items():
            if status not in _MEANINGS:
                found.append(f"{route.name} fails with {status}, for which _MEANINGS in problems.py has no words")
            found += [
                f"{route.name}: the problem {code} has no sentence: add it to PROBLEMS in {vocabulary.PLACE}"
                for code in codes
                if _detail(status, code) is None
            ]
    return list(dict.fromkeys(found))
