"""Runs: answers made apart from the response that shows them.

A producer task owns a run from its first event to the stored message. Readers only read: one that leaves, lags or
comes back changes nothing for the producer. A run of this process is read from memory, any other from its log.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

import msgspec

from shared.correlation import correlated
from shared.db import conversations, messages
from shared.db.messages import TurnStart
from shared.db.pool import Db
from shared.domain.audience import Audience
from shared.domain.events import Done, Failed, Meta, Problem, RunStatus, Title, Token, Usage
from shared.domain.ids import RunId
from shared.domain.prompts import title_from
from shared.errors import NexusError, Unavailable
from shared.ports import RunLog
from shared.services.answering import Answer, Answering
from shared.services.following import follow_elsewhere
from shared.services.live_run import LiveRun, RunKeeping

log = logging.getLogger(__name__)

# One idle connection lives 230 s on Azure: a run ends well before, a silent one says `: ping`.
HARD_CAP_S = 180.0
# Finished runs kept in memory for readers that come right back; older ones are read from the log.
KEEP_FINISHED = 100
STORE_ATTEMPTS = 6


@dataclass(slots=True)
class Runs:
    db: Db
    answering: Answering
    run_log: RunLog
    _keeping: RunKeeping = field(init=False)
    _runs: OrderedDict[RunId, LiveRun] = field(default_factory=OrderedDict[RunId, LiveRun])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        self._keeping = RunKeeping(self.db, self.run_log)

    def start(self, turn: TurnStart, audience: Audience) -> LiveRun:
        """Starts producing; the caller has made sure (in the database) that nobody else does."""
        run = LiveRun(turn)
        self._runs[turn.run_id] = run
        while len(self._runs) > KEEP_FINISHED and next(iter(self._runs.values())).finished:
            self._runs.popitem(last=False)
        run.emit(
            Meta(
                turn.run_id,
                turn.conversation.id,
                turn.user_message_id,
                turn.message_id,
                turn.conversation.mode.value,
                turn.correlation_id,
            )
        )
        # what is logged of the run belongs to the question, even if another request starts it
        with correlated(turn.correlation_id):
            task = asyncio.create_task(self._produce(run, audience), name=f"run-{turn.run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def open(self, turn: TurnStart, audience: Audience) -> None:
        """Starts a run that waits for its first reader; does nothing for any other."""
        if turn.status is RunStatus.WAITING:
            async with self.db.connection() as connection:
                claimed = await messages.start_waiting(connection, turn.message_id)
            if claimed:
                self.start(turn, audience)

    async def follow(self, turn: TurnStart, after_seq: int) -> AsyncGenerator[bytes]:
        """The run's frames after `after_seq`, then live, until its `done`."""
        run = self._runs.get(turn.run_id)
        source = run.follow(after_seq) if run else follow_elsewhere(self.db, self.run_log, turn, after_seq)
        async with aclosing(source) as frames:
            async for piece in frames:
                yield piece

    async def cancel(self, turn: TurnStart) -> None:
        """Asks the producer to stop, wherever it is. Nothing happens to a run that has ended."""
        run = self._runs.get(turn.run_id)
        if run is not None:
            run.cancel()
        elif turn.status is RunStatus.STREAMING:
            await self.run_log.request_cancel(turn.run_id)
        elif turn.status is RunStatus.WAITING:
            async with self.db.connection() as connection:
                claimed = await messages.start_waiting(connection, turn.message_id)
            if claimed:
                await self._store(_done(turn, RunStatus.CANCELLED, Answer(), Usage(0, 0)), "", None, None, 0)

    async def sweep(self) -> int:
        """Closes runs without a sign of life for a minute (R10); how many."""
        async with self.db.connection() as connection:
            return await messages.sweep(connection)

    async def drain(self) -> None:
        """Waits for all producers; for tests and an orderly stop."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- the producer ----------------------------------------------------------------------------------------------

    async def _produce(self, run: LiveRun, audience: Audience) -> None:
        answer, started = Answer(), time.monotonic()
        timing: list[float] = []
        run.work = asyncio.create_task(self._answer(run, answer, audience, timing))
        keeper = asyncio.create_task(self._keeping.keep(run, answer))
        await asyncio.wait([run.work], timeout=HARD_CAP_S)
        timed_out = not run.work.done()
        if timed_out:
            run.work.cancel()
            await asyncio.wait([run.work])
        status, problem = self._verdict(run, run.work, timed_out=timed_out)
        keeper.cancel()
        await asyncio.wait([keeper])
        await self._end(run, answer, status, problem, started, timing)

    async def _answer(self, run: LiveRun, answer: Answer, audience: Audience, timing: list[float]) -> None:
        turn = run.turn
        events = self.answering.answer(
            turn.conversation.mode, turn.question, turn.history, audience=audience, into=answer
        )
        async with aclosing(events):
            async for event in events:
                if not timing and isinstance(event, Token):
                    timing.append(time.monotonic())
                run.emit(event)

    def _verdict(self, run: LiveRun, work: asyncio.Task[None], *, timed_out: bool) -> tuple[RunStatus, Problem | None]:
        correlation_id = run.turn.correlation_id
        if run.cancel_requested and work.cancelled():
            return RunStatus.CANCELLED, None
        if timed_out:
            limit = f"The answer took longer than {HARD_CAP_S:.0f} seconds and was cut off."
            return RunStatus.INTERRUPTED, _problem(correlation_id, 504, "time_limit", "The answer took too long", limit)
        if work.cancelled():
            return RunStatus.INTERRUPTED, None
        error = work.exception()
        if error is None:
            return RunStatus.COMPLETE, None
        if isinstance(error, NexusError):
            log.warning("run failed: %s", error.code, extra={"run_id": str(run.turn.run_id)})
            return RunStatus.FAILED, _problem(correlation_id, error.status, error.code, error.title, error.detail)
        log.error("run failed unexpectedly", exc_info=error, extra={"run_id": str(run.turn.run_id)})
        detail = "Something went wrong on our side. The logs know this id."
        return RunStatus.FAILED, _problem(correlation_id, 500, "internal_error", NexusError.title, detail)

    async def _end(
        self,
        run: LiveRun,
        answer: Answer,
        status: RunStatus,
        problem: Problem | None,
        started: float,
        timing: list[float],
    ) -> None:
        """Stores the message, then says so: who sees `done` finds the message in the database."""
        turn = run.turn
        done = _done(turn, status, answer, self.answering.usage(answer))
        first_token_ms = round((timing[0] - started) * 1000) if timing else None
        latency_ms = round((time.monotonic() - started) * 1000)
        try:
            stored = await self._store(done, answer.text, problem, first_token_ms, latency_ms)
        except Exception:
            # the stream loop's boundary: a reader must see the end of the run whatever storing it ran into
            log.exception("the answer could not be stored", extra={"message_id": str(done.message_id)})
            stored = False
        if not stored and problem is None:
            detail = "The answer is shown here but could not be stored."
            problem = _problem(turn.correlation_id, 503, "postgres_unavailable", Unavailable.title, detail)
        if stored and turn.conversation.title is None:
            await self._give_title(run)
        if problem is not None:
            run.emit(Failed(problem))
        run.emit(done)
        run.finished = True
        run.wake()
        _log_end(turn, done, problem, first_token_ms, latency_ms)
        await self._keeping.flush(run)

    async def _give_title(self, run: LiveRun) -> None:
        title = title_from(run.turn.question)
        try:
            async with self.db.connection() as connection:
                given = await conversations.set_first_title(connection, run.turn.conversation.id, title)
        except Unavailable:
            log.warning("the title could not be stored", extra={"run_id": str(run.turn.run_id)})
            return
        if given:
            run.emit(Title(title))

    async def _store(
        self, done: Done, text: str, problem: Problem | None, first_token_ms: int | None, latency_ms: int
    ) -> bool:
        """Tries for half a minute: the answer was paid for and shown. False when it did not get through; the sweeper
        then closes the message with what was saved on the way."""
        for attempt in range(STORE_ATTEMPTS):
            try:
                async with self.db.connection() as connection:
                    await messages.finish(
                        connection,
                        done,
                        content=text,
                        error=msgspec.to_builtins(problem) if problem else None,
                        first_token_ms=first_token_ms,
                        latency_ms=latency_ms,
                    )
                return True
            except Unavailable:
                log.warning("the answer could not be stored yet", extra={"message_id": str(done.message_id)})
                if attempt + 1 < STORE_ATTEMPTS:
                    await asyncio.sleep(min(2.0**attempt, 10.0))
        return False


def _done(turn: TurnStart, status: RunStatus, answer: Answer, usage: Usage) -> Done:
    provider = answer.provider
    return Done(
        message_id=turn.message_id,
        status=status,
        finish_reason=answer.finish_reason if status is RunStatus.COMPLETE else status.value,
        usage=usage,
        provider=provider.provider.value if provider else None,
        model=provider.model if provider else None,
        sources=answer.cited,
        supported=answer.supported,
        unsupported=answer.unsupported,
    )


def _log_end(turn: TurnStart, done: Done, problem: Problem | None, first_token_ms: int | None, latency_ms: int) -> None:
    """One record of every run; neither the question nor the answer in it (S20)."""
    log.info(
        "run ended",
        extra={
            "run_id": turn.run_id,
            "message_id": done.message_id,
            "mode": turn.conversation.mode.value,
            "outcome": done.status.value,
            "code": problem.code if problem else None,
            "provider": done.provider,
            "model": done.model,
            "input_tokens": done.usage.input_tokens,
            "output_tokens": done.usage.output_tokens,
            "first_token_ms": first_token_ms,
            "latency_ms": latency_ms,
        },
    )


def _problem(correlation_id: str, status: int, code: str, title: str, detail: str) -> Problem:
    return Problem("about:blank", title, status, detail, code, correlation_id)
