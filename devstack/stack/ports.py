"""Where each part listens. Everything is on loopback only."""

import contextlib
import socket
from dataclasses import dataclass

import psutil

HOST = "127.0.0.1"

# The table of the local stack's contract: API, web and blob where developers expect them, the rest from 17000.
BASE_PORTS = {
    "postgres": 17000,
    "redis": 17001,
    "qdrant": 17002,
    "entra": 17003,
    "graph": 17004,
    "models": 17005,
    "notebookllama": 17006,
    "blob": 10000,
    "api": 7071,
    "web": 4280,
}
HIGHEST_OFFSET = 65_535 - max(BASE_PORTS.values())


@dataclass(frozen=True, slots=True)
class Taken:
    """A port that somebody else listens on; `holder` is "name (pid n)" when the system tells."""

    part: str
    port: int
    holder: str | None


def ports(offset: int) -> dict[str, int]:
    return {part: port + offset for part, port in BASE_PORTS.items()}


def free_port() -> int:
    """A port that was free a moment ago. Another process may take it first: start, and retry if it did."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    # Connecting first: on macOS a bind to 127.0.0.1 succeeds beside a listener on every address.
    with socket.socket() as probe:
        probe.settimeout(1.0)
        if probe.connect_ex((HOST, port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def taken(wanted: dict[str, int]) -> list[Taken]:
    """Those of the wanted ports that are in use, in the order given."""
    in_use = [(part, port) for part, port in wanted.items() if is_taken(port)]
    if not in_use:
        return []
    holders = _holders()
    return [Taken(part, port, holders.get(port)) for part, port in in_use]


def _holders() -> dict[int, str]:
    found: dict[int, str] = {}
    # macOS asks for root to list other people's connections; the message then goes without the name.
    with contextlib.suppress(psutil.AccessDenied):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.pid:
                with contextlib.suppress(psutil.Error):
                    found[connection.laddr.port] = f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return found
