"""What stored passages say, read page by page: for another index to hold them, too."""

from uuid import UUID

import msgspec

from shared.adapters.qdrant_bodies import Json, is_equal
from shared.domain.documents import PassagePosition, PublishedPassage
from shared.domain.ids import DocumentId, PassageId


class _Text(msgspec.Struct):
    text: str
    chunk_index: int
    total_chunks: int
    page: int | None = None
    last_page: int | None = None
    section: str | None = None
    language: str | None = None


class _Point(msgspec.Struct):
    id: UUID
    payload: _Text


class TextsPage(msgspec.Struct):
    points: list[_Point]


def texts_body(document: DocumentId, after: PassageId | None, limit: int) -> Json:
    """What is staged is no part of the document. Qdrant's offset is the first id of a page: where one is known
    already, one more is read."""
    published = {"must": [is_equal("document_id", document)], "must_not": [is_equal("staged", True)]}
    body: Json = {"filter": published, "limit": limit, "with_payload": list(_Text.__struct_fields__)}
    return body if after is None else {**body, "limit": limit + 1, "offset": after}


def published_after(page: TextsPage, after: PassageId | None, limit: int) -> list[PublishedPassage]:
    return [_published(point) for point in page.points if point.id != after][:limit]


def _published(point: _Point) -> PublishedPassage:
    found = point.payload
    position = PassagePosition(
        PassageId(point.id), found.chunk_index, found.total_chunks, found.page, found.last_page, found.section
    )
    return PublishedPassage(position, found.text, found.language)
