"""What an administrator may write into a provider: no key, no variable that is not one's, no foreign host (S13)."""

from decimal import Decimal

import pytest

from shared.domain.chat import ProviderConfig, ProviderKind
from shared.domain.provider_rules import PUBLIC_HOSTS, ProviderRules
from shared.errors import Invalid

RULES = ProviderRules.of(PUBLIC_HOSTS, ["http://models.corp:8000/v1", None, "https://gateway.corp"])


def config(**changed: object) -> ProviderConfig:
    fields = {"provider": ProviderKind.OPENAI, "model": "gpt-4.1", "endpoint": None, "api_key_env": "OPENAI_API_KEY"}
    return ProviderConfig(**(fields | changed))  # type: ignore[arg-type]


def told(wanted: ProviderConfig, rules: ProviderRules = RULES) -> set[str]:
    with pytest.raises(Invalid) as refused:
        rules.checked(wanted)
    assert refused.value.code == "provider_invalid"
    return {error.pointer for error in refused.value.errors}


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.openai.com/v1",
        "https://api.openai.com:443/v1",
        "https://our.openai.azure.com",
        "https://our.services.ai.azure.com/openai/v1",
        "http://models.corp:8000/v1",
        "http://models.corp:8000/other",
        "https://gateway.corp/llm/v1",
    ],
)
def test_s13_configured_hosts_are_taken(endpoint: str) -> None:
    assert RULES.endpoint_problem(endpoint) is None
    assert RULES.checked(config(endpoint=endpoint)).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://evilapi.openai.com.evil.example/v1",
        "https://evilopenai.azure.com",
        "https://api.openai.com@evil.example/v1",
        "https://evil.example/v1",
        "https://evil.example#api.openai.com",
        "https://evil.example?x=.openai.azure.com",
        "https://evil.example\\.openai.azure.com",
        "https://api.openai.com./v1",
        "https://аpi.openai.com/v1",
        "https://169.254.169.254/metadata",
        "http://169.254.169.254/metadata",
        "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://[fd00:ec2::254]/",
        "http://[::1]:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://localhost:8000/v1",
        "http://models.corp/v1",
        "https://models.corp:8000/v1",
        "http://models.corp:8001/v1",
        "file:///etc/passwd",
        "https://",
        "https://api.openai.com/v1?api-key=abc",
        "https://api.openai.com/v1\r\nX: y",
        " https://api.openai.com/v1",
        "api.openai.com",
        "https://api.openai.com:99999999/v1",
    ],
)
def test_s13_any_other_address_is_refused(endpoint: str) -> None:
    assert RULES.endpoint_problem(endpoint)
    assert told(config(endpoint=endpoint)) == {"/endpoint"}


def test_s13_loopback_and_other_ports_are_called_only_where_the_list_names_them() -> None:
    rules = ProviderRules.of(["localhost", "127.0.0.1:8000", "gateway.corp:8443"], [])
    for allowed in ("http://localhost:1/v1", "http://127.0.0.1:8000/v1", "https://gateway.corp:8443/v1"):
        assert rules.endpoint_problem(allowed) is None, allowed
    for refused in (
        "http://127.0.0.1:8001",
        "http://127.0.0.2:8000",
        "http://gateway.corp:8443",
        "https://gateway.corp",
    ):
        assert rules.endpoint_problem(refused), refused


def test_an_address_is_stored_in_one_form() -> None:
    assert RULES.checked(config(endpoint="HTTPS://Our.OpenAI.Azure.com/Path/")).endpoint == (
        "https://our.openai.azure.com/Path"
    )


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_KEY_EU", "KEY", "OPENAI_KEY_2"])
def test_variables_that_are_for_keys_are_taken(name: str) -> None:
    assert RULES.checked(config(api_key_env=name)).api_key_env == name


@pytest.mark.parametrize(
    "name",
    [
        "NEXUS_ENTRA_CLIENT_SECRET",
        "NEXUS_QDRANT_API_KEY",
        "NEXUS_ACCESS_TOKEN_KEYS",
        "NEXUS_POSTGRES_URL",
        "AZURE_CLIENT_SECRET",
        "WEBSITE_AUTH_ENCRYPTION_KEY",
        "CONTAINER_ENCRYPTION_KEY",
        "IDENTITY_HEADER",
        "PATH",
        "MONKEY",
        "openai_api_key",
        "OPENAI API KEY",
        "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789",
        "0123456789abcdef0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "A" * 101,
    ],
)
def test_no_key_and_no_other_variable_is_taken_for_one(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        RULES.checked(config(api_key_env=name))
    (error,) = refused.value.errors
    assert error.pointer == "/api_key_env_var"
    assert name not in refused.value.detail.replace("OPENAI_API_KEY", ""), "what may be a key is not repeated"


def test_a_key_in_any_other_field_is_refused_too() -> None:
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    assert told(config(model=key)) == {"/model_name"}
    assert told(config(model="0123456789abcdef0123456789abcdef")) == {"/model_name"}
    assert told(config(endpoint=f"https://api.openai.com/{key}")) == {"/endpoint"}
    assert told(config(endpoint="https://api.openai.com/0123456789abcdef0123456789abcdef/v1")) == {"/endpoint"}
    assert told(config(model=key, api_key_env=key, endpoint=key)) == {"/model_name", "/api_key_env_var", "/endpoint"}


@pytest.mark.parametrize(
    "model",
    ["gpt-4.1", "o4-mini", "claude-opus-4-8", "ft:gpt-4.1-2025-04-14:northwind:handbook:9xYz", "meta/llama-3.3-70b"],
)
def test_names_of_models_are_no_keys(model: str) -> None:
    assert RULES.checked(config(model=model)).model == model


def test_each_kind_needs_what_it_cannot_be_asked_without() -> None:
    azure = config(provider=ProviderKind.AZURE, endpoint="https://our.openai.azure.com", api_key_env=None)
    assert RULES.checked(azure) == azure, "the managed identity signs in"
    assert told(config(provider=ProviderKind.AZURE)) == {"/endpoint"}
    for kind in (ProviderKind.OPENAI, ProviderKind.ANTHROPIC):
        assert told(config(provider=kind, api_key_env=None)) == {"/api_key_env_var"}


def test_prices_are_kept_to_four_places() -> None:
    checked = RULES.checked(ProviderConfig(ProviderKind.OPENAI, "m", None, "KEY", Decimal("0.00005"), Decimal("2.5")))
    assert (checked.input_price_per_mtok, checked.output_price_per_mtok) == (Decimal("0.0001"), Decimal("2.5"))
