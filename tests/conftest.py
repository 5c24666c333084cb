"""Real engines for all tests: one PostgreSQL, Redis and Qdrant a session, an own database a test."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devstack.stack.postgres import Database, Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from shared.db.pool import Db

ROOT = Path(__file__).parent.parent
# Seconds for an answer of Redis whose silence is not what is tested: the app waits one, a busy machine needs more.
PATIENCE_S = 30.0
# Real documents that nobody here wrote, beside the checkout on the machines that have them.
DATA = ROOT.parent / "shared" / "data"


def migrate(dsn_owner: str) -> None:
    """Brings a database to the newest revision, the way a deployment does."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head"],
        cwd=ROOT,
        env={**os.environ, "NEXUS_MIGRATIONS_POSTGRES_URL": dsn_owner},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(autouse=True)
def caught_whole(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Importing function_app puts filters on the handlers that are there at that moment, pytest's own among them:
    the tests after it would see records without their fields."""
    yield
    caplog.handler.filters.clear()


@pytest.fixture(scope="session")
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip(f"{DATA.name} is not beside this checkout: real documents are needed")
    return DATA


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres")).start()
    server.migrate_template(migrate)
    yield server
    server.remove()


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    fresh = postgres.fresh_database()
    yield fresh
    fresh.drop()


@pytest.fixture
async def db(database: Database) -> AsyncIterator[Db]:
    """As the app's own role."""
    pool = Db(database.dsn_app)
    yield pool
    await pool.close()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def qdrant_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Qdrant]:
    server = Qdrant(tmp_path_factory.mktemp("qdrant")).start()
    yield server
    server.stop()
