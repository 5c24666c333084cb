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

from shared import genai, metrics, tracing
from shared.correlation import correlated
from shared.db import conversations, messages, turns
from shared.db.pool import Db
from shared.db.turns import TurnStart
from shared.domain.audience import Audience
from shared.domain.chat import Mode, TitledBy
from shared.domain.events import Done, Failed, Meta, Problem, RunStatus, Sources, Title, Token, Usage
from shared.domain.ids import RunId
from shared.domain.titles import title_from
from shared.errors import NexusError, Unavailable
from shared.ports import RunLog
from shared.services.answer_storing import AnswerStoring, Ending
from shared.services.answering import FILTERED, Answer, Answering
from shared.services.following import follow_elsewhere
from shared.services.live_run import LiveRun, RunKeeping
from shared.services.notebook_answering import NotebookAnswering
from shared.services.run_telling import tell_end
from shared.services.titling import settled

log = logging.getLogger(__name__)

# One idle connection lives 230 s on Azure: a run ends well before, a silent one says `: ping`.
HARD_CAP_S = 180.0
# Finished runs kept in memory for readers that come right back; older ones are read from the log.
KEEP_FINISHED = 100


@dataclass(slots=True)
class Runs:
    db: Db
    answering: Answering
    run_log: RunLog
    notebook: NotebookAnswering | None = None
    _keeping: RunKeeping = field(init=False)
    _storing: AnswerStoring = field(init=False)
    _runs: OrderedDict[RunId, LiveRun] = field(default_factory=OrderedDict[RunId, LiveRun])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        self._keeping = RunKeeping(self.db, self.run_log)
        self._storing = AnswerStoring(self.db)

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
        # what is logged and traced of the run belongs to the question, even if another request starts it
        with correlated(turn.correlation_id):
            task = asyncio.create_task(self._produce(run, audience), name=f"run-{turn.run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def open(self, turn: TurnStart, audience: Audience) -> None:
        """Starts a run that waits for its first reader; does nothing for any other."""
        if turn.status is RunStatus.WAITING:
            async with self.db.connection() as connection:
                claimed = await turns.start_waiting(connection, turn.message_id)
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
                claimed = await turns.start_waiting(connection, turn.message_id)
            if claimed:
                never = Ending(_done(turn, RunStatus.CANCELLED, Answer(), Usage(0, 0)), "", (), None, None, 0)
                await self._storing.store(never)

    async def sweep(self) -> int:
        """Closes runs without a sign of life for a minute (R10); how many. First what is known here to have ended."""
        await self._storing.store_waiting()
        async with self.db.connection() as connection:
            closed = await messages.sweep(connection)
        if closed:
            # their producers are gone, and with them what else is known
            metrics.count(metrics.ANSWERS, closed, outcome="interrupted", code="", mode="unknown", provider="none")
        return closed

    async def drain(self) -> None:
        """Waits for all producers; for tests and an orderly stop."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- the producer ----------------------------------------------------------------------------------------------

    async def _produce(self, run: LiveRun, audience: Audience) -> None:
        turn = run.turn
        about = {
            "nexus.run.id": str(turn.run_id),
            "nexus.mode": turn.conversation.mode.value,
            genai.CONVERSATION: str(turn.conversation.id),
        }
        with tracing.begin("run", about) as span:
            await self._produced(run, Production(span), audience)

    async def _produced(self, run: LiveRun, production: "Production", audience: Audience) -> None:
        run.work = asyncio.create_task(self._answer(run, production, audience))
        # beside it to the very end: readers are told that it goes on while a database is waited for
        keeper = asyncio.create_task(self._keeping.keep(run, lambda: self._so_far(run, production.answer)))
        try:
            await asyncio.wait([run.work], timeout=HARD_CAP_S)
            timed_out = not run.work.done()
            if timed_out:
                run.work.cancel()
                await asyncio.wait([run.work])
            status, problem = self._verdict(run, run.work, timed_out=timed_out)
            await self._end(run, production, status, problem)
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
        await self._keeping.flush(run)

    async def _answer(self, run: LiveRun, production: "Production", audience: Audience) -> None:
        turn = run.turn
        async with aclosing(self._events(turn, production.answer, audience)) as events:
            async for event in events:
                if production.first_token_at is None and isinstance(event, Token):
                    production.first_token_at = time.monotonic()
                    # not before: what the reader waits for comes first, and a model that fails is not asked for a title
                    if _wants_title(turn):
                        production.titling = asyncio.create_task(
                            self.answering.titling.title_of(
                                turn.conversation.mode, turn.question, production.answer.beside
                            )
                        )
                run.emit(event)

    def _events(self, turn: TurnStart, into: Answer, audience: Audience) -> AsyncGenerator[Sources | Token]:
        if turn.conversation.mode is Mode.NOTEBOOK:
            assert self.notebook is not None, "notebook mode without what answers it"
            return self.notebook.answer(turn, into=into)
        return self.answering.answer(turn.conversation.mode, turn.question, turn.history, audience=audience, into=into)

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

    def _so_far(self, run: LiveRun, answer: Answer) -> Ending:
        done = _done(run.turn, RunStatus.STREAMING, answer, self.answering.usage(answer))
        return Ending(done, answer.text, answer.retrieved, None, None, 0)

    async def _end(self, run: LiveRun, production: "Production", status: RunStatus, problem: Problem | None) -> None:
        """Stores the message, then says so: who sees `done` finds the message in the database."""
        turn, answer = run.turn, production.answer
        latency_ms = round((time.monotonic() - production.started_at) * 1000)
        title: str | None = None
        if production.titling is not None:
            # before the message, which holds the title's tokens as well
            title = await settled(production.titling, wait=status is RunStatus.COMPLETE)
        done = _done(turn, status, answer, self.answering.usage(answer))
        ending = Ending(done, answer.text, answer.retrieved, problem, production.first_token_ms, latency_ms)
        try:
            stored = await self._storing.store(ending)
        except Exception:
            # the stream loop's boundary: a reader must see the end of the run whatever storing it ran into
            log.exception("the answer could not be stored", extra={"message_id": str(done.message_id)})
            stored = False
        if not stored and problem is None:
            detail = "The answer is shown here but could not be stored yet. Nexus goes on trying."
            problem = _problem(turn.correlation_id, 503, "postgres_unavailable", Unavailable.title, detail)
        if stored and _wants_title(turn):
            await self._give_title(run, title)
        if problem is not None:
            run.emit(Failed(problem))
        run.emit(done)
        run.finished = True
        run.wake()
        tell_end(ending, turn, problem, production.span)

    async def _give_title(self, run: LiveRun, title: str | None) -> None:
        """The model's title; without one, the question's beginning, unless that is the title already."""
        turn = run.turn
        titled_by = TitledBy.QUESTION if title is None else TitledBy.MODEL
        title = title or title_from(turn.question)
        try:
            async with self.db.connection() as connection:
                given = await conversations.give_title(connection, turn.conversation.id, title, titled_by)
        except Unavailable:
            log.warning("the title could not be stored", extra={"run_id": str(turn.run_id)})
            return
        if given:
            run.emit(Title(title))


@dataclass(slots=True)
class Production:
    """What a producer knows of its run beside the events. Times are of the monotonic clock, in seconds."""

    span: tracing.Span
    answer: Answer = field(default_factory=Answer)
    started_at: float = field(default_factory=time.monotonic)
    first_token_at: float | None = None
    titling: asyncio.Task[str | None] | None = None

    @property
    def first_token_ms(self) -> int | None:
        return None if self.first_token_at is None else round((self.first_token_at - self.started_at) * 1000)


def _wants_title(turn: TurnStart) -> bool:
    """A new conversation, or one whose first answer is given anew after the model had no title for it."""
    conversation = turn.conversation
    return conversation.title is None or (conversation.titled_by is TitledBy.QUESTION and not turn.history)


def _says_why(status: RunStatus, answer: Answer) -> bool:
    """Whether the model's own reason tells how the run ended: a filter's does for a run that it made fail, too."""
    return status is RunStatus.COMPLETE or answer.finish_reason == FILTERED


def _done(turn: TurnStart, status: RunStatus, answer: Answer, usage: Usage) -> Done:
    provider = answer.provider
    return Done(
        message_id=turn.message_id,
        status=status,
        finish_reason=answer.finish_reason if _says_why(status, answer) else status.value,
        usage=usage,
        provider=provider.provider.value if provider else None,
        model=provider.model if provider else None,
        sources=answer.cited,
        supported=answer.supported,
        unsupported=answer.unsupported,
    )


def _problem(correlation_id: str, status: int, code: str, title: str, detail: str) -> Problem:
    return Problem("about:blank", title, status, detail, code, correlation_id)
