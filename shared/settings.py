"""Every setting of the function app, read once, typed, complete. A wrong environment names all its faults at once."""

import base64
import binascii
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain.budgets import BudgetDefaults
from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.indexes import EmbeddingModel
from shared.domain.limits import DEFAULTS, Limits, rates_from
from shared.domain.notebook import NotebookLimits
from shared.domain.provider_rules import PUBLIC_HOSTS, USUAL_KEYS, ProviderRules
from shared.domain.role_mapping import MappingError, RoleMapping
from shared.telemetry_exporter import TelemetryExporter
from shared.variables import VariableReader, is_unresolved

_GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MB = 1024 * 1024
_PERSON = re.compile(f"{_GUID}:{_GUID}")


class SettingsError(Exception):
    """`problems` holds one sentence per wrong setting; the text lists them all."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("The settings are not complete:\n" + "\n".join(f"  - {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One HS256 key (at least 32 bytes). The first of several signs, all verify: that is how keys rotate."""

    kid: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class EntraSettings:
    """`tenant_id` is where SharePoint is, and who may sign in unless `allowed_tenants` says otherwise. Without a client
    secret Nexus proves who it is by the managed identity that is named here."""

    authority: str
    tenant_id: str
    client_id: str
    client_secret: str | None
    redirect_uris: tuple[str, ...]
    allowed_tenants: tuple[str, ...] = ()
    managed_identity_client_id: str | None = None

    @property
    def tenants(self) -> tuple[str, ...]:
        """Whose people may sign in; never empty."""
        return self.allowed_tenants or (self.tenant_id,)

    @property
    def sign_in_authority(self) -> str:
        """Where people are sent: with several tenants, to the place that finds out which is theirs."""
        return f"{self.authority}/{'organizations' if self.allowed_tenants else self.tenant_id}"


@dataclass(frozen=True, slots=True)
class GraphSettings:
    base_url: str
    scope: str
    download_hosts: tuple[str, ...]
    max_file_bytes: int


@dataclass(frozen=True, slots=True)
class NotebookSettings:
    """Without a `url` Nexus reads and answers by itself. `scope` asks Entra for a token by managed identity; else the
    environment variable `api_key_env` holds one."""

    url: str | None
    api_key_env: str | None
    scope: str | None
    limits: NotebookLimits


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
        read = _Reader(os.environ if env is None else env)
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


class _Reader(VariableReader):
    """The variables that mean something more than text."""

    def provider(self, prefix: str, *, default_model: str) -> ProviderConfig:
        kind = self.text(f"{prefix}_PROVIDER", default="openai")
        if kind not in ProviderKind:
            self.problems.append(f"{prefix}_PROVIDER must be openai, azure or anthropic, not {kind!r}")
            kind = "openai"
        endpoint = self.url(f"{prefix}_ENDPOINT") if kind == "azure" or self.optional(f"{prefix}_ENDPOINT") else None
        key_env = self.optional(f"{prefix}_API_KEY_ENV")
        if key_env is None and kind != "azure":
            key_env = USUAL_KEYS[ProviderKind(kind)]
        if key_env is not None and not self.optional(key_env):
            self.missing(key_env, f": {prefix}_API_KEY_ENV names it as the key for {kind}")
        return ProviderConfig(
            ProviderKind(kind), self.text(f"{prefix}_MODEL", default=default_model), endpoint, key_env
        )

    def limits(self) -> Limits:
        rates = DEFAULTS
        try:
            rates = rates_from(self.optional("NEXUS_RATE_LIMITS"))
        except ValueError as error:
            self.problems.append(f"NEXUS_RATE_LIMITS {error}")
        return Limits(
            rates,
            streams_per_user=self.integer("NEXUS_STREAMS_PER_USER", default=5, low=1, high=1000),
            proxy_hops=self.integer("NEXUS_PROXY_HOPS", default=1, low=1, high=5),
        )

    def tokens(self, name: str) -> int | None:
        """None, which is no limit, where nothing is said."""
        if self.optional(name) is None:
            return None
        return self.integer(name, default=0, low=0, high=999_999_999)

    def notebook(self) -> NotebookSettings:
        usual = NotebookLimits()
        key_env = self.optional("NEXUS_NOTEBOOK_API_KEY_ENV")
        if key_env is not None and not self.optional(key_env):
            self.missing(key_env, ": NEXUS_NOTEBOOK_API_KEY_ENV names it")
        return NotebookSettings(
            url=self.url("NEXUS_NOTEBOOK_URL") if self.optional("NEXUS_NOTEBOOK_URL") else None,
            api_key_env=key_env,
            scope=self.optional("NEXUS_NOTEBOOK_SCOPE"),
            limits=NotebookLimits(
                file_bytes=self.integer("NEXUS_NOTEBOOK_FILE_MB", default=usual.file_bytes // _MB, low=1, high=2000)
                * _MB,
                files_per_session=self.integer(
                    "NEXUS_NOTEBOOK_FILES", default=usual.files_per_session, low=1, high=1000
                ),
                sessions_per_user=self.integer(
                    "NEXUS_NOTEBOOK_SESSIONS", default=usual.sessions_per_user, low=1, high=10_000
                ),
                bytes_per_user=self.integer(
                    "NEXUS_NOTEBOOK_USER_MB", default=usual.bytes_per_user // _MB, low=1, high=10**6
                )
                * _MB,
            ),
        )

    def telemetry(self, name: str) -> TelemetryExporter:
        given = self.text(name, default=TelemetryExporter.NONE)
        if given not in TelemetryExporter:
            self.problems.append(f"{name} must be none, otlp or azure_monitor, not {given!r}")
            return TelemetryExporter.NONE
        exporter = TelemetryExporter(given)
        if exporter.address is not None and not self.optional(exporter.address):
            self.missing(exporter.address, f": {name}={given} sends there")
        return exporter

    def tenants(self, name: str) -> tuple[str, ...]:
        tenants = tuple(tenant.lower() for tenant in self.many(name))
        wrong = [tenant for tenant in tenants if not re.fullmatch(_GUID, tenant)]
        if wrong:
            self.problems.append(f"{name} must be tenant ids (GUIDs) separated by commas, not {', '.join(wrong)}")
        return tenants

    def role_mapping(self, name: str) -> RoleMapping | None:
        text = self.optional(name)
        try:
            return None if text is None else RoleMapping.parse(text)
        except MappingError as error:
            self.problems += [f"{name} {problem}" for problem in error.problems]
            return None

    def signing_keys(self, name: str) -> tuple[SigningKey, ...]:
        keys: list[SigningKey] = []
        for part in self.many(name, required=True):
            kid, _, encoded = part.partition(":")
            try:
                secret = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                secret = b""
            if not kid or len(secret) < 32:
                self.problems.append(f"{name} must be kid:base64[,kid:base64], each key of at least 32 bytes")
                return ()
            keys.append(SigningKey(kid, secret))
        return tuple(keys)


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
