"""From a provider's bytes to model events, the same way for every provider; and the one second try."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

import msgspec

from shared.adapters import model_failures
from shared.adapters.sse import SseDecoder, SseEvent, SseTooLong
from shared.domain.chat import ModelEvent, ModelFinished, ModelText
from shared.errors import ModelFailed

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

# Longer waits are not worth it inside a run that may last 180 s: the next provider or the user decides.
MAX_RETRY_WAIT_S = 8.0
DRAIN_TIMEOUT_S = 0.5
RETRIED = frozenset({"model_rate_limited", "model_unavailable", "model_timeout", "model_bad_reply", "model_stream_cut"})
# What decoding raises for bytes that are none of the provider's; deep nesting ends in a RecursionError.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, SseTooLong)


class StreamReading(Protocol):
    """What the events of one provider's stream say. One object reads one stream."""

    @property
    def ended(self) -> bool:
        """Whether the provider has said its last word; what follows is not looked at."""
        ...

    def read(self, event: SseEvent) -> str:
        """The text for the reader that an event carries, "" for none. Raises ModelFailed for an error told inside
        the stream, and what msgspec raises for one that cannot be read."""
        ...

    def finished(self) -> ModelFinished | None:
        """None while the answer may be anything but whole."""
        ...


async def model_events(
    chunks: AsyncIterator[bytes], reading: StreamReading, *, rest: Callable[[], Awaitable[None]] | None = None
) -> AsyncGenerator[ModelEvent]:
    """Text as it comes, then ModelFinished. Raises ModelFailed for what is no answer.

    The text of one network read is one event. `rest` is awaited after each: the first token comes by itself, then
    what came meanwhile.
    """
    decoder = SseDecoder()
    async for chunk in chunks:
        texts: list[str] = []
        failure: Exception | None = None
        try:
            for event in decoder.feed(chunk):
                if text := reading.read(event):
                    texts.append(text)
                if reading.ended:
                    break
        except (ModelFailed, *_UNREADABLE) as error:
            failure = error
        if texts:
            # said before anything is made of the failure: where the network cut must make no difference
            yield ModelText("".join(texts) if len(texts) > 1 else texts[0])
        if failure is not None:
            raise failure if isinstance(failure, ModelFailed) else model_failures.bad_reply() from failure
        if reading.ended:
            await _drained(chunks)
            break
        if texts and rest is not None:
            await rest()
    if not reading.ended and (text := _last_words(decoder, reading)):
        yield ModelText(text)
    finished = reading.finished()
    if finished is None:
        raise model_failures.stream_cut()
    yield finished


def _last_words(decoder: SseDecoder, reading: StreamReading) -> str:
    """The text of an event that only the stream's end completes. One that cannot be read is one that was cut."""
    try:
        return "".join([reading.read(event) for event in decoder.close()])
    except _UNREADABLE:
        return ""


async def _drained(chunks: AsyncIterator[bytes]) -> None:
    """Reads to the end of the body: only then is the connection, with its TLS handshake, good for the next call."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for _ in chunks:
                pass


@dataclass(frozen=True, slots=True)
class SecondTry:
    """When a call is tried once more. `max_wait_s` is the longest Retry-After that is waited for."""

    max_wait_s: float = MAX_RETRY_WAIT_S
    jitter_s: float = 1.0

    async def of(self, attempt: Callable[[], AsyncGenerator[ModelEvent]]) -> AsyncGenerator[ModelEvent]:
        """Tried twice at most, and only until anything was said: a retry would repeat or contradict it."""
        said = False
        try:
            async with aclosing(attempt()) as events:
                async for event in events:
                    said = True
                    yield event
            return
        except ModelFailed as failure:
            wait_s = self._wait_before(failure)
            if said or wait_s is None:
                raise
            log.warning("model call failed before the first token, retrying once", extra={"code": failure.code})
        await asyncio.sleep(wait_s)
        async with aclosing(attempt()) as events:
            async for event in events:
                yield event

    def _wait_before(self, failure: ModelFailed) -> float | None:
        """Seconds, or None when a second try is pointless or would come too late."""
        if failure.code not in RETRIED:
            return None
        response = cast("httpx2.Response | None", getattr(failure.__cause__, "response", None))
        asked = None if response is None else model_failures.retry_after_s(response.headers)
        if asked is None:
            # Full jitter: callers that failed together must not come back together.
            return random.uniform(0.1, 1.0) * self.jitter_s
        return asked + random.uniform(0.0, 0.2) * self.jitter_s if asked <= self.max_wait_s else None


def encodable(text: str) -> str:
    """Lone surrogates (a broken JSON escape in a question or file) cannot be UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
