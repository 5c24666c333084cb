"""A change of models that is killed, and one during which everything else goes on."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shared.db import embedding_indexes
from shared.domain.ids import DepartmentId
from shared.domain.indexes import EmbeddingModel, IndexStatus
from shared.domain.ledger import DocumentStatus
from shared.errors import ModelFailed, Throttled
from shared.ports import Embeddings
from shared.services.reindexing import REFUSED_AT_LEAST
from tests.shared.services.guarantees.mortality import Killed
from tests.shared.services.guarantees.texts import chapters
from tests.shared.services.reindexing.changing_library import LARGE, SMALL, ChangingLibrary

REBUILD = "index-rebuild"


async def filled(library: ChangingLibrary, documents: int = 4) -> None:
    for number in range(documents):
        await library.put(f"f{number % 2}/{number}.md", f"Document {number} tells of subject{number}.")
    await library.put("long.md", chapters(3))
    await library.sync()


async def contents(library: ChangingLibrary) -> dict[str, Any]:
    """What a reader or administrator can tell of the index in service, whatever model made it."""
    points = await library.points_in((await library.serving()).collection)
    return {key: point["payload"] for key, point in points.items()}


async def test_killed_after_any_step_the_change_ends_as_if_it_had_not_been(library: ChangingLibrary) -> None:
    library.durable.at_once = 1
    await filled(library)
    models = [SMALL, LARGE]
    expected: dict[tuple[str, int], Any] = {}
    for model in models:  # calm ones first; the second counts the steps
        library.configure(model)
        await library.begin()
        library.mortality.live_until(None)
        await library.durable.drain()
        expected[model] = await library.points_in((await library.serving()).collection)
        assert (await library.drift()).differences == []
    copying = 1 + max(place for place, step in enumerate(library.mortality.trail) if step == "vectors.publish")
    # what comes after is waiting, in steps that depend on the clock
    for at in range(1, copying + 20):
        model = models[at % 2 - 1]
        library.configure(model)
        await library.begin()
        library.mortality.live_until(at)
        died = False
        try:
            await library.durable.drain()
        except* Killed:
            died = True
        library.restart()
        await library.durable.drain()
        serving = await library.serving()
        assert (serving.model.provider.model, serving.model.dimensions) == model
        assert await library.points_in(serving.collection) == expected[model], f"killed after step {at}"
        assert await library.collections() == {serving.collection}
        assert died or at > copying


@dataclass
class Life:
    """What people do to a library, one thing and its sync after the other."""

    library: ChangingLibrary
    chance: random.Random
    department: DepartmentId
    paths: list[str]
    round: int = 0

    async def go_on(self, rounds: int) -> None:
        for _ in range(rounds):
            self.round += 1
            path = self.chance.choice(self.paths)
            change = self.chance.choice((self.edit, self.remove, self.rename, self.add, self.scope, self.switch))
            await change(path)
            await sync_alone(self.library)

    async def edit(self, path: str) -> None:
        await self.library.put(path, f"Edited in round {self.round}: {self.chance.random()}")

    async def remove(self, path: str) -> None:
        if len(self.paths) > 2:
            await self.library.remove(path)
            self.paths.remove(path)

    async def rename(self, path: str) -> None:
        new = f"renamed/{self.round} {path.rpartition('/')[2]}"
        await self.library.move(path, new)
        self.paths[self.paths.index(path)] = new

    async def add(self, path: str) -> None:
        new = f"added {self.round}.md"
        await self.library.put(new, f"Added in round {self.round}.")
        self.paths.append(new)

    async def scope(self, path: str) -> None:
        async with self.library.db.connection() as connection:
            await connection.execute(
                "UPDATE sharepoint_sync_state SET department_id = $2, scope_seq = scope_seq + 1,"
                " rescope_after = '00000000-0000-0000-0000-000000000000' WHERE id = $1",
                self.library.library.id,
                self.department if self.round % 2 else None,
            )

    async def switch(self, path: str) -> None:
        document = (await self.library.documents())[path]
        async with self.library.db.connection() as connection:
            version = await connection.fetchval(
                "UPDATE sharepoint_documents SET is_active = NOT is_active, change_seq = change_seq + 1"
                " WHERE id = $1 RETURNING change_seq",
                document.id,
            )
        await self.library.runtime.vectors.switch(document.id, version, is_active=not document.is_active)


async def sync_alone(library: ChangingLibrary) -> None:
    """While the change of models goes its own way."""
    await library.start()
    instance = f"sync-{library.library.id}"
    while instance in library.durable.running:
        await library.durable.one_generation(instance)


async def rebuild_alone(library: ChangingLibrary) -> None:
    while REBUILD in library.durable.running:
        await library.durable.one_generation(REBUILD)
        await asyncio.sleep(0.01)  # its timers are over at once, but what they wait for is not


@pytest.mark.parametrize("swaps", ["when all is quiet", "in the middle of it"])
@pytest.mark.parametrize("seed", range(3))
async def test_what_changes_in_the_meantime_is_in_the_new_index_too(
    library: ChangingLibrary, seed: int, swaps: str
) -> None:
    print(f"seed {seed}")
    await filled(library, documents=8)
    async with library.db.connection() as connection:
        hr: DepartmentId = await connection.fetchval("INSERT INTO departments (name) VALUES ('HR') RETURNING id")
    library.configure(SMALL)
    life = Life(library, random.Random(seed), hr, sorted(await library.readable()))
    runtime: Any = library.runtime
    as_usual = runtime.reindexing
    if swaps == "when all is quiet":
        runtime.reindexing = replace(as_usual, settle_s=3600.0)
    await library.begin()
    async with asyncio.TaskGroup() as group:
        group.create_task(rebuild_alone(library))
        await life.go_on(rounds=12)
        if swaps == "when all is quiet":
            assert (await library.serving()).model.dimensions == LARGE[1]
        runtime.reindexing = as_usual
    await sync_alone(library)
    assert (await library.serving()).model.dimensions == SMALL[1]
    assert (await library.drift()).differences == []
    assert {path.rpartition("/")[2] for path in await library.readable()} <= {p.rpartition("/")[2] for p in life.paths}
    before = await contents(library)
    # the same once more without anything in between
    library.configure(LARGE)
    await library.begin()
    await library.durable.drain()
    assert await contents(library) == before


async def test_an_ingest_that_began_before_the_change_is_done_again_for_the_new_index(library: ChangingLibrary) -> None:
    await filled(library)
    late = await library.another_process().ingestion()
    library.configure(SMALL)
    await library.begin()
    await library.durable.drain()
    await library.put("f0/0.md", "A new version, of velocipedes.")
    run = await library.start()
    document = (await library.documents())["f0/0.md"]
    for _ in range(20):
        if document.todo is not None:
            break
        await library.runtime.library_sync.step(library.library.id, run.id)
        document = (await library.documents())["f0/0.md"]
    outcome = await late.ingest(document.id, run.id)
    assert outcome.result == "moved"
    assert (await library.documents())["f0/0.md"].todo is not None
    await library.durable.drain()
    assert (await library.found("velocipedes"))[0] == "0.md"
    assert (await library.drift()).differences == []


async def test_while_the_last_copies_are_made_ingests_wait(library: ChangingLibrary) -> None:
    await filled(library)
    serving = await library.serving()
    async with library.db.connection() as connection:
        building = await embedding_indexes.add(connection, "next", serving.model, IndexStatus.BUILDING)
        assert building is not None
        assert await embedding_indexes.hold(connection, serving.id) == "open"
        await embedding_indexes.seal(connection, building.id)
        assert await embedding_indexes.hold(connection, serving.id) == "sealed"
        await connection.execute("UPDATE embedding_indexes SET sealed_at = sealed_at - interval '3 minutes'")
        assert await embedding_indexes.hold(connection, serving.id) == "open"
        await embedding_indexes.seal(connection, building.id)
        assert await embedding_indexes.hold(connection, serving.id) == "open", "not again at once"


class Refusing:
    """A model that will not have some texts, and stops when it is told to."""

    def __init__(self, inner: Embeddings, refuses: str, pause_s: list[float]) -> None:
        self._inner, self._refuses, self._pause_s = inner, refuses, pause_s

    async def embed_passages(self, texts: Sequence[str]) -> Any:
        if self._pause_s:
            raise Throttled("embeddings", self._pause_s.pop())
        if any(self._refuses in text for text in texts):
            raise ModelFailed("The language model refused the request.", code="model_refused_request")
        return await self._inner.embed_passages(texts)

    async def embed_queries(self, texts: Sequence[str]) -> Any:
        return await self._inner.embed_queries(texts)


def refuse(library: ChangingLibrary, word: str, *, pause_s: tuple[float, ...] = ()) -> None:
    pauses = list(pause_s)

    def wrapped(model: EmbeddingModel, inner: Embeddings) -> Any:
        return Refusing(inner, word, pauses) if model.dimensions == SMALL[1] else inner

    library.wrapped = wrapped


async def test_a_text_that_the_new_model_refuses_costs_its_document_and_says_why(library: ChangingLibrary) -> None:
    await filled(library)
    refuse(library, "subject2")
    await library.change_to(SMALL)
    assert (await library.serving()).model.dimensions == SMALL[1]
    refused = (await library.documents())["f0/2.md"]
    assert (refused.status, refused.reason_code) == (DocumentStatus.FAILED, "model_refused_request")
    assert sorted(await library.readable()) == ["f0/0.md", "f1/1.md", "f1/3.md", "long.md"]
    assert (await library.drift()).differences == []


async def test_a_model_that_refuses_much_does_not_come_to_serve(library: ChangingLibrary) -> None:
    await filled(library, documents=REFUSED_AT_LEAST + 1)
    refuse(library, "subject")
    old = await library.serving()
    await library.change_to(SMALL)
    assert (await library.serving()).id == old.id
    building = (await library.runtime.reindexing.state()).of(IndexStatus.BUILDING)
    assert building is not None
    assert f"refused {REFUSED_AT_LEAST + 1} of {REFUSED_AT_LEAST + 2}" in (building.error_message or "")
    assert (await library.found("subject3"))[0] == "3.md"


async def test_a_pause_of_the_new_model_is_waited_for_by_a_timer_and_shared(library: ChangingLibrary) -> None:
    await filled(library)
    refuse(library, "no text", pause_s=(90.0,))
    await library.change_to(SMALL)
    assert (await library.serving()).model.dimensions == SMALL[1]
    assert max(library.clock.waits) >= 80.0
    assert "embeddings" in library.ports["throttle"].until
