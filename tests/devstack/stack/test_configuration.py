"""What a developer may set, what the app is given, and how mistakes are told."""

import json
from pathlib import Path

import pytest

from devstack.stack.addresses import Addresses
from devstack.stack.configuration import Configuration, SettingsWrong, claim
from devstack.stack.credentials import Credentials, credentials
from devstack.stack.environment import app_environment, problems_of, process_environment
from devstack.stack.failures import StackError
from devstack.stack.local_stack import LocalStack
from shared.settings import Settings


@pytest.fixture
def addresses(tmp_path: Path) -> Addresses:
    home = tmp_path / "home"
    configuration, problems = Configuration.read({"NEXUS_HOME": str(home)})
    assert problems == []
    claim(home)
    return Addresses(configuration, credentials(home))


def test_without_settings_the_ports_are_those_of_the_contract() -> None:
    configuration, problems = Configuration.read({})
    assert problems == []
    assert configuration.home.name == ".nexus"
    assert (configuration.ports["api"], configuration.ports["web"], configuration.ports["blob"]) == (7071, 4280, 10000)
    rest = {port for part, port in configuration.ports.items() if part not in ("api", "web", "blob")}
    assert min(rest) == 17000
    assert max(rest) < 17020


def test_an_offset_moves_every_port() -> None:
    plain, _ = Configuration.read({})
    moved, _ = Configuration.read({"NEXUS_PORT_OFFSET": "300"})
    assert {name: port - 300 for name, port in moved.ports.items()} == plain.ports


@pytest.mark.parametrize("offset", ["-1", "many", "1.5", "60000", "٣٠٠x"])
def test_a_wrong_offset_is_named(offset: str) -> None:
    _, problems = Configuration.read({"NEXUS_PORT_OFFSET": offset})
    assert len(problems) == 1
    assert "NEXUS_PORT_OFFSET" in problems[0]
    assert offset in problems[0]


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    shell = {"NEXUS_PORT_OFFSET": "x", "NEXUS_HOME": str(file), "NEXUS_LOCAL_EMBEDDING": "gpt"}
    with pytest.raises(SettingsWrong) as wrong:
        LocalStack(shell)
    for name in shell:
        assert name in str(wrong.value)


def test_a_folder_with_other_things_is_no_home_and_so_never_reset(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(SettingsWrong, match="holds other things"):
        LocalStack({"NEXUS_HOME": str(tmp_path)})


def test_reset_throws_away_what_the_stack_made(tmp_path: Path) -> None:
    stack = LocalStack({"NEXUS_HOME": str(tmp_path / "home")})
    assert stack.reset() is False
    stack.addresses()
    assert stack.reset() is True
    assert not stack.home.exists()


def test_secrets_are_made_once_per_home_and_closed_to_others(tmp_path: Path) -> None:
    first, other = tmp_path / "first", tmp_path / "other"
    first.mkdir()
    other.mkdir()
    made = credentials(first)
    assert credentials(first) == made
    assert (first / "secrets.json").stat().st_mode & 0o777 == 0o600
    elsewhere = credentials(other)
    assert not set(_values(made)) & set(_values(elsewhere))


def _values(held: Credentials) -> list[str]:
    return [getattr(held, name) for name in held.__slots__]


def test_damaged_secrets_are_told_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"redis": "x"}')
    with pytest.raises(StackError, match="make reset"):
        credentials(tmp_path)
    assert json.loads((tmp_path / "secrets.json").read_text()) == {"redis": "x"}


def test_a_home_of_before_gets_the_secrets_that_came_later(tmp_path: Path) -> None:
    first = credentials(tmp_path)
    stored = json.loads((tmp_path / "secrets.json").read_text())
    del stored["notebook_key"]
    (tmp_path / "secrets.json").write_text(json.dumps(stored))
    again = credentials(tmp_path)
    assert again.postgres_app == first.postgres_app
    assert again.notebook_key
    assert credentials(tmp_path) == again


def test_the_app_accepts_its_environment_and_finds_the_local_parts_in_it(addresses: Addresses) -> None:
    environment = app_environment(addresses, "admin@example.org", {})
    settings = Settings.from_env(environment)
    assert settings.environment == "local"
    assert settings.postgres_url == addresses.postgres_app
    assert settings.entra.tenant_id == addresses.credentials.entra_tenant
    assert settings.graph.base_url == f"{addresses.graph}/v1.0"
    assert settings.chat.endpoint == f"{addresses.models}/v1"
    assert settings.embedding.query_prefix == "query: "
    assert settings.bootstrap_admins == {"admin@example.org"}


def test_the_app_is_not_given_the_role_that_may_change_the_schema(addresses: Addresses) -> None:
    environment = app_environment(addresses, "admin@example.org", {})
    assert "NEXUS_MIGRATIONS_POSTGRES_URL" not in environment
    assert not any(addresses.credentials.postgres_owner in value for value in environment.values())


def test_the_shells_other_settings_never_reach_the_local_app(addresses: Addresses) -> None:
    shell = {"NEXUS_POSTGRES_URL": "postgresql://production", "NEXUS_ENV": "production", "OPENAI_API_KEY": "real-key"}
    environment = app_environment(addresses, "admin@example.org", shell)
    assert environment["NEXUS_POSTGRES_URL"] == addresses.postgres_app
    assert environment["NEXUS_ENV"] == "local"
    # the real key would end up in the log of the local model server
    assert "real-key" not in environment.values()


def test_a_provider_of_ones_own_replaces_the_local_one_with_its_key(addresses: Addresses) -> None:
    shell = {
        "NEXUS_CHAT_PROVIDER": "anthropic",
        "NEXUS_CHAT_MODEL": "a-model",
        "ANTHROPIC_API_KEY": "real-key",
    }
    settings = Settings.from_env(app_environment(addresses, "admin@example.org", shell))
    assert settings.chat.provider == "anthropic"
    assert settings.chat.endpoint is None
    assert settings.embedding.provider.endpoint == f"{addresses.models}/v1"


def test_a_provider_without_its_key_is_named_with_everything_else_that_is_wrong(addresses: Addresses) -> None:
    shell = {"NEXUS_CHAT_PROVIDER": "anthropic", "NEXUS_EMBEDDING_PROVIDER": "unknown"}
    problems = problems_of(app_environment(addresses, "admin@example.org", shell))
    assert any("ANTHROPIC_API_KEY" in problem for problem in problems)
    assert any("NEXUS_EMBEDDING_PROVIDER" in problem for problem in problems)


def test_parts_get_no_proxy_for_loopback_and_nothing_of_the_products_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.setenv("NEXUS_POSTGRES_URL", "postgresql://production")
    monkeypatch.setenv("PGHOST", "production")
    environment = process_environment({"NEXUS_ENV": "local"})
    assert environment["NO_PROXY"] == "example.org,127.0.0.1,localhost"
    assert environment["NEXUS_ENV"] == "local"
    assert "NEXUS_POSTGRES_URL" not in environment
    assert "PGHOST" not in environment
