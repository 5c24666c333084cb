"""The durable client in the words of the re-indexing service."""

from typing import Any

import aiohttp

from shared.errors import Unavailable

ORCHESTRATOR = "rebuild_index"
# One for the whole installation: the platform itself refuses a second one while the first runs.
INSTANCE = "index-rebuild"
_LIVE = frozenset({"Running", "Pending", "Suspended", "ContinuedAsNew"})


class DurableRebuild:
    """`client` is the azure-functions-durable client that the binding gives an invocation."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def start_rebuild(self) -> None:
        try:
            status = await self._client.get_status(INSTANCE)
            state = getattr(status, "runtime_status", None)
            if state is None or state.value not in _LIVE:
                await self._client.start_new(ORCHESTRATOR, INSTANCE, {"after": None, "failures": 0})
        except aiohttp.ClientError as error:
            raise Unavailable("durable") from error
        except Exception as error:
            # the SDK raises bare Exception with the extension's words; 409 is told by them only
            if "already exists" not in str(error):
                raise
