"""Gets an answer into the database at its end, also when the database is away just then (R03)."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from shared.db import messages, usage_answers
from shared.db.pool import Db
from shared.domain.events import Done, Problem, Source
from shared.domain.ids import MessageId
from shared.errors import Unavailable

log = logging.getLogger(__name__)

# While its reader waits: half a minute. The answer was paid for and shown.
ATTEMPTS = 6
# Then without a reader: tried again every second for a quarter of an hour, this many answers at most.
RETRY_EVERY_S = 1.0
KEEP_TRYING_S = 15 * 60.0
MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is stored of an answer that has ended."""

    done: Done
    text: str
    retrieved: Sequence[Source]
    problem: Problem | None
    first_token_ms: int | None
    latency_ms: int


@dataclass(slots=True)
class AnswerStoring:
    db: Db
    _waiting: OrderedDict[MessageId, tuple[Ending, float]] = field(
        default_factory=OrderedDict[MessageId, tuple[Ending, float]]
    )
    _task: asyncio.Task[None] | None = None

    async def store(self, ending: Ending) -> bool:
        """False when it did not get through in half a minute: it is then tried on beside."""
        for attempt in range(ATTEMPTS):
            if await self._tried(ending):
                return True
            if attempt + 1 < ATTEMPTS:
                await asyncio.sleep(min(2.0**attempt, 10.0))
        self._later(ending)
        return False

    async def store_waiting(self) -> int:
        """Tries all answers that could not be stored, once; how many got through. Called before a sweep, which would
        close them with what had been saved of them on the way."""
        stored = 0
        for message_id, (ending, until) in list(self._waiting.items()):
            try:
                if await self._tried(ending):
                    stored += 1
                elif time.monotonic() < until:
                    return stored
                else:
                    log.error("an answer was given up", extra={"message_id": str(message_id)})
            except Exception:
                # the retry loop's boundary: one answer that cannot be stored must not keep the others from it
                log.exception("an answer cannot be stored", extra={"message_id": str(message_id)})
            self._waiting.pop(message_id, None)
        return stored

    async def _tried(self, ending: Ending) -> bool:
        try:
            async with self.db.connection() as connection:
                stored = await messages.finish(
                    connection,
                    ending.done,
                    content=ending.text,
                    error=msgspec.to_builtins(ending.problem) if ending.problem else None,
                    first_token_ms=ending.first_token_ms,
                    latency_ms=ending.latency_ms,
                    retrieved=ending.retrieved,
                )
                if not stored:
                    # what was paid for counts, whatever became of the conversation meanwhile
                    await usage_answers.finish_deleted(
                        connection, ending.done, ending.first_token_ms, ending.latency_ms
                    )
        except Unavailable:
            log.warning("the answer could not be stored yet", extra={"message_id": str(ending.done.message_id)})
            return False
        return True

    def _later(self, ending: Ending) -> None:
        self._waiting[ending.done.message_id] = (ending, time.monotonic() + KEEP_TRYING_S)
        while len(self._waiting) > MOST_WAITING:
            lost, _ = self._waiting.popitem(last=False)
            log.error("an answer was given up: too many wait to be stored", extra={"message_id": str(lost)})
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._retry(), name="store-answers")

    async def _retry(self) -> None:
        while self._waiting:
            await asyncio.sleep(RETRY_EVERY_S)
            await self.store_waiting()
