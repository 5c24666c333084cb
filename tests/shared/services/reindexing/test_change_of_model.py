"""The embedding model changes while people search and syncs go on."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from devstack.serving import ServerThread
from devstack.stack.postgres import Postgres
from devstack.stack.qdrant import Qdrant
from shared.db import audit
from shared.db.pool import Db
from shared.domain.indexes import IndexStatus
from shared.errors import Conflict, ModelFailed
from tests.shared.services.guarantees.texts import chapters
from tests.shared.services.reindexing.changing_library import LARGE, SMALL, ChangingLibrary, changing_library

TOPICS = ("zeppelin hangar", "copper smelting", "tidal energy", "orchid breeding", "violin varnish")


def name_of(topic: str) -> str:
    return f"{topic.replace(' ', '-')}.md"


async def filled(library: ChangingLibrary) -> None:
    for number, topic in enumerate(TOPICS):
        await library.put(f"folder {number}/{name_of(topic)}", f"# {topic}\n\nAll about {topic} and nothing else.")
    await library.put("long.md", chapters(12))
    await library.sync()


async def finds_everything(library: ChangingLibrary) -> None:
    for topic in TOPICS:
        assert (await library.found(topic))[0] == name_of(topic)


async def test_another_model_in_the_settings_alone_changes_nothing_for_anybody(library: ChangingLibrary) -> None:
    await filled(library)
    before = await library.serving()
    library.configure(SMALL)
    await library.put("later.md", "A document about hovercraft maintenance.")
    await library.sync()
    assert (await library.found("hovercraft maintenance"))[0] == "later.md"
    await finds_everything(library)
    assert (await library.serving()).collection == before.collection == await library.alias()
    state = await library.runtime.reindexing.state()
    assert state.wanted.dimensions == SMALL[1]
    assert state.of(IndexStatus.BUILDING) is None


async def test_every_search_finds_while_the_model_changes_and_the_end_is_a_fresh_index(
    library: ChangingLibrary,
    postgres: Postgres,
    qdrant_server: Qdrant,
    graph_server: ServerThread,
    models_server: ServerThread,
) -> None:
    await filled(library)
    old = await library.serving()
    library.configure(SMALL)
    reader, searches, ended = library.another_process(), 0, asyncio.Event()

    async def search() -> None:
        nonlocal searches
        while not ended.is_set():
            for topic in TOPICS:
                assert (await library.found(topic, reader))[0] == name_of(topic)
                searches += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(search())
        await library.begin()
        await library.durable.drain()
        ended.set()
    new = await library.serving()
    assert searches > len(TOPICS)
    assert (new.model.provider.model, new.model.dimensions) == SMALL
    assert await library.collections() == {new.collection}, f"{old.collection} is gone"
    assert await library.alias() == new.collection
    assert (await library.drift()).differences == []

    database = postgres.fresh_database()
    fresh_db = Db(database.dsn_app)
    async with changing_library(
        fresh_db, database.dsn_app, qdrant_server, graph_server.url, models_server.url, of=library
    ) as fresh:
        fresh.configure(SMALL)
        await fresh.sync()
        expected = await fresh.points_in((await fresh.serving()).collection)
    await fresh_db.close()
    database.drop()
    copied = await library.points_in(new.collection)
    assert copied.keys() == expected.keys()
    for key, point in expected.items():
        assert copied[key] == point


async def test_nothing_is_downloaded_and_every_passage_is_embedded_once(
    library: ChangingLibrary, models_server: ServerThread
) -> None:
    await filled(library)
    await library.sharepoint.forget_requests()
    passages = len(await library.points_in((await library.serving()).collection))
    library.configure(SMALL)
    async with httpx.AsyncClient(base_url=models_server.url) as models:
        await models.delete("/_control/requests")
        await library.begin()
        await library.durable.drain()
        asked = (await models.get("/_control/requests")).json()["requests"]
    calls = [call for call in asked if call["path"].endswith("/embeddings")]
    assert await library.sharepoint.requests() == []
    texts = [text for call in calls for text in httpx.Response(200, content=call["body"]).json()["input"]]
    assert len(texts) == passages + 1, "one asks whether the model answers"
    assert len(calls) < passages, "documents share calls"


async def test_who_did_what_is_in_the_audit_log(library: ChangingLibrary) -> None:
    await filled(library)
    await library.change_to(SMALL)
    async with library.db.connection() as connection:
        entries = await audit.entries(connection, limit=10)
    told = [(entry.action, entry.actor_id is None) for entry in reversed(entries) if entry.action.startswith("index.")]
    assert told == [("index.rebuild", False), ("index.swap", True), ("index.drop", True)]


async def test_a_model_that_does_not_answer_is_told_at_once_and_begins_nothing(library: ChangingLibrary) -> None:
    await filled(library)
    library.configure(("no-such-model", 64))
    with pytest.raises(ModelFailed) as refused:
        await library.begin()
    assert refused.value.code == "model_not_found"
    assert len((await library.runtime.reindexing.state()).indexes) == 1
    assert library.durable.running == {}


async def test_the_model_that_serves_is_not_built_again(library: ChangingLibrary) -> None:
    await filled(library)
    with pytest.raises(Conflict) as refused:
        await library.begin()
    assert refused.value.code == "index_up_to_date"


async def test_settings_that_are_set_back_give_the_new_index_up(library: ChangingLibrary) -> None:
    await filled(library)
    old = await library.serving()
    library.configure(SMALL)
    runtime: Any = library.runtime
    runtime.reindexing = replace(runtime.reindexing, settle_s=3600.0)
    await library.begin()
    for _ in range(3):
        await library.durable.one_generation("index-rebuild")
    assert len(await library.collections()) == 2
    library.configure(LARGE)
    await library.begin()
    await library.durable.drain()
    assert await library.collections() == {old.collection}
    assert (await library.serving()).collection == old.collection
    await finds_everything(library)


async def test_another_address_of_the_same_model_needs_no_other_index(library: ChangingLibrary) -> None:
    await filled(library)
    before = await library.serving()
    embedding = library.settings.embedding
    assert embedding.provider.endpoint is not None
    address = embedding.provider.endpoint.replace("127.0.0.1", "localhost")
    provider = replace(embedding.provider, endpoint=address)
    library.settings = replace(library.settings, embedding=replace(embedding, provider=provider))
    library.restart()
    await finds_everything(library)
    after = await library.serving()
    assert (after.id, after.model.provider.endpoint) == (before.id, address)
