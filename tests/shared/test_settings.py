"""Settings: complete, or told whole what is wrong."""

import subprocess
import sys

import pytest

from shared.domain.chat import ProviderKind
from shared.settings import Settings, SettingsError

COMPLETE = {
    "NEXUS_POSTGRES_URL": "postgresql://u:p@h/nexus",
    "NEXUS_REDIS_URL": "redis://h",
    "NEXUS_QDRANT_URL": "http://h:6333/",
    "NEXUS_BLOB_ACCOUNT_URL": "https://a.blob.core.windows.net",
    "NEXUS_ENTRA_TENANT_ID": "t",
    "NEXUS_ENTRA_CLIENT_ID": "c",
    "NEXUS_REDIRECT_URIS": "https://app/callback, https://b/callback",
    "NEXUS_ACCESS_TOKEN_KEYS": "k1:" + "QUFB" * 11,
    "OPENAI_API_KEY": "x",
}


def test_a_complete_environment_is_read_and_typed() -> None:
    settings = Settings.from_env(COMPLETE)
    assert settings.qdrant_url == "http://h:6333"
    assert settings.entra.redirect_uris == ("https://app/callback", "https://b/callback")
    assert settings.chat.provider is ProviderKind.OPENAI
    assert (settings.access_token_keys[0].kid, len(settings.access_token_keys[0].secret)) == ("k1", 33)


def test_everything_that_is_wrong_is_named_at_once_and_no_value_is_repeated() -> None:
    environment = {
        "NEXUS_REDIS_URL": "http://:hunter2@h",
        "NEXUS_ACCESS_TOKEN_KEYS": "k1:short",
        "NEXUS_CHAT_PROVIDER": "llama",
        "NEXUS_MAX_FILE_MB": "many",
        "NEXUS_MODEL_HOSTS": "api.openai.com,https://api.example",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environment)
    told = str(caught.value)
    for name in (*environment, *(set(COMPLETE) - {"NEXUS_REDIS_URL"})):
        assert name in told, name
    assert "hunter2" not in told


def test_providers_may_be_at_the_listed_hosts_and_where_the_settings_models_are() -> None:
    settings = Settings.from_env(
        COMPLETE | {"NEXUS_MODEL_HOSTS": "gateway.corp:8443", "NEXUS_EMBEDDING_ENDPOINT": "http://vectors.corp/v1"}
    )
    problem = settings.provider_rules.endpoint_problem
    assert problem("https://gateway.corp:8443/v1") is None
    assert problem("http://vectors.corp/chat") is None
    assert problem("https://api.openai.com/v1"), "the list replaces the public hosts"
    assert Settings.from_env(COMPLETE).provider_rules.endpoint_problem("https://api.openai.com/v1") is None


def test_azure_needs_an_endpoint_and_no_key() -> None:
    settings = Settings.from_env(
        COMPLETE | {"NEXUS_CHAT_PROVIDER": "azure", "NEXUS_CHAT_ENDPOINT": "https://r.openai.azure.com"}
    )
    assert settings.chat.api_key_env is None
    with pytest.raises(SettingsError, match="NEXUS_CHAT_ENDPOINT"):
        Settings.from_env(COMPLETE | {"NEXUS_CHAT_PROVIDER": "azure"})


def test_the_check_exits_with_1_and_lists_the_faults() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared.settings"], env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "NEXUS_POSTGRES_URL is missing" in done.stderr
    assert "NEXUS_QDRANT_URL is missing" in done.stderr
