"""What Qdrant found, by each retriever, as one ranking."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from shared.domain.documents import RetrievedPassage, SearchMode, SearchQuery
from shared.domain.fusion import fused
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.errors import NexusError


class Found(msgspec.Struct):
    """The payload of a passage, as far as a search needs it."""

    document_id: UUID
    library_id: UUID
    file_name: str
    file_url: str
    file_type: str
    text: str
    chunk_index: int
    total_chunks: int
    page: int | None = None
    last_page: int | None = None
    section: str | None = None
    language: str | None = None


class _Scored(msgspec.Struct):
    id: UUID
    score: float
    payload: Found | None = None


class Ranking(msgspec.Struct):
    points: list[_Scored]


def ranked(query: SearchQuery, found: Sequence[Ranking]) -> list[RetrievedPassage]:
    """Best first, out of the answers to `search_bodies(query, …)`."""
    if not found:
        return []
    points = found[0].points
    scores = [point.score for point in points]
    if query.mode is SearchMode.SPARSE:
        return [_passage(point, score, 0.0, score) for point, score in zip(points, scores, strict=True)]
    known = {point.id: point.score for point in found[1].points} if len(found) > 1 else {}
    terms = [known.get(point.id, 0.0) for point in points]
    combined = fused(scores, terms) if query.mode is SearchMode.HYBRID else scores
    passages = [_passage(*each) for each in zip(points, combined, scores, terms, strict=True)]
    return sorted(passages, key=lambda passage: -passage.score)


def _passage(point: _Scored, score: float, similarity: float, term_score: float) -> RetrievedPassage:
    found = point.payload
    if found is None:
        raise NexusError("The vector index gave a passage without its text.", code="vector_index_refused")
    return RetrievedPassage(
        passage_id=PassageId(point.id),
        document_id=DocumentId(found.document_id),
        library_id=LibraryId(found.library_id),
        file_name=found.file_name,
        file_url=found.file_url,
        file_type=found.file_type,
        text=found.text,
        page=found.page,
        last_page=found.last_page,
        section=found.section,
        chunk_index=found.chunk_index,
        total_chunks=found.total_chunks,
        language=found.language,
        score=score,
        similarity=similarity,
        term_score=term_score,
    )
