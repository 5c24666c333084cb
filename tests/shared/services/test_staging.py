"""Slices on their way into the index: several at once, never too many, and all who embed slow down together."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from devstack.stack.redis import Redis
from shared.adapters.redis_store import RedisConnection, RedisThrottle
from shared.db import documents
from shared.db.pool import Db
from shared.domain.documents import DocumentLabels, PassagePoint, PassagePosition
from shared.domain.ids import PassageId, document_id, passage_id
from shared.errors import Throttled, Unavailable
from shared.services.staging import SLICES_IN_FLIGHT, NewPassage, Staging
from tests.conftest import PATIENCE_S
from tests.fakes.sharepoint import ROOT, CountingEmbeddings, FakeThrottle, file
from tests.shared.services.test_syncing import World


@dataclass
class Gate:
    """Embeddings and index at once: holds every slice until it is opened."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0
    embedded: list[str] = field(default_factory=list)
    stored: list[PassageId] = field(default_factory=list)
    refuses: str | None = None

    async def embed_passages(self, texts: Sequence[str]) -> Any:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.open.wait()
        self.embedded += texts
        if self.refuses in texts:
            raise Unavailable("embeddings")
        return np.ones((len(texts), 4), dtype=np.float32), 2 * len(texts)

    async def stage(self, labels: DocumentLabels, points: Sequence[PassagePoint]) -> None:
        await asyncio.sleep(0)
        self.stored += [point.position.passage_id for point in points]
        self.at_once -= 1


def passage(number: int) -> NewPassage:
    known_as = passage_id("drive", "item", str(number), 0)
    return NewPassage(PassagePosition(known_as, number, 0, None, None, None), f"t{number}", f"e{number}", "en")


@dataclass
class Source:
    slices: int
    read: int = 0

    async def all(self) -> AsyncGenerator[list[NewPassage]]:
        for number in range(self.slices):
            self.read += 1
            yield [passage(2 * number), passage(2 * number + 1)]


LABELS: Any = None  # the gate does not look at them


async def test_a_few_slices_are_in_flight_and_no_more_is_read_than_they_hold() -> None:
    gate, source = Gate(), Source(10)
    staging = asyncio.create_task(Staging(gate, gate, FakeThrottle()).stage(LABELS, source.all()))  # type: ignore[arg-type]
    for _ in range(50):
        await asyncio.sleep(0)
    assert (gate.at_once, source.read) == (SLICES_IN_FLIGHT, SLICES_IN_FLIGHT)
    gate.open.set()
    staged = await staging
    assert gate.most_at_once == SLICES_IN_FLIGHT
    assert (staged.passages, staged.tokens) == (20, 40)
    assert sorted(gate.stored) == sorted(passage(number).position.passage_id for number in range(20))


async def test_the_first_failure_is_raised_as_it_is_and_ends_the_rest() -> None:
    gate, source = Gate(refuses="e3"), Source(10)
    gate.open.set()
    with pytest.raises(Unavailable):
        await Staging(gate, gate, FakeThrottle()).stage(LABELS, source.all())  # type: ignore[arg-type]
    assert source.read < 10


async def test_a_long_pause_is_told_before_anything_is_embedded() -> None:
    gate, throttle = Gate(), FakeThrottle()
    throttle.remaining = remaining_of(60.0)  # type: ignore[method-assign]
    with pytest.raises(Throttled) as paused:
        await Staging(gate, gate, throttle).stage(LABELS, Source(2).all())  # type: ignore[arg-type]
    assert (paused.value.service, paused.value.retry_after_s, gate.embedded) == ("embeddings", 60.0, [])


def remaining_of(seconds: float) -> Any:
    async def remaining(service: str) -> float:
        return seconds if service == "embeddings" else 0.0

    return remaining


class Pausing(CountingEmbeddings):
    """Throttles the first call."""

    async def embed_passages(self, texts: Sequence[str]) -> Any:
        if not self.texts:
            self.texts.append("refused")
            raise Throttled("embeddings", 40.0)
        return await super().embed_passages(texts)


async def test_a_pause_of_the_model_holds_every_instance_before_it_downloads(db: Db, redis_server: Redis) -> None:
    redis = RedisConnection(redis_server.url, timeout_s=PATIENCE_S)
    throttle = RedisThrottle(redis)
    await redis.ask(redis.client.delete("throttle:embeddings"))
    world = World(db)
    world.embeddings = Pausing()
    world.throttle = throttle  # type: ignore[assignment]
    await world.add()
    world.graph.passes.append([[ROOT, file("a", "a.txt", "one"), file("b", "b.txt", "two")]])
    run = await world.start()
    step = await world.go_on(run, steps=1)
    while step.state != "ingest":
        step = await world.sync_service.step(world.library.id, run.id)
    first, second = [await world.ingestion.ingest(each, run.id) for each in step.documents]
    assert (first.result, first.retry_after_s) == ("throttled", 40.0)
    assert second.result == "throttled"
    assert 30.0 < second.retry_after_s <= 40.0
    assert len(world.graph.downloads) == 1, "the second was not even downloaded"
    await redis.ask(redis.client.delete("throttle:embeddings"))
    await world.go_on(run)
    async with db.connection() as connection:
        for item in ("a", "b"):
            assert (await documents.get(connection, document_id("drive", item))).todo is None
    await redis.close()
