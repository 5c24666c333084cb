"""Qdrant: our own small server over Qdrant's engine (`devstack.qdrant`), as a process."""

import secrets
import sys
from pathlib import Path

import httpx

from devstack.stack.command import Command
from devstack.stack.guarded import GuardedEngine
from devstack.stack.ports import HOST, free_port

_ROOT = Path(__file__).resolve().parents[2]


class Qdrant(GuardedEngine):
    """In tests: `Qdrant(home).start()`, then `.url`, `.api_key`, `.stop()`; started again it has its points."""

    def __init__(self, home: Path, *, port: int | None = None, api_key: str | None = None) -> None:
        super().__init__("Qdrant", home / "qdrant.log")
        self.home = home
        self.port = port or free_port()
        self.api_key = api_key or secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    def command(self) -> Command:
        arguments = [sys.executable, "-m", "devstack.qdrant", "--port", str(self.port)]
        arguments += ["--home", str(self.home), f"--api-key={self.api_key}"]
        return Command(arguments=tuple(arguments), directory=_ROOT)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/_control/health", timeout=2.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False
