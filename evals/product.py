"""The product's own parts, wired to the local stand-ins for models and Qdrant, which are started for the run."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import REPO, running
from shared.adapters.embeddings_openai import OpenAIEmbeddings
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.openai_clients import OpenAIClients
from shared.adapters.tokenizer import O200kTokenizer
from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.ports import Embeddings, Extractor, Tokenizer, Vectors
from shared.services.retrieval import Fixed, Retrieval

HOME = REPO / ".cache" / "evals"
DIMENSIONS = 3072
# What e5 was trained with; the other offline models do not know prefixes, and the model server takes them off.
_QUERY_PREFIX, _PASSAGE_PREFIX = "query: ", "passage: "


@dataclass(frozen=True, slots=True)
class Product:
    extractor: Extractor
    tokenizer: Tokenizer
    embeddings: Embeddings
    vectors: Vectors
    retrieval: Retrieval


@asynccontextmanager
async def product(model: str, home: Path = HOME) -> AsyncIterator[Product]:
    """Starts both servers, yields the parts on a fresh index, ends everything. Vectors that were computed once are
    kept in `home`/models, so that a second run on the same passages embeds nothing. Raises ServerFailed."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        models = stack.enter_context(
            running("devstack.models", "--port", "0", "--home", str(home / "models"), "--embedding", model)
        )
        index = stack.enter_context(tempfile.TemporaryDirectory(prefix="qdrant-", dir=home))
        qdrant = stack.enter_context(running("devstack.qdrant", "--port", "0", "--home", index))
        clients = OpenAIClients(secret=lambda _: "offline")
        embeddings = OpenAIEmbeddings(
            clients,
            ProviderConfig(ProviderKind.OPENAI, "text-embedding-3-large", f"{models.url}/v1", "NEXUS_EMBEDDING_KEY"),
            DIMENSIONS,
            query_prefix=_QUERY_PREFIX,
            passage_prefix=_PASSAGE_PREFIX,
            timeout_s=600.0,  # two busy cores may need minutes for four batches of e5
        )
        extractor = ExtractionSandbox(workers=1)
        vectors = QdrantVectors(qdrant.url, None, alias="evals", model=model, dimensions=DIMENSIONS)
        try:
            await vectors.ensure_ready()
            yield Product(
                extractor, O200kTokenizer(), embeddings, vectors, Retrieval(Fixed(embeddings, vectors).serving)
            )
        finally:
            await extractor.close()
            await vectors.close()
            await clients.aclose()
