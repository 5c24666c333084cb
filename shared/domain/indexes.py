"""Passage indexes: one collection for the vectors of one embedding model, and what becomes of it over time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.domain.chat import ProviderConfig
from shared.domain.ids import IndexId

# Failures that a text may be the cause of, as opposed to a key, an address or an outage.
TEXT_REFUSED = frozenset({"model_refused_request", "model_bad_reply", "model_context_too_long", "content_filtered"})


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """`query_prefix` and `passage_prefix` serve models that were trained with them (e5, bge, nomic)."""

    provider: ProviderConfig
    dimensions: int
    query_prefix: str
    passage_prefix: str

    def has_vectors_of(self, other: "EmbeddingModel") -> bool:
        """Whether stored vectors of one can be searched with the other. Another address or key of the same model
        changes no vector, nor does what is put before questions."""
        return (self.provider.model, self.dimensions, self.passage_prefix) == (
            other.provider.model,
            other.dimensions,
            other.passage_prefix,
        )


class IndexStatus(StrEnum):
    """`building` → `serving` → `retired` → `dropping` → gone; one that is given up goes from building to dropping.
    At most one is building, and one serves."""

    BUILDING = "building"
    SERVING = "serving"
    RETIRED = "retired"
    DROPPING = "dropping"


@dataclass(frozen=True, slots=True)
class EmbeddingIndex:
    """`age_s` and `in_status_s` are seconds by the database's clock, when the row was read."""

    id: IndexId
    collection: str
    model: EmbeddingModel
    status: IndexStatus
    created_at: datetime
    status_since: datetime
    age_s: float
    in_status_s: float
    error_message: str | None
