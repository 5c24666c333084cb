"""The secrets step: random ones are made once, others asked for, none is read or shown."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from infra.deploy import secrets
from infra.deploy.secrets import Vault, fill
from shared.settings import Settings
from tests.infra.azure_api import served
from tests.shared.test_settings import COMPLETE

VAULT = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"


@dataclass
class ResourceManager:
    stored: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(
        self, method: str, path: str, query: dict[str, str], body: str, authorization: str | None
    ) -> tuple[int, Any]:
        assert authorization == "Bearer arm-token"
        assert query.keys() == {"api-version"}
        if "/roleAssignments/" in path:
            scope = path.partition("/providers/Microsoft.Authorization")[0]
            if scope.rpartition("/")[2] not in self.stored:
                return 404, {"error": {"code": "ResourceNotFound"}}
            self.assigned[path] = json.loads(body)["properties"]
            return 201, {}
        name = path.removeprefix(f"{VAULT}/secrets/")
        if method == "PUT":
            self.stored[name] = json.loads(body)["properties"]["value"]
            return 200, {"properties": {}}
        # as Resource Manager does: a secret's properties, never its value
        return (200, {"properties": {}}) if name in self.stored else (404, {"error": {"code": "SecretNotFound"}})


@pytest.fixture
def manager() -> ResourceManager:
    return ResourceManager()


@pytest.fixture
def vault(manager: ResourceManager) -> Iterator[Vault]:
    with (
        served(manager.answer) as address,
        httpx.Client(base_url=address, headers={"Authorization": "Bearer arm-token"}, trust_env=False) as client,
    ):
        yield Vault(client, VAULT)


def nobody(name: str) -> None:
    return None


def test_the_signing_key_is_one_that_the_app_takes(vault: Vault, manager: ResourceManager) -> None:
    assert fill(vault, ["access-token-keys"], qdrant_object_id="", given=nobody) == []
    made = manager.stored["access-token-keys"]
    settings = Settings.from_env(COMPLETE | {"NEXUS_ACCESS_TOKEN_KEYS": made})
    assert len(settings.access_token_keys[0].secret) == 32
    assert len(base64.b64decode(made.partition(":")[2])) == 32


def test_what_is_there_is_left_alone(vault: Vault, manager: ResourceManager) -> None:
    """A new signing key at each deployment would end all sessions."""
    names = ["access-token-keys", "qdrant-api-key"]
    fill(vault, names, qdrant_object_id="qdrant", given=nobody)
    before = dict(manager.stored)
    fill(vault, names, qdrant_object_id="qdrant", given=nobody)
    assert manager.stored == before


def test_the_keys_of_others_are_asked_for_and_what_nobody_says_is_told(
    vault: Vault, manager: ResourceManager, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"openai-api-key": "sk-of-openai"}
    names = ["access-token-keys", "openai-api-key", "qdrant-api-key"]
    assert fill(vault, names, qdrant_object_id="", given=asked.get) == ["qdrant-api-key"]
    assert manager.stored["openai-api-key"] == "sk-of-openai"
    assert manager.assigned == {}
    shown = capsys.readouterr()
    assert not any(value in shown.out + shown.err for value in manager.stored.values())


def test_qdrants_machine_may_read_its_own_key_and_no_other(vault: Vault, manager: ResourceManager) -> None:
    names = ["access-token-keys", "qdrant-api-key"]
    fill(vault, names, qdrant_object_id="object-of-the-machine", given=nobody)
    fill(vault, names, qdrant_object_id="object-of-the-machine", given=nobody)
    ((path, assignment),) = manager.assigned.items()
    assert path.startswith(f"{VAULT}/secrets/qdrant-api-key/providers/Microsoft.Authorization/roleAssignments/")
    assert assignment["principalId"] == "object-of-the-machine"
    assert assignment["roleDefinitionId"].endswith("4633458b-17de-408a-b874-0445c86b69e6")
    assert len(manager.stored["qdrant-api-key"]) >= 32


def test_the_step_says_how_to_say_what_is_missing(
    manager: ResourceManager, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(secrets, "own_token", lambda: "arm-token")
    with served(manager.answer) as address:
        monkeypatch.setattr(secrets, "ARM", address)
        arguments = ["--vault", VAULT, "--names", "access-token-keys,openai-api-key", "--qdrant-object-id", ""]
        monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
        monkeypatch.delenv("NEXUS_SECRET_OPENAI_API_KEY", raising=False)
        assert secrets.main(arguments) == 1
        assert "NEXUS_SECRET_OPENAI_API_KEY" in capsys.readouterr().err
        monkeypatch.setenv("NEXUS_SECRET_OPENAI_API_KEY", "sk-x")
        assert secrets.main(arguments) == 0
    assert manager.stored["openai-api-key"] == "sk-x"


def test_a_vault_that_refuses_is_the_steps_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(secrets, "own_token", lambda: "arm-token")
    with served(lambda *_: (403, {"error": {"code": "AuthorizationFailed"}})) as address:
        monkeypatch.setattr(secrets, "ARM", address)
        assert secrets.main(["--vault", VAULT, "--names", "access-token-keys"]) == 1
    assert "403" in capsys.readouterr().err
