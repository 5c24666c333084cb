"""Tokens of the managed identity open PostgreSQL, Blob Storage and Azure OpenAI: servers that check them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from devstack.entra.host_identity import HostIdentity
from devstack.models.app import create_app as models_app
from devstack.serving import ServerThread
from devstack.stack.azurite import NODE_FOLDER, Azurite
from devstack.stack.postgres import Database, Postgres
from shared.adapters.client_credentials import AppTokens, ManagedIdentitySource
from shared.adapters.identity_sign_in import POSTGRES_SCOPE, postgres_password
from shared.db.pool import Db
from shared.domain.chat import ModelRequest, ModelText, ProviderConfig, ProviderKind, Turn
from shared.errors import Unavailable
from shared.runtime import Runtime
from shared.settings import Settings
from tests.certificates import Authority
from tests.conftest import ROOT
from tests.shared.test_settings import COMPLETE

IDENTITY = "8e3fa051-6c4d-4d7c-8d8b-3c7d4f4ea044"
ROLE = "azure_app"
POSTGRES = "https://ossrdbms-aad.database.windows.net"


class Entra:
    """The host's identity, and a role of a real server whose only password is the newest token."""

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self.given: list[str] = []
        self.identity = HostIdentity(IDENTITY, issued=self._issued)
        postgres.sql(f"CREATE ROLE {ROLE} LOGIN IN ROLE nexus_app")

    def _issued(self, resource: str, token: str) -> None:
        if resource == POSTGRES:
            self.given.append(token)
            self.password(token)

    def password(self, token: str) -> None:
        self.postgres.sql(f"ALTER ROLE {ROLE} PASSWORD :'token'", token=token)


@pytest.fixture
def entra(postgres: Postgres, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entra]:
    entra = Entra(postgres)
    with ServerThread(entra.identity.app) as server:
        for name, value in entra.identity.environment(server.url).items():
            monkeypatch.setenv(name, value)
        yield entra
    postgres.sql(f"REVOKE nexus_app FROM {ROLE}")
    database.drop()
    postgres.sql(f"DROP ROLE {ROLE}")


@pytest.fixture
async def tokens(entra: Entra) -> AsyncIterator[AppTokens]:
    tokens = AppTokens(ManagedIdentitySource(IDENTITY))
    yield tokens
    await tokens.close()


def url(database: Database) -> str:
    return f"postgresql://{ROLE}@{database.dsn_app.partition('@')[2]}"


async def who(db: Db) -> str:
    async with db.connection() as connection:
        return await connection.fetchval("SELECT session_user")


async def test_the_token_is_the_password_and_one_serves_many_connections(
    database: Database, entra: Entra, tokens: AppTokens
) -> None:
    db = Db(url(database), postgres_password(tokens))
    barrier = asyncio.Barrier(5)

    async def at_once() -> str:
        async with db.connection() as connection:
            await barrier.wait()
            return await connection.fetchval("SELECT session_user")

    assert await asyncio.gather(*(at_once() for _ in range(5))) == [ROLE] * 5
    assert entra.identity.resources == [POSTGRES]
    await db.close()


async def test_open_connections_outlive_their_token_and_new_ones_get_a_fresh_one(
    database: Database, entra: Entra, tokens: AppTokens
) -> None:
    db = Db(url(database), postgres_password(tokens))
    async with db.connection() as first:
        tokens.forget(POSTGRES_SCOPE, entra.given[0])
        # as Entra does at its end: the old token opens nothing any more
        entra.password("nobody knows this")
        assert await first.fetchval("SELECT 1") == 1
        assert await who(db) == ROLE
        assert await first.fetchval("SELECT 1") == 1
    assert len(set(entra.given)) == 2
    await db.close()


async def test_a_role_that_postgres_does_not_let_in_is_told_and_no_internal_error(
    database: Database, entra: Entra, tokens: AppTokens
) -> None:
    db = Db(url(database), postgres_password(tokens))
    await tokens.token(POSTGRES_SCOPE)
    entra.password("nobody knows this")
    with pytest.raises(Unavailable, match="does not accept the role") as refused:
        await who(db)
    assert refused.value.code == "postgres_unavailable"
    assert entra.given[0] not in str(refused.value)
    entra.password(entra.given[0])
    assert await who(db) == ROLE, "without a restart"
    await db.close()


async def test_an_identity_that_gives_no_token_is_a_database_that_cannot_be_asked(
    database: Database, entra: Entra, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    tokens = AppTokens(ManagedIdentitySource(IDENTITY))
    db = Db(url(database), postgres_password(tokens))
    with pytest.raises(Unavailable, match="managed identity gives Nexus no token") as failed:
        await who(db)
    assert failed.value.dependency == "postgres"
    await db.close()
    await tokens.close()


async def test_the_app_signs_in_by_identity_everywhere_by_its_settings_alone(
    database: Database, entra: Entra, tmp_path: Path
) -> None:
    """One token a service, of the one identity that the settings name; Azure OpenAI without a key among them."""
    with ServerThread(models_app(tmp_path, embedding="hash")) as models:
        azure = {"PROVIDER": "azure", "ENDPOINT": models.url, "MODEL": "gpt-4.1"}
        settings = Settings.from_env(
            COMPLETE
            | {"NEXUS_POSTGRES_URL": url(database), "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY}
            | {f"NEXUS_CHAT_{name}": value for name, value in azure.items()}
        )
        runtime = Runtime(settings)
        assert await who(runtime.db) == ROLE
        provider = ProviderConfig(ProviderKind.AZURE, "gpt-4.1", models.url, None)
        request = ModelRequest(provider, (Turn("user", "Say something"),), 50)
        stream = runtime.chat_models[ProviderKind.AZURE].stream(request)
        said = [event async for event in stream]
        assert any(isinstance(event, ModelText) for event in said)
        async with httpx.AsyncClient() as control:
            asked = (await control.get(f"{models.url}/_control/requests")).json()["requests"]
        await runtime.model_clients.aclose()
    bearer = asked[-1]["headers"]["authorization"].removeprefix("Bearer ")
    assert bearer.count(".") == 2
    assert bearer not in entra.given, "a token of its own, not the database's"
    assert sorted(entra.identity.resources) == ["https://cognitiveservices.azure.com", POSTGRES]
    await runtime.db.close()
    await runtime.identity_tokens.close()


STORE = """
import asyncio, json, sys
from pathlib import Path
from shared.runtime import Runtime
from shared.settings import Settings
async def main(folder):
    runtime = Runtime(Settings.from_env())
    await runtime.blobs.ping()
    Path(folder, "in").write_bytes(b"x" * 5_000_000)
    await runtime.blobs.put("a/b", Path(folder, "in"))
    await runtime.blobs.get("a/b", Path(folder, "out"))
    names = [blob.path for page in [page async for page in runtime.blobs.all()] for blob in page]
    await runtime.blobs.delete("a/b")
    print(json.dumps([names, Path(folder, "out").stat().st_size]))
    await runtime.blobs.close()
    await runtime.identity_tokens.close()
asyncio.run(main(sys.argv[1]))
"""


def test_blobs_are_stored_with_tokens_of_the_identity(entra: Entra, tmp_path: Path) -> None:
    """In a process of its own: the SDK trusts what OpenSSL trusts when it is imported."""
    if not (NODE_FOLDER / "node_modules").is_dir():
        pytest.skip("Azurite is not installed: `make up`, or `npm ci --ignore-scripts` in devstack/node")
    authority = Authority(tmp_path, "ours")
    azurite = Azurite(tmp_path / "blob", certificate=authority.issue("127.0.0.1")).start()
    # Azurite knows the older issuer only
    issuer = "https://sts.windows.net/5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11/"
    identity = HostIdentity(IDENTITY, issuer=issuer)
    try:
        with ServerThread(identity.app) as server:
            environment = {
                **os.environ,
                **COMPLETE,
                **identity.environment(server.url),
                "NEXUS_BLOB_ACCOUNT_URL": azurite.account_url,
                "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY,
                "SSL_CERT_FILE": str(authority.certificate),
                "NO_PROXY": "127.0.0.1",
            }
            done = subprocess.run(
                [sys.executable, "-c", STORE, str(tmp_path)],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
    finally:
        azurite.stop()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["a/b"], 5_000_000]
    assert identity.resources == ["https://storage.azure.com"]
