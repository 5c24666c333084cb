"""The database step of a deployment against a real PostgreSQL that behaves like Azure's: administrators who are no
superusers, passwords that are tokens, and Azure's function that makes roles."""

from collections.abc import Iterator

import asyncpg
import pytest

from devstack.stack.postgres import Postgres
from infra.deploy import database
from infra.deploy.database import Server

MIGRATIONS, GROUP = "id-nexus-prod-migrations", "Nexus DBA's"

# Roles as on a flexible server: Entra's administrators belong to azure_pg_admin, which owns databases and makes roles.
AZURE = """
ALTER ROLE nexus_app RENAME TO stack_app;
ALTER ROLE nexus_owner RENAME TO stack_owner;
CREATE ROLE azure_pg_admin CREATEROLE CREATEDB;
CREATE ROLE "id-nexus-prod-migrations" LOGIN CREATEROLE CREATEDB PASSWORD 'token/with?signs#' IN ROLE azure_pg_admin;
CREATE ROLE "Nexus DBA's" LOGIN CREATEROLE CREATEDB PASSWORD 'other token' IN ROLE azure_pg_admin;
CREATE DATABASE nexus_azure OWNER azure_pg_admin;
CREATE TABLE made_principals (name text, object_id text, kind text);
CREATE FUNCTION pgaadauth_create_principal_with_oid(text, text, text, boolean, boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', $1, 'token of ' || $2);
    INSERT INTO made_principals VALUES ($1, $2, $3);
    RETURN 'Created role for ' || $1;
END $$;
"""


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("azure-postgres")).start()
    server.sql(AZURE)
    yield server
    server.remove()


def as_role(azure: Postgres, user: str, token: str) -> Server:
    parts = azure.dsn_owner.split("@")[1].split("/")[0]
    host, _, port = parts.partition(":")
    return Server(host, int(port), "nexus_azure", user, token, ssl="disable")


async def test_the_schema_is_made_by_its_owner_and_the_app_can_use_but_not_change_it(azure: Postgres) -> None:
    server = as_role(azure, MIGRATIONS, "token/with?signs#")
    assert await database.run(server, "object-id-of-the-app", [GROUP]) == 0
    assert azure.sql("SELECT name, object_id, kind FROM made_principals") .strip().split("|") == [
        "nexus_app", "object-id-of-the-app", "service",
    ]  # fmt: skip
    owners = azure.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", "nexus_azure")
    assert owners.split() == ["nexus_owner"]

    app = await as_role(azure, "nexus_app", "token of object-id-of-the-app").connect("nexus_azure")
    try:
        await app.execute("INSERT INTO departments (name) VALUES ('HR')")
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "CREATE SCHEMA mine",
            "ALTER TABLE departments ADD COLUMN x int",
            "DROP TABLE departments",
            "DELETE FROM audit_log",
            "SET ROLE nexus_owner",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(forbidden)
    finally:
        await app.close()


async def test_it_may_be_run_again_and_by_another_administrator(azure: Postgres) -> None:
    server = as_role(azure, MIGRATIONS, "token/with?signs#")
    assert await database.run(server, "object-id-of-the-app", [GROUP]) == 0
    assert await database.run(server, "object-id-of-the-app", [GROUP]) == 0
    group = as_role(azure, GROUP, "other token")
    assert await database.run(group, "object-id-of-the-app", []) == 0
    connection = await group.connect("nexus_azure")
    try:
        assert await connection.fetchval("SELECT current_user") == "nexus_owner"
    finally:
        await connection.close()


async def test_rights_that_someone_gave_by_hand_are_told(azure: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    server = as_role(azure, MIGRATIONS, "token/with?signs#")
    await database.run(server, "object-id-of-the-app", [GROUP])
    azure.sql("GRANT CREATE ON SCHEMA public TO nexus_app; GRANT UPDATE ON audit_log TO nexus_app", "nexus_azure")
    try:
        assert await database.run(server, "object-id-of-the-app", [GROUP]) == 1
        told = capsys.readouterr().err
        assert "CREATE in the schema" in told
        assert "to change the audit log" in told
        assert "CREATE in the database" not in told
    finally:
        azure.sql(
            "REVOKE CREATE ON SCHEMA public FROM nexus_app; REVOKE UPDATE ON audit_log FROM nexus_app", "nexus_azure"
        )


async def test_a_migration_that_fails_is_the_steps_failure(azure: Postgres) -> None:
    azure.sql("CREATE DATABASE other OWNER azure_pg_admin")
    azure.sql("CREATE TABLE departments (id int)", "other")
    server = as_role(azure, MIGRATIONS, "token/with?signs#")
    broken = Server(server.host, server.port, "other", server.user, server.token, ssl="disable")
    assert await database.run(broken, "object-id-of-the-app", []) != 0


def test_what_is_not_said_is_named_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("NEXUS_POSTGRES_HOST", "NEXUS_MIGRATIONS_NAME", "NEXUS_APP_PRINCIPAL_ID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit):
        database.main([])
    told = capsys.readouterr().err
    assert "--host, --user, --app-object-id" in told


def test_production_verifies_the_servers_name() -> None:
    server = Server("psql.postgres.database.azure.com", 5432, "nexus", "id a", "t:o/k")
    assert server.migrations_url == (
        "postgresql://id%20a:t%3Ao%2Fk@psql.postgres.database.azure.com:5432/nexus?ssl=verify-full"
    )
