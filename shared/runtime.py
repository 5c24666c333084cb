"""The composition root: the only importer of adapters, each built on first use so that a cold start pays for none."""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from shared.db.pool import Db
from shared.domain.chat import ProviderKind
from shared.settings import Settings, secret_from_env

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared import ports
    from shared.adapters.anthropic_clients import AnthropicClients
    from shared.adapters.blob_storage import BlobStorage
    from shared.adapters.openai_clients import OpenAIClients
    from shared.adapters.qdrant_connection import QdrantConnection
    from shared.adapters.redis_store import RedisConnection
    from shared.domain.indexes import EmbeddingIndex, EmbeddingModel
    from shared.services.answering import Answering
    from shared.services.document_steering import DocumentSteering
    from shared.services.drift import Drift
    from shared.services.explaining import Explaining
    from shared.services.health import Health
    from shared.services.index_copying import IndexCopying
    from shared.services.indexes import Indexes, OpenIndex
    from shared.services.ingestion import Ingestion
    from shared.services.library_preflight import LibraryPreflight
    from shared.services.limiting import Limiting
    from shared.services.placing import Placing
    from shared.services.reindexing import Reindexing
    from shared.services.retrieval import Retrieval
    from shared.services.runs import Runs
    from shared.services.sessions import Sessions
    from shared.services.signing_in import SigningIn
    from shared.services.steering import Steering
    from shared.services.sync_starting import SyncStarting
    from shared.services.syncing import LibrarySync
    from shared.services.ticketing import Ticketing


class Runtime:
    """Ports and services of one process and event loop. Tests set a port's attribute before its first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # --- ports -----------------------------------------------------------------------------------------------------

    @cached_property
    def db(self) -> Db:
        return Db(self.settings.postgres_url)

    @cached_property
    def redis(self) -> "RedisConnection":
        from shared.adapters.redis_store import RedisConnection

        return RedisConnection(self.settings.redis_url)

    @cached_property
    def run_log(self) -> "ports.RunLog":
        from shared.adapters.redis_store import RedisRunLog

        return RedisRunLog(self.redis)

    @cached_property
    def tickets(self) -> "ports.Tickets":
        from shared.adapters.redis_store import RedisTickets

        return RedisTickets(self.redis)

    @cached_property
    def throttle(self) -> "ports.Throttle":
        from shared.adapters.redis_store import RedisThrottle

        return RedisThrottle(self.redis)

    @cached_property
    def counting_redis(self) -> "RedisConnection":
        from shared.adapters.rate_limits import CONNECTION_TIMEOUT_S
        from shared.adapters.redis_store import RedisConnection

        return RedisConnection(self.settings.redis_url, timeout_s=CONNECTION_TIMEOUT_S)

    @cached_property
    def rate_limits(self) -> "ports.RateLimits":
        from shared.adapters.rate_limits import RedisRateLimits

        return RedisRateLimits(self.counting_redis)

    @cached_property
    def stream_slots(self) -> "ports.StreamSlots":
        from shared.adapters.rate_limits import RedisStreamSlots

        return RedisStreamSlots(self.counting_redis)

    @cached_property
    def blobs(self) -> "BlobStorage":
        from shared.adapters.blob_storage import BlobStorage

        return BlobStorage(self.settings.blob_connection_string, self.settings.blob_account_url)

    @cached_property
    def identity_provider(self) -> "ports.IdentityProvider":
        from shared.adapters.identity_entra import EntraIdentityProvider

        return EntraIdentityProvider(self.settings.entra)

    @cached_property
    def access_tokens(self) -> "ports.AccessTokens":
        from shared.adapters.access_tokens import SignedAccessTokens

        return SignedAccessTokens(self.settings.access_token_keys)

    @cached_property
    def refresh_families(self) -> "ports.RefreshFamilies":
        from shared.adapters.refresh_families import RedisRefreshFamilies
        from shared.domain.refresh_tokens import RefreshTokens

        return RedisRefreshFamilies(self.redis, RefreshTokens([key.secret for key in self.settings.access_token_keys]))

    @cached_property
    def graph(self) -> "ports.Graph":
        from shared.adapters.client_credentials import app_tokens
        from shared.adapters.graph_msgraph import MsGraph

        entra = self.settings.entra
        tokens = app_tokens(entra, managed_identity_client_id=entra.managed_identity_client_id)
        return MsGraph(self.settings.graph, tokens)

    @cached_property
    def directory(self) -> "ports.Directory":
        from shared.adapters.client_credentials import app_tokens_of
        from shared.adapters.directory_graph import GraphDirectory

        return GraphDirectory(self.settings.graph, lambda tenant_id: app_tokens_of(self.settings.entra, tenant_id))

    @cached_property
    def extractor(self) -> "ports.Extractor":
        from shared.adapters.extract.protocol import Limits
        from shared.adapters.extract.sandbox import ExtractionSandbox

        return ExtractionSandbox(limits=Limits(max_file_bytes=self.settings.graph.max_file_bytes))

    @cached_property
    def tokenizer(self) -> "ports.Tokenizer":
        from shared.adapters.tokenizer import O200kTokenizer

        return O200kTokenizer()

    @cached_property
    def model_clients(self) -> "OpenAIClients":
        from shared.adapters.openai_clients import OpenAIClients

        return OpenAIClients(secret=secret_from_env)

    @cached_property
    def anthropic_clients(self) -> "AnthropicClients":
        from shared.adapters.anthropic_clients import AnthropicClients

        return AnthropicClients(secret=secret_from_env)

    def embeddings_of(self, model: "EmbeddingModel") -> "ports.Embeddings":
        from shared.adapters.embeddings_openai import OpenAIEmbeddings

        return OpenAIEmbeddings(
            self.model_clients,
            model.provider,
            model.dimensions,
            query_prefix=model.query_prefix,
            passage_prefix=model.passage_prefix,
            batch_inputs=self.settings.embed_call_inputs,
            calls_in_flight=self.settings.embed_calls_in_flight,
        )

    @cached_property
    def qdrant(self) -> "QdrantConnection":
        from shared.adapters.qdrant_connection import QdrantConnection

        return QdrantConnection(self.settings.qdrant_url, self.settings.qdrant_api_key)

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

    @cached_property
    def chat_models(self) -> "Mapping[ProviderKind, ports.ChatModel]":
        from shared.adapters.llm_anthropic import AnthropicChat
        from shared.adapters.llm_openai import OpenAIChat

        model = OpenAIChat(self.model_clients)
        anthropic = AnthropicChat(self.anthropic_clients)
        return {ProviderKind.OPENAI: model, ProviderKind.AZURE: model, ProviderKind.ANTHROPIC: anthropic}

    # --- services --------------------------------------------------------------------------------------------------

    @cached_property
    def signing_in(self) -> "SigningIn":
        from shared.services.signing_in import SigningIn

        return SigningIn(self.db, self.identity_provider, self.sessions, self.placing, self.settings.bootstrap_admins)

    @cached_property
    def placing(self) -> "Placing":
        from shared.services.placing import Placing

        return Placing(self.db, self.directory, self.settings.role_mapping)

    @cached_property
    def limiting(self) -> "Limiting":
        from shared.services.limiting import Limiting

        return Limiting(self.rate_limits, self.stream_slots, self.settings.limits)

    @cached_property
    def sessions(self) -> "Sessions":
        from shared.services.sessions import Sessions

        return Sessions(self.db, self.refresh_families, self.access_tokens)

    @cached_property
    def ticketing(self) -> "Ticketing":
        from shared.services.ticketing import Ticketing

        return Ticketing(self.tickets)

    @cached_property
    def steering(self) -> "Steering":
        from shared.services.steering import Steering

        return Steering(self.db, self.settings.chat)

    @cached_property
    def retrieval(self) -> "Retrieval":
        from shared.services.retrieval import Retrieval

        return Retrieval(self.indexes.serving)

    @cached_property
    def answering(self) -> "Answering":
        from shared.services.answering import Answering

        return Answering(self.chat_models, self.retrieval, self.steering, self.tokenizer)

    @cached_property
    def runs(self) -> "Runs":
        from shared.services.runs import Runs

        return Runs(self.db, self.answering, self.run_log)

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

    @cached_property
    def library_sync(self) -> "LibrarySync":
        from shared.services.syncing import LibrarySync

        return LibrarySync(self.db, self.graph, self.vectors, self.throttle)

    @cached_property
    def library_preflight(self) -> "LibraryPreflight":
        from shared.services.library_preflight import LibraryPreflight

        return LibraryPreflight(self.graph)

    @cached_property
    def sync_starting(self) -> "SyncStarting":
        from shared.services.sync_starting import SyncStarting

        return SyncStarting(self.db)

    @cached_property
    def drift(self) -> "Drift":
        from shared.services.drift import Drift

        return Drift(self.db, self.graph, self.vectors)

    @cached_property
    def document_steering(self) -> "DocumentSteering":
        from shared.services.document_steering import DocumentSteering

        return DocumentSteering(self.db, self.vectors, self.sync_starting)

    @cached_property
    def explaining(self) -> "Explaining":
        from shared.services.explaining import Explaining

        return Explaining(self.db, self.vectors, self.retrieval)

    @cached_property
    def health(self) -> "Health":
        from shared.services.health import Health

        return Health(
            {
                "postgres": self._ping_postgres,
                "redis": self.redis.ping,
                "qdrant": self.vectors.ensure_ready,
                "blob": self.blobs.ping,
            }
        )

    async def _ping_postgres(self) -> None:
        async with self.db.connection() as connection:
            await connection.execute("SELECT 1")


_runtimes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime]" = WeakKeyDictionary()


def current_runtime() -> Runtime:
    """The runtime of the running event loop: clients hold sockets of one loop and must not cross to another.
    Raises SettingsError at the first call when the environment is not complete."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        runtime = _runtimes[loop] = Runtime(Settings.from_env())
    return runtime
