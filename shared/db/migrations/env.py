"""Alembic's entry: revisions are plain SQL, run over asyncpg through SQLAlchemy's async engine."""

import asyncio
import os
import sys

from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine


def _run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _upgrade(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


url = os.environ.get("NEXUS_MIGRATIONS_POSTGRES_URL", "")
if not url:
    sys.exit("NEXUS_MIGRATIONS_POSTGRES_URL is not set: the address of PostgreSQL for the role that owns the schema")
asyncio.run(_upgrade(url.replace("postgresql://", "postgresql+asyncpg://", 1)))
