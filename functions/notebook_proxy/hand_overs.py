"""The durable client in the words of what hands files over."""

import logging
from typing import Any

import aiohttp

from shared.domain.ids import FileId

log = logging.getLogger(__name__)

ORCHESTRATOR = "hand_over_file"


async def start_hand_over(client: Any, file_id: FileId) -> None:
    """One instance a file: a second start while the first runs changes nothing. When the platform is away the file
    stays `stored`, and the upkeep timer starts it later: an upload never fails for that."""
    try:
        await client.start_new(ORCHESTRATOR, f"file-{file_id}", {"file_id": str(file_id), "polls": 0})
    except aiohttp.ClientError:
        log.warning("a hand-over could not be started yet", extra={"file_id": str(file_id)})
    except Exception as error:
        # the SDK raises bare Exception with the extension's words; 409 is told by them only
        if "already exists" not in str(error):
            raise
