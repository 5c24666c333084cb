"""Puts the secrets into Key Vault that are not there yet: `python -m infra.deploy.secrets --help`.

Random ones are made here and seen by nobody: the keys that sign access tokens, and Qdrant's when Nexus runs it itself.
Keys of others (a model provider's, Qdrant Cloud's) are asked for, or taken from NEXUS_SECRET_<NAME>. It speaks to Azure
Resource Manager and not to the vault, so that it works where the vault has no public door, and can read no secret.
"""

import argparse
import base64
import getpass
import os
import secrets
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

ARM = "https://management.azure.com"
SCOPE = "https://management.azure.com/.default"
VAULT_API = "2024-11-01"
ROLES_API = "2022-04-01"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
ACCESS_TOKEN_KEYS, QDRANT_KEY = "access-token-keys", "qdrant-api-key"
# A token of the pipeline lives an hour, and Resource Manager answers within seconds.
TIMEOUT_S = 30.0


def signing_key(today: datetime) -> str:
    """`kid:base64` as NEXUS_ACCESS_TOKEN_KEYS takes it; the id says when it was made."""
    return f"k{today:%Y%m%d}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


@dataclass(frozen=True, slots=True)
class Vault:
    """`resource_id` as Azure writes it: /subscriptions/…/vaults/<name>."""

    client: httpx.Client
    resource_id: str

    def has(self, name: str) -> bool:
        reply = self.client.get(self._address(name), params={"api-version": VAULT_API})
        if reply.status_code == 404:
            return False
        reply.raise_for_status()
        return True

    def put(self, name: str, value: str) -> None:
        body = {"properties": {"value": value, "contentType": "text/plain"}}
        self.client.put(self._address(name), params={"api-version": VAULT_API}, json=body).raise_for_status()

    def let_read(self, name: str, object_id: str) -> None:
        """One identity, one secret; the same assignment at each run."""
        scope = self._address(name)
        subscription = self.resource_id.split("/")[2]
        role = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}"
        assignment = uuid.uuid5(uuid.NAMESPACE_URL, f"{scope}/{object_id}/{SECRETS_USER}".lower())
        body = {"properties": {"roleDefinitionId": role, "principalId": object_id, "principalType": "ServicePrincipal"}}
        self.client.put(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments/{assignment}",
            params={"api-version": ROLES_API},
            json=body,
        ).raise_for_status()

    def _address(self, name: str) -> str:
        return f"{self.resource_id}/secrets/{name}"


def fill(
    vault: Vault,
    names: Sequence[str],
    *,
    qdrant_object_id: str,
    given: Callable[[str], str | None],
    say: Callable[[str], None] = print,
) -> list[str]:
    """Makes or asks for what is missing. The names of those that nobody could say remain."""
    unsaid: list[str] = []
    for name in names:
        if vault.has(name):
            say(f"{name} is there")
            continue
        value = _made(name, qdrant_object_id) or given(name)
        if not value:
            unsaid.append(name)
            continue
        vault.put(name, value)
        say(f"{name} is stored")
    if qdrant_object_id and QDRANT_KEY not in unsaid:
        vault.let_read(QDRANT_KEY, qdrant_object_id)
        say(f"Qdrant's machine may read {QDRANT_KEY}")
    return unsaid


def _made(name: str, qdrant_object_id: str) -> str | None:
    if name == ACCESS_TOKEN_KEYS:
        return signing_key(datetime.now(UTC))
    if name == QDRANT_KEY and qdrant_object_id:
        return secrets.token_urlsafe(32)
    return None


def from_environment_or_person(name: str) -> str | None:
    value = os.environ.get(f"NEXUS_SECRET_{name.upper().replace('-', '_')}")
    if not value and sys.stdin.isatty():
        value = getpass.getpass(f"{name} (not shown): ")
    return value or None


def own_token() -> str:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(exclude_interactive_browser_credential=True).get_token(SCOPE).token


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vault", default=os.environ.get("NEXUS_VAULT_ID"), help="the vault's resource id")
    parser.add_argument("--names", default=os.environ.get("NEXUS_SECRETS", ACCESS_TOKEN_KEYS), help="by commas")
    parser.add_argument("--qdrant-object-id", default=os.environ.get("NEXUS_QDRANT_PRINCIPAL_ID", ""))
    asked = parser.parse_args(arguments)
    if not asked.vault:
        parser.error("nothing says --vault")
    headers = {"Authorization": f"Bearer {own_token()}"}
    with httpx.Client(base_url=ARM, headers=headers, timeout=TIMEOUT_S) as client:
        try:
            unsaid = fill(
                Vault(client, asked.vault),
                [name for name in asked.names.split(",") if name],
                qdrant_object_id=asked.qdrant_object_id,
                given=from_environment_or_person,
            )
        except httpx.HTTPError as error:
            print(f"Key Vault: {error}", file=sys.stderr)
            return 1
    for name in unsaid:
        variable = f"NEXUS_SECRET_{name.upper().replace('-', '_')}"
        print(f"{name} is missing: run this at a terminal, or set {variable}.", file=sys.stderr)
    return 1 if unsaid else 0


if __name__ == "__main__":
    sys.exit(main())
