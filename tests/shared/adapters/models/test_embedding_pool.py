"""Passages of many documents on few calls: who shares one, who waits for whom, and whose fault a failure is."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import httpx
import numpy as np
import pytest

from devstack.serving import ServerThread
from shared.adapters.embedding_pool import EmbeddingPool
from shared.adapters.openai_clients import OpenAIClients
from shared.errors import ModelFailed, Throttled, Unavailable
from tests.shared.adapters.models.loopback import fault
from tests.shared.adapters.models.test_embeddings_openai import DIMENSIONS, calls, embeddings

REFUSED = ModelFailed("no", code="model_refused_request")


def vector_of(text: str) -> list[float]:
    return [float(len(text)), float(sum(map(ord, text)))]


@dataclass
class Model:
    """Answers when `open`; raises what `fails` says of a call's texts."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[list[str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    cancelled: int = 0
    fails: Any = lambda texts: None

    async def __call__(self, texts: Sequence[str]) -> tuple[Any, int]:
        self.calls.append(list(texts))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        if (failure := self.fails(texts)) is not None:
            raise failure
        return np.array([vector_of(text) for text in texts], dtype=np.float32), 10 * len(texts) + 7


def pool_of(model: Model, *, inputs: int = 8, weight: int = 10_000, calls_in_flight: int = 1) -> EmbeddingPool:
    return EmbeddingPool(model, inputs=inputs, weight=weight, calls_in_flight=calls_in_flight)


async def embed(pool: EmbeddingPool, texts: Sequence[str], weight: int = 10) -> tuple[list[list[float]], int]:
    rows = np.zeros((len(texts), 2), dtype=np.float32)
    tokens = await pool.embed(texts, [weight] * len(texts), rows)
    return rows.tolist(), tokens


def document(name: str, passages: int) -> list[str]:
    return [f"{name}{number}" for number in range(passages)]


async def started(*coroutines: Any) -> list[asyncio.Task[Any]]:
    """Tasks that have come as far as they can."""
    tasks = [asyncio.create_task(each) for each in coroutines]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_a_place_that_comes_free_takes_the_texts_of_all_that_wait() -> None:
    model = Model()
    pool = pool_of(model)
    tasks = await started(embed(pool, ["first"]), *(embed(pool, document(name, 2)) for name in "abcd"))
    assert model.calls == [["first"]], "nobody waits for company"
    model.open.set()
    results = await asyncio.gather(*tasks)
    assert model.calls[1:] == [["a0", "a1", "b0", "b1", "c0", "c1", "d0", "d1"]]
    assert [rows for rows, _ in results[1:]] == [[vector_of(text) for text in document(name, 2)] for name in "abcd"]
    assert sum(tokens for _, tokens in results) == 17 + 87, "all that was paid is somebody's"


async def test_a_huge_document_delays_a_small_one_by_one_call() -> None:
    model = Model()
    pool = pool_of(model, inputs=10)
    huge, small = await started(embed(pool, document("huge", 500)), embed(pool, document("small", 5)))
    model.open.set()
    await small
    assert len(model.calls) <= 3
    assert sorted(text for text in model.calls[1] if text.startswith("small")) == document("small", 5)
    assert not huge.done()
    rows, tokens = await huge
    assert rows == [vector_of(text) for text in document("huge", 500)]
    assert tokens > 5_000


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_comes_in_whatever_order_everyone_gets_their_own_vectors(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    model = Model()
    model.open.set()
    pool = pool_of(model, inputs=chance.randint(1, 12), weight=chance.randint(20, 90), calls_in_flight=3)
    sizes = [chance.choice((0, 1, 2, 7, 40)) for _ in range(12)]
    documents = [document(f"{number}-", size) for number, size in enumerate(sizes)]
    results = await asyncio.gather(*(embed(pool, each, chance.randint(1, 30)) for each in documents))
    assert [rows for rows, _ in results] == [[vector_of(text) for text in each] for each in documents]
    assert max(map(len, model.calls)) <= pool.inputs
    assert sorted(text for call in model.calls for text in call) == sorted(chain.from_iterable(documents))
    assert model.most_at_once <= 3
    assert sum(tokens for _, tokens in results) == sum(10 * len(call) + 7 for call in model.calls)


async def test_a_call_is_no_heavier_than_it_may_be_but_one_text_always_goes() -> None:
    model = Model()
    model.open.set()
    pool = pool_of(model, weight=100)
    await asyncio.gather(embed(pool, ["a", "b", "c"], weight=60), embed(pool, ["d"], weight=500))
    assert sorted(map(sorted, model.calls)) == [["a"], ["b"], ["c"], ["d"]]


async def test_a_bad_text_fails_its_document_and_no_other() -> None:
    model = Model(fails=lambda texts: REFUSED if "bad1" in texts else None)
    pool = pool_of(model, inputs=20)
    tasks = await started(embed(pool, ["first"]), *(embed(pool, document(name, 3)) for name in ("a", "bad", "c")))
    model.open.set()
    _, a, bad, c = await asyncio.gather(*tasks, return_exceptions=True)
    assert bad is REFUSED
    assert [each[0] for each in (a, c)] == [[vector_of(t) for t in document(name, 3)] for name in "ac"]
    assert len(model.calls) == 1 + 1 + 3, "the shared call, and each document alone"


async def test_when_everything_is_refused_each_document_is_tried_alone_once() -> None:
    model = Model(fails=lambda texts: REFUSED)
    pool = pool_of(model, inputs=20)
    tasks = await started(*(embed(pool, document(name, 3)) for name in "abcd"))
    model.open.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [REFUSED] * 4
    assert len(model.calls) == 1 + 1 + 3


@pytest.mark.parametrize("failure", [Unavailable("embeddings"), ModelFailed("no key", code="model_key_missing")])
async def test_a_failure_that_no_text_can_be_the_cause_of_is_not_divided(failure: Exception) -> None:
    model = Model(fails=lambda texts: failure)
    pool = pool_of(model, inputs=20)
    tasks = await started(embed(pool, ["first"]), *(embed(pool, document(name, 3)) for name in "ab"))
    model.open.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [failure] * 3
    assert len(model.calls) == 2


async def test_who_is_cancelled_leaves_the_queue_and_hurts_nobody() -> None:
    model = Model()
    pool = pool_of(model, inputs=4)
    first, leaving, staying = await started(
        embed(pool, ["first"]), embed(pool, document("leaving", 30)), embed(pool, document("staying", 2))
    )
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    model.open.set()
    await first
    assert (await staying)[0] == [vector_of(text) for text in document("staying", 2)]
    assert model.calls == [["first"], document("staying", 2)]


async def test_a_shared_call_outlives_the_one_that_left_and_a_lonely_one_does_not() -> None:
    model = Model()
    pool = pool_of(model, inputs=20, calls_in_flight=2)
    lonely, other = await started(embed(pool, ["lonely"]), embed(pool, ["other"]))
    leaving, staying = await started(embed(pool, ["leaving"]), embed(pool, ["staying"]))
    lonely.cancel()
    await asyncio.gather(lonely, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0)
    assert model.cancelled == 1, "nobody waits for its answer"
    assert model.calls[2] == ["leaving", "staying"], "its place is free at once"
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    model.open.set()
    assert (await staying)[0] == [vector_of("staying")]
    await other
    assert model.cancelled == 1


async def test_a_long_pause_is_told_to_all_that_wait_and_to_all_that_come_without_a_call() -> None:
    model = Model(fails=lambda texts: Throttled("embeddings", 60.0))
    pool = pool_of(model)
    tasks = await started(*(embed(pool, document(name, 9)) for name in "abc"))
    model.open.set()
    for failure in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(failure, Throttled)
        assert failure.retry_after_s == 60.0
    with pytest.raises(Throttled) as late:
        await embed(pool, ["late"])
    assert 0 < late.value.retry_after_s <= 60.0
    assert len(model.calls) == 1


async def test_after_the_pause_the_pool_is_open_again() -> None:
    failures: list[Exception | None] = [Throttled("embeddings", 0.01), None]
    model = Model(fails=lambda texts: failures.pop(0))
    model.open.set()
    pool = pool_of(model)
    with pytest.raises(Throttled):
        await embed(pool, ["early"])
    async with asyncio.timeout(10):
        while True:
            try:
                rows, _ = await embed(pool, ["later"])
                break
            except Throttled:
                await asyncio.sleep(0.005)
    assert rows == [vector_of("later")]


# --- by the adapter, against the stand-in ----------------------------------------------------------------------------


async def test_documents_at_once_share_calls_and_get_the_vectors_they_would_get_alone(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    documents = [[f"document {name} passage {number}" for number in range(3)] for name in range(20)]
    many = embeddings(clients, server.url, batch_inputs=16, calls_in_flight=2)
    vectors = await asyncio.gather(*(many.embed_passages(texts) for texts in documents))
    assert len(calls(model)) < 12, "twenty documents of three passages"
    alone, tokens = await embeddings(clients, server.url, batch_inputs=2048).embed_passages(list(chain(*documents)))
    np.testing.assert_array_equal(np.concatenate([matrix for matrix, _ in vectors]), alone)
    assert sum(paid for _, paid in vectors) == tokens
    assert alone.shape == (60, DIMENSIONS)


async def test_a_long_503_with_retry_after_is_a_pause_for_all_too(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "embeddings", {"status": 503, "headers": {"retry-after": "45"}})
    one = embeddings(clients, server.url, batch_inputs=1, calls_in_flight=1)
    failures = await asyncio.gather(*(one.embed_passages([f"t{n}"]) for n in range(5)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [Throttled] * 5
    assert len(calls(model)) == 1


async def test_a_query_is_asked_although_passages_are_paused(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "embeddings", {"status": 429, "headers": {"retry-after": "45"}}, times=1)
    both = embeddings(clients, server.url)
    with pytest.raises(Throttled):
        await both.embed_passages(["a"])
    assert (await both.embed_queries(["q"])).shape == (1, DIMENSIONS)
