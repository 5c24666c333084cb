"""The parts of the local stack: what is started, in which order, and how it is told what it needs."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from devstack.stack.addresses import Addresses
from devstack.stack.azurite import Azurite
from devstack.stack.command import Command
from devstack.stack.configuration import ROOT
from devstack.stack.environment import process_environment
from devstack.stack.ports import HOST
from devstack.stack.postgres import Passwords, Postgres
from devstack.stack.qdrant import Qdrant
from devstack.stack.redis import Redis
from devstack.stack.supervisor import Part

# Vectors of the sample library, shipped because the embedding model makes only four or five a second.
SEED_VECTORS = ROOT / "devstack" / "sample" / "vectors.npz"


def local_postgres(addresses: Addresses) -> Postgres:
    held = addresses.credentials
    return Postgres(
        addresses.configuration.home / "postgres",
        port=addresses.configuration.ports["postgres"],
        passwords=Passwords(held.postgres_superuser, held.postgres_owner, held.postgres_app),
        durable=True,
    )


def services(addresses: Addresses) -> list[Part]:
    """All that the function app talks to; none of them needs another to start."""
    home, ports, held = addresses.configuration.home, addresses.configuration.ports, addresses.credentials
    postgres = local_postgres(addresses)
    redis = Redis(home / "redis", port=ports["redis"], password=held.redis)
    qdrant = Qdrant(home / "qdrant", port=ports["qdrant"], api_key=held.qdrant)
    azurite = Azurite(home / "blob", port=ports["blob"], key=held.blob_key)
    entra_options = ["--tenant", held.entra_tenant, "--client-id", held.entra_client_id]
    entra_options += [f"--client-secret={held.entra_client_secret}"]
    models_options = ["--embedding", addresses.configuration.embedding]
    # Shipped vectors are e5's: another model's would not be near them.
    if SEED_VECTORS.is_file() and addresses.configuration.embedding == "e5":
        models_options += ["--seed-cache", str(SEED_VECTORS)]
    return [
        Part(
            "postgres",
            "PostgreSQL",
            postgres.port,
            postgres.command,
            postgres.ready,
            postgres.prepare,
            postgres.provision,
        ),
        Part("redis", "Redis", redis.port, redis.command, redis.ready, redis.prepare),
        Part("qdrant", "Qdrant", qdrant.port, qdrant.command, qdrant.ready, qdrant.prepare),
        Part("blob", "Blob Storage (Azurite)", azurite.port, azurite.command, azurite.ready, azurite.prepare),
        _stand_in(addresses, "entra", "Entra ID", "devstack.entra", entra_options),
        _stand_in(addresses, "graph", "Graph", "devstack.graph", ["--entra-issuer", addresses.entra_issuer]),
        # loading the embedding model takes some seconds, more on a busy machine
        _stand_in(addresses, "models", "Models", "devstack.models", models_options, limit_s=180.0),
        _stand_in(
            addresses,
            "notebookllama",
            "NotebookLlama",
            "devstack.notebookllama",
            [f"--api-key={addresses.credentials.notebook_key}"],
        ),
    ]


def function_app(addresses: Addresses, environment: Mapping[str, str]) -> Part:
    """The product itself; it starts when the database is migrated."""
    port = addresses.configuration.ports["api"]
    home = addresses.configuration.home / "functions"

    def ready() -> bool:
        try:
            answer = httpx.get(f"http://{HOST}:{port}/admin/host/status", timeout=2.0, trust_env=False)
            return answer.status_code == 200 and answer.json().get("state") == "Running"
        except (httpx.HTTPError, ValueError):
            return False

    return Part(
        name="api",
        title="Function app (API)",
        port=port,
        command=_python("devstack.functions_host", port, home, ["--app", str(ROOT)], environment),
        ready=ready,
        limit_s=120.0,
    )


def web_app(addresses: Addresses) -> Part:
    """The export that `devstack.stack.web_app` has put into the home; left out with NEXUS_WEB=off."""
    return _stand_in(addresses, "web", "Web app", "devstack.web", ["--host", "localhost"])


def _stand_in(
    addresses: Addresses, name: str, title: str, module: str, options: list[str], limit_s: float = 60.0
) -> Part:
    port = addresses.configuration.ports[name]
    home = addresses.configuration.home / name

    def ready() -> bool:
        try:
            return httpx.get(f"http://{HOST}:{port}/_control/health", timeout=2.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    return Part(name, title, port, _python(module, port, home, options, {}), ready, limit_s=limit_s)


def _python(
    module: str, port: int, home: Path, options: list[str], environment: Mapping[str, str]
) -> Callable[[], Command]:
    def command() -> Command:
        home.mkdir(parents=True, exist_ok=True)
        arguments = (sys.executable, "-m", module, "--port", str(port), "--home", str(home), *options)
        return Command(arguments, directory=ROOT, environment=process_environment(environment))

    return command
