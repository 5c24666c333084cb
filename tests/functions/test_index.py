"""The passage index over HTTP, and the orchestration of its change of models under the functions host."""

from collections.abc import Iterator
from typing import Any

import pytest

from devstack.functions_host.process import HostProcess
from tests.conftest import ROOT
from tests.functions.conftest import checked_client
from tests.functions.nexus import Nexus, eventually
from tests.functions.person import Person
from tests.functions.promises import Promises

NEXT = {"NEXUS_EMBEDDING_MODEL": "text-embedding-3-small", "NEXUS_EMBEDDING_DIMENSIONS": "128"}


async def test_the_index_is_told_to_super_administrators_only(admin: Person, carol: Person) -> None:
    state = await admin.get("admin/index")
    assert state["serving"]["model"] == {"provider": "openai", "model": "text-embedding-3-large", "dimensions": 3072}
    assert (state["is_up_to_date"], state["next"], state["progress"]) == (True, None, None)
    await carol.call("GET", "admin/index", status=403)
    await carol.call("POST", "admin/index/rebuild", status=403)


async def test_the_model_that_serves_needs_no_other_index(admin: Person) -> None:
    refused = (await admin.call("POST", "admin/index/rebuild", status=409)).json()
    assert refused["code"] == "index_up_to_date"


@pytest.fixture
def redeployed(nexus: Nexus) -> Iterator[HostProcess]:
    """An instance with the next model in its settings, beside the one without."""
    host = HostProcess(ROOT, nexus.home / "redeployed", environment=nexus.settings_with(**NEXT))
    host.start()
    yield host
    host.stop()


async def test_the_next_models_index_is_filled_while_the_present_one_answers_and_given_up_on_request(
    nexus: Nexus, redeployed: HostProcess, promises: Promises, admin: Person
) -> None:
    address = nexus.sharepoint_library("Hovercraft", hovercraft_md="# Hovercraft\n\nHovercraft are full of eels.")
    library = await admin.post("admin/libraries", {"library_url": address})
    assert (await admin.synced(library["id"]))["added"] == 1

    async with checked_client(redeployed, promises) as http:
        there = Person(http, admin.session)
        state = await there.get("admin/index")
        assert (state["configured"]["dimensions"], state["is_up_to_date"], state["next"]) == (128, False, None)
        begun = await there.post("admin/index/rebuild", {}, status=202)
        assert begun["next"]["status"] == "building"

        async def copied() -> Any:
            progress = (await admin.get("admin/index"))["progress"]
            return progress if progress and progress["copied"] == progress["documents"] > 0 else None

        await eventually(copied, "every document is copied", limit_s=60)
        for person in (there, admin):
            found = await person.post("search", {"query": "hovercraft eels", "limit": 3}, status=200)
            assert found["items"][0]["file_name"] == "hovercraft.md"
    assert (await admin.get("admin/index"))["serving"]["model"]["dimensions"] == 3072
    # asked by an instance with the old settings: they are what is wanted
    given_up = await admin.post("admin/index/rebuild", {}, status=202)
    assert (given_up["next"], [index["status"] for index in given_up["leaving"]]) == (None, ["dropping"])
    # everyone may read it: so that nobody else's test meets it
    await admin.call("DELETE", f"admin/libraries/{library['id']}", status=202)
    await admin.gone(library["id"])
