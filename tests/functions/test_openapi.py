"""The API's own description: valid, complete, and kept by every reply (tests/functions/promises.py looks at each)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import function_app  # noqa: F401 - fills the registry
from shared.web import openapi
from shared.web.openapi import example_values, vocabulary
from shared.web.routes import Call, Policy, Routes
from tests.functions.nexus import Nexus
from tests.functions.promises import Promises

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def document(anyone: httpx.AsyncClient) -> dict[str, Any]:
    reply = await anyone.get("/api/openapi.json")
    assert reply.status_code == 200
    return reply.json()


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def test_nothing_of_any_route_is_left_unsaid() -> None:
    """Summary, parameters, errors, examples, names. The sentences say what to add, and where."""
    _, lacking = openapi.described(openapi.registered())
    assert not lacking, "\n".join(lacking)


class Strange(msgspec.Struct):
    wobble: str


class StrangeQuery(msgspec.Struct):
    wibble: int = 1


def test_a_route_that_says_too_little_is_told_so_in_sentences() -> None:
    routes = Routes("strange")

    @routes.add("GET", "strange/{gizmo}", Policy.SIGNED_IN, query=StrangeQuery, reply=Strange, files=("text/csv",))
    async def strange(call: Call) -> None: ...

    _, lacking = openapi.described(routes.all)
    told = "\n".join(lacking)
    for sentence in (
        "The tag 'strange' has no description",
        "strange has no docstring",
        "{gizmo} has no description",
        "the parameter wibble has no description",
        "strange does not say how it fails",
        "strange takes an id in its path and has no 404",
        "Strange.wobble has no example",
        "strange gives a file: say its columns",
    ):
        assert sentence in told, told


def test_two_models_of_one_name_are_told_apart_by_whoever_wrote_them() -> None:
    from functions.http_api.schemas.auth import SessionView

    other = msgspec.defstruct("SessionView", [("title", str)])
    routes = Routes("auth")
    routes.add("GET", "a", Policy.PUBLIC, reply=SessionView, errors={})(a_handler)
    routes.add("GET", "b", Policy.PUBLIC, reply=other, errors={})(a_handler)
    _, lacking = openapi.described(routes.all)
    assert any("Two models are called SessionView" in sentence for sentence in lacking), lacking


async def a_handler(call: Call) -> None:
    """Does nothing"""


async def test_a_validator_finds_nothing_wrong(document: dict[str, Any]) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


async def test_it_is_openapi_3_1_with_every_route(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    described = {
        (path, method): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(described) == {(f"/api/{route.path}", route.method.lower()) for route in openapi.registered()}
    assert len({operation["operationId"] for operation in described.values()}) == len(described)
    tags = {tag for operation in described.values() for tag in operation["tags"]}
    assert tags == {tag["name"] for tag in document["tags"]}


async def test_schemas_are_called_what_a_client_can_read(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z]+", name)] == []
    assert [name for name, schema in schemas.items() if schema.get("title", name) != name and "Of" not in name] == []


async def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set[str]()
            return found.union(*(references(item) for item in value.values()))
        return set[str]().union(*map(references, value)) if isinstance(value, list) else set()

    parts = document["components"]
    assert references(document) <= {f"#/components/{kind}/{name}" for kind in parts for name in parts[kind]}


def examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Where, schema, value: of every model, parameter, header, body and reply."""
    for name, schema in document["components"]["schemas"].items():
        for value in schema["examples"]:
            yield name, schema, value
    for name, header in document["components"]["headers"].items():
        yield name, header["schema"], header["example"]
    for operation in operations(document):
        where = operation["operationId"]
        for parameter in operation["parameters"]:
            yield f"{where} {parameter['name']}", parameter["schema"], parameter["example"]
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [response.get("content", {}) for response in operation["responses"].values()]
        for media_type, content in ((kind, each) for replies in contents for kind, each in replies.items()):
            if "examples" in content:
                for reference in content["examples"].values():
                    code = reference["$ref"].rpartition("/")[2]
                    yield f"{where} {code}", content["schema"], document["components"]["examples"][code]["value"]
            else:
                yield f"{where} {media_type}", content["schema"], content["example"]


async def test_every_example_is_valid_against_its_own_schema(document: dict[str, Any]) -> None:
    registry = Registry().with_resource("urn:api", Resource(contents=document, specification=DRAFT202012))
    formats = jsonschema.FormatChecker(formats=["uuid", "date"])
    number = 0
    for where, schema, value in examples(document):
        checked = jsonschema.Draft202012Validator(_anchored(schema), registry=registry, format_checker=formats)
        errors = [f"{where}: {error.message} in {value!r}" for error in checked.iter_errors(value)]
        assert errors == []
        number += 1
    assert number > 400


def _anchored(value: Any) -> Any:
    """References as seen from outside the document."""
    if isinstance(value, dict):
        return {key: f"urn:api{item}" if key == "$ref" else _anchored(item) for key, item in value.items()}
    return [_anchored(item) for item in value] if isinstance(value, list) else value


async def test_every_operation_says_what_it_takes_who_may_call_it_and_how_it_fails(document: dict[str, Any]) -> None:
    by_id = {operation["operationId"]: operation for operation in operations(document)}
    for route in openapi.registered():
        operation = by_id[route.name]
        assert operation["summary"], route.name
        assert operation["description"], route.name
        assert ("requestBody" in operation) == (route.body is not None or route.upload), route.name
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == {part.strip("{}") for part in route.path.split("/") if part.startswith("{")}
        assert all(parameter["description"] for parameter in operation["parameters"]), route.name
        assert any("bearer" in each for each in operation["security"]) == (route.policy is not Policy.PUBLIC)
        responses = operation["responses"]
        assert "default" not in responses, "every status by itself"
        assert ("401" in responses and "403" in responses) or "admin" not in route.path, route.name
        for status, response in responses.items():
            if int(status) >= 400 and not (route.name == "health_ready" and status == "503"):
                problem = response["content"]["application/problem+json"]
                assert problem["schema"]["allOf"][1]["properties"]["code"]["enum"] == list(problem["examples"])
                assert response["description"], route.name
            assert "X-Correlation-Id" in response["headers"], route.name
        assert ("RateLimit-Limit" in responses[min(responses)]["headers"]) == (route.limit is not None), route.name


async def test_special_ways_to_prove_who_calls_are_told(document: dict[str, Any]) -> None:
    told = {operation["operationId"]: operation["security"] for operation in operations(document)}
    assert told["auth_refresh"] == [{"refresh_cookie": []}, {}]
    assert told["chat_stream"] == [{"bearer": []}, {"ticket": []}]
    assert told["auth_login"] == []
    assert told["list_users"] == [{"bearer": []}]


async def test_headers_that_mean_something_to_a_route_are_described(document: dict[str, Any]) -> None:
    told = {
        (operation["operationId"], parameter["name"])
        for operation in operations(document)
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
    for operation in operations(document):
        content = operation.get("requestBody", {}).get("content", {})
        # an upload's other fields are not looked at, and count against its size
        if content and "multipart/form-data" not in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert schemas[name]["additionalProperties"] is False, name


async def test_a_reply_says_of_every_field_that_it_is_there(document: dict[str, Any]) -> None:
    """But of those that are left out: a client need not ask for what always comes."""
    schemas = document["components"]["schemas"]
    assert set(schemas["Usage"]["required"]) == set(schemas["Usage"]["properties"])
    assert set(schemas["SessionView"]["properties"]) - set(schemas["SessionView"]["required"]) == {"refresh_token"}
    assert set(schemas["Problem"]["properties"]) - set(schemas["Problem"]["required"]) == {"errors"}
    assert schemas["ConversationView"]["properties"]["created_at"]["format"] == "date-time"


async def test_a_pattern_means_to_a_client_what_it_means_here(document: dict[str, Any]) -> None:
    """Python and ECMAScript do not agree on what white space is."""
    pattern = document["components"]["schemas"]["Renamed"]["properties"]["title"]["pattern"]
    every = [chr(code) for code in range(0x110000)]
    assert [character for character in every if not re.search(pattern, character)] == [
        character for character in every if not re.search(r"\S", character)
    ]
    assert r"\S" not in json.dumps(document["components"]["schemas"])


async def test_a_status_may_be_a_reply_and_a_problem(document: dict[str, Any]) -> None:
    responses = document["paths"]["/api/health/ready"]["get"]["responses"]
    assert set(responses["503"]["content"]) == {"application/json", "application/problem+json"}
    assert "Retry-After" in responses["503"]["headers"]


def test_the_vocabulary_holds_no_word_that_nothing_uses() -> None:
    described, _ = openapi.described(openapi.registered())
    codes = {code.partition("_")[2] for code in described["components"]["examples"]}
    assert vocabulary.PROBLEMS.keys() - codes == set()
    assert vocabulary.TAGS.keys() - {tag["name"] for tag in described["tags"]} == set()
    names = {parameter["name"] for operation in operations(described) for parameter in operation["parameters"]}
    assert {name.rpartition(".")[2] for name in vocabulary.PARAMETERS} - names == set()
    fields = {name for schema in described["components"]["schemas"].values() for name in schema.get("properties", ())}
    columns = {column for route in openapi.registered() for column in route.columns}
    used = fields | columns | names
    assert {name.rpartition(".")[2] for name in example_values.FIELDS} - used == set()


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
    problem = {
        "type": "about:blank",
        "title": "T",
        "detail": "D",
        "code": "conversation_not_found",
        "correlation_id": "a" * 32,
    }
    kind = {"content-type": "application/problem+json"}
    path = "/api/conversations/6a2c3b4d-5e6f-4c0e-8d0e-9e2d1a347a55"
    await check(404, problem | {"status": 404}, path, **kind)
    with pytest.raises(AssertionError, match="library_not_found"):
        await check(404, problem | {"status": 404, "code": "library_not_found"}, path, **kind)
    with pytest.raises(jsonschema.ValidationError):
        await check(404, problem | {"status": 500}, path, **kind)
    with pytest.raises(AssertionError):
        await check(409, problem | {"status": 409}, path, **kind)
    with pytest.raises(AssertionError):
        await check(404, problem | {"status": 404, "correlation_id": "b" * 32}, path, **kind)
