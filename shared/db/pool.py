"""Connections to PostgreSQL: one small pool per process and event loop, every wait bounded."""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import msgspec

from shared.errors import Unauthenticated, Unavailable

# What the pool lends is a proxy with the same methods.
type Connection = asyncpg.Connection

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
# Flex Consumption runs many small instances: 10 each stays within a mid-size server's limit at 40 instances.
POOL_SIZE = 10

# What says "the server is not there", as opposed to "the statement was wrong".
_DOWN = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)
_REFUSED = "PostgreSQL does not accept the role of Nexus, or its password or token. An administrator must look at it."
_UNTRUSTED = "PostgreSQL shows a certificate that Nexus does not trust. An administrator must look at it."
_MISNAMED = "PostgreSQL shows a certificate of another name than its address. An administrator must look at it."
_NO_ROOTS = "The file of certificates that PGSSLROOTCERT names cannot be read. An administrator must look at it."
# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
_OTHER_NAME = (62, 64)

# Rows that refer to whoever made them. Who is forgotten has an access token that lives on for a quarter of an hour.
BY_THE_CALLER = frozenset(
    {
        "conversations_user_id_fkey",
        "notebook_sessions_user_id_fkey",
        "feedback_reviewed_by_fkey",
        "eval_cases_created_by_fkey",
        "retention_settings_updated_by_fkey",
        "forget_jobs_requested_by_fkey",
        "sync_runs_started_by_fkey",
        "embedding_indexes_started_by_fkey",
        "system_prompts_created_by_fkey",
        "token_budgets_updated_by_fkey",
    }
)


async def _prepare(connection: asyncpg.Connection) -> None:
    decoder, encoder = msgspec.json.Decoder(), msgspec.json.Encoder()

    # jsonb in binary form is JSON behind a version byte
    def encode(value: object) -> bytes:
        return b"\x01" + encoder.encode(value)

    def decode(value: bytes) -> Any:
        return decoder.decode(value[1:])

    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=encode, decoder=decode, format="binary")
    # asyncpg's own UUID is a subclass that fast JSON encoders refuse
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=_uuid_bytes, decoder=_uuid_of, format="binary")


def _trusting(url: str) -> ssl.SSLContext | None:
    """For `sslmode=verify-full`: trusts the file that PGSSLROOTCERT names, else the public authorities that certifi
    brings, wherever this runs. asyncpg by itself wants a file in the home folder, and reads it at each connection.
    None for any other mode, which asyncpg sees to. Raises Unavailable when there is no such file."""
    given = parse_qs(urlsplit(url).query)
    if given.get("sslmode") != ["verify-full"] or "sslrootcert" in given:
        return None
    import certifi

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=os.environ.get("PGSSLROOTCERT") or certifi.where())
    except OSError as error:
        raise Unavailable("postgres", _NO_ROOTS, retry_after_s=30) from error
    return context


def _uuid_bytes(value: UUID) -> bytes:
    return value.bytes


def _uuid_of(value: bytes) -> UUID:
    return UUID(bytes=value)


class Db:
    """`connection()` for single statements, `transaction()` for several that stand or fall together.

    Both raise Unavailable("postgres") when the server cannot be reached, cannot be trusted or lets nobody in, and
    Unauthenticated for what a person writes who is not there any more; other errors pass. `password` is asked at each
    new connection where `url` holds none.
    """

    def __init__(self, url: str, password: Callable[[], Awaitable[str]] | None = None) -> None:
        self._url = url
        self._password = password
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def _ready(self) -> asyncpg.Pool:
        if self._pool is None:
            async with self._opening:
                if self._pool is None:
                    pool: asyncpg.Pool = asyncpg.create_pool(
                        self._url,
                        password=self._password,
                        ssl=_trusting(self._url),
                        min_size=0,
                        max_size=POOL_SIZE,
                        timeout=CONNECT_TIMEOUT_S,
                        command_timeout=COMMAND_TIMEOUT_S,
                        init=_prepare,
                        server_settings={"application_name": "nexus"},
                    )
                    await pool
                    self._pool = pool
        return self._pool

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        try:
            pool = await self._ready()
            async with pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                yield cast("Connection", connection)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise Unavailable("postgres", _REFUSED, retry_after_s=30) from error
        except ssl.SSLCertVerificationError as error:
            says = _MISNAMED if error.verify_code in _OTHER_NAME else _UNTRUSTED
            raise Unavailable("postgres", says, retry_after_s=30) from error
        except _DOWN as error:
            raise Unavailable("postgres") from error
        except asyncpg.ForeignKeyViolationError as error:
            if violated(error) in BY_THE_CALLER:
                raise Unauthenticated("This account is not there any more.") from error
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


def affected(status: str) -> int:
    """Rows touched, from a command tag such as "UPDATE 3"."""
    return int(status.rsplit(" ", 1)[-1])


def violated(error: asyncpg.IntegrityConstraintViolationError) -> str:
    """The name of the constraint; asyncpg sets it, its type stubs do not know."""
    return str(getattr(error, "constraint_name", ""))


type Row = asyncpg.Record
type Json = dict[str, Any]
