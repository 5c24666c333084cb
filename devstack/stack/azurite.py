"""Blob Storage: Azurite from npm, on disk, on loopback. Queues and tables only for those who run `func start`."""

import base64
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

import httpx

from devstack.stack.command import Command
from devstack.stack.failures import StackError
from devstack.stack.guarded import GuardedEngine
from devstack.stack.ports import HOST, free_port

NODE_FOLDER = Path(__file__).resolve().parents[1] / "node"
# The account name that every Azure tool expects of an emulator; the key is ours.
_ACCOUNT = "devstoreaccount1"
_OLDEST_NODE = 20


def node() -> str:
    """The path of Node.js. Raises StackError when there is none, or one that is too old for Azurite and pyright."""
    found = shutil.which("node")
    if found is None:
        raise StackError(f"Node.js is not installed (or not on PATH). Install version {_OLDEST_NODE} or newer.")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    match = re.match(r"v(\d+)\.", said)
    if match is None or int(match[1]) < _OLDEST_NODE:
        raise StackError(f"{found} is Node.js {said or '?'}: version {_OLDEST_NODE} or newer is needed.")
    return found


class Azurite(GuardedEngine):
    """In tests: `Azurite(home).start()`, then `.connection_string`, `.stop()`; started again it has its blobs.

    `everything` adds queues and tables on the two next ports, which Durable Functions needs under `func start`.
    `certificate` (a file with it and one with its key) turns on TLS and, beside the key, Entra's tokens: Azurite looks
    at their issuer, audience and dates, not at the signature.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        key: str | None = None,
        everything: bool = False,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        super().__init__("Azurite", home / "azurite.log")
        self.home = home
        self.port = port or free_port()
        self._key = key or new_key()
        self._everything = everything
        self._certificate = certificate

    @property
    def connection_string(self) -> str:
        return connection_string(self._key, self.port, everything=self._everything)

    @property
    def account_url(self) -> str:
        return f"{'https' if self._certificate else 'http'}://{HOST}:{self.port}/{_ACCOUNT}"

    def prepare(self) -> None:
        if not self._script.is_file():
            raise StackError(
                f"Azurite is not installed below {NODE_FOLDER}. Run `make up`, which installs it, "
                "or `npm ci --ignore-scripts` in that folder."
            )
        self.home.mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        arguments = [node(), str(self._script), "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
        arguments += ["--location", str(self.home), "--blobHost", HOST, "--blobPort", str(self.port)]
        if self._everything:
            arguments += ["--queueHost", HOST, "--queuePort", str(self.port + 1)]
            arguments += ["--tableHost", HOST, "--tablePort", str(self.port + 2)]
        if self._certificate is not None:
            certificate, key = self._certificate
            arguments += ["--oauth", "basic", "--cert", str(certificate), "--key", str(key)]
        environment = dict(os.environ) | {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{self._key}"}
        return Command(arguments=tuple(arguments), directory=self.home, environment=environment)

    def ready(self) -> bool:
        try:
            answer = httpx.get(self.account_url, timeout=2.0, trust_env=False, verify=False)
        except httpx.HTTPError:
            return False
        return answer.headers.get("server", "").startswith("Azurite-Blob")

    @property
    def _script(self) -> Path:
        package = NODE_FOLDER / "node_modules" / "azurite" / "dist" / "src"
        return package / "azurite.js" if self._everything else package / "blob" / "main.js"


def connection_string(key: str, port: int, *, everything: bool = False) -> str:
    parts = ["DefaultEndpointsProtocol=http", f"AccountName={_ACCOUNT}", f"AccountKey={key}"]
    for index, service in enumerate(("Blob", "Queue", "Table") if everything else ("Blob",)):
        parts.append(f"{service}Endpoint=http://{HOST}:{port + index}/{_ACCOUNT}")
    return ";".join(parts) + ";"


def new_key() -> str:
    """A storage account key: 64 random bytes in base64, as Azure makes them."""
    return base64.b64encode(secrets.token_bytes(64)).decode()
