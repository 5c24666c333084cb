"""The real servers that tests and the launcher start: PostgreSQL, Redis, Azurite."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob.aio import BlobServiceClient
from redis.asyncio import Redis as RedisClient
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError

from devstack.stack.azurite import Azurite
from devstack.stack.command import ServerFailed, wait_until
from devstack.stack.ports import HOST
from devstack.stack.postgres import Postgres
from devstack.stack.redis import Redis

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres")).start()
    yield server
    server.remove()


async def query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=20)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_the_owner_may_create_tables_and_the_app_may_not(postgres: Postgres) -> None:
    await query(postgres.dsn_owner, "CREATE TABLE things (name text)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await query(postgres.dsn_app, "CREATE TABLE others (name text)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await query(postgres.dsn_app, "SELECT count(*) FROM things")


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(f"postgresql://nexus_app:wrong@{HOST}:{postgres.port}/nexus", "SELECT 1")


async def test_text_beyond_ascii_is_folded_and_no_socket_file_is_open(postgres: Postgres) -> None:
    assert await query(postgres.dsn_app, "SELECT lower('ÄÖÉ')") == "äöé"
    assert postgres.sql("SHOW unix_socket_directories") == ""
    assert await query(postgres.dsn_app, "SHOW listen_addresses") == HOST


async def test_every_fresh_database_has_the_templates_tables_and_none_of_the_others_rows(
    postgres: Postgres,
) -> None:
    def migrate(dsn: str) -> None:
        # in a process of its own, as a migration tool would be; the test's loop is running here
        script = (
            "import asyncio, asyncpg, sys\n"
            "async def run():\n"
            "    c = await asyncpg.connect(sys.argv[1])\n"
            "    await c.execute('CREATE TABLE notes (body text); GRANT SELECT, INSERT ON notes TO nexus_app')\n"
            "    await c.close()\n"
            "asyncio.run(run())"
        )
        subprocess.run([sys.executable, "-c", script, dsn], check=True)

    postgres.migrate_template(migrate)
    first, second = postgres.fresh_database(), postgres.fresh_database()
    assert first.name != second.name
    await query(first.dsn_app, "INSERT INTO notes VALUES ('only here')")
    assert await query(first.dsn_app, "SELECT count(*) FROM notes") == 1
    assert await query(second.dsn_app, "SELECT count(*) FROM notes") == 0
    first.drop()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await query(first.dsn_app, "SELECT 1")


async def test_what_postgresql_stored_is_there_after_a_restart_on_the_same_port(tmp_path: Path) -> None:
    server = Postgres(tmp_path)
    server.start()
    port = server.port
    try:
        await query(server.dsn_owner, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.stop()
        assert not server.ready()
        server.start()
        assert server.port == port
        assert await query(server.dsn_owner, "SELECT answer FROM kept") == 42
    finally:
        server.remove()
    assert not server.data.exists()


def test_a_port_in_use_is_an_error_that_shows_the_servers_own_words(tmp_path: Path, postgres: Postgres) -> None:
    second = Redis(tmp_path, port=postgres.port)
    with pytest.raises(ServerFailed, match="Address already in use"):
        second.start()


async def test_redis_wants_its_password_and_keeps_nothing(tmp_path: Path) -> None:
    server = Redis(tmp_path).start()
    try:
        async with RedisClient.from_url(server.url) as client:
            await client.set("a", "1")
            assert await client.get("a") == b"1"
        async with RedisClient(host=HOST, port=server.port, retry=Retry(NoBackoff(), 0)) as stranger:
            with pytest.raises(AuthenticationError):
                await stranger.get("a")
        assert server.url.split(":")[2].split("@")[0] not in " ".join(psutil.Process(server_pid(server.port)).cmdline())
        server.stop()
        server.start()
        async with RedisClient.from_url(server.url) as client:
            assert await client.get("a") is None
    finally:
        server.stop()


async def test_a_paused_server_answers_nothing_until_it_goes_on(tmp_path: Path) -> None:
    server = Redis(tmp_path).start()
    try:
        async with RedisClient.from_url(server.url) as client:
            await client.ping()
            server.signal(signal.SIGSTOP)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.echo("still there?"), 0.3)
        server.signal(signal.SIGCONT)
        async with RedisClient.from_url(server.url) as client:
            assert await client.ping()
        server.signal(signal.SIGSTOP)
    finally:
        server.stop()  # and stop ends a paused one too
    assert not server.ready()


async def test_azurite_keeps_its_blobs_and_refuses_another_key(tmp_path: Path) -> None:
    server = Azurite(tmp_path).start()
    try:
        async with BlobServiceClient.from_connection_string(server.connection_string) as client:
            await client.create_container("uploads")
            await client.get_blob_client("uploads", "a/b.txt").upload_blob(b"hello")
        server.stop()
        server.start()
        async with BlobServiceClient.from_connection_string(server.connection_string) as client:
            stream = await client.get_blob_client("uploads", "a/b.txt").download_blob()
            assert await stream.readall() == b"hello"
        stranger = Azurite(tmp_path, port=server.port)
        async with BlobServiceClient.from_connection_string(stranger.connection_string) as client:
            with pytest.raises(HttpResponseError, match="AuthorizationFailure"):
                await client.get_account_information()
    finally:
        server.stop()


KILLED = """
import os, pathlib, signal, sys
from devstack.stack.postgres import Postgres
from devstack.stack.redis import Redis
home = pathlib.Path(sys.argv[1])
postgres, redis = Postgres(home / "p").start(), Redis(home / "r").start()
print(postgres.port, redis.port, postgres.data, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_test_process_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    first, second, data = done.stdout.split()
    gone = wait_until(
        lambda: server_pid(int(first)) is None and server_pid(int(second)) is None, lambda: False, limit_s=20
    )
    assert gone
    if not Path(data).is_relative_to(tmp_path):  # as root: kept outside, so nobody else would clean it up
        assert wait_until(lambda: not Path(data).exists(), lambda: False, limit_s=20)


def server_pid(port: int) -> int | None:
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port:
            return connection.pid
    return None
