"""S09: requests are closed models. Whatever valid body is sent, one field more is refused and changes nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from functions.role_matrix import all_routes
from shared.domain.identity import Role
from shared.web.routes import Route
from tests.security.in_process import in_process
from tests.security.wire_models import SMUGGLED, bodies, fields_of, smuggled

WITH_BODY = [route for route in all_routes() if route.body is not None]
WITH_QUERY = [route for route in all_routes() if route.query is not None]
_some = settings(max_examples=60, deadline=None, database=None, print_blob=True)


def named(routes: list[Route]) -> Any:
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.name)


@named(WITH_BODY)
def test_a_body_of_the_model_is_taken_and_one_field_more_is_not(route: Route) -> None:
    @_some
    @given(bodies(route.body), smuggled(route.body))
    def holds(body: dict[str, Any], more: tuple[str, Any]) -> None:
        msgspec.json.decode(msgspec.json.encode(body), type=route.body)
        with pytest.raises(msgspec.ValidationError, match="unknown field"):
            msgspec.json.decode(msgspec.json.encode(body | dict([more])), type=route.body)

    holds()


@named(WITH_QUERY)
def test_a_query_is_closed_too(route: Route) -> None:
    @_some
    @given(smuggled(route.query))
    def holds(more: tuple[str, Any]) -> None:
        name, value = more
        with pytest.raises(msgspec.ValidationError, match=r"unknown field|missing required"):
            msgspec.convert({name: str(value)}, type=route.query, strict=False)

    holds()


def test_no_model_takes_an_owner_or_a_time_of_making() -> None:
    """Fields that only the server may set are in no body at all."""
    never = {
        "id", "user_id", "owner_id", "owner", "entra_id", "tenant_id", "created_at", "created_by", "updated_at",
        "reviewed_by", "session_epoch",
    }  # fmt: skip
    for route in WITH_BODY:
        assert not never & fields_of(route.body), route.name
    # a role is given by administrators, over one route
    assert [route.name for route in WITH_BODY if "role" in fields_of(route.body)] == ["change_user"]


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_over_http_each_route_answers_422_and_names_the_field(
    database: Database, redis_server: Redis, data: st.DataObject
) -> None:
    async with in_process(database, redis_server) as api:
        admin = await api.person("ada", Role.SUPER_ADMIN)
        for route in WITH_BODY:
            name, value = data.draw(smuggled(route.body), label=route.name)
            body = data.draw(bodies(route.body), label=f"body of {route.name}")
            path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
            reply = await admin.call(route.method, path, json=body | {name: value})
            told = f"{route.method} {route.path} with {name}: {reply.status_code} {reply.text}"
            assert (reply.status_code, reply.json()["code"]) == (422, "invalid"), told
            assert [error["pointer"] for error in reply.json()["errors"]] == [f"/{name}"], told
        # whoever was meant by all those fields is who they were
        me = (await admin.call("GET", "auth/me")).json()
        assert (me["role"], me["department"], me["country"]) == ("super_admin", None, None)


def test_what_is_smuggled_would_tempt() -> None:
    assert {"owner_id", "role", "status", "is_active"} <= set(SMUGGLED)
