"""Groups of people, from the Graph stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from devstack.serving import ServerThread
from shared.adapters.directory_graph import GraphDirectory
from shared.errors import Throttled, Unavailable
from tests.shared.adapters.graph.conftest import Tokens, settings

TENANT = "5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11"


@pytest.fixture
async def asked_for() -> list[str]:
    return []


@pytest.fixture
async def directory(server: ServerThread, asked_for: list[str]) -> AsyncIterator[GraphDirectory]:
    def tokens_of(tenant_id: str) -> Tokens:
        asked_for.append(tenant_id)
        return Tokens()

    directory = GraphDirectory(settings(server.url), tokens_of)
    yield directory
    await directory.close()


async def put(server: ServerThread, path: str, body: Any) -> None:
    async with httpx.AsyncClient(base_url=server.url, verify=False, timeout=20) as client:
        method = "PUT" if "users" in path else "POST"
        reply = await client.request(method, f"/_control/{path}", json=body)
        assert reply.status_code < 300, reply.text


async def answer(server: ServerThread, then: dict[str, Any], **match: Any) -> None:
    await put(server, "faults", [{"match": {"path": "transitiveMemberOf", **match}, "then": then}])


async def test_a_persons_groups_are_named_by_their_ids(
    server: ServerThread, directory: GraphDirectory, asked_for: list[str]
) -> None:
    groups = [{"id": f"group-{number}", "displayName": f"Group {number}"} for number in range(300)]
    await put(server, "users/alice", {"groups": groups})
    assert await directory.group_ids(TENANT, "alice") == tuple(group["id"] for group in groups)
    await put(server, "users/bob", {"groups": []})
    assert await directory.group_ids(TENANT, "bob") == ()
    # one source of tokens a tenant
    assert asked_for == [TENANT]


async def test_pages_are_followed_and_directory_roles_are_no_groups(
    server: ServerThread, directory: GraphDirectory
) -> None:
    next_link = f"{server.url}/v1.0/users/alice/transitiveMemberOf?$skiptoken=2"
    first = [{"@odata.type": "#microsoft.graph.directoryRole", "id": "role"}, {"id": "one"}]
    rules = [
        {
            "match": {"path": "transitiveMemberOf", "nth": 1},
            "then": {"status": 200, "body": {"value": first, "@odata.nextLink": next_link}},
        },
        {
            "match": {"path": "transitiveMemberOf", "nth": 2},
            "then": {"status": 200, "body": {"value": [{"@odata.type": "#microsoft.graph.group", "id": "two"}]}},
        },
    ]
    await put(server, "faults", rules)
    assert await directory.group_ids(TENANT, "alice") == ("one", "two")


async def test_a_next_page_elsewhere_is_not_asked_for(server: ServerThread, directory: GraphDirectory) -> None:
    body = {"value": [], "@odata.nextLink": "https://evil.example/v1.0/users"}
    await answer(server, {"status": 200, "body": body})
    with pytest.raises(Unavailable):
        await directory.group_ids(TENANT, "alice")


async def test_pages_without_end_are_given_up(server: ServerThread, directory: GraphDirectory) -> None:
    again = f"{server.url}/v1.0/users/alice/transitiveMemberOf?$skiptoken=again"
    await answer(server, {"status": 200, "body": {"value": [], "@odata.nextLink": again}})
    with pytest.raises(Unavailable, match="more groups"):
        await directory.group_ids(TENANT, "alice")


@pytest.mark.parametrize(("status", "words"), [(403, "GroupMember.Read.All"), (401, "GroupMember"), (500, "graph")])
async def test_groups_that_may_not_be_read_are_not_the_same_as_none(
    server: ServerThread, directory: GraphDirectory, status: int, words: str
) -> None:
    await answer(server, {"status": status, "body": {"error": {"code": "x"}}})
    with pytest.raises(Unavailable, match=words):
        await directory.group_ids(TENANT, "alice")


async def test_an_unknown_person_and_a_pause_are_told(server: ServerThread, directory: GraphDirectory) -> None:
    with pytest.raises(Unavailable):
        await directory.group_ids(TENANT, "nobody/../me")
    await answer(server, {"status": 429, "headers": {"Retry-After": "30"}})
    with pytest.raises(Throttled):
        await directory.group_ids(TENANT, "alice")
