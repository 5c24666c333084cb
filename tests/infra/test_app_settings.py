"""The settings that the templates give the app are those that the app knows, and enough to start it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.settings import Settings, SettingsError
from tests.infra.templates import ROOT, app_settings, main_with

SECRET = re.compile(r"@Microsoft\.KeyVault\(SecretUri=https://[^/)]+/secrets/([a-z-]+)\)")
VALUES = {
    "access-token-keys": "k1:" + "QUFB" * 11,
    "qdrant-api-key": "q",
    "openai-api-key": "o",
    "anthropic-api-key": "a",
}

# Of the Functions host, its extensions and the SDKs.
OF_THE_PLATFORM = re.compile(
    r"AzureWebJobsStorage__\w+|AzureFunctionsJobHost__\w+|APPLICATIONINSIGHTS_\w+|AZURE_CLIENT_ID"
    r"|DURABLE_TASK_SCHEDULER_CONNECTION_STRING|TASKHUB_NAME"
)
# In local.settings.example.json for Core Tools alone.
LOCAL_ONLY = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "PYTHON_ENABLE_INIT_INDEXING"}
# Read by something other than Settings: triggers and the log's set-up.
READ_ELSEWHERE = {"NEXUS_SYNC_SCHEDULE", "NEXUS_NOTEBOOK_UPKEEP_SCHEDULE", "NEXUS_LOG_FORMAT"}
# Never in Azure, and why.
NOT_IN_AZURE = {
    "NEXUS_BLOB_CONNECTION_STRING": "the account takes no key",
    "NEXUS_ENTRA_CLIENT_SECRET": "the managed identity is the proof",
    "NEXUS_CORS_BY_CODE": "the platform does it; both would double the headers",
    "NEXUS_LOG_FORMAT": "JSON, which is what queries/nexus-log.kql reads",
}


class Recorded(Mapping[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def given(stage: str, **changed: Any) -> dict[str, str]:
    return app_settings(main_with(stage, **changed))


def resolved(settings: Mapping[str, str]) -> dict[str, str]:
    """As the platform hands them to the app: references replaced by what Key Vault holds."""
    return {name: SECRET.sub(lambda found: VALUES[found.group(1)], value) for name, value in settings.items()}


def known_to_the_app() -> set[str]:
    """Everything that Settings ever asks for, in each of its ways."""
    asked: set[str] = set()
    for provider in ("openai", "azure", "anthropic"):
        environment = Recorded(
            {
                "NEXUS_CHAT_PROVIDER": provider,
                "NEXUS_EMBEDDING_PROVIDER": provider,
                "NEXUS_CHAT_ENDPOINT": "https://x.example",
                "NEXUS_NOTEBOOK_URL": "https://n.example",
            }
        )
        with pytest.raises(SettingsError):
            Settings.from_env(environment)
        asked |= environment.asked
    return {name for name in asked if name.startswith("NEXUS_")} | READ_ELSEWHERE


def example() -> set[str]:
    return set(json.loads((ROOT / "local.settings.example.json").read_text())["Values"]) - LOCAL_ONLY


CHOICES: list[tuple[str, dict[str, Any]]] = [
    ("dev", {}),
    ("prod", {}),
    ("prod", {"durableBackend": "dts"}),
    (
        "prod",
        {
            "models": {
                "providers": ["openai", "anthropic"],
                "chat": {"provider": "anthropic", "model": "claude"},
                "embedding": {"provider": "openai", "model": "text-embedding-3-large", "dimensions": 1024},
            }
        },
    ),
    (
        "prod",
        {
            "entra": {
                "clientId": "c",
                "allowedTenants": ["11111111-2222-3333-4444-555555555555"],
                "bootstrapAdmins": ["11111111-2222-3333-4444-555555555555:99999999-2222-3333-4444-555555555555"],
                "roleMapping": {"roles": {"Nexus.Admin": {"role": "super_admin"}}},
                "downloadHosts": ["sharepoint.com"],
            },
            "extraSettings": {"NEXUS_RATE_LIMITS": '{"chat": "30/60"}', "NEXUS_MAX_FILE_MB": "50"},
        },
    ),
]


@pytest.mark.parametrize(("stage", "changed"), CHOICES)
def test_the_app_starts_with_what_the_template_gives_it(stage: str, changed: dict[str, Any]) -> None:
    settings = Settings.from_env(resolved(given(stage, **changed)))
    assert settings.blob_account_url == "https://up.blob.core.windows.net/"
    assert settings.blob_connection_string is None
    assert settings.entra.client_secret is None
    assert settings.entra.managed_identity_client_id == "app-client-id"
    assert settings.cors_by_code is False
    assert settings.entra.redirect_uris == (f"{settings.cors_origins[0]}/auth/callback",)


def test_azure_openai_is_asked_without_a_key_and_others_with_the_one_of_key_vault() -> None:
    keyless = Settings.from_env(resolved(given("prod")))
    assert (keyless.chat.api_key_env, keyless.chat.endpoint) == (None, "https://oai.openai.azure.com")
    keyed = given(*CHOICES[3][:1], **CHOICES[3][1])
    assert SECRET.fullmatch(keyed["OPENAI_API_KEY"])
    assert SECRET.fullmatch(keyed["ANTHROPIC_API_KEY"])
    assert Settings.from_env(resolved(keyed)).chat.api_key_env == "ANTHROPIC_API_KEY"


def test_no_value_is_a_secret() -> None:
    """What is secret is a reference; addresses hold no password."""
    for stage, changed in CHOICES:
        for name, value in given(stage, **changed).items():
            if re.search(r"(?i)(_KEY|_KEYS|SECRET|PASSWORD)$", name):
                assert SECRET.fullmatch(value) or value == "", name
            assert not re.search(r"://[^/@]*:[^/@]+@", value), f"{name} holds a password"
            assert "k" * 40 not in value, f"{name} holds the demonstration's key"


def test_every_setting_of_the_template_is_one_that_the_app_or_its_host_reads() -> None:
    known = known_to_the_app() | {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"}
    for stage, changed in CHOICES:
        unknown = {
            name for name in given(stage, **changed) if name not in known and not OF_THE_PLATFORM.fullmatch(name)
        }
        assert unknown == set()


def test_the_example_names_every_setting_and_no_other() -> None:
    assert example() - {"OPENAI_API_KEY"} == known_to_the_app()


def test_every_setting_is_given_in_azure_or_has_a_default_or_a_reason_to_be_left_out() -> None:
    """Whatever is not given is left to `extraSettings`: the app starts without it, as the tests above show."""
    set_by_template = {name for stage, changed in CHOICES for name in given(stage, **changed)}
    assert set_by_template & NOT_IN_AZURE.keys() == set()
    assert NOT_IN_AZURE.keys() <= known_to_the_app()
    described = (ROOT / "docs/deploy.md").read_text("utf-8")
    undescribed = {name for name in known_to_the_app() - set_by_template - NOT_IN_AZURE.keys() if name not in described}
    assert undescribed == set(), "docs/deploy.md says what else may be set"


def test_secrets_that_are_referred_to_are_those_that_the_deployment_asks_for() -> None:
    for stage, changed in CHOICES:
        main = main_with(stage, **changed)
        referred = {found for value in app_settings(main).values() for found in SECRET.findall(value)}
        asked = set(main.output("NEXUS_SECRETS").split(","))
        made_by_the_template = {"qdrant-api-key"} if main.variable("qdrantMode") == "ephemeral" else set[str]()
        assert referred == asked | made_by_the_template
