"""Where every part of one stack is, and the file that tells others: `.nexus/stack.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devstack.stack.accounts import Account
from devstack.stack.azurite import connection_string
from devstack.stack.configuration import Configuration
from devstack.stack.credentials import Credentials
from devstack.stack.ports import HOST
from devstack.stack.postgres import DATABASE, dsn
from devstack.stack.private_file import write_private
from devstack.stack.redis import redis_url


@dataclass(frozen=True, slots=True)
class Addresses:
    configuration: Configuration
    credentials: Credentials

    def _http(self, part: str) -> str:
        return f"http://{HOST}:{self.configuration.ports[part]}"

    @property
    def api(self) -> str:
        """Without `/api`, which every path of the API begins with."""
        return self._http("api")

    @property
    def api_for_browsers(self) -> str:
        """With `/api`, and by the same host as the web app: the session's cookie is SameSite=Strict."""
        return f"http://localhost:{self.configuration.ports['api']}/api"

    @property
    def web(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def entra(self) -> str:
        return self._http("entra")

    @property
    def entra_issuer(self) -> str:
        return f"{self.entra}/{self.credentials.entra_tenant}/v2.0"

    @property
    def graph(self) -> str:
        return self._http("graph")

    @property
    def models(self) -> str:
        return self._http("models")

    @property
    def notebookllama(self) -> str:
        return self._http("notebookllama")

    @property
    def qdrant(self) -> str:
        return self._http("qdrant")

    @property
    def web_port(self) -> int:
        return self.configuration.ports["web"]

    @property
    def postgres_owner(self) -> str:
        return dsn("nexus_owner", self.credentials.postgres_owner, self.configuration.ports["postgres"], DATABASE)

    @property
    def postgres_app(self) -> str:
        return dsn("nexus_app", self.credentials.postgres_app, self.configuration.ports["postgres"], DATABASE)

    @property
    def redis(self) -> str:
        return redis_url(self.credentials.redis, self.configuration.ports["redis"])

    @property
    def blob(self) -> str:
        return connection_string(self.credentials.blob_key, self.configuration.ports["blob"])


def stack_file(home: Path) -> Path:
    return home / "stack.json"


def write_stack_file(addresses: Addresses, accounts: Sequence[Account], pids: Mapping[str, int]) -> None:
    """The contract of the local stack with tools outside. Parts that do not exist (yet), or do not run, are null."""
    content = {
        "api": addresses.api,
        "web": addresses.web if "web" in pids else None,
        "graph": addresses.graph,
        "entra": addresses.entra,
        "openai": addresses.models,
        "anthropic": None,
        "notebookllama": addresses.notebookllama,
        # the owner's: a tool may look at every table, the app's own address is in `python -m devstack env`
        "postgres": addresses.postgres_owner,
        "redis": addresses.redis,
        "blob": addresses.blob,
        "qdrant": addresses.qdrant,
        "accounts": [asdict(account) for account in accounts],
        "pids": dict(pids),
    }
    write_private(stack_file(addresses.configuration.home), json.dumps(content, indent=2))
