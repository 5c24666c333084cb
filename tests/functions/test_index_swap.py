"""A change of the embedding model to its end, under the functions host: in an app of its own, which it changes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.functions_host.process import HostProcess
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from tests.functions.nexus import ADMIN, eventually
from tests.functions.person import Person
from tests.security.own_nexus import UNLIMITED, OwnNexus, client, own_nexus

NEXT = {"NEXUS_EMBEDDING_MODEL": "text-embedding-3-small", "NEXUS_EMBEDDING_DIMENSIONS": "128"}
# The next index waits a minute until every instance knows it; one that was begun an hour ago has waited.
OLD_ALREADY = "ALTER TABLE embedding_indexes ALTER COLUMN created_at SET DEFAULT now() - interval '1 hour'"


@pytest.fixture
def nexus(
    postgres: Postgres, redis_server: Redis, qdrant_server: Qdrant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OwnNexus]:
    home = tmp_path_factory.mktemp("swapped")
    with own_nexus(home, postgres, redis_server, qdrant_server, people=(ADMIN,), NEXUS_RATE_LIMITS=UNLIMITED) as made:
        postgres.sql(OLD_ALREADY, made.database.name)
        yield made


@pytest.fixture
def redeployed(nexus: OwnNexus) -> HostProcess:
    """An instance with the next model in its settings, beside the one without."""
    return nexus.another_instance("redeployed", **NEXT)


async def first_found(person: Person, question: str) -> str | None:
    found = (await person.post("search", {"query": question, "limit": 1}, status=200))["items"]
    return found[0]["file_name"] if found else None


async def test_the_next_models_index_serves_everywhere_once_it_is_complete_and_syncs_write_into_it(
    nexus: OwnNexus, redeployed: HostProcess
) -> None:
    async with (
        client(nexus) as http,
        httpx.AsyncClient(base_url=redeployed.url, timeout=60, trust_env=False) as next_http,
    ):
        before, after = Person(http, nexus.sessions[ADMIN]), Person(next_http, nexus.sessions[ADMIN])
        address = nexus.sharepoint_library("Hovercraft", hovercraft_md="# Hovercraft\n\nHovercraft are full of eels.")
        library = await before.post("admin/libraries", {"library_url": address})
        assert (await before.synced(library["id"]))["added"] == 1
        first = (await before.get("admin/index"))["serving"]

        await after.post("admin/index/rebuild", {}, status=202)

        for person in (after, before):

            async def serves(person: Person = person) -> dict[str, Any] | None:
                assert await first_found(person, "hovercraft eels") == "hovercraft.md", "an index answers all the while"
                state = await person.get("admin/index")
                return state if state["serving"]["model"]["dimensions"] == 128 else None

            state = await eventually(serves, "the next model's index serves", limit_s=180)
            assert (state["next"], [index["collection"] for index in state["leaving"]]) == (None, [first["collection"]])

        assert (await after.get("admin/index"))["is_up_to_date"] is True
        assert (await before.get("admin/index"))["is_up_to_date"] is False

        nexus.sharepoint_library("Hovercraft", canoe_md="# Canoe\n\nCanoes are full of salmon.")
        assert (await before.synced(library["id"]))["added"] == 1
        for person in (before, after):
            assert await first_found(person, "canoe salmon") == "canoe.md"
