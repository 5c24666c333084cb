"""Every setting of the function app, read once, typed, complete. A wrong environment names all its faults at once."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.budgets import BudgetDefaults
from shared.domain.chat import ProviderConfig
from shared.domain.indexes import EmbeddingModel
from shared.domain.limits import Limits
from shared.domain.provider_rules import PUBLIC_HOSTS, ProviderRules
from shared.domain.role_mapping import RoleMapping
from shared.setting_groups import EntraSettings, GraphSettings, NotebookSettings, SigningKey
from shared.settings_reader import GUID, SettingsReader
from shared.telemetry_exporter import TelemetryExporter
from shared.variables import is_unresolved

_PERSON = re.compile(f"{GUID}:{GUID}")


class SettingsError(Exception):
    """`problems` holds one sentence per wrong setting; the text lists them all."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings are not complete:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    environment: str
    postgres_url: str
    redis_url: str
    qdrant_url: str
    qdrant_api_key: str | None
    qdrant_collection: str
    blob_connection_string: str | None
    blob_account_url: str | None
    entra: EntraSettings
    graph: GraphSettings
    chat: ProviderConfig
    provider_rest_s: int
    model_hosts: tuple[str, ...]
    embedding: EmbeddingModel
    embed_call_inputs: int
    embed_calls_in_flight: int
    access_token_keys: tuple[SigningKey, ...]
    bootstrap_admins: frozenset[str]
    role_mapping: RoleMapping | None
    cors_origins: tuple[str, ...]
    cors_by_code: bool
    limits: Limits
    budgets: BudgetDefaults
    notebook: NotebookSettings
    telemetry: TelemetryExporter

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Raises SettingsError naming every missing or malformed variable."""
        read = SettingsReader(os.environ if env is None else env)
        settings = cls(
            environment=read.text("NEXUS_ENV", default="production"),
            postgres_url=read.server("NEXUS_POSTGRES_URL", schemes=("postgresql", "postgres")),
            redis_url=read.server("NEXUS_REDIS_URL", schemes=("redis", "rediss")),
            qdrant_url=read.url("NEXUS_QDRANT_URL"),
            qdrant_api_key=read.optional("NEXUS_QDRANT_API_KEY"),
            qdrant_collection=read.text("NEXUS_QDRANT_COLLECTION", default="sharepoint_docs"),
            blob_connection_string=read.optional("NEXUS_BLOB_CONNECTION_STRING"),
            blob_account_url=read.optional("NEXUS_BLOB_ACCOUNT_URL"),
            entra=EntraSettings(
                authority=read.url("NEXUS_ENTRA_AUTHORITY", default="https://login.microsoftonline.com"),
                tenant_id=read.text("NEXUS_ENTRA_TENANT_ID"),
                client_id=read.text("NEXUS_ENTRA_CLIENT_ID"),
                client_secret=read.optional("NEXUS_ENTRA_CLIENT_SECRET"),
                redirect_uris=read.many("NEXUS_REDIRECT_URIS", required=True),
                allowed_tenants=read.tenants("NEXUS_ENTRA_ALLOWED_TENANTS"),
                managed_identity_client_id=read.optional("NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID"),
            ),
            role_mapping=read.role_mapping("NEXUS_ROLE_MAPPING"),
            graph=GraphSettings(
                base_url=read.url("NEXUS_GRAPH_BASE_URL", default="https://graph.microsoft.com/v1.0"),
                scope=read.text("NEXUS_GRAPH_SCOPE", default="https://graph.microsoft.com/.default"),
                download_hosts=read.many("NEXUS_GRAPH_DOWNLOAD_HOSTS", default=("sharepoint.com",)),
                max_file_bytes=read.integer("NEXUS_MAX_FILE_MB", default=100, low=1, high=2000) * 1024 * 1024,
            ),
            chat=read.provider("NEXUS_CHAT", default_model="gpt-4.1"),
            provider_rest_s=read.integer("NEXUS_PROVIDER_REST_SECONDS", default=30, low=0, high=600),
            model_hosts=read.hosts("NEXUS_MODEL_HOSTS", default=PUBLIC_HOSTS),
            embedding=EmbeddingModel(
                provider=read.provider("NEXUS_EMBEDDING", default_model="text-embedding-3-large"),
                dimensions=read.integer("NEXUS_EMBEDDING_DIMENSIONS", default=3072, low=8, high=8192),
                query_prefix=read.verbatim("NEXUS_EMBEDDING_QUERY_PREFIX"),
                passage_prefix=read.verbatim("NEXUS_EMBEDDING_PASSAGE_PREFIX"),
            ),
            embed_call_inputs=read.integer("NEXUS_EMBED_CALL_INPUTS", default=64, low=1, high=2048),
            embed_calls_in_flight=read.integer("NEXUS_EMBED_CALLS_IN_FLIGHT", default=4, low=1, high=64),
            access_token_keys=read.signing_keys("NEXUS_ACCESS_TOKEN_KEYS"),
            bootstrap_admins=frozenset(a.lower() for a in read.many("NEXUS_BOOTSTRAP_ADMINS")),
            cors_origins=read.origins("NEXUS_CORS_ORIGINS"),
            # in Azure the platform does it; both at once would double the headers, which browsers refuse
            cors_by_code=read.flag("NEXUS_CORS_BY_CODE", default=read.optional("NEXUS_ENV") == "local"),
            limits=read.limits(),
            budgets=BudgetDefaults(
                user=read.tokens("NEXUS_DAILY_TOKENS_PER_USER"),
                department=read.tokens("NEXUS_DAILY_TOKENS_PER_DEPARTMENT"),
            ),
            notebook=read.notebook(),
            telemetry=read.telemetry("NEXUS_TELEMETRY"),
        )
        if settings.blob_connection_string is None and settings.blob_account_url is None:
            read.problems.append(
                "NEXUS_BLOB_ACCOUNT_URL is missing: the address of the storage account "
                "(or NEXUS_BLOB_CONNECTION_STRING for a local one)"
            )
        if settings.entra.allowed_tenants and any(not _PERSON.fullmatch(who) for who in settings.bootstrap_admins):
            # Whoever runs one of the tenants writes its people's addresses: only ids are beyond their reach (S03).
            read.problems.append(
                "NEXUS_BOOTSTRAP_ADMINS must name people as <tenant id>:<object id> when several tenants are allowed"
            )
        if read.problems:
            raise SettingsError(read.problems)
        return settings

    @property
    def provider_rules(self) -> ProviderRules:
        """What administrators may write into providers."""
        return ProviderRules.of(self.model_hosts, (self.chat.endpoint, self.embedding.provider.endpoint))


def secret_from_env(name: str) -> str | None:
    """The value of a key that a provider row or setting names. Read at each use, so that rotation needs no restart.
    None for a Key Vault reference that was not resolved: it is no key, and tells where our vault is."""
    value = os.environ.get(name, "")
    return None if is_unresolved(value) else value or None


type SecretReader = Callable[[str], str | None]


def main() -> int:
    """`python -m shared.settings`: checks the environment and names everything that is wrong with it; 0 or 1."""
    try:
        Settings.from_env()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    print("The settings are complete.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
