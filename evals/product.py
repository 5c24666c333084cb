"""The product's own parts, wired to models and a Qdrant of their own, which are started for the run."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import REPO, running
from evals.models import OFFLINE, from_settings, offline
from shared.adapters.anthropic_clients import AnthropicClients
from shared.adapters.embeddings_openai import OpenAIEmbeddings
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.llm_anthropic import AnthropicChat
from shared.adapters.llm_openai import OpenAIChat
from shared.adapters.openai_clients import OpenAIClients
from shared.adapters.tokenizer import O200kTokenizer
from shared.adapters.vectors_qdrant import QdrantVectors
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.ports import Embeddings, Extractor, Tokenizer, Vectors
from shared.services.answering import Answering
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.retrieval import Fixed, Retrieval
from shared.services.steering import ModeSettings

HOME = REPO / ".cache" / "evals"


@dataclass(frozen=True, slots=True)
class Product:
    extractor: Extractor
    tokenizer: Tokenizer
    embeddings: Embeddings
    vectors: Vectors
    retrieval: Retrieval
    answering: Answering


@dataclass(frozen=True, slots=True)
class _Unsteered:
    """What no administrator has changed: the provider of the settings and the product's own prompts."""

    provider: ProviderConfig

    async def of(self, mode: Mode) -> ModeSettings:
        return ModeSettings(self.provider, DEFAULT_PROMPTS[mode])


@asynccontextmanager
async def product(model: str, home: Path = HOME) -> AsyncIterator[Product]:
    """Starts the servers, yields the parts on a fresh index, ends everything. `model` is one of `evals.models.OFFLINE`
    or `settings`. Offline vectors that were computed once are kept in `home`/models, so that a second run on the same
    passages embeds nothing. Raises ServerFailed, SettingsError."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if model in OFFLINE:
            server = running("devstack.models", "--port", "0", "--home", str(home / "models"), "--embedding", model)
            models = offline(model, stack.enter_context(server).url)
        else:
            models = from_settings()
        index = stack.enter_context(tempfile.TemporaryDirectory(prefix="qdrant-", dir=home))
        qdrant = stack.enter_context(running("devstack.qdrant", "--port", "0", "--home", index))
        # The stand-in takes any key; real ones are read where the settings say.
        clients = OpenAIClients(secret=(lambda _: "offline") if model in OFFLINE else os.environ.get)
        anthropic = AnthropicClients()
        embeddings = OpenAIEmbeddings(
            clients,
            models.embedding.provider,
            models.embedding.dimensions,
            query_prefix=models.embedding.query_prefix,
            passage_prefix=models.embedding.passage_prefix,
            timeout_s=600.0,  # two busy cores may need minutes for four batches of e5
        )
        extractor, tokenizer = ExtractionSandbox(workers=1), O200kTokenizer()
        vectors = QdrantVectors(
            qdrant.url, None, alias="evals", model=models.name, dimensions=models.embedding.dimensions
        )
        retrieval = Retrieval(Fixed(embeddings, vectors).serving)
        chat = OpenAIChat(clients)
        by_kind = {
            ProviderKind.OPENAI: chat,
            ProviderKind.AZURE: chat,
            ProviderKind.ANTHROPIC: AnthropicChat(anthropic),
        }
        answering = Answering(ModelCalls(by_kind, ProviderHealth(0)), retrieval, _Unsteered(models.chat), tokenizer)  # type: ignore[arg-type]
        try:
            await vectors.ensure_ready()
            yield Product(extractor, tokenizer, embeddings, vectors, retrieval, answering)
        finally:
            await extractor.close()
            await vectors.close()
            await anthropic.aclose()
            await clients.aclose()
