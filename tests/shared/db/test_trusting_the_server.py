"""`sslmode=verify-full` against a real PostgreSQL with TLS: who it trusts, by which file, and that a token is sent to
nobody else."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import certifi
import pytest

from devstack.stack.postgres import Postgres
from infra.deploy.database import Server
from shared.db.pool import Db
from shared.errors import Unavailable
from tests.certificates import Authority
from tests.fakes.tls_front import POSTGRES, TlsFront

ROLE, TOKEN = "by_token", "a.token.of-the-identity"


async def _token() -> str:
    return TOKEN


class Encrypted:
    """A server at 127.0.0.1 whose role takes a token for a password. Who does not end the handshake has sent none."""

    def __init__(self, postgres: Postgres, tls: TlsFront, authorities: dict[str, Path]) -> None:
        self.postgres = postgres
        self.tls = tls
        self.authorities = authorities
        self._pools: list[Db] = []

    def url(self, host: str = "127.0.0.1") -> str:
        return f"postgresql://{ROLE}@{host}:{self.tls.port}/nexus?sslmode=verify-full"

    def pool(self, url: str) -> Db:
        self._pools.append(Db(url, _token))
        return self._pools[-1]

    async def close(self) -> None:
        for pool in self._pools:
            await pool.close()


@pytest.fixture
async def server(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Encrypted]:
    """Trusted is nobody but the public authorities."""
    monkeypatch.delenv("PGSSLROOTCERT", raising=False)
    ours, another = Authority(tmp_path, "ours"), Authority(tmp_path, "another")
    postgres.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD :'token'", token=TOKEN)
    tls = await TlsFront(postgres.port, ours.issue("127.0.0.1"), prelude=POSTGRES).start()
    server = Encrypted(postgres, tls, {"ours": ours.certificate, "another": another.certificate})
    yield server
    await server.close()
    await tls.stop()
    postgres.sql(f"DROP ROLE {ROLE}")


async def test_a_server_of_a_trusted_authority_gets_the_token_and_all_is_encrypted(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", str(server.authorities["ours"]))
    async with server.pool(server.url()).connection() as connection:
        assert await connection.fetchval("SELECT session_user") == ROLE
    assert server.tls.encrypted == 1


@pytest.mark.parametrize("trusted", ["another", None])
async def test_a_server_of_another_authority_is_refused_before_it_is_sent_a_token(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch, trusted: str | None
) -> None:
    """Nor is it trusted where no file is named, and the public authorities are."""
    if trusted is not None:
        monkeypatch.setenv("PGSSLROOTCERT", str(server.authorities[trusted]))
    with pytest.raises(Unavailable, match="certificate that Nexus does not trust") as refused:
        async with server.pool(server.url()).connection():
            pass
    assert refused.value.dependency == "postgres"
    assert server.tls.encrypted == 0


async def test_a_certificate_of_another_name_is_refused_though_its_authority_is_trusted(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`localhost` is the same server, and not the name that it proves."""
    monkeypatch.setenv("PGSSLROOTCERT", str(server.authorities["ours"]))
    with pytest.raises(Unavailable, match="certificate of another name"):
        async with server.pool(server.url("localhost")).connection():
            pass
    assert server.tls.encrypted == 0


async def test_a_server_without_tls_is_refused(server: Encrypted) -> None:
    plain = server.url().replace(f":{server.tls.port}/", f":{server.postgres.port}/")
    with pytest.raises(Unavailable) as refused:
        async with server.pool(plain).connection():
            pass
    assert "rejected SSL upgrade" in str(refused.value.__cause__)


async def test_a_file_of_authorities_that_is_not_there_is_named_and_mended_without_a_restart(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "brought-later.pem"
    monkeypatch.setenv("PGSSLROOTCERT", str(file))
    pool = server.pool(server.url())
    with pytest.raises(Unavailable, match="PGSSLROOTCERT names cannot be read"):
        async with pool.connection():
            pass
    file.write_bytes(server.authorities["ours"].read_bytes())
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_file_that_the_address_names_is_the_one_that_counts(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSSLROOTCERT", str(server.authorities["another"]))
    async with server.pool(f"{server.url()}&sslrootcert={server.authorities['ours']}").connection() as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_the_database_step_of_a_deployment_verifies_as_well(
    server: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Server("127.0.0.1", server.tls.port, "nexus", ROLE, TOKEN)
    monkeypatch.setenv("PGSSLROOTCERT", certifi.where())
    with pytest.raises(ssl.SSLCertVerificationError):
        await step.connect("nexus")
    monkeypatch.setenv("PGSSLROOTCERT", str(server.authorities["ours"]))
    connection = await step.connect("nexus")
    assert await connection.fetchval("SELECT session_user") == ROLE
    await connection.close()
