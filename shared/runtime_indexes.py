"""What answers are searched in: the indexes of passages, their making and rebuilding, and those of notebooks."""

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from shared.runtime_ports import RuntimePorts

if TYPE_CHECKING:
    from shared import ports
    from shared.domain.indexes import EmbeddingIndex, EmbeddingModel
    from shared.services.index_copying import IndexCopying
    from shared.services.indexes import Indexes, OpenIndex
    from shared.services.ingestion import Ingestion
    from shared.services.reindexing import Reindexing
    from shared.services.retrieval import Retrieval


class RuntimeIndexes(RuntimePorts):
    """Over the ports; `shared/runtime.py` has the services over both."""

    @cached_property
    def retrieval(self) -> "Retrieval":
        from shared.services.retrieval import Retrieval

        return Retrieval(self.indexes.serving)

    @cached_property
    def indexes(self) -> "Indexes":
        from shared.services.indexes import Indexes

        return Indexes(self.db, self.settings.embedding, self._collection_of, self.open_index)

    async def ingestion(self) -> "Ingestion":
        """Into the index that serves now; made for each file, because a change of the embedding model moves it."""
        from shared.services.index_vectors import IndexVectors
        from shared.services.ingestion import Ingestion

        index = await self.indexes.serving()
        return Ingestion(
            self.db,
            self.graph,
            self.extractor,
            index.embeddings,
            IndexVectors(self.indexes, index),
            self.tokenizer,
            self.throttle,
            self.settings.graph.max_file_bytes,
            index.row.id,
        )

    @cached_property
    def index_copying(self) -> "IndexCopying":
        from shared.services.index_copying import IndexCopying

        return IndexCopying(self.db, self.indexes, self.tokenizer, self.throttle)

    @cached_property
    def reindexing(self) -> "Reindexing":
        from shared.services.reindexing import Reindexing

        return Reindexing(self.db, self.indexes, self.throttle, self.embeddings_of)

    async def notebook_index(self) -> "OpenIndex":
        """Passages of uploaded files, by the model that serves: in a collection of their own."""
        from shared.adapters.vectors_qdrant import QdrantVectors
        from shared.services.indexes import OpenIndex

        serving = await self.indexes.serving()
        vectors = QdrantVectors(
            self.settings.qdrant_url,
            self.settings.qdrant_api_key,
            alias="notebook_passages",
            model=serving.row.model.provider.model,
            dimensions=serving.row.model.dimensions,
            connection=self.qdrant,
        )
        return OpenIndex(replace(serving.row, collection=vectors.collection), serving.embeddings, vectors)

    def open_index(self, row: "EmbeddingIndex") -> "OpenIndex":
        from shared.adapters.vectors_qdrant import QdrantVectors
        from shared.services.indexes import OpenIndex

        vectors = QdrantVectors(
            self.settings.qdrant_url,
            self.settings.qdrant_api_key,
            alias=self.settings.qdrant_collection,
            model=row.model.provider.model,
            dimensions=row.model.dimensions,
            collection=row.collection,
            connection=self.qdrant,
        )
        return OpenIndex(row, self.embeddings_of(row.model), vectors)

    def _collection_of(self, model: "EmbeddingModel") -> str:
        from shared.adapters.qdrant_collection import collection_name

        return collection_name(self.settings.qdrant_collection, model.provider.model, model.dimensions)

    @cached_property
    def vectors(self) -> "ports.Vectors":
        from shared.services.index_vectors import IndexVectors

        return IndexVectors(self.indexes)
