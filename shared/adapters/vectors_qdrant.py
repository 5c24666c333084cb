"""The port `Vectors` on Qdrant.

Calls name the model's own collection, never the alias: an instance of the version before a change of model must
not write into the collection of the next one.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import msgspec

from shared.adapters.qdrant_bodies import (
    Json,
    all_of,
    is_equal,
    labels_payload,
    place_payload,
    point_body,
    readable,
    search_bodies,
    vectors_of,
    visibility,
)
from shared.adapters.qdrant_collection import collection_name, drop_collection, ensure_collection, point_alias
from shared.adapters.qdrant_connection import SEARCH_TIMEOUT_S, CollectionMissing, PointMissing, QdrantConnection
from shared.adapters.qdrant_labels import LabelsPage, labels_body, stored_passage
from shared.adapters.qdrant_ranking import Found, Ranking, ranked
from shared.adapters.qdrant_texts import TextsPage, published_after, texts_body
from shared.domain.audience import Audience
from shared.domain.documents import (
    DocumentLabels,
    PassageCounts,
    PassagePoint,
    PassagePosition,
    PublishedPassage,
    RetrievedPassage,
    SearchQuery,
    StoredPassage,
)
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.errors import Unavailable

# Points in one upsert: 64 × 3,072 numbers are 2.5 MB of JSON, written in about 10 ms, in which no stream moves.
UPSERT_POINTS = 64
# Positions in one batch call; documents of up to this many passages are published by a single call.
PUBLISH_POSITIONS = 500
REMOVE_DOCUMENTS = 100
SCROLL_POINTS = 1_000


class _Known(msgspec.Struct):
    id: UUID
    payload: Json | None = None


class _Page(msgspec.Struct):
    points: list[_Known]
    next_page_offset: UUID | None = None


class _Count(msgspec.Struct):
    count: int


class QdrantVectors:
    """`alias` names the collection in service; its real name adds `model` and `dimensions`, or is `collection`.
    Several collections may share a `connection`."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        *,
        alias: str,
        model: str,
        dimensions: int,
        collection: str | None = None,
        connection: QdrantConnection | None = None,
        search_timeout_s: float = SEARCH_TIMEOUT_S,
    ) -> None:
        self._connection = connection or QdrantConnection(url, api_key)
        self._alias = alias
        self._dimensions = dimensions
        self._search_timeout_s = search_timeout_s
        self.collection = collection or collection_name(alias, model, dimensions)

    async def ensure_ready(self) -> None:
        await ensure_collection(self._connection, alias=self._alias, name=self.collection, dimensions=self._dimensions)

    async def take_alias(self) -> None:
        await point_alias(self._connection, self._alias, self.collection)

    async def drop(self) -> None:
        await drop_collection(self._connection, self.collection)

    async def close(self) -> None:
        await self._connection.close()

    async def search(self, queries: Sequence[SearchQuery], *, audience: Audience) -> list[list[RetrievedPassage]]:
        allowed = readable(audience)
        asked = [search_bodies(query, allowed, Found.__struct_fields__) for query in queries]
        searches = [body for bodies in asked for body in bodies]
        if not searches:
            return [[] for _ in queries]
        found = iter(
            await self._send(
                "POST", "/points/query/batch", {"searches": searches}, list[Ranking], timeout_s=self._search_timeout_s
            )
        )
        return [ranked(query, [next(found) for _ in bodies]) for query, bodies in zip(queries, asked, strict=True)]

    async def stored(self, document: DocumentId) -> frozenset[PassageId]:
        found: set[PassageId] = set()
        body: Json = {
            "filter": all_of(is_equal("document_id", document)),
            "limit": SCROLL_POINTS,
            "with_payload": False,
        }
        while True:
            page = await self._send("POST", "/points/scroll", body, _Page)
            found.update(PassageId(point.id) for point in page.points)
            if page.next_page_offset is None:
                return frozenset(found)
            body["offset"] = page.next_page_offset

    async def passages(self, document: DocumentId, *, after: PassageId | None, limit: int) -> list[PublishedPassage]:
        page = await self._send("POST", "/points/scroll", texts_body(document, after, limit), TextsPage)
        return published_after(page, after, limit)

    async def stage(self, labels: DocumentLabels, points: Sequence[PassagePoint]) -> None:
        shared_payload = {**labels_payload(labels), "is_active": False, "staged": True}
        published = await self._published(points)
        for start in range(0, len(points), UPSERT_POINTS):
            part = points[start : start + UPSERT_POINTS]
            new = [point_body(point, shared_payload) for point in part if point.position.passage_id not in published]
            again = [point for point in part if point.position.passage_id in published]
            if new:
                await self._send("PUT", "/points?wait=true", {"points": new}, msgspec.Raw)
            if again:
                await self._embed_again(again)

    async def _published(self, points: Sequence[PassagePoint]) -> frozenset[UUID]:
        """Those that readers find now: embedding them again must not hide them until the document is published."""
        body: Json = {"ids": [point.position.passage_id for point in points], "with_payload": ["staged"]}
        known = await self._send("POST", "/points", body, list[_Known])
        return frozenset(point.id for point in known if not (point.payload or {}).get("staged"))

    async def _embed_again(self, points: Sequence[PassagePoint]) -> None:
        vectors = [{"id": point.position.passage_id, "vector": vectors_of(point)} for point in points]
        operations: list[Json] = [{"update_vectors": {"points": vectors}}]
        for language in {point.language for point in points}:
            ids = [point.position.passage_id for point in points if point.language == language]
            operations.append({"set_payload": {"payload": {"language": language}, "points": ids}})
        await self._batch(operations)

    async def publish(self, labels: DocumentLabels, positions: Sequence[PassagePosition]) -> None:
        mine = is_equal("document_id", labels.document_id)
        visible, unless = visibility(labels.version, is_active=labels.is_active)
        shown: Json = {**labels_payload(labels), **visible}
        if not positions:
            # What a broken-off version left staged is no part of the document.
            there = {"must": [mine], "must_not": [is_equal("staged", True), unless]}
            await self._batch([{"set_payload": {"payload": shown, "filter": there}}])
            return
        ids = [position.passage_id for position in positions]
        places: list[Json] = [
            {"set_payload": {"payload": place_payload(position), "points": [position.passage_id]}}
            for position in positions
        ]
        # All of the new version appears in one operation, and the old one goes in the next of the same call.
        switch: list[Json] = [
            {
                "set_payload": {
                    "payload": {**shown, "staged": None},
                    "filter": {"must": [{"has_id": ids}], "must_not": [unless]},
                }
            },
            {"delete": {"filter": {"must": [mine], "must_not": [{"has_id": ids}]}}},
        ]
        last = max(0, len(places) - PUBLISH_POSITIONS)
        for start in range(0, last, PUBLISH_POSITIONS):
            await self._batch(places[start : min(start + PUBLISH_POSITIONS, last)])
        await self._batch([*places[last:], *switch])

    async def switch(self, document: DocumentId, version: int, *, is_active: bool) -> None:
        payload, unless = visibility(version, is_active=is_active)
        # Off reaches staged passages, too: whoever staged them may be about to publish what was read before.
        staged = [is_equal("staged", True)] if is_active else []
        there = {"must": [is_equal("document_id", document)], "must_not": [*staged, unless]}
        await self._batch([{"set_payload": {"payload": payload, "filter": there}}])

    async def count(self, document: DocumentId, *, audience: Audience | None = None) -> PassageCounts:
        mine = is_equal("document_id", document)
        wanted: list[Json] = [
            all_of(mine, is_equal("is_active", True)),
            {"must": [mine], "must_not": [is_equal("is_active", True), is_equal("staged", True)]},
            all_of(mine, is_equal("staged", True)),
        ]
        if audience is not None:
            wanted.append(all_of(mine, readable(audience)))
        counts = await asyncio.gather(
            *(self._send("POST", "/points/count", {"filter": each, "exact": True}, _Count) for each in wanted)
        )
        return PassageCounts(*(each.count for each in counts))

    async def remove(self, documents: Sequence[DocumentId]) -> None:
        for start in range(0, len(documents), REMOVE_DOCUMENTS):
            part = list(documents[start : start + REMOVE_DOCUMENTS])
            gone = all_of({"key": "document_id", "match": {"any": part}})
            await self._send("POST", "/points/delete?wait=true", {"filter": gone}, msgspec.Raw)

    async def stored_labels(
        self,
        *,
        documents: Sequence[DocumentId] | None = None,
        library: LibraryId | None = None,
        outside: Sequence[LibraryId] | None = None,
    ) -> AsyncGenerator[list[StoredPassage]]:
        body = labels_body(documents, library, outside, SCROLL_POINTS)
        while True:
            page = await self._send("POST", "/points/scroll", body, LabelsPage)
            yield [stored_passage(point) for point in page.points]
            if page.next_page_offset is None:
                return
            body["offset"] = page.next_page_offset

    async def _batch(self, operations: Sequence[Json]) -> None:
        await self._send("POST", "/points/batch?wait=true", {"operations": operations}, msgspec.Raw)

    async def _send[Reply](self, method: str, path: str, body: Json, reply: type[Reply], **options: float) -> Reply:
        """Makes the collection where it is missing (first use, or a Qdrant that lost its disk) and asks again."""
        place = f"/collections/{self.collection}{path}"
        try:
            try:
                return await self._connection.send(method, place, body, reply, **options)
            except CollectionMissing:
                await self.ensure_ready()
                return await self._connection.send(method, place, body, reply, **options)
        except (CollectionMissing, PointMissing) as error:
            raise Unavailable("qdrant", "The vector index changed meanwhile. Try again shortly.") from error
