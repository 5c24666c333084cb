"""Texts of many documents, a few calls at a time: what waits is pooled into calls as large as one may be."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.domain.indexes import TEXT_REFUSED
from shared.errors import ModelFailed, Throttled, Unavailable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    type Matrix = npt.NDArray[np.float32]


@dataclass(slots=True, eq=False)
class _Passages:
    """What one caller waits for. `taken` texts have left the queue, `missing` rows are not written yet."""

    texts: Sequence[str]
    weights: Sequence[int]
    rows: "Matrix"
    done: "asyncio.Future[None]"
    taken: int = 0
    missing: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """`texts[start:end]` of one caller within one call."""

    passages: _Passages
    start: int
    end: int

    @property
    def weight(self) -> int:
        return sum(self.passages.weights[self.start : self.end])


type Call = Callable[[Sequence[str]], Awaitable[tuple[Matrix, int]]]


@dataclass(slots=True, eq=False)
class EmbeddingPool:
    """The passages of one event loop on their way to the model.

    A call starts as soon as one of `calls_in_flight` places is free and takes what waits then, at most `inputs`
    texts and `weight` tokens: nobody waits for company. Callers take turns within a call, so that a document of
    20,000 passages delays one of five by a single call. `call` embeds the texts of one call and is given the
    model's failures to raise; one that a text may be the cause of is laid to the caller that has it alone, any other
    to all callers of the call. `Throttled` closes the pool for that long: callers are told at once, without a call.
    """

    call: Call
    inputs: int
    weight: int
    calls_in_flight: int
    _waiting: deque[_Passages] = field(default_factory=deque[_Passages], init=False)
    _running: "dict[asyncio.Task[None], list[_Part]]" = field(
        default_factory=dict["asyncio.Task[None]", list[_Part]], init=False
    )
    _closed_until: float = field(default=0.0, init=False)

    async def embed(self, texts: Sequence[str], weights: Sequence[int], rows: "Matrix") -> int:
        """Fills `rows`; the tokens that were paid. `weights` are the texts' tokens, estimated. Cancelling takes the
        texts off the queue; a call that carries others' texts goes on without telling."""
        if not texts:
            return 0
        if (closed_s := self._closed_until - time.monotonic()) > 0:
            raise Throttled("embeddings", closed_s)
        mine = _Passages(texts, weights, rows, asyncio.get_running_loop().create_future(), missing=len(texts))
        self._waiting.append(mine)
        self._fill()
        try:
            await mine.done
        finally:
            self._leave(mine)
        return mine.tokens

    def _leave(self, mine: _Passages) -> None:
        if not mine.done.cancel() and not mine.done.cancelled():
            mine.done.exception()  # heard, even when the caller was cancelled in the same moment
        if mine in self._waiting:
            self._waiting.remove(mine)
        for task, parts in self._running.items():
            if all(part.passages.done.done() for part in parts):
                task.cancel()

    def _fill(self) -> None:
        while len(self._running) < self.calls_in_flight and (parts := self._next()):
            task = asyncio.get_running_loop().create_task(self._run(parts))
            self._running[task] = parts
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        parts = self._running.pop(task)
        if not task.cancelled() and (surprise := task.exception()) is not None:
            _fail(parts, surprise)
        self._fill()

    def _next(self) -> list[_Part]:
        """The texts of the next call: an equal share for each that waits, then another round for what is left."""
        parts: list[_Part] = []
        room, weight = self.inputs, self.weight
        while self._waiting and room:
            share = max(1, room // len(self._waiting))
            for _ in range(min(room, len(self._waiting))):
                passages = self._waiting.popleft()
                if passages.done.done():  # failed by an earlier call, and has not heard of it yet
                    continue
                part = _taken(passages, share, weight, at_least=0 if parts else 1)
                if part is None:  # the call is as heavy as it may be
                    self._waiting.appendleft(passages)
                    return parts
                if part.end < len(passages.texts):
                    self._waiting.append(passages)
                parts.append(part)
                room -= part.end - part.start
                weight -= part.weight
        return parts

    async def _run(self, parts: list[_Part]) -> None:
        try:
            matrix, tokens = await self.call([text for part in parts for text in _texts(part)])
        except ModelFailed as failure:
            if len(parts) > 1 and failure.code in TEXT_REFUSED:
                for own in _by_caller(parts):
                    if not own[0].passages.done.done():
                        await self._run(own)
            else:
                _fail(parts, failure)
        except Throttled as pause:
            self._close(pause)
            _fail(parts, pause)
        except Unavailable as failure:
            _fail(parts, failure)
        else:
            _deliver(parts, matrix, tokens)

    def _close(self, pause: Throttled) -> None:
        self._closed_until = max(self._closed_until, time.monotonic() + pause.retry_after_s)
        while self._waiting:
            _refuse(self._waiting.popleft(), pause)


def _taken(passages: _Passages, share: int, weight: int, *, at_least: int) -> _Part | None:
    """The caller's next texts, as many as its share and the weight allow; None when that is none."""
    start = end = passages.taken
    while end < len(passages.texts) and end - start < share:
        weight -= passages.weights[end]
        if weight < 0 and end - start >= at_least:
            break
        end += 1
    passages.taken = end
    return _Part(passages, start, end) if end > start else None


def _texts(part: _Part) -> Sequence[str]:
    return part.passages.texts[part.start : part.end]


def _by_caller(parts: Sequence[_Part]) -> list[list[_Part]]:
    """Halves of a lone caller's texts would find the text, but its document fails anyway."""
    callers: dict[int, list[_Part]] = {}
    for part in parts:
        callers.setdefault(id(part.passages), []).append(part)
    return list(callers.values())


def _deliver(parts: Sequence[_Part], matrix: "Matrix", tokens: int) -> None:
    """Each caller its rows, and its share of the tokens by weight: the shares add up to what was paid."""
    whole, row, before, given = sum(part.weight for part in parts), 0, 0, 0
    for part in parts:
        passages, count = part.passages, part.end - part.start
        before += part.weight
        share = tokens * before // whole - given
        given += share
        if not passages.done.done():
            passages.rows[part.start : part.end] = matrix[row : row + count]
            passages.tokens += share
            passages.missing -= count
            if passages.missing == 0:
                passages.done.set_result(None)
        row += count


def _fail(parts: Sequence[_Part], failure: BaseException) -> None:
    for part in parts:
        _refuse(part.passages, failure)


def _refuse(passages: _Passages, failure: BaseException) -> None:
    if not passages.done.done():
        passages.done.set_exception(failure)
