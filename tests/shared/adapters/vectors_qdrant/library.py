"""Small documents for the passage index: four dimensions, four terms, ids that follow from names."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

import numpy as np

from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.audience import Audience, Scope
from shared.domain.documents import (
    DocumentLabels,
    PassagePoint,
    PassagePosition,
    RetrievedPassage,
    SearchMode,
    SearchQuery,
    SparseVector,
)
from shared.domain.ids import CountryId, DepartmentId, DocumentId, LibraryId, PassageId

DIMENSIONS = 4
_SPACE = UUID("00000000-0000-0000-0000-00000000abcd")
HR = DepartmentId(uuid5(_SPACE, "hr"))
SALES = DepartmentId(uuid5(_SPACE, "sales"))
DE = CountryId(uuid5(_SPACE, "de"))
US = CountryId(uuid5(_SPACE, "us"))
EVERYONE = Scope(None, None)
ANYBODY = Audience(None, None)


@dataclass(frozen=True)
class Document:
    """`labels`, and passages known by their texts."""

    labels: DocumentLabels

    @classmethod
    def named(cls, name: str, scope: Scope = EVERYONE, *, is_active: bool = True) -> "Document":
        return cls(
            DocumentLabels(
                document_id=DocumentId(uuid5(_SPACE, name)),
                library_id=LibraryId(uuid5(_SPACE, "library")),
                drive_id="drive",
                item_id=f"item-{name}",
                file_name=f"{name}.pdf",
                file_url=f"https://contoso.example/{name}.pdf",
                file_type="pdf",
                last_modified=None,
                scope=scope,
                is_active=is_active,
            )
        )

    def relabelled(self, **changes: object) -> "Document":
        return Document(replace(self.labels, **changes))

    def passage_id(self, text: str) -> PassageId:
        return PassageId(uuid5(self.labels.document_id, text))

    def position(self, texts: tuple[str, ...], index: int) -> PassagePosition:
        return PassagePosition(self.passage_id(texts[index]), index, len(texts), index + 1, index + 1, "Section")

    def positions(self, *texts: str) -> list[PassagePosition]:
        return [self.position(texts, index) for index in range(len(texts))]

    def points(self, *texts: str, dense: tuple[float, ...] = (1, 0, 0, 0)) -> list[PassagePoint]:
        vector = np.array(dense, dtype=np.float32)
        return [
            PassagePoint(
                self.position(texts, index),
                text,
                "en",
                vector / np.linalg.norm(vector),
                SparseVector((7, 1000 + index), (1.0, 0.5)),
            )
            for index, text in enumerate(texts)
        ]


def question(mode: SearchMode = SearchMode.HYBRID, *, candidates: int = 100) -> SearchQuery:
    """Finds every passage of `Document.points`, by either retriever."""
    dense = np.array((1, 0, 0, 0), dtype=np.float32)
    return SearchQuery(dense, SparseVector((7,), (1.0,)), candidates, mode)


async def indexed(vectors: QdrantVectors, document: Document, *texts: str) -> None:
    await vectors.stage(document.labels, document.points(*texts))
    await vectors.publish(document.labels, document.positions(*texts))


async def found(
    vectors: QdrantVectors, audience: Audience = ANYBODY, mode: SearchMode = SearchMode.HYBRID
) -> list[RetrievedPassage]:
    (passages,) = await vectors.search([question(mode)], audience=audience)
    return passages


async def texts(vectors: QdrantVectors, audience: Audience = ANYBODY) -> set[str]:
    return {passage.text for passage in await found(vectors, audience)}
