"""What only this server is asked for: persistence, kill, keys, faults, strictness, the optimised copy."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from devstack.qdrant import engine_updates, wire, wire_collections
from devstack.qdrant.catalog import Catalog
from devstack.qdrant.engine_requests import query_request
from devstack.qdrant.server import create_app
from devstack.serving import ServerThread
from tests.devstack.qdrant.process import QdrantProcess


@asynccontextmanager
async def client_of(server: QdrantProcess) -> AsyncIterator[AsyncQdrantClient]:
    client = AsyncQdrantClient(url=server.url, check_compatibility=False)
    try:
        yield client
    finally:
        await client.close()


async def fill(client: AsyncQdrantClient, name: str, count: int) -> None:
    await client.create_collection(
        name,
        vectors_config={"dense": models.VectorParams(size=4, distance=models.Distance.COSINE)},
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    await client.create_payload_index(name, "kind", models.PayloadSchemaType.KEYWORD, wait=True)
    vector = {"dense": [1.0, 0.0, 0.0, 0.0], "bm25": models.SparseVector(indices=[3], values=[1.0])}
    points = [models.PointStruct(id=n, vector=vector, payload={"kind": "a", "n": n}) for n in range(count)]
    await client.upsert(name, points, wait=True)


@pytest.mark.parametrize("end", [QdrantProcess.stop, QdrantProcess.kill], ids=["SIGTERM", "SIGKILL"])
async def test_what_was_waited_for_outlives_the_process(tmp_path: Path, end: Any):
    with QdrantProcess(tmp_path) as first:
        async with client_of(first) as client:
            await fill(client, "docs", 50)
            await client.update_collection_aliases(
                [models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name="docs", alias_name="a"))]
            )
            await fill(client, "dropped", 1)
            await client.delete_collection("dropped")
            await client.set_payload("a", {"kind": "b"}, points=[7], wait=True)
            await client.delete("a", [8], wait=True)
        end(first)

    with QdrantProcess(tmp_path) as second:
        async with client_of(second) as client:
            assert {each.name for each in (await client.get_collections()).collections} == {"docs"}
            info = await client.get_collection("a")
            assert info.points_count == 49
            assert info.payload_schema["kind"].data_type is models.PayloadSchemaType.KEYWORD
            kinds = {hit.value: hit.count for hit in (await client.facet("a", "kind", exact=True)).hits}
            assert kinds == {"a": 48, "b": 1}
            query = models.SparseVector(indices=[3], values=[1.0])
            found = await client.query_points("a", query=query, using="bm25", limit=100)
            assert {hit.id for hit in found.points} == set(range(50)) - {8}
        assert second.stop() == 0
    assert len(list((tmp_path / "shards").iterdir())) == 1


async def test_a_folder_that_the_catalog_does_not_know_is_swept_at_the_start(tmp_path: Path):
    (tmp_path / "shards" / "left-behind").mkdir(parents=True)
    with ServerThread(create_app(tmp_path)):
        assert list((tmp_path / "shards").iterdir()) == []


async def test_an_api_key_is_asked_for_everywhere_but_for_health(tmp_path: Path):
    with ServerThread(create_app(tmp_path, api_key="secret")) as server:
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await http.get("/")).json()["title"] == "qdrant - vector search engine"
            assert (await http.get("/healthz")).text == "healthz check passed"
            assert (await http.get("/readyz")).text == "all shards are ready"
            missing = await http.get("/collections")
            assert (missing.status_code, missing.text[:24]) == (401, "Must provide an API key ")
            wrong = await http.get("/collections", headers={"api-key": "secrets"})
            assert (wrong.status_code, wrong.text) == (401, "Invalid API key or JWT")
            for headers in ({"api-key": "secret"}, {"Authorization": "Bearer secret"}):
                assert (await http.get("/collections", headers=headers)).status_code == 200


@pytest.fixture
async def http(stand_in: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stand_in) as client:
        vectors = {"dense": {"size": 2, "distance": "Cosine"}}
        created = await client.put("/collections/strict", json={"vectors": vectors, "sparse_vectors": {"bm25": {}}})
        assert created.status_code == 200
        stored = await client.put("/collections/strict/points", json={"points": [POINT]})
        assert stored.status_code == 200
        yield client
        await client.delete("/collections/strict")


POINT = {"id": 1, "vector": {"dense": [1, 0]}}
REFUSALS: dict[str, tuple[str, str, Any, int, str]] = {
    "no JSON": ("PUT", "/points", b"{", 400, "Format error in JSON body"),
    "an unknown field": ("POST", "/points/query", {"limit": 1, "groups": 2}, 400, "groups"),
    "a wrong type": ("POST", "/points/query", {"limit": "many"}, 400, "Format error in JSON body"),
    "an id that is none": ("PUT", "/points", {"points": [POINT | {"id": "abc"}]}, 400, "not a valid point ID"),
    "a negative id": ("PUT", "/points", {"points": [POINT | {"id": -1}]}, 400, "not a valid point ID"),
    "a vector of no name": ("PUT", "/points", {"points": [POINT | {"vector": {"x": [1, 0]}}]}, 400, "Not existing"),
    "repeated sparse indices": (
        "PUT",
        "/points",
        {"points": [POINT | {"vector": {"bm25": {"indices": [1, 1], "values": [1, 1]}}}]},
        422,
        "must be unique",
    ),
    "sparse lengths that differ": (
        "PUT",
        "/points",
        {"points": [POINT | {"vector": {"bm25": {"indices": [1, 2], "values": [1]}}}]},
        422,
        "same length",
    ),
    "no limit": ("POST", "/points/query", {"limit": 0}, 422, "limit"),
    "a condition on nothing": ("POST", "/points/count", {"filter": {"must": [{"key": "a"}]}}, 400, "Format error"),
    "a fusion of nothing": ("POST", "/points/query", {"query": {"fusion": "rrf"}}, 400, "without prefetches"),
    "a facet without an index": ("POST", "/facet", {"key": "kind"}, 400, "No appropriate index"),
    "an order without an index": ("POST", "/points/scroll", {"order_by": "n"}, 400, "No range index"),
    "neither ids nor filter": ("POST", "/points/delete", {}, 400, "must be provided"),
    "payload for an absent point": ("POST", "/points/payload", {"payload": {"a": 1}, "points": [9]}, 404, "No point"),
    "what is not served": ("POST", "/points/search", {"vector": [1, 0], "limit": 1}, 501, "Not implemented"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_a_request_is_refused_as_qdrant_would(http: httpx.AsyncClient, what: str):
    method, path, body, status, text = REFUSALS[what]
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await http.request(method, f"/collections/strict{path}", **content)
    assert answer.status_code == status
    assert text in answer.json()["status"]["error"]


async def test_faults_reach_the_client(stand_in: str, http: httpx.AsyncClient):
    rule = {"match": {"path": "/points/count"}, "then": {"status": 503}, "times": 1}
    reset = {"match": {"path": "/points/count"}, "then": {"reset": True}, "times": 1}
    assert (await http.post("/_control/faults", json=[rule, reset])).status_code == 200
    client = AsyncQdrantClient(url=stand_in, check_compatibility=False)
    try:
        with pytest.raises(UnexpectedResponse) as refused:
            await client.count("strict")
        assert refused.value.status_code == 503
        with pytest.raises(ResponseHandlingException):
            await client.count("strict")
        assert (await client.count("strict")).count == 1
    finally:
        await http.delete("/_control/faults")
        await client.close()


async def test_searches_and_updates_at_once_all_succeed(stand_in: str):
    client = AsyncQdrantClient(url=stand_in, check_compatibility=False)
    await fill(client, "busy", 200)
    dice = random.Random(5)

    async def write(number: int) -> None:
        vector = {"dense": [dice.random() for _ in range(4)], "bm25": models.SparseVector(indices=[3], values=[1.0])}
        await client.upsert("busy", [models.PointStruct(id=1000 + number, vector=vector, payload={})], wait=True)
        await client.delete("busy", [number], wait=True)

    async def search() -> int:
        found = await client.query_points(
            "busy",
            prefetch=[
                models.Prefetch(query=[1.0, 0, 0, 0], using="dense", limit=200),
                models.Prefetch(query=models.SparseVector(indices=[3], values=[1.0]), using="bm25", limit=200),
            ],
            query=models.FusionQuery(fusion=models.Fusion.RRF),
            limit=10,
        )
        return len(found.points)

    try:
        tasks = [*(write(number) for number in range(60)), *(search() for _ in range(60))]
        dice.shuffle(tasks)
        results = await asyncio.gather(*tasks)
        assert {found for found in results if found is not None} == {10}
        assert (await client.count("busy")).count == 200
    finally:
        await client.delete_collection("busy")
        await client.close()


def request(vector: list[float]) -> Any:
    return query_request(wire.QueryRequest(query=vector, using="dense", limit=10))


@pytest.fixture
async def big(tmp_path: Path) -> AsyncIterator[tuple[Catalog, list[list[float]]]]:
    """A catalog with 1,500 points in the collection `docs`, enough for an HNSW index, and their vectors."""
    catalog = Catalog(tmp_path)
    await catalog.start()
    dice = random.Random(11)
    vectors = [[dice.gauss(0, 1) for _ in range(32)] for _ in range(1500)]
    body = wire_collections.CreateCollection(
        vectors={"dense": {"size": 32, "distance": "Cosine"}}, optimizers_config={"indexing_threshold": 10}
    )
    await catalog.create("docs", body)
    docs = catalog.get("docs")
    points = [wire.Point(id=number, vector={"dense": vector}) for number, vector in enumerate(vectors)]
    await docs.write([engine_updates.upsert(docs.config, wire.Upsert(points=points))])
    yield catalog, vectors
    await catalog.stop()


async def ids(docs: Any, vector: list[float]) -> list[int]:
    return [hit.id for hit in await docs.read(lambda shard: shard.query(request(vector)))]


async def test_an_optimised_copy_takes_over_and_is_what_the_next_start_opens(
    big: tuple[Catalog, list[list[float]]], tmp_path: Path
):
    catalog, vectors = big
    docs = catalog.get("docs")
    before = docs.folder
    assert await catalog.optimize(docs, 1500)
    assert docs.folder != before
    assert [folder.name for folder in (tmp_path / "shards").iterdir()] == [docs.folder.name]
    assert all([(await ids(docs, vectors[n]))[0] == n for n in range(20)])
    await docs.write([engine_updates.delete(wire.Selection(points=[3]))])
    await catalog.stop()

    again = Catalog(tmp_path)
    await again.start()
    try:
        assert 3 not in await ids(again.get("docs"), vectors[3])
        assert (await again.get("docs").read(lambda shard: shard.info())).points_count == 1499
    finally:
        await again.stop()
    await catalog.start()  # for the fixture's own end


async def test_a_copy_that_missed_a_write_is_thrown_away_and_nothing_is_lost(
    big: tuple[Catalog, list[list[float]]], tmp_path: Path
):
    catalog, vectors = big
    docs = catalog.get("docs")
    before = docs.folder
    running = asyncio.create_task(catalog.optimize(docs, 1500))
    while len(list((tmp_path / "shards").iterdir())) < 2:
        await asyncio.sleep(0.001)
    # Waits for the end of the copying, and so comes after what was copied.
    await docs.write([engine_updates.delete(wire.Selection(points=[0]))])
    assert await running is False
    assert docs.folder == before
    assert list((tmp_path / "shards").iterdir()) == [before]
    assert 0 not in await ids(docs, vectors[0])


async def test_growth_is_optimised_in_a_quiet_moment(big: tuple[Catalog, list[list[float]]], tmp_path: Path):
    catalog, vectors = big
    await catalog.stop()
    watchful = Catalog(tmp_path, optimize_growth=1000)
    await watchful.start()
    try:
        docs = watchful.get("docs")
        before = docs.folder
        async with asyncio.timeout(60):
            while docs.folder == before:
                assert (await ids(docs, vectors[5]))[0] == 5  # and answers meanwhile
                await asyncio.sleep(0.02)
        assert (await ids(docs, vectors[5]))[0] == 5
    finally:
        await watchful.stop()
    await catalog.start()  # for the fixture's own end
