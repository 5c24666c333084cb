"""`rediss://` on a real server behind TLS: the certificate and its name are checked before anything is sent."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.stack.redis import Redis
from shared.adapters.redis_store import RedisConnection
from shared.errors import Unavailable
from tests.certificates import Authority
from tests.fakes.tls_front import TlsFront


@pytest.fixture
def authorities(tmp_path: Path) -> tuple[Authority, Authority]:
    return Authority(tmp_path, "ours"), Authority(tmp_path, "another")


@pytest.fixture
async def tls(redis_server: Redis, authorities: tuple[Authority, Authority]) -> AsyncIterator[TlsFront]:
    port = urlsplit(redis_server.url).port
    assert port is not None
    front = await TlsFront(port, authorities[0].issue("127.0.0.1")).start()
    yield front
    await front.stop()


async def ping(redis_server: Redis, tls: TlsFront, host: str) -> None:
    parts = urlsplit(redis_server.url)
    connection = RedisConnection(f"rediss://:{parts.password}@{host}:{tls.port}/0", timeout_s=20)
    try:
        await connection.ping()
    finally:
        await connection.close()


async def test_a_server_of_a_trusted_authority_is_spoken_to_in_secret(
    redis_server: Redis, tls: TlsFront, authorities: tuple[Authority, Authority], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities[0].certificate))
    await ping(redis_server, tls, "127.0.0.1")
    assert tls.encrypted == 1


@pytest.mark.parametrize(("trusted", "host"), [("another authority", "127.0.0.1"), ("ours", "localhost")])
async def test_another_authority_or_another_name_is_refused_before_a_password_or_token_is_sent(
    redis_server: Redis,
    tls: TlsFront,
    authorities: tuple[Authority, Authority],
    monkeypatch: pytest.MonkeyPatch,
    trusted: str,
    host: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities[trusted != "ours"].certificate))
    with pytest.raises(Unavailable, match="redis service") as refused:
        await ping(redis_server, tls, host)
    assert "certificate verify failed" in str(refused.value.__cause__)
    assert tls.encrypted == 0
