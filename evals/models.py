"""Which models are evaluated: the offline ones, or with a key in the environment those of the product's settings."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.indexes import EmbeddingModel
from shared.settings import Settings

# What e5 was trained with; the other offline models do not know prefixes, and the model server takes them off.
_QUERY_PREFIX, _PASSAGE_PREFIX = "query: ", "passage: "
# What the settings demand and no eval uses.
_UNUSED = {
    "NEXUS_POSTGRES_URL": "postgresql://unused",
    "NEXUS_REDIS_URL": "redis://unused",
    "NEXUS_QDRANT_URL": "http://unused",
    "NEXUS_BLOB_ACCOUNT_URL": "https://unused.example",
    "NEXUS_ENTRA_TENANT_ID": "00000000-0000-4000-8000-000000000001",
    "NEXUS_ENTRA_CLIENT_ID": "00000000-0000-4000-8000-000000000002",
    "NEXUS_ENTRA_CLIENT_SECRET": "unused",
    "NEXUS_REDIRECT_URIS": "https://unused.example/callback",
    "NEXUS_ACCESS_TOKEN_KEYS": "unused:" + "A" * 43 + "=",
}

OFFLINE = ("e5", "use", "hash")
SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Models:
    name: str
    chat: ProviderConfig
    embedding: EmbeddingModel


def default_choice(env: Mapping[str, str] = os.environ) -> str:
    """`settings` where the key that the settings name is there, else e5."""
    named = env.get("NEXUS_EMBEDDING_API_KEY_ENV", "OPENAI_API_KEY")
    return SETTINGS if env.get(named) or env.get("NEXUS_EMBEDDING_PROVIDER") == "azure" else "e5"


def from_settings(env: Mapping[str, str] = os.environ) -> Models:
    """As the product reads them (NEXUS_CHAT_…, NEXUS_EMBEDDING_…). Raises SettingsError."""
    models = {name: value for name, value in env.items() if not name.startswith("NEXUS_")}
    models |= {name: value for name, value in env.items() if name.startswith(("NEXUS_CHAT_", "NEXUS_EMBEDDING_"))}
    settings = Settings.from_env({**models, **_UNUSED})
    return Models(settings.embedding.provider.model, settings.chat, settings.embedding)


def offline(name: str, url: str) -> Models:
    """The stand-in at `url`, which serves chat and the embedding model that it was started with."""

    def at(model: str) -> ProviderConfig:
        return ProviderConfig(ProviderKind.OPENAI, model, f"{url}/v1", "NEXUS_EVALS_KEY")

    embedding = EmbeddingModel(at("text-embedding-3-large"), 3072, _QUERY_PREFIX, _PASSAGE_PREFIX)
    return Models(name, at("gpt-4.1"), embedding)
