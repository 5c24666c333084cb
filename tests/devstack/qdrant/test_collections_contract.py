"""Collections, aliases and payload indexes, the same in every Qdrant."""

import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

from tests.devstack.qdrant.conftest import SIZE, Place


def points_to(alias: str, collection: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=collection, alias_name=alias))


def no_more(alias: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))


def one(number: int, **payload: object) -> list[models.PointStruct]:
    return [models.PointStruct(id=number, vector={"dense": [1.0, 0, 0, 0]}, payload=payload)]


async def test_a_collection_exists_from_its_creation_to_its_end(place: Place):
    client, name = place.client, place.name()
    assert not await client.collection_exists(name)
    await place.collection()
    assert await client.collection_exists(name)
    assert name in {each.name for each in (await client.get_collections()).collections}
    assert await client.delete_collection(name) is True
    assert not await client.collection_exists(name)


async def test_a_collection_describes_itself(place: Place):
    docs = await place.collection()
    await place.client.upsert(docs, one(1, kind="a"), wait=True)
    info = await place.client.get_collection(docs)
    assert info.points_count == 1
    dense, sparse = info.config.params.vectors, info.config.params.sparse_vectors
    assert isinstance(dense, dict)
    assert (dense["dense"].size, dense["dense"].distance) == (SIZE, models.Distance.COSINE)
    assert sparse is not None
    assert sparse["bm25"].modifier is models.Modifier.IDF


async def test_what_a_collection_was_made_with_is_shown(place: Place):
    if not place.serves_http:
        pytest.skip("local mode keeps no such settings")
    name = place.name()
    await place.client.create_collection(
        name,
        vectors_config={"dense": models.VectorParams(size=8, distance=models.Distance.COSINE, on_disk=True)},
        on_disk_payload=True,
        hnsw_config=models.HnswConfigDiff(m=24, payload_m=24, ef_construct=200),
        quantization_config=models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=0.99, always_ram=True)
        ),
        optimizers_config=models.OptimizersConfigDiff(indexing_threshold=5000),
    )
    keyword = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True)
    await place.client.create_payload_index(name, "department", keyword, wait=True)
    await place.client.create_payload_index(name, "rank", models.PayloadSchemaType.INTEGER, wait=True)
    info = await place.client.get_collection(name)
    assert (info.config.hnsw_config.m, info.config.hnsw_config.payload_m) == (24, 24)
    assert info.config.optimizer_config.indexing_threshold == 5000
    assert isinstance(info.config.quantization_config, models.ScalarQuantization)
    assert info.config.quantization_config.scalar.quantile == pytest.approx(0.99)
    assert {field: index.data_type for field, index in info.payload_schema.items()} == {
        "department": models.PayloadSchemaType.KEYWORD,
        "rank": models.PayloadSchemaType.INTEGER,
    }
    params = info.payload_schema["department"].params
    assert isinstance(params, models.KeywordIndexParams)
    assert params.is_tenant is True
    await place.client.delete_payload_index(name, "rank", wait=True)
    assert set((await place.client.get_collection(name)).payload_schema) == {"department"}


async def test_every_point_call_accepts_an_alias(place: Place):
    docs, alias, client = await place.collection(), place.name("alias"), place.client
    await client.update_collection_aliases([points_to(alias, docs)])
    await client.upsert(alias, one(1, kind="a"), wait=True)
    await client.set_payload(alias, {"kind": "b"}, points=[1], wait=True)
    assert (await client.count(alias)).count == 1
    assert [hit.payload for hit in (await client.query_points(alias, query=[1.0, 0, 0, 0], using="dense")).points] == [
        {"kind": "b"}
    ]
    assert await client.collection_exists(alias)
    await client.delete(alias, [1], wait=True)
    assert (await client.count(docs)).count == 0


async def test_an_alias_is_switched_in_one_call(place: Place):
    old, new, alias, client = (
        await place.collection("old"),
        await place.collection("new"),
        place.name("a"),
        place.client,
    )
    await client.upsert(old, one(1), wait=True)
    await client.upsert(new, one(2), wait=True)
    await client.update_collection_aliases([points_to(alias, old)])
    await client.update_collection_aliases([no_more(alias), points_to(alias, new)])
    assert [record.id for record in (await client.scroll(alias))[0]] == [2]
    assert (await client.get_collection_aliases(old)).aliases == []
    assert [each.alias_name for each in (await client.get_collection_aliases(new)).aliases] == [alias]
    assert (alias, new) in {(each.alias_name, each.collection_name) for each in (await client.get_aliases()).aliases}


async def test_an_alias_is_renamed_and_goes_with_its_collection(place: Place):
    docs, first, second, client = await place.collection(), place.name("a"), place.name("b"), place.client
    await client.update_collection_aliases([points_to(first, docs)])
    rename = models.RenameAlias(old_alias_name=first, new_alias_name=second)
    await client.update_collection_aliases([models.RenameAliasOperation(rename_alias=rename)])
    assert await client.collection_exists(second)
    assert not await client.collection_exists(first)
    await client.delete_collection(docs)
    assert not await client.collection_exists(second)


async def test_a_refused_switch_of_aliases_changes_nothing(place: Place):
    if not place.serves_http:
        pytest.skip("local mode applies what comes before the refused action")
    docs, alias, client = await place.collection(), place.name("a"), place.client
    await client.update_collection_aliases([points_to(alias, docs)])
    with pytest.raises(UnexpectedResponse) as refused:
        await client.update_collection_aliases([points_to(alias, place.name("absent"))])
    assert refused.value.status_code == 404
    assert [each.alias_name for each in (await client.get_collection_aliases(docs)).aliases] == [alias]


async def test_a_missing_collection_is_a_404_and_a_second_one_a_409(place: Place):
    if not place.serves_http:
        pytest.skip("local mode raises ValueError for both")
    absent, docs = place.name("absent"), await place.collection()
    for call in (
        place.client.count(absent),
        place.client.get_collection(absent),
        place.client.query_points(absent, query=[1.0, 0, 0, 0], using="dense"),
        place.client.upsert(absent, one(1)),
    ):
        with pytest.raises(UnexpectedResponse) as refused:
            await call
        assert refused.value.status_code == 404
        assert f"Not found: Collection `{absent}` doesn't exist!".encode() in refused.value.content
    with pytest.raises(UnexpectedResponse) as taken:
        await place.client.create_collection(docs, vectors_config={})
    assert taken.value.status_code == 409
    assert f"Collection `{docs}` already exists!".encode() in taken.value.content
    assert await place.client.delete_collection(absent) is False
