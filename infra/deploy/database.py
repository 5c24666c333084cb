"""Prepares the database and migrates it: `python -m infra.deploy.database --help`.

Run by an administrator of the server that Entra knows: the migrations identity in a pipeline, or the administrators'
group on a laptop. It makes two roles. `nexus_owner` owns the schema and signs in never; whoever migrates acts as it, so
that it does not matter who did. `nexus_app` is the app's identity, by its object id, with the rights that the
migrations give it, and none to make or change anything in the schema. Run it as often as you like.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg
import certifi

ROOT = Path(__file__).parent.parent.parent
SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
OWNER, APP = "nexus_owner", "nexus_app"
CONNECT_TIMEOUT_S = 30

# Azure's own function, in the database `postgres` alone: the role may sign in with tokens of this object id.
MAKE_APP = "SELECT pgaadauth_create_principal_with_oid($1, $2, 'service', false, false)"
HAS_ROLE = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
# What the app must not be able to do, whatever the migrations said; names of rights that it has.
TOO_MUCH = """
    SELECT right_name
      FROM (VALUES
           ('CREATE in the schema', has_schema_privilege($1, 'public', 'CREATE')),
           ('CREATE in the database', has_database_privilege($1, current_database(), 'CREATE')),
           ('to be the owner', pg_has_role($1, $2, 'MEMBER')),
           ('to change the audit log', has_table_privilege($1, 'audit_log', 'UPDATE, DELETE, TRUNCATE')),
           ('attributes of an administrator',
            (SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = $1))
           ) AS rights (right_name, held)
     WHERE held
"""


@dataclass(frozen=True, slots=True)
class Server:
    """`user` is the administrator's role, `token` its password. `ssl` as libpq's sslmode."""

    host: str
    port: int
    database: str
    user: str
    token: str
    ssl: str = "verify-full"

    async def connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.token,
            database=database,
            ssl=self.ssl,
            timeout=CONNECT_TIMEOUT_S,
        )

    @property
    def migrations_url(self) -> str:
        account = f"{quote(self.user, safe='')}:{quote(self.token, safe='')}"
        return f"postgresql://{account}@{self.host}:{self.port}/{quote(self.database)}?ssl={self.ssl}"


async def prepare(server: Server, app_object_id: str, others: Sequence[str] = ()) -> None:
    """The two roles. `others` are administrators that may migrate as well."""
    connection = await server.connect("postgres")
    try:
        if not await connection.fetchval(HAS_ROLE, APP):
            await connection.execute(MAKE_APP, APP, app_object_id)
        if not await connection.fetchval(HAS_ROLE, OWNER):
            await connection.execute(f"CREATE ROLE {OWNER} NOLOGIN")
    finally:
        await connection.close()
    connection = await server.connect(server.database)
    try:
        # a role of the session may have been set by an earlier run: that one cannot hand itself on
        await connection.execute("RESET ROLE; SET ROLE NONE")
        database = await _identifier(connection, server.database)
        # who made the owner may hand it on already, and may not be given that again by itself
        for administrator, also in ((server.user, ""), *((other, " WITH ADMIN OPTION") for other in others)):
            if not await connection.fetchval("SELECT pg_has_role($1, $2, 'SET')", administrator, OWNER):
                role = await _identifier(connection, administrator)
                await connection.execute(f"GRANT {OWNER} TO {role}{also}")
        await connection.execute(f"GRANT CONNECT, CREATE ON DATABASE {database} TO {OWNER}")
        await connection.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}")
        await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {APP}")
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        # from the next sign-in on, whatever this administrator makes here belongs to the owner
        own = await _identifier(connection, server.user)
        await connection.execute(f"ALTER ROLE {own} IN DATABASE {database} SET role = '{OWNER}'")
    finally:
        await connection.close()


async def _identifier(connection: asyncpg.Connection, name: str) -> str:
    return str(await connection.fetchval("SELECT quote_ident($1)", name))


def migrate(server: Server) -> None:
    """To the newest revision; raises CalledProcessError, having said why on stderr."""
    subprocess.run(
        [sys.executable, "-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "upgrade", "head"],
        cwd=ROOT,
        # in the environment of that one process, where other users of a machine cannot read it
        env={**os.environ, "NEXUS_MIGRATIONS_POSTGRES_URL": server.migrations_url},
        check=True,
    )


async def too_much(server: Server) -> list[str]:
    """What the app's role may do and should not; one phrase each."""
    connection = await server.connect(server.database)
    try:
        return [row["right_name"] for row in await connection.fetch(TOO_MUCH, APP, OWNER)]
    finally:
        await connection.close()


def own_token() -> str:
    """Of whoever is signed in to the Azure CLI, or of the pipeline."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential(exclude_interactive_browser_credential=True).get_token(SCOPE).token


async def run(server: Server, app_object_id: str, others: Sequence[str]) -> int:
    await prepare(server, app_object_id, others)
    try:
        await asyncio.to_thread(migrate, server)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    excess = await too_much(server)
    for right in excess:
        print(f"The app's role has the right {right}: take it away before anyone signs in.", file=sys.stderr)
    if not excess:
        print(f"{server.database} on {server.host} is migrated; {APP} may read and write, and change no schema.")
    return 1 if excess else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default=os.environ.get("NEXUS_POSTGRES_HOST"))
    parser.add_argument("--database", default=os.environ.get("NEXUS_POSTGRES_DATABASE", "nexus"))
    parser.add_argument("--user", default=os.environ.get("NEXUS_MIGRATIONS_NAME"), help="your role on the server")
    parser.add_argument("--app-object-id", default=os.environ.get("NEXUS_APP_PRINCIPAL_ID"))
    parser.add_argument(
        "--also", action="append", default=[], metavar="ROLE", help="another administrator who migrates"
    )
    asked = parser.parse_args(arguments)
    missing = [name for name in ("host", "user", "app_object_id") if not getattr(asked, name)]
    if missing:
        parser.error("nothing says " + ", ".join(f"--{name.replace('_', '-')}" for name in missing))
    os.environ.setdefault("PGSSLROOTCERT", certifi.where())
    server = Server(asked.host, 5432, asked.database, asked.user, own_token())
    try:
        return asyncio.run(run(server, asked.app_object_id, asked.also))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        print(f"{asked.host}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
