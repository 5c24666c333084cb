"""Wire models of the passage index and its change of models."""

from datetime import datetime
from typing import Self

import msgspec

from shared.domain.indexes import EmbeddingIndex, EmbeddingModel, IndexStatus
from shared.services.reindexing import IndexState


class ModelView(msgspec.Struct):
    provider: str
    model: str
    dimensions: int

    @classmethod
    def of(cls, model: EmbeddingModel) -> Self:
        return cls(model.provider.provider.value, model.provider.model, model.dimensions)


class IndexView(msgspec.Struct):
    """`since` is when it came to its status: building, serving, retired or dropping."""

    collection: str
    status: str
    model: ModelView
    since: datetime
    error_message: str | None

    @classmethod
    def of(cls, index: EmbeddingIndex) -> Self:
        return cls(
            index.collection, index.status.value, ModelView.of(index.model), index.status_since, index.error_message
        )


class IndexProgress(msgspec.Struct):
    """Documents: with passages, copied as they are now, and refused by the next model."""

    documents: int
    copied: int
    refused: int


class IndexStateView(msgspec.Struct):
    """`configured` is the model of the settings; `next` is built for it, until it serves."""

    serving: IndexView
    configured: ModelView
    is_up_to_date: bool
    next: IndexView | None
    progress: IndexProgress | None
    leaving: list[IndexView]

    @classmethod
    def of(cls, state: IndexState) -> Self:
        serving, building = state.of(IndexStatus.SERVING), state.of(IndexStatus.BUILDING)
        assert serving is not None, "one always serves"
        progress = IndexProgress(state.progress.documents, state.progress.copied, state.progress.refused)
        return cls(
            IndexView.of(serving),
            ModelView.of(state.wanted),
            serving.model.has_vectors_of(state.wanted),
            IndexView.of(building) if building else None,
            progress if building else None,
            [
                IndexView.of(index)
                for index in state.indexes
                if index.status in (IndexStatus.RETIRED, IndexStatus.DROPPING)
            ],
        )
