"""Making the collection: by whoever comes first, again by anybody, one for each model."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.adapters.qdrant_collection import PAYLOAD_INDEXES, collection_name
from shared.adapters.vectors_qdrant import QdrantVectors
from tests.devstack.qdrant.process import QdrantProcess
from tests.shared.adapters.vectors_qdrant.library import ANYBODY, DIMENSIONS, Document, indexed, question, texts


def instance(server: QdrantProcess, alias: str, model: str = "Test Model") -> QdrantVectors:
    return QdrantVectors(server.url, None, alias=alias, model=model, dimensions=DIMENSIONS)


def described(server: QdrantProcess, name: str) -> dict[str, Any]:
    answer = httpx.get(f"{server.url}/collections/{name}")
    assert answer.status_code == 200
    return answer.json()["result"]


def drop_index(server: QdrantProcess, name: str, field: str) -> None:
    assert httpx.delete(f"{server.url}/collections/{name}/index/{field}?wait=true").status_code == 200
    assert field not in described(server, name)["payload_schema"]


def is_there(server: QdrantProcess, name: str) -> bool:
    return httpx.get(f"{server.url}/collections/{name}").status_code == 200


def aliases(server: QdrantProcess) -> dict[str, str]:
    answer = httpx.get(f"{server.url}/aliases").json()["result"]["aliases"]
    return {each["alias_name"]: each["collection_name"] for each in answer}


def test_a_name_is_safe_in_a_path_and_tells_model_and_size():
    assert collection_name("docs", "text-embedding-3-large", 3072) == "docs_text-embedding-3-large_3072"
    assert collection_name("docs", "Intfloat/Multilingual E5", 384) == "docs_intfloat-multilingual-e5_384"


async def test_the_collection_has_its_vectors_indexes_and_alias(
    server: QdrantProcess, vectors: QdrantVectors, alias: str
):
    info = described(server, alias)
    assert info == described(server, vectors.collection)
    params = info["config"]["params"]
    assert params["vectors"]["dense"] == {"size": DIMENSIONS, "distance": "Cosine", "on_disk": True}
    assert params["sparse_vectors"]["bm25"] == {"modifier": "idf"}
    assert info["config"]["quantization_config"]["scalar"]["type"] == "int8"
    assert {field: index["data_type"] for field, index in info["payload_schema"].items()} == PAYLOAD_INDEXES


async def test_many_instances_may_make_it_at_once(server: QdrantProcess, alias: str):
    instances = [instance(server, alias) for _ in range(5)]
    try:
        await asyncio.gather(*(each.ensure_ready() for each in instances))
        assert set(described(server, alias)["payload_schema"]) == set(PAYLOAD_INDEXES)
        await asyncio.gather(*(each.ensure_ready() for each in instances))
        assert aliases(server)[alias] == instances[0].collection
    finally:
        for each in instances:
            await each.close()


async def test_an_index_that_a_broken_start_left_out_is_made_by_the_next(server: QdrantProcess, vectors: QdrantVectors):
    drop_index(server, vectors.collection, "country_id")
    await vectors.ensure_ready()
    assert set(described(server, vectors.collection)["payload_schema"]) == set(PAYLOAD_INDEXES)


async def test_another_models_collection_takes_the_alias_when_it_is_told_to_and_mixes_nothing(
    server: QdrantProcess, vectors: QdrantVectors, alias: str
):
    await indexed(vectors, Document.named("old"), "old text")
    after = instance(server, alias, model="Next Model")
    try:
        await after.ensure_ready()
        assert aliases(server)[alias] == vectors.collection != after.collection, "the old one serves"
        await after.take_alias()
        await vectors.ensure_ready()
        assert aliases(server)[alias] == after.collection
        await indexed(after, Document.named("new"), "new text")
        await indexed(vectors, Document.named("late"), "late text")
        assert await texts(after) == {"new text"}
        assert await texts(vectors) == {"old text", "late text"}
    finally:
        await after.close()


async def test_a_collection_that_is_dropped_is_gone_and_may_be_dropped_again(server: QdrantProcess, alias: str):
    going = instance(server, alias)
    try:
        await going.ensure_ready()
        for _ in range(2):
            await going.drop()
            assert not is_there(server, going.collection)
    finally:
        await going.close()


async def test_the_first_search_of_a_fresh_qdrant_finds_nothing_instead_of_failing(server: QdrantProcess, alias: str):
    fresh = instance(server, alias)
    try:
        assert await fresh.search([question()], audience=ANYBODY) == [[]]
        assert aliases(server)[alias] == fresh.collection
    finally:
        await fresh.close()


@pytest.mark.parametrize("end", [QdrantProcess.stop, QdrantProcess.kill], ids=["SIGTERM", "SIGKILL"])
async def test_published_passages_outlive_the_server(tmp_path: Path, alias: str, end: Callable[[QdrantProcess], int]):
    for visit in range(2):
        with QdrantProcess(tmp_path) as server:
            vectors = instance(server, alias)
            await vectors.ensure_ready()
            if visit == 0:
                await indexed(vectors, Document.named("policy"), "one", "two")
            assert await texts(vectors) == {"one", "two"}
            await vectors.close()
            end(server)
