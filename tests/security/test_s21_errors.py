"""S21: whatever breaks, on whatever route, the reply is a problem document that says nothing of the inside."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import jsonschema
import pytest

from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from tests.functions.nexus import eventually
from tests.functions.person import Person
from tests.functions.promises import Promises, check_problem
from tests.security.own_nexus import UNLIMITED, OwnNexus, client, own_nexus

# Far above every timeout that may play a part: a call that hangs fails the test.
BOUNDED_S = 45
# So many calls are under way at once.
AT_ONCE = 6

INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|site-packages|asyncpg|aioredis|qdrant_client|starlette|Exception\b|Error\(|errno|"
    r"127\.0\.0\.1|localhost|connection refused|connect call failed|password|nexus_app|sqlstate|"
    r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|RETURNING|relation \"|column \")",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def nexus(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnNexus]:
    home = tmp_path_factory.mktemp("errors")
    with own_nexus(
        home,
        postgres,
        redis_server,
        qdrant_server,
        people=("admin",),
        NEXUS_RATE_LIMITS=UNLIMITED,
        NEXUS_STREAMS_PER_USER="1000",
    ) as made:
        yield made


@pytest.fixture(scope="module")
def document(nexus: OwnNexus) -> dict[str, Any]:
    return httpx.get(f"{nexus.host.url}/api/openapi.json", timeout=60, trust_env=False).json()


@pytest.fixture
async def admin(nexus: OwnNexus) -> AsyncIterator[Person]:
    """Who may do everything, so that every route goes as far as it can."""
    nexus.forget()
    async with client(nexus) as http:
        yield Person(http, nexus.sessions["admin"])


# --- every route, with what it takes -------------------------------------------------------------------------------

_STRINGS = [
    "a",
    "DE",
    "rag",
    "x" * 50,
    "https://contoso.sharepoint.com/sites/a/b",
    str(uuid4()),
    "2026-01-01T00:00:00Z",
]
_RIGHT = {"redirect_uri": "http://localhost:4280/auth/callback", "provider": "openai"}


def sample(schema: Mapping[str, Any], components: Mapping[str, Any], name: str = "") -> Any:
    """The smallest value that a schema takes."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].rpartition("/")[2]], components, name)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], components, name)
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {field: sample(schema["properties"][field], components, field) for field in wanted}
        case "string":
            check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(formats=["uuid"]))
            candidates = [_RIGHT[name], *_STRINGS] if name in _RIGHT else _STRINGS
            return next(candidate for candidate in candidates if check.is_valid(candidate))
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return []
        case other:
            raise AssertionError(f"no sample for {name}: {other} {schema}")


def routes(document: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, Any], Any]]:
    """Method, path, query and body of a valid call of every route; `ids` by path parameter, others are made up."""
    components = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            filled = re.sub(r"\{(\w+)\}", lambda found: ids.get(found.group(1), str(uuid4())), path)
            query = {
                parameter["name"]: ids.get(parameter["name"]) or sample(parameter["schema"], components)
                for parameter in operation["parameters"]
                if parameter["in"] == "query" and parameter["required"]
            }
            body = operation.get("requestBody")
            # an upload gets none: that it is refused as well is all that is looked at here
            shape = body["content"].get("application/json") if body else None
            content = sample(shape["schema"], components) if shape else None
            if content and "conversation_id" in content:
                content["conversation_id"] = ids["conversation_id"]
            yield method.upper(), filled, query, content


def inside_told(reply: httpx.Response) -> str | None:
    """What of the reply speaks of the inside. Only problems and streams are looked at: a result may hold a word."""
    is_stream = reply.headers.get("content-type", "").startswith("text/event-stream")
    if reply.status_code < 400 and not is_stream:
        return None
    found = INSIDE.search(reply.text) or INSIDE.search(str(reply.headers.raw))
    return found.group() if found else None


async def walk(document: dict[str, Any], admin: Person, ids: Mapping[str, str]) -> list[httpx.Response]:
    """Every route once, each in bounded time, each reply as promised."""
    promises, turns = Promises(document), asyncio.Semaphore(AT_ONCE)

    async def call(method: str, path: str, query: dict[str, Any], body: Any) -> httpx.Response:
        sent = {} if body is None else {"json": body}
        async with turns, asyncio.timeout(BOUNDED_S):
            reply = await admin.http.request(method, path, params=query, headers=admin.session.headers, **sent)
        where = f"{method} {path} → {reply.status_code} {reply.text}"
        # every problem's shape with it; readiness alone says 503 with a body of its own, as promised
        await promises.check(reply)
        assert inside_told(reply) is None, f"{inside_told(reply)!r} in {where}"
        assert reply.status_code in (200, 201, 202, 204, 401, 403, 404, 409, 422, 502, 503), where
        return reply

    calls = [call(*route) for route in routes(document, ids)]
    assert len(calls) > 20
    return await asyncio.gather(*calls)


# --- every dependency ----------------------------------------------------------------------------------------------


@contextmanager
def stopped(engine: Any) -> Iterator[None]:
    engine.stop()
    try:
        yield
    finally:
        engine.start()


@contextmanager
def faulty(nexus: OwnNexus, server: Any, then: dict[str, Any], path: str = "^/(?!_control)") -> Iterator[None]:
    nexus.fault(server, path, then)
    try:
        yield
    finally:
        nexus.forget()


LEAK = {"error": {"message": "Traceback: SELECT secret FROM 127.0.0.1 (password)", "code": "Errno 111"}}
BREAKS: dict[str, Callable[[OwnNexus], AbstractContextManager[None]]] = {
    "nothing": lambda nexus: nullcontext(),
    "postgres": lambda nexus: stopped(nexus.postgres),
    "redis": lambda nexus: stopped(nexus.redis),
    "qdrant": lambda nexus: stopped(nexus.qdrant),
    "blob": lambda nexus: stopped(nexus.azurite),
    "models reset": lambda nexus: faulty(nexus, nexus.models, {"reset": True}),
    "models 500": lambda nexus: faulty(nexus, nexus.models, {"status": 500, "body": LEAK}),
    "models 400": lambda nexus: faulty(nexus, nexus.models, {"status": 400, "body": LEAK}),
    "graph reset": lambda nexus: faulty(nexus, nexus.graph, {"reset": True}),
    "graph 500": lambda nexus: faulty(nexus, nexus.graph, {"status": 500, "body": LEAK}),
    "graph 403": lambda nexus: faulty(nexus, nexus.graph, {"status": 403, "body": LEAK}),
    "entra reset": lambda nexus: faulty(nexus, nexus.entra, {"reset": True}),
    "entra 400": lambda nexus: faulty(nexus, nexus.entra, {"status": 400, "body": LEAK}),
}


@pytest.mark.parametrize("broken", BREAKS)
async def test_s21_with_a_dependency_broken_no_route_says_anything_of_the_inside(
    nexus: OwnNexus, document: dict[str, Any], admin: Person, broken: str
) -> None:
    library = await admin.post("admin/libraries", {"library_url": nexus.sharepoint_library(f"E-{uuid4().hex[:8]}")})
    ids = {"conversation_id": await admin.conversation("rag"), "library_id": library["id"]}

    async def ready() -> bool:
        return (await admin.http.get("/api/health/ready")).status_code == 200

    await eventually(ready, "a ready app")
    with BREAKS[broken](nexus):
        replies = await walk(document, admin, ids)
    if broken == "nothing":
        assert [reply.text for reply in replies if reply.status_code >= 500] == []
    if broken in ("postgres", "redis", "qdrant"):
        codes = {reply.json()["code"] for reply in replies if reply.status_code == 503 and "code" in reply.json()}
        assert f"{broken}_unavailable" in codes
    await eventually(ready, "a ready app")


@pytest.mark.parametrize(("table", "path"), [("conversations", "conversations"), ("users", "auth/me")])
async def test_s21_an_error_that_nobody_expects_is_a_generic_500_whose_id_the_log_knows(
    nexus: OwnNexus, admin: Person, table: str, path: str
) -> None:
    owner = await asyncpg.connect(nexus.database.dsn_owner)
    try:
        await owner.execute(f"ALTER TABLE {table} RENAME TO moved_away")
        reply = await admin.http.get(f"/api/{path}", headers=admin.session.headers)
    finally:
        await owner.execute(f"ALTER TABLE IF EXISTS moved_away RENAME TO {table}")
        await owner.close()
    body = reply.json()
    check_problem(reply, body)
    assert (reply.status_code, body["code"], body["title"]) == (500, "internal_error", "Something went wrong")
    assert table not in reply.text.replace(path, "")
    assert inside_told(reply) is None
    records = [json.loads(line) for line in nexus.host.log().splitlines() if body["correlation_id"] in line]
    errors = [record for record in records if record["level"] == "ERROR"]
    assert len(errors) == 1
    assert "UndefinedTableError (sqlstate 42P01)" in errors[0]["exception"]
    assert "shared/db/" in errors[0]["exception"], "and where"
    assert [(record["status"], record["code"]) for record in records if record["logger"] == "nexus.access"] == [
        (500, "internal_error")
    ]


@pytest.mark.parametrize(
    "told",
    [
        'File "/app/x.py"',
        "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
        "SELECT id FROM users",
        'relation "users" does not exist',
        "asyncpg.exceptions.PostgresError",
        "redis.exceptions.ConnectionError()",
    ],
)
def test_the_pattern_finds_what_it_is_for(told: str) -> None:
    assert INSIDE.search(told)
    assert INSIDE.search("The redis service does not answer. Try again shortly.") is None
