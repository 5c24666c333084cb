"""Whether the servers that the settings name can be reached from here. Nothing is said to them."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from functions.doctor.findings import Finding, az, ok, wrong
from shared.settings import Settings

TIMEOUT_S = 5.0
_PORTS = {"https": 443, "http": 80, "postgresql": 5432, "postgres": 5432, "redis": 6379, "rediss": 6379}


@dataclass(frozen=True, slots=True)
class Server:
    """`name` is that of the check which needs it."""

    name: str
    variable: str
    host: str
    port: int


def servers(settings: Settings) -> list[Server]:
    """Of every part, once. A storage account by connection string is a local one and left out."""
    named = [
        ("postgres", "NEXUS_POSTGRES_URL", settings.postgres_url),
        ("redis", "NEXUS_REDIS_URL", settings.redis_url),
        ("qdrant", "NEXUS_QDRANT_URL", settings.qdrant_url),
        ("blob", "NEXUS_BLOB_ACCOUNT_URL", "" if settings.blob_connection_string else settings.blob_account_url),
        ("entra", "NEXUS_ENTRA_AUTHORITY", settings.entra.authority),
        ("graph", "NEXUS_GRAPH_BASE_URL", settings.graph.base_url),
        ("chat model", "NEXUS_CHAT_ENDPOINT", settings.chat.endpoint),
        ("embedding model", "NEXUS_EMBEDDING_ENDPOINT", settings.embedding.provider.endpoint),
        ("notebook", "NEXUS_NOTEBOOK_URL", settings.notebook.url),
    ]
    found: list[Server] = []
    for name, variable, url in named:
        parts = urlsplit(url or "")
        if parts.hostname:
            # qdrant-client means 6333 where no port is said
            usual = 6333 if name == "qdrant" else _PORTS[parts.scheme]
            found.append(Server(name, variable, parts.hostname, parts.port or usual))
    return found


async def look(server: Server) -> Finding:
    check, where = f"network: {server.name}", f"{server.host}:{server.port} ({server.variable})"
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, writer = await asyncio.open_connection(server.host, server.port)
    except socket.gaierror:
        return wrong(
            check, f"{where}: the name does not resolve from here.", az("network private-dns zone list GROUP -o table")
        )
    except TimeoutError:
        mend = az("functionapp vnet-integration list APP")
        return wrong(check, f"{where} does not answer within {TIMEOUT_S:.0f} s: a firewall, or no route.", mend)
    except OSError:
        return wrong(check, f"{where} refuses connections: nothing listens there.", az("resource list GROUP -o table"))
    writer.close()
    with suppress(OSError):  # some servers answer silence with a reset
        await writer.wait_closed()
    return ok(check, f"{where} can be reached.")
