"""Tasks that nobody awaits: kept alive, their failures logged, ended together."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

# Cancelled work of the app may clean up for this long before it is left behind.
_CLEAN_UP_S = 0.5


class BackgroundTasks:
    """The tasks of one part of the host. A failure in one is a defect of the host and is logged as such."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._logger.critical("The host broke; restart it", exc_info=error)

    async def end(self, grace_s: float = 0.0) -> None:
        """Waits at most `grace_s` for the tasks, then cancels what is left."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=grace_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_CLEAN_UP_S)
