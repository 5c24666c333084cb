"""The REST calls: each takes a `Call` and returns the `result` of the envelope, or raises Refused."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import qdrant_edge as engine

from devstack.qdrant import engine_updates, wire, wire_collections
from devstack.qdrant.catalog import Catalog
from devstack.qdrant.collection import Collection
from devstack.qdrant.engine_requests import filter_of, limit, order_by, payload_selector, point_id, query_request
from devstack.qdrant.refusals import malformed, not_found
from devstack.qdrant.replies import description, record, scored, updated


@dataclass(frozen=True, slots=True)
class Call:
    catalog: Catalog
    path: dict[str, Any]
    query: dict[str, str]
    raw_body: bytes

    @property
    def collection(self) -> Collection:
        """Raises Refused 404. Looked up before the body is read, as Qdrant's errors show."""
        return self.catalog.get(self.path["collection"])

    @property
    def waits(self) -> bool:
        return self.query.get("wait", "false") == "true"

    def body[Given](self, kind: type[Given]) -> Given:
        try:
            return msgspec.json.decode(self.raw_body, type=kind)
        except msgspec.DecodeError as error:
            raise malformed(str(error)) from error


type Handler = Callable[[Call], Awaitable[Any]]


async def list_collections(call: Call) -> Any:
    return {"collections": [{"name": name} for name in call.catalog.names()]}


async def create_collection(call: Call) -> Any:
    await call.catalog.create(call.path["collection"], call.body(wire_collections.CreateCollection))
    return True


async def describe_collection(call: Call) -> Any:
    collection = call.collection
    info = await collection.read(lambda shard: shard.info())
    return description(collection, info, call.catalog.schema(collection))


async def collection_exists(call: Call) -> Any:
    name = call.catalog.real_name(call.path["collection"])
    return {"exists": name in call.catalog.names()}


async def delete_collection(call: Call) -> Any:
    return await call.catalog.drop(call.path["collection"])


async def change_aliases(call: Call) -> Any:
    await call.catalog.change_aliases(call.body(wire_collections.ChangeAliases))
    return True


async def list_aliases(call: Call) -> Any:
    return {"aliases": call.catalog.aliases()}


async def list_collection_aliases(call: Call) -> Any:
    return {"aliases": call.catalog.aliases(call.collection.name)}


async def create_index(call: Call) -> Any:
    operation = await call.catalog.add_index(call.collection, call.body(wire_collections.CreateIndex))
    return updated(operation, waited=call.waits)


async def delete_index(call: Call) -> Any:
    operation = await call.catalog.drop_index(call.collection, call.path["field"])
    return updated(operation, waited=call.waits)


async def upsert(call: Call) -> Any:
    collection = call.collection
    operation = engine_updates.upsert(collection.config, call.body(wire.Upsert))
    return updated(await collection.write([operation]), waited=call.waits)


async def update_vectors(call: Call) -> Any:
    collection = call.collection
    operation = engine_updates.update_vectors(collection.config, call.body(wire.UpdateVectors))
    return updated(await collection.write([operation]), waited=call.waits)


def _update[Given](kind: type[Given], translate: Callable[[Given], Any]) -> Handler:
    async def handler(call: Call) -> Any:
        collection = call.collection
        return updated(await collection.write([translate(call.body(kind))]), waited=call.waits)

    return handler


delete_points = _update(wire.Selection, engine_updates.delete)
set_payload = _update(wire.SetPayload, engine_updates.set_payload)
overwrite_payload = _update(wire.SetPayload, engine_updates.overwrite_payload)
delete_payload = _update(wire.DeletePayload, engine_updates.delete_payload)
clear_payload = _update(wire.Selection, engine_updates.clear_payload)


async def batch(call: Call) -> Any:
    collection = call.collection
    operations = engine_updates.batch(collection.config, call.body(wire.OperationBatch))
    last = await collection.write(operations)
    return [updated(last - left, waited=call.waits) for left in reversed(range(len(operations)))]


async def retrieve(call: Call) -> Any:
    body = call.body(wire.Retrieve)
    ids = [point_id(value) for value in body.ids]
    selector = payload_selector(body.with_payload, default=True)
    points = await call.collection.read(lambda shard: shard.retrieve(ids, selector, body.with_vector or False))
    return [record(point) for point in points]


async def get_point(call: Call) -> Any:
    given = call.path["id"]
    identifier = point_id(int(given) if given.isdigit() else given)
    points = await call.collection.read(lambda shard: shard.retrieve([identifier], True, True))
    if not points:
        raise not_found(f"Point with id {identifier} does not exists!")
    return record(points[0])


async def scroll(call: Call) -> Any:
    body = call.body(wire.Scroll)
    request = engine.ScrollRequest(
        offset=None if body.offset is None else point_id(body.offset),
        limit=limit(body.limit),
        filter=filter_of(body.filter),
        with_payload=payload_selector(body.with_payload, default=True),
        with_vector=body.with_vector or False,
        order_by=order_by(body.order_by),
    )
    points, following = await call.collection.read(lambda shard: shard.scroll(request))
    return {"points": [record(point) for point in points], "next_page_offset": following}


async def count(call: Call) -> Any:
    body = call.body(wire.Count)
    request = engine.CountRequest(exact=body.exact is not False, filter=filter_of(body.filter))
    return {"count": await call.collection.read(lambda shard: shard.count(request))}


async def query(call: Call) -> Any:
    collection, request = call.collection, query_request(call.body(wire.QueryRequest))
    points = await collection.read(lambda shard: shard.query(request))
    return {"points": [scored(point) for point in points]}


async def query_batch(call: Call) -> Any:
    collection = call.collection
    queries = [query_request(body) for body in call.body(wire.QueryBatch).searches]
    request = engine.QueryBatchRequest(queries=queries)
    found = await collection.read(lambda shard: shard.query_batch(request))
    return [{"points": [scored(point) for point in points]} for points in found]


async def facet(call: Call) -> Any:
    body = call.body(wire.Facet)
    request = engine.FacetRequest(
        key=body.key, limit=limit(body.limit), exact=bool(body.exact), filter=filter_of(body.filter)
    )
    found = await call.collection.read(lambda shard: shard.facet(request))
    return {"hits": [{"value": hit.value, "count": hit.count} for hit in found.hits]}


_POINTS = "/collections/{collection}/points"

ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/collections", list_collections),
    ("POST", "/collections/aliases", change_aliases),
    ("PUT", "/collections/{collection}", create_collection),
    ("GET", "/collections/{collection}", describe_collection),
    ("DELETE", "/collections/{collection}", delete_collection),
    ("GET", "/collections/{collection}/exists", collection_exists),
    ("GET", "/aliases", list_aliases),
    ("GET", "/collections/{collection}/aliases", list_collection_aliases),
    ("PUT", "/collections/{collection}/index", create_index),
    ("DELETE", "/collections/{collection}/index/{field:path}", delete_index),
    ("PUT", _POINTS, upsert),
    ("POST", _POINTS, retrieve),
    ("POST", _POINTS + "/batch", batch),
    ("POST", _POINTS + "/count", count),
    ("POST", _POINTS + "/delete", delete_points),
    ("POST", _POINTS + "/payload", set_payload),
    ("PUT", _POINTS + "/payload", overwrite_payload),
    ("POST", _POINTS + "/payload/clear", clear_payload),
    ("POST", _POINTS + "/payload/delete", delete_payload),
    ("PUT", _POINTS + "/vectors", update_vectors),
    ("POST", _POINTS + "/query", query),
    ("POST", _POINTS + "/query/batch", query_batch),
    ("POST", _POINTS + "/scroll", scroll),
    ("GET", _POINTS + "/{id}", get_point),
    ("POST", "/collections/{collection}/facet", facet),
)
