"""The ports of one process: every adapter, built on first use, so that a cold start pays for none of them."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.db.pool import Db
from shared.domain.chat import ProviderKind
from shared.settings import Settings, secret_from_env
from shared.telemetry_exporter import TelemetryExporter
from shared.variables import signs_in_by_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared import ports
    from shared.adapters.anthropic_clients import AnthropicClients
    from shared.adapters.blob_storage import BlobStorage
    from shared.adapters.client_credentials import AppTokens
    from shared.adapters.extract.sandbox import ExtractionSandbox
    from shared.adapters.notebook_llama import NotebookLlama
    from shared.adapters.openai_clients import OpenAIClients
    from shared.adapters.qdrant_connection import QdrantConnection
    from shared.adapters.redis_store import RedisConnection
    from shared.domain.indexes import EmbeddingModel


_CLOSED = (
    "db redis counting_redis blobs graph graph_tokens directory identity_provider model_clients anthropic_clients"
    " qdrant identity_tokens registration_tokens"
).split()


class RuntimePorts:
    """Tests set a port's attribute before its first use."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def begin_telemetry(self) -> None:
        """Once a process, where the settings say that somebody listens."""
        if self.settings.telemetry is not TelemetryExporter.NONE:
            from shared.adapters import telemetry

            telemetry.begin(self.settings.telemetry)

    @cached_property
    def identity_tokens(self) -> "AppTokens":
        from shared.adapters.client_credentials import identity_tokens

        return identity_tokens(self.settings.entra)

    @property
    def identity_scopes(self) -> "Mapping[str, str]":
        """What the managed identity's tokens are asked for here: the service, and the scope it wants."""
        from shared.adapters.identity_sign_in import BLOB_SCOPE, POSTGRES_SCOPE, REDIS_SCOPE
        from shared.adapters.openai_clients import AZURE_SCOPE

        settings = self.settings
        models = (settings.chat, settings.embedding.provider)
        needed = {
            "PostgreSQL": POSTGRES_SCOPE if signs_in_by_identity(settings.postgres_url) else None,
            "Redis": REDIS_SCOPE if signs_in_by_identity(settings.redis_url) else None,
            "Blob Storage": None if settings.blob_connection_string else BLOB_SCOPE,
            "Azure OpenAI": AZURE_SCOPE if any(model.takes_identity for model in models) else None,
            "Microsoft Graph": None if settings.entra.client_secret else settings.graph.scope,
            "NotebookLlama": settings.notebook.scope if settings.notebook.url else None,
        }
        return {service: scope for service, scope in needed.items() if scope is not None}

    @cached_property
    def db(self) -> Db:
        if not signs_in_by_identity(self.settings.postgres_url):
            return Db(self.settings.postgres_url)
        from shared.adapters.identity_sign_in import postgres_password

        return Db(self.settings.postgres_url, postgres_password(self.identity_tokens))

    @cached_property
    def redis(self) -> "RedisConnection":
        from shared.adapters.redis_store import RedisConnection

        return RedisConnection(self.settings.redis_url, identity=self._redis_identity)

    @property
    def _redis_identity(self) -> "AppTokens | None":
        return self.identity_tokens if signs_in_by_identity(self.settings.redis_url) else None

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

        return RedisConnection(self.settings.redis_url, timeout_s=CONNECTION_TIMEOUT_S, identity=self._redis_identity)

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
        from shared.adapters.identity_sign_in import StorageCredential

        credential = StorageCredential(self.identity_tokens)
        return BlobStorage(self.settings.blob_connection_string, self.settings.blob_account_url, credential)

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
    def graph_tokens(self) -> "AppTokens":
        from shared.adapters.client_credentials import app_tokens

        return app_tokens(self.settings.entra)

    @cached_property
    def registration_tokens(self) -> "AppTokens":
        """Of the app registration that people sign in to, by the proof that a sign-in shows."""
        from shared.adapters.client_credentials import registration_tokens

        return registration_tokens(self.settings.entra)

    @cached_property
    def graph(self) -> "ports.Graph":
        from shared.adapters.graph_msgraph import MsGraph

        return MsGraph(self.settings.graph, self.graph_tokens)

    @cached_property
    def directory(self) -> "ports.Directory":
        from shared.adapters.client_credentials import app_tokens_of
        from shared.adapters.directory_graph import GraphDirectory

        return GraphDirectory(self.settings.graph, lambda tenant_id: app_tokens_of(self.settings.entra, tenant_id))

    @cached_property
    def notebook_llama(self) -> "NotebookLlama | None":
        settings = self.settings.notebook
        if settings.url is None:
            return None
        from shared.adapters.notebook_bearer import notebook_bearer
        from shared.adapters.notebook_llama import NotebookLlama

        return NotebookLlama(settings.url, notebook_bearer(settings, self.identity_tokens))

    @cached_property
    def extractor(self) -> "ExtractionSandbox":
        from shared.adapters.extract.protocol import Limits
        from shared.adapters.extract.sandbox import ExtractionSandbox

        return ExtractionSandbox(limits=Limits(max_file_bytes=self.settings.graph.max_file_bytes))

    @cached_property
    def tokenizer(self) -> "ports.Tokenizer":
        from shared.adapters.tokenizer import O200kTokenizer

        return O200kTokenizer()

    @cached_property
    def model_clients(self) -> "OpenAIClients":
        from shared.adapters.openai_clients import AZURE_SCOPE, OpenAIClients

        return OpenAIClients(secret=secret_from_env, azure_token=lambda: self.identity_tokens.token(AZURE_SCOPE))

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

    @cached_property
    def chat_models(self) -> "Mapping[ProviderKind, ports.ChatModel]":
        from shared.adapters.llm_anthropic import AnthropicChat
        from shared.adapters.llm_openai import OpenAIChat

        model = OpenAIChat(self.model_clients)
        anthropic = AnthropicChat(self.anthropic_clients)
        return {ProviderKind.OPENAI: model, ProviderKind.AZURE: model, ProviderKind.ANTHROPIC: anthropic}

    async def close(self) -> None:
        """Ends the connections of whatever was used, for tools; the app's end with its process."""
        for name in _CLOSED:
            port: Any = vars(self).get(name)
            if port is not None:
                await (port.aclose() if hasattr(port, "aclose") else port.close())
