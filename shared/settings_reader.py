"""The variables that mean something more than text, each read into what it means."""

import base64
import binascii
import re

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.limits import DEFAULTS, Limits, rates_from
from shared.domain.notebook import NotebookLimits
from shared.domain.provider_rules import USUAL_KEYS
from shared.domain.role_mapping import MappingError, RoleMapping
from shared.setting_groups import NotebookSettings, SigningKey
from shared.telemetry_exporter import TelemetryExporter
from shared.variables import VariableReader

GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MB = 1024 * 1024


class SettingsReader(VariableReader):
    """`problems` holds one sentence per wrong variable."""

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
        wrong = [tenant for tenant in tenants if not re.fullmatch(GUID, tenant)]
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
