"""What can be wrong with an installation, one thing at a time: how to break it, and what the doctor must say of it."""

import socket
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import jwt

from devstack.entra.host_identity import HostIdentity
from devstack.serving import ServerThread
from devstack.stack.azurite import connection_string, new_key
from devstack.stack.ports import HOST, free_port
from tests.functions.nexus import Nexus

IDENTITY = "8e3fa051-6c4d-4d7c-8d8b-3c7d4f4ea044"
# As of an application that may do nothing in Graph; the doctor reads it, and never asks whether it is genuine.
_POWERLESS = {"token_type": "Bearer", "expires_in": 3600, "access_token": jwt.encode({"roles": []}, "k" * 32, "HS256")}

type Settings = dict[str, str]
type Break = Callable[[Nexus], AbstractContextManager[Settings]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`check` is the finding's name, `says` and `mend` are words of it; `broken` gives the settings to examine with."""

    name: str
    check: str
    says: str
    mend: str
    broken: Break


def setting(made: Callable[[Nexus], Settings]) -> Break:
    @contextmanager
    def broken(app: Nexus) -> Generator[Settings]:
        yield made(app)

    return broken


def sql(breaks: str, mends: str) -> Break:
    @contextmanager
    def broken(app: Nexus) -> Generator[Settings]:
        app.postgres.sql(breaks, app.database.name)
        try:
            yield {}
        finally:
            app.postgres.sql(mends, app.database.name)

    return broken


def answer(server: str, path: str, then: dict[str, Any], made: Callable[[Nexus], Settings] = lambda _: {}) -> Break:
    """A stand-in (an attribute of Nexus) answers so."""

    @contextmanager
    def broken(app: Nexus) -> Generator[Settings]:
        app.fault(getattr(app, server), path, then)
        try:
            yield made(app)
        finally:
            app.forget()

    return broken


def by_identity(inner: Break) -> Break:
    """With a managed identity of the host that gives tokens for everything."""

    @contextmanager
    def broken(app: Nexus) -> Generator[Settings]:
        identity = HostIdentity(IDENTITY)
        with ServerThread(identity.app) as server, inner(app) as settings:
            yield {
                "NEXUS_ENTRA_MANAGED_IDENTITY_CLIENT_ID": IDENTITY,
                **identity.environment(server.url),
                **settings,
            }

    return broken


@contextmanager
def silent(app: Nexus) -> Generator[Settings]:
    """A port whose queue of connections is full: what comes is neither taken nor refused, as by a firewall."""
    with ExitStack() as open_sockets:
        full = open_sockets.enter_context(socket.create_server((HOST, 0), backlog=0))
        port = full.getsockname()[1]
        for _ in range(4):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((HOST, port))
        yield {"NEXUS_QDRANT_URL": f"http://{HOST}:{port}"}


def _azure(app: Nexus) -> Settings:
    return {"NEXUS_CHAT_PROVIDER": "azure", "NEXUS_CHAT_ENDPOINT": app.models.url, "NEXUS_CHAT_MODEL": "gpt-4.1"}


def _nowhere(scheme: str = "http", path: str = "") -> str:
    return f"{scheme}://{HOST}:{free_port()}{path}"


# server → settings under which nothing listens where it should be
NOWHERE: dict[str, Callable[[Nexus], Settings]] = {
    "postgres": lambda _: {"NEXUS_POSTGRES_URL": f"postgresql://nexus_app:secret@{HOST}:{free_port()}/nexus"},
    "redis": lambda _: {"NEXUS_REDIS_URL": f"redis://:secret@{HOST}:{free_port()}/0"},
    "qdrant": lambda _: {"NEXUS_QDRANT_URL": _nowhere()},
    "blob": lambda _: {"NEXUS_BLOB_CONNECTION_STRING": "", "NEXUS_BLOB_ACCOUNT_URL": _nowhere(path="/account")},
    "entra": lambda _: {"NEXUS_ENTRA_AUTHORITY": _nowhere()},
    "graph": lambda _: {"NEXUS_GRAPH_BASE_URL": _nowhere(path="/v1.0")},
    "chat model": lambda _: {"NEXUS_CHAT_ENDPOINT": _nowhere(path="/v1")},
    "embedding model": lambda _: {"NEXUS_EMBEDDING_ENDPOINT": _nowhere(path="/v1")},
    "notebook": lambda _: {"NEXUS_NOTEBOOK_URL": _nowhere(), "NEXUS_NOTEBOOK_API_KEY_ENV": "OPENAI_API_KEY"},
}
_KEYS = "az functionapp config appsettings set"

FAULTS = (
    *(
        Fault(f"nothing at {name}", f"network: {name}", "refuses connections", "az resource list", broken)
        for name, made in NOWHERE.items()
        for broken in (by_identity(setting(made)) if name == "blob" else setting(made),)
    ),
    Fault(
        "a name that is none",
        "network: qdrant",
        "does not resolve",
        "private-dns",
        setting(lambda _: {"NEXUS_QDRANT_URL": "http://qdrant.invalid:6333"}),
    ),
    Fault("a closed network", "network: qdrant", "a firewall, or no route", "vnet-integration", silent),
    Fault(
        "a registration that does not trust the identity",
        "sign-in",
        "AADSTS70",
        "infra/bicep/identity",
        by_identity(setting(lambda _: {"NEXUS_ENTRA_CLIENT_SECRET": ""})),
    ),
    Fault(
        "a password of PostgreSQL",
        "postgres",
        "does not accept the role",
        "infra.deploy.database",
        setting(lambda app: {"NEXUS_POSTGRES_URL": app.database.dsn_app.replace("nexus_app:", "nexus_app:not-")}),
    ),
    Fault(
        "a role that owns",
        "postgres role",
        "it makes tables, it owns tables",
        "infra.deploy.database",
        setting(lambda app: {"NEXUS_POSTGRES_URL": app.database.dsn_owner}),
    ),
    Fault(
        "a role that governs",
        "postgres role",
        "it makes roles or databases",
        "infra.deploy.database",
        sql("ALTER ROLE nexus_app CREATEROLE", "ALTER ROLE nexus_app NOCREATEROLE"),
    ),
    Fault(
        "a role that makes tables",
        "postgres role",
        "it makes tables",
        "infra.deploy.database",
        sql("GRANT CREATE ON SCHEMA public TO nexus_app", "REVOKE CREATE ON SCHEMA public FROM nexus_app"),
    ),
    Fault(
        "a role that rewrites the audit log",
        "postgres role",
        "rewrites the audit log (S19)",
        "infra.deploy.database",
        sql("GRANT UPDATE ON audit_log TO nexus_app", "REVOKE UPDATE ON audit_log FROM nexus_app"),
    ),
    Fault(
        "a right that is not there",
        "postgres role",
        "may not use the tables feedback",
        "infra.deploy.database",
        sql("REVOKE INSERT ON feedback FROM nexus_app", "GRANT INSERT ON feedback TO nexus_app"),
    ),
    Fault(
        "an older schema",
        "schema",
        "at revision 0001, this version of Nexus needs",
        "alembic",
        sql(
            "CREATE SCHEMA kept; CREATE TABLE kept.at AS SELECT version_num FROM alembic_version;"
            " UPDATE alembic_version SET version_num = '0001'",
            "UPDATE alembic_version SET version_num = (SELECT version_num FROM kept.at); DROP SCHEMA kept CASCADE",
        ),
    ),
    Fault(
        "no schema",
        "schema",
        "holds no schema yet",
        "alembic",
        sql(
            "CREATE SCHEMA kept; ALTER TABLE alembic_version SET SCHEMA kept",
            "ALTER TABLE kept.alembic_version SET SCHEMA public; DROP SCHEMA kept",
        ),
    ),
    Fault(
        "a password of Redis",
        "redis",
        "redis service does not answer",
        "access-policy-assignment",
        setting(lambda app: {"NEXUS_REDIS_URL": app.redis.url.replace("redis://:", "redis://:not-")}),
    ),
    Fault(
        "a key of Blob Storage",
        "blob",
        "blob service does not answer",
        "az role assignment list",
        setting(lambda app: {"NEXUS_BLOB_CONNECTION_STRING": connection_string(new_key(), app.azurite.port)}),
    ),
    Fault(
        "a key of Qdrant",
        "qdrant",
        "refuses Nexus' key",
        "NEXUS_QDRANT_API_KEY",
        setting(lambda _: {"NEXUS_QDRANT_API_KEY": "another"}),
    ),
    Fault(
        "a model that is none",
        "chat model",
        "does not know",
        f"{_KEYS} -g <resource group> -n <function app> --settings NEXUS_CHAT_MODEL",
        answer("models", "/chat/completions$", {"status": 404, "body": {"error": {"code": "model_not_found"}}}),
    ),
    Fault(
        "a deployment that is none",
        "chat model",
        "does not know",
        "az cognitiveservices account deployment list",
        answer(
            "models",
            "/chat/completions$",
            {"status": 404, "body": {"error": {"code": "DeploymentNotFound"}}},
            lambda app: _azure(app) | {"NEXUS_CHAT_API_KEY_ENV": "OPENAI_API_KEY"},
        ),
    ),
    Fault(
        "a key of a model",
        "chat model",
        "refuses our key",
        "OPENAI_API_KEY=<key>",
        answer("models", "/chat/completions$", {"status": 401, "body": {}}),
    ),
    Fault(
        "an identity without the role of a model",
        "chat model",
        "refuses our key",
        "role assignment create --role 'Cognitive Services OpenAI User'",
        by_identity(answer("models", "/chat/completions$", {"status": 401, "body": {}}, _azure)),
    ),
    Fault(
        "a key of the embedding model",
        "embedding model",
        "refuses our key",
        "OPENAI_API_KEY=<key>",
        answer("models", "/embeddings$", {"status": 401, "body": {}}),
    ),
    Fault(
        "an embedding model that is none",
        "embedding model",
        "does not know",
        "NEXUS_EMBEDDING_MODEL",
        answer("models", "/embeddings$", {"status": 404, "body": {"error": {"code": "model_not_found"}}}),
    ),
    Fault(
        "a secret that ended",
        "graph",
        "(AADSTS7000215)",
        "NEXUS_ENTRA_CLIENT_SECRET",
        setting(lambda _: {"NEXUS_ENTRA_CLIENT_SECRET": "another"}),
    ),
    Fault(
        "no permission in Graph",
        "graph permission",
        "must add the application permission Sites.Selected",
        "infra/bicep/identity",
        answer("entra", "/oauth2/v2.0/token$", {"status": 200, "body": _POWERLESS}),
    ),
)
