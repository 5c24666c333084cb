"""One run in memory, and what is done for it on the side while it goes: its log, its cancel flag, its sign of life."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from shared.db import messages
from shared.db.pool import Db
from shared.db.turns import TurnStart
from shared.domain.events import RunEvent, Token
from shared.domain.frames import PING, frame, token_frame
from shared.errors import Unavailable
from shared.ports import RunLog
from shared.services.answer_storing import Ending

log = logging.getLogger(__name__)

# A silent connection is kept alive with a comment; idle ones are cut after 230 s on Azure.
PING_EVERY_S = 15.0
# How often events go to the log (readers in other processes are this late), the cancel flag is looked at, and the
# answer so far goes to the database.
LOG_EVERY_S = 0.1
CANCEL_CHECK_EVERY_S = 1.0
SAVE_EVERY_S = 5.0


class LiveRun:
    """The events of a run in this process. Frame n has sequence number n + 1; `logged` of them are in the log."""

    def __init__(self, turn: TurnStart) -> None:
        self.turn = turn
        self._run = str(turn.run_id).encode()
        self.frames: list[bytes] = []
        self.finished = False
        self.cancel_requested = False
        self.logged = 0
        self.work: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    def emit(self, event: RunEvent) -> None:
        seq = len(self.frames) + 1
        if isinstance(event, Token):
            self.frames.append(token_frame(self._run, seq, event.token))
        else:
            self.frames.append(frame(self.turn.run_id, seq, event))
        self.wake()

    def wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        self._waiting.clear()

    def cancel(self) -> None:
        self.cancel_requested = True
        if self.work is not None:
            self.work.cancel()

    async def follow(self, after_seq: int) -> AsyncGenerator[bytes]:
        """All frames after `after_seq`, what piled up in one piece; a ping when woken without news."""
        position = min(after_seq, len(self.frames))
        while True:
            if position < len(self.frames):
                piled_up = self.frames[position:]
                position = len(self.frames)
                yield b"".join(piled_up) if len(piled_up) > 1 else piled_up[0]
            elif self.finished:
                return
            else:
                await self._woken()
                if position == len(self.frames) and not self.finished:
                    yield PING

    async def _woken(self) -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)


@dataclass(frozen=True, slots=True)
class RunKeeping:
    db: Db
    run_log: RunLog

    async def keep(self, run: LiveRun, so_far: Callable[[], Ending]) -> None:
        """Runs beside the producer until it is cancelled. Redis or PostgreSQL being away costs resume, cancel from
        elsewhere and the saved prefix; it never costs the stream. `so_far` is what could be stored now."""
        now = time.monotonic()
        next_check, next_save, last_frame = now + CANCEL_CHECK_EVERY_S, now + SAVE_EVERY_S, now
        seen = len(run.frames)
        while True:
            await asyncio.sleep(LOG_EVERY_S)
            now = time.monotonic()
            await self.flush(run)
            if len(run.frames) != seen:
                seen, last_frame = len(run.frames), now
            elif now - last_frame >= PING_EVERY_S:
                last_frame = now
                run.wake()
            if now >= next_check:
                next_check = now + CANCEL_CHECK_EVERY_S
                await self._look_for_cancel(run)
            if now >= next_save:
                next_save = now + SAVE_EVERY_S
                await self._save(so_far())

    async def flush(self, run: LiveRun) -> None:
        """Sends what the log does not have yet."""
        upto = len(run.frames)
        if upto == run.logged:
            return
        new = [(index + 1, run.frames[index]) for index in range(run.logged, upto)]
        try:
            await self.run_log.append(run.turn.run_id, new)
        except Unavailable:
            log.warning("the run's log is away; resume will not work for now")
            return
        run.logged = upto

    async def _look_for_cancel(self, run: LiveRun) -> None:
        try:
            if await self.run_log.is_cancelled(run.turn.run_id):
                run.cancel()
        except Unavailable:
            log.warning("the cancel flag cannot be read")

    async def _save(self, so_far: Ending) -> None:
        try:
            async with self.db.connection() as connection:
                await messages.save_progress(connection, so_far.done, so_far.text, so_far.retrieved)
        except Unavailable:
            log.warning("the answer so far could not be saved")
