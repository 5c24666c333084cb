"""S07: every route says who may call it, the page about it is not stale, and the edge keeps to it."""

from uuid import uuid4

import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from functions.role_matrix import PAGE, all_routes
from shared.domain.identity import Role
from shared.web import role_matrix
from shared.web.routes import Policy, Route
from tests.security.in_process import in_process

ROUTES = all_routes()


def address(route: Route) -> str:
    """With ids of nothing in its place holders."""
    parts = (str(uuid4()) if part.startswith("{") else part for part in route.path.split("/"))
    return "/api/" + "/".join(parts)


def test_the_page_about_roles_says_what_the_routes_say() -> None:
    assert PAGE.read_text("utf-8") == role_matrix.markdown(ROUTES), f"stale: run {role_matrix.COMMAND}"


def test_every_route_has_a_policy_and_a_place_of_its_own() -> None:
    assert len(ROUTES) > 30
    assert all(isinstance(route.policy, Policy) for route in ROUTES)
    places = [(route.method, route.path) for route in ROUTES]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("policy", Policy)
def test_a_higher_role_may_never_do_less(policy: Policy) -> None:
    admitted = [policy.admits(role) for role in (Role.USER, Role.CONTENT_MANAGER, Role.SUPER_ADMIN)]
    assert admitted == sorted(admitted)
    assert admitted[-1]


def test_administration_is_never_open_to_everyone() -> None:
    for route in ROUTES:
        if route.path.startswith("admin/"):
            assert route.policy in (Policy.CONTENT_MANAGER, Policy.SUPER_ADMIN), route.path


async def test_who_is_not_signed_in_gets_401_from_every_route_that_is_not_public(
    database: Database, redis_server: Redis
) -> None:
    async with in_process(database, redis_server) as api:
        walked = [route for route in ROUTES if route.policy is not Policy.PUBLIC]
        for route in walked:
            for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic YTpi"}):
                # an empty object: whoever checks the body first would say 422
                reply = await api.http.request(route.method, address(route), headers=headers, json={})
                assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated"), (route.name, headers)
                assert reply.headers["www-authenticate"] == "Bearer"
        assert len(walked) > 25


async def test_a_role_too_low_gets_403_and_a_sufficient_one_gets_in(database: Database, redis_server: Redis) -> None:
    async with in_process(database, redis_server) as api:
        people = {role: await api.person(role.value, role) for role in Role}
        refused = 0
        for route in (route for route in ROUTES if route.policy is not Policy.PUBLIC):
            for role, person in people.items():
                headers = {"Authorization": f"Bearer {person.token}"}
                reply = await api.http.request(route.method, address(route), headers=headers, json={"no": "field"})
                told = f"{role.value}: {route.method} {route.path} {reply.status_code} {reply.text}"
                if route.policy.admits(role):
                    assert reply.status_code not in (401, 403), told
                else:
                    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden"), told
                    refused += 1
        assert refused > 25
