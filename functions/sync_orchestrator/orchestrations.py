"""The durable client in the words of the sync service."""

from typing import Any

import aiohttp

from shared.domain.ids import LibraryId, SyncRunId
from shared.errors import Unavailable

ORCHESTRATOR = "sync_library"
_LIVE = frozenset({"Running", "Pending", "Suspended", "ContinuedAsNew"})


class DurableOrchestrations:
    """`client` is the azure-functions-durable client that the binding gives an invocation."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def is_running(self, library_id: LibraryId) -> bool:
        try:
            status = await self._client.get_status(_instance_id(library_id))
        except aiohttp.ClientError as error:
            raise Unavailable("durable") from error
        state = getattr(status, "runtime_status", None)
        return state is not None and state.value in _LIVE

    async def start(self, library_id: LibraryId, run_id: SyncRunId, *, confirmed: bool) -> bool:
        """One instance id per library: the platform itself refuses a second one while the first runs."""
        work = {"library_id": str(library_id), "run_id": str(run_id), "confirmed": confirmed, "failures": 0}
        try:
            await self._client.start_new(ORCHESTRATOR, _instance_id(library_id), work)
        except aiohttp.ClientError as error:
            raise Unavailable("durable") from error
        except Exception as error:
            # the SDK raises bare Exception with the extension's words; 409 is told by them only
            if "already exists" in str(error):
                return False
            raise
        return True


def _instance_id(library_id: LibraryId) -> str:
    return f"sync-{library_id}"
