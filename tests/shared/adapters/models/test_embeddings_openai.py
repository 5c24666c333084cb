import asyncio
import base64
import json
from typing import Any

import httpx
import numpy as np
import pytest

from devstack.serving import ServerThread
from shared.adapters.embeddings_openai import OpenAIEmbeddings, fill_rows
from shared.adapters.model_failures import retry_after_s
from shared.adapters.openai_clients import OpenAIClients
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.errors import ModelFailed, Throttled, Unavailable
from tests.shared.adapters.models.loopback import fault

DIMENSIONS = 96


def embeddings(
    clients: OpenAIClients, url: str, model_name: str = "text-embedding-3-large", **settings: Any
) -> OpenAIEmbeddings:
    provider = ProviderConfig(ProviderKind.OPENAI, model_name, f"{url}/v1", "MODEL_KEY")
    return OpenAIEmbeddings(clients, provider, DIMENSIONS, **settings)


def calls(model: httpx.Client) -> list[dict[str, Any]]:
    return [json.loads(call["body"]) for call in model.get("/_control/requests").json()["requests"]]


async def test_vectors_come_in_the_order_of_the_texts_whatever_the_batches(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    texts = [f"passage about topic{number} and thing{number * 7}" for number in range(25)]
    many = embeddings(clients, server.url, batch_inputs=4, calls_in_flight=3)
    one = embeddings(clients, server.url)
    vectors, tokens = await many.embed_passages(texts)
    assert sorted(len(call["input"]) for call in calls(model)) == [1, 4, 4, 4, 4, 4, 4]
    assert vectors.shape == (25, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    whole, whole_tokens = await one.embed_passages(texts)
    np.testing.assert_array_equal(vectors, whole)
    assert tokens == whole_tokens > 25
    np.testing.assert_array_equal(await one.embed_queries(texts[3:4]), whole[3:4])


async def test_prefixes_tell_queries_from_passages(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    e5 = embeddings(clients, server.url, query_prefix="query: ", passage_prefix="passage: ")
    await e5.embed_passages(["a"])
    await e5.embed_queries(["b"])
    passage, query = calls(model)
    assert (passage["input"], query["input"]) == (["passage: a"], ["query: b"])
    assert passage["encoding_format"] == "base64"
    assert passage["dimensions"] == DIMENSIONS


async def test_no_text_is_no_call(clients: OpenAIClients, server: ServerThread, model: httpx.Client) -> None:
    vectors, tokens = await embeddings(clients, server.url).embed_passages([])
    assert (vectors.shape, tokens) == ((0, DIMENSIONS), 0)
    assert calls(model) == []


async def test_what_the_service_would_refuse_is_made_sendable(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    texts = ["", "lone \ud800 surrogate", "very long " * 20_000, "nul \x00 byte"]
    vectors, _ = await embeddings(clients, server.url).embed_passages(texts)
    assert np.isfinite(vectors).all()


async def test_a_call_stays_below_the_services_token_limit(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    # 200 texts of some 4,000 tokens are 800,000 tokens; the stand-in refuses more than 300,000 as OpenAI does.
    texts = ["a quick brown fox and a lazy dog " * 500] * 200
    vectors, tokens = await embeddings(clients, server.url, batch_inputs=2048).embed_passages(texts)
    assert len(vectors) == 200
    assert tokens > 600_000


async def test_the_model_with_a_fixed_size_is_not_told_one(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    # The stand-in then gives its own 3,072 numbers, which are not the 96 that were configured.
    with pytest.raises(ModelFailed) as failure:
        await embeddings(clients, server.url, "text-embedding-ada-002").embed_queries(["x"])
    assert failure.value.code == "model_bad_reply"
    assert "dimensions" not in calls(model)[0]


@pytest.mark.parametrize("then", [{"status": 429, "headers": {"retry-after": "0"}}, {"status": 500}, {"reset": True}])
async def test_a_passing_refusal_is_retried(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client, then: dict[str, Any]
) -> None:
    fault(model, "embeddings", then, times=2)
    vectors, _ = await embeddings(clients, server.url).embed_passages(["a", "b"])
    assert vectors.shape == (2, DIMENSIONS)
    assert len(calls(model)) == 3


async def test_a_lasting_429_ends_as_throttled_after_a_bounded_number_of_calls(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "embeddings", {"status": 429, "headers": {"retry-after-ms": "10"}})
    with pytest.raises(Throttled) as failure:
        await embeddings(clients, server.url, retries=2).embed_passages(["a"])
    assert failure.value.service == "embeddings"
    assert len(calls(model)) == 3


async def test_a_long_retry_after_is_handed_on_at_once(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    fault(model, "embeddings", {"status": 429, "headers": {"retry-after": "90"}})
    with pytest.raises(Throttled) as failure:
        await embeddings(clients, server.url).embed_passages([f"text {n}" for n in range(10)])
    assert failure.value.retry_after_s == 90
    assert len(calls(model)) == 1


@pytest.mark.parametrize("then", [{"status": 503}, {"hang": True}, {"reset": True}])
async def test_a_dead_service_is_unavailable_in_bounded_time(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client, then: dict[str, Any]
) -> None:
    fault(model, "embeddings", then)
    with pytest.raises(Unavailable) as failure:
        await embeddings(clients, server.url, retries=1, timeout_s=0.3).embed_passages(["a"])
    assert failure.value.dependency == "embeddings"
    assert len(calls(model)) == 2


async def test_a_wrong_request_is_not_retried(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    with pytest.raises(ModelFailed) as failure:
        await embeddings(clients, server.url, "no-such-model").embed_passages(["a"])
    assert failure.value.code == "model_not_found"
    assert len(calls(model)) == 1


async def test_a_query_does_not_wait_behind_passages(
    clients: OpenAIClients, server: ServerThread, model: httpx.Client
) -> None:
    # Two passage calls hang and hold both places; the query has a way of its own.
    fault(model, "embeddings", {"hang": True}, times=2)
    both = embeddings(clients, server.url, batch_inputs=1, calls_in_flight=2, retries=0)
    passages = asyncio.create_task(both.embed_passages(["a", "b", "c"]))
    async with asyncio.timeout(20):
        while len(calls(model)) < 2:
            await asyncio.sleep(0.01)
        assert (await both.embed_queries(["q"])).shape == (1, DIMENSIONS)
        assert not passages.done()
        assert [call["input"] for call in calls(model)] == [["a"], ["b"], ["q"]]
    passages.cancel()
    with pytest.raises(asyncio.CancelledError):
        await passages


def reply(*vectors: tuple[int, Any]) -> bytes:
    data = [
        {"object": "embedding", "index": index, "embedding": vector if isinstance(vector, str) else packed(vector)}
        for index, vector in vectors
    ]
    return json.dumps({"data": data, "model": "m", "usage": {"prompt_tokens": 7, "total_tokens": 7}}).encode()


def packed(numbers: list[float]) -> str:
    return base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode()


def test_rows_are_placed_by_index_at_unit_length() -> None:
    rows = np.empty((2, 2), dtype=np.float32)
    assert fill_rows(reply((1, [3.0, 4.0]), (0, [0.0, 2.0])), rows) == 7
    np.testing.assert_allclose(rows, [[0, 1], [0.6, 0.8]], atol=1e-6)


@pytest.mark.parametrize(
    "body",
    [
        reply((0, [1.0, 0.0])),
        reply((0, [1.0, 0.0]), (0, [1.0, 0.0])),
        reply((0, [1.0, 0.0]), (1, [1.0, 0.0]), (2, [1.0, 0.0])),
        reply((0, [1.0, 0.0]), (1, [1.0, 0.0, 0.0])),
        reply((0, [1.0, 0.0]), (1, [float("nan"), 0.0])),
        reply((0, [1.0, 0.0]), (1, [0.0, 0.0])),
        reply((0, [1.0, 0.0]), (1, "not base64!")),
        reply((0, [1.0, 0.0]), (-1, [1.0, 0.0])),
        b'{"data": [{"index": 0, "embedding": [0.1, 0.2]}]}',
        b"<html>gateway</html>",
    ],
)
def test_a_reply_that_is_not_one_finite_vector_a_text_is_refused(body: bytes) -> None:
    with pytest.raises(ModelFailed) as failure:
        fill_rows(body, np.empty((2, 2), dtype=np.float32))
    assert failure.value.code == "model_bad_reply"


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], wait_s: float | None) -> None:
    assert retry_after_s(headers) == wait_s
