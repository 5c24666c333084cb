"""Addresses without a password, and Key Vault references that the platform left as they were."""

import pytest

from shared.settings import Settings, SettingsError, secret_from_env
from shared.variables import signs_in_by_identity
from tests.shared.test_settings import COMPLETE

REFERENCE = "@Microsoft.KeyVault(SecretUri=https://nexus.vault.azure.net/secrets/the-key)"


@pytest.mark.parametrize(
    ("url", "by_identity"),
    [
        ("postgresql://nexus_app@server.example/nexus", True),
        ("postgresql://nexus_app:a-password@server.example/nexus", False),
        ("rediss://object-id@cache.example:10000/0", True),
        ("redis://:a-password@cache.example/0", False),
        ("redis://cache.example", False),
    ],
)
def test_a_user_without_a_password_signs_in_by_identity(url: str, by_identity: bool) -> None:
    assert signs_in_by_identity(url) is by_identity


@pytest.mark.parametrize(
    ("name", "safe", "unsafe"),
    [
        (
            "NEXUS_POSTGRES_URL",
            ["postgresql://app@db.example/nexus?sslmode=verify-full", "postgresql://app@127.0.0.1:5432/nexus"],
            ["postgresql://app@db.example/nexus", "postgresql://app@db.example/nexus?sslmode=require"],
        ),
        (
            "NEXUS_REDIS_URL",
            ["rediss://id@cache.example:10000/0", "redis://id@localhost:6379/0", "redis://:secret@cache.example"],
            ["redis://id@cache.example:10000/0"],
        ),
    ],
)
def test_a_token_is_sent_to_none_but_the_server_itself(name: str, safe: list[str], unsafe: list[str]) -> None:
    for url in safe:
        Settings.from_env(COMPLETE | {name: url})
    for url in unsafe:
        with pytest.raises(SettingsError, match=rf"{name} holds no password.*must be encrypted"):
            Settings.from_env(COMPLETE | {name: url})


def test_a_reference_that_was_not_resolved_is_named_once_and_is_not_called_missing() -> None:
    unresolved = ("OPENAI_API_KEY", "NEXUS_ACCESS_TOKEN_KEYS", "NEXUS_QDRANT_API_KEY")
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(COMPLETE | dict.fromkeys(unresolved, REFERENCE))
    assert sorted(problem.partition(" ")[0] for problem in caught.value.problems) == sorted(unresolved)
    assert "Key Vault reference that the platform did not resolve" in str(caught.value)
    assert "vault.azure.net" not in str(caught.value)


def test_a_reference_is_never_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", REFERENCE)
    assert secret_from_env("SOME_KEY") is None
    monkeypatch.setenv("SOME_KEY", "resolved")
    assert secret_from_env("SOME_KEY") == "resolved"
