"""The API's own description: valid, complete, and kept by every reply (tests/functions/promises.py looks at each)."""

from typing import Any

import httpx
import jsonschema
import pytest

import function_app  # noqa: F401 - fills the registry
from shared.web import openapi
from shared.web.routes import Policy
from tests.functions.nexus import Nexus
from tests.functions.promises import Promises


@pytest.fixture
async def document(anyone: httpx.AsyncClient) -> dict[str, Any]:
    reply = await anyone.get("/api/openapi.json")
    assert reply.status_code == 200
    return reply.json()


async def test_it_is_openapi_3_1_with_every_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    described = {
        (path, method): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(described) == {(f"/api/{route.path}", route.method.lower()) for route in openapi.registered()}
    assert len({operation["operationId"] for operation in described.values()}) == len(described)


async def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set[str]()
            return found.union(*(references(item) for item in value.values()))
        return set[str]().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(document) <= {f"#/components/schemas/{name}" for name in schemas}


async def test_every_operation_says_what_it_takes_who_may_call_it_and_how_it_fails(document: dict[str, Any]) -> None:
    operations = {op["operationId"]: op for methods in document["paths"].values() for op in methods.values()}
    for route in openapi.registered():
        operation = operations[route.name]
        assert operation["summary"], route.name
        assert ("requestBody" in operation) == (route.body is not None or route.upload), route.name
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == {part.strip("{}") for part in route.path.split("/") if part.startswith("{")}
        assert (operation["security"] == []) == (route.policy is Policy.PUBLIC), route.name
        assert "application/problem+json" in operation["responses"]["default"]["content"], route.name


async def test_headers_that_mean_something_to_a_route_are_described(document: dict[str, Any]) -> None:
    told = {
        (operation["operationId"], parameter["name"])
        for methods in document["paths"].values()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter["in"] == "header" and parameter["description"] and not parameter["required"]
    }
    assert told == {
        ("ask", "Idempotency-Key"),
        ("ask_notebook", "Idempotency-Key"),
        ("chat_stream", "Last-Event-ID"),
    }


async def test_request_models_are_closed(document: dict[str, Any]) -> None:
    """S09: a field that is not asked for is refused, and the description says so."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            # an upload's other fields are not looked at, and count against its size
            if content and "multipart/form-data" not in content:
                name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert schemas[name]["additionalProperties"] is False, name


async def test_a_reply_that_breaks_a_promise_is_noticed(nexus: Nexus, document: dict[str, Any]) -> None:
    """The hook that all other tests rely on can fail."""
    headers = {
        "x-correlation-id": "a" * 32,
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
    }

    async def check(status: int, body: object, path: str = "/api/health/live", **changed: str) -> None:
        request = httpx.Request("GET", nexus.host.url + path)
        await Promises(document).check(httpx.Response(status, json=body, headers=headers | changed, request=request))

    await check(200, {"status": "ok"})
    with pytest.raises(jsonschema.ValidationError):
        await check(200, {"status": "fine"})
    with pytest.raises(AssertionError):
        await check(204, None)
    with pytest.raises(AssertionError):
        await check(200, {"status": "ok"}, **{"x-content-type-options": ""})
    with pytest.raises(AssertionError):
        await check(500, {"detail": "Internal Server Error"})
    problem = {"type": "about:blank", "title": "T", "detail": "D", "code": "not_found", "correlation_id": "a" * 32}
    kind = {"content-type": "application/problem+json"}
    await check(404, problem | {"status": 404}, **kind)
    with pytest.raises(AssertionError):
        await check(404, problem | {"status": 500}, **kind)
    with pytest.raises(AssertionError):
        await check(404, problem | {"status": 404, "correlation_id": "b" * 32}, **kind)
