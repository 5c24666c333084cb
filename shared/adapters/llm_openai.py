"""Chat through OpenAI and Azure OpenAI: the SDK opens the stream, the lines are decoded here.

The SDK's own chunk models cost 147 µs a token, msgspec on the fields that are needed 0.7 µs.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from shared.adapters.openai_clients import OpenAIClients, model_failure, post, retry_after_s
from shared.adapters.sse import SseDecoder, SseEvent, SseTooLong
from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, ModelText
from shared.errors import ModelFailed

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

SILENCE_TIMEOUT_S = 30.0
# Longer waits are not worth it inside a run that may last 180 s: the next provider or the user decides.
MAX_RETRY_WAIT_S = 8.0
DRAIN_TIMEOUT_S = 0.5
RETRIED = frozenset({"model_rate_limited", "model_unavailable", "model_timeout", "model_bad_reply", "model_stream_cut"})


class _Delta(msgspec.Struct, gc=False):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    """`delta` is missing in Azure's annotation chunks."""

    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Error(msgspec.Struct, gc=False):
    code: str | int | None = None
    type: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    """The fields of a chat.completion.chunk that are read; all others are skipped undecoded."""

    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: _Error | None = None


class _Outcome:
    """What a stream has said about itself so far."""

    __slots__ = ("finish_reason", "usage")

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage = _Usage()

    def note(self, finish_reason: str) -> None:
        # Azure's asynchronous filter can block an answer after it was reported finished: the block stands.
        if self.finish_reason != "content_filter":
            self.finish_reason = finish_reason

    def finished(self) -> ModelFinished:
        """Raises ModelFailed (model_stream_cut): without a finish reason an answer may be anything but whole."""
        if self.finish_reason is None:
            raise ModelFailed("The language model's answer broke off.", code="model_stream_cut")
        return ModelFinished(self.finish_reason, self.usage.prompt_tokens, self.usage.completion_tokens)


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """The port `ChatModel` for the providers openai and azure."""

    clients: OpenAIClients
    silence_timeout_s: float = SILENCE_TIMEOUT_S
    max_retry_wait_s: float = MAX_RETRY_WAIT_S
    retry_jitter_s: float = 1.0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        """Tried twice at most, and only once anything was said: a retry would repeat or contradict it."""
        said = False
        try:
            async with aclosing(self._attempt(request)) as events:
                async for event in events:
                    said = True
                    yield event
            return
        except ModelFailed as failure:
            wait_s = self._wait_before_retry(failure)
            if said or wait_s is None:
                raise
            log.warning("model call failed before the first token, retrying once", extra={"code": failure.code})
        await asyncio.sleep(wait_s)
        async with aclosing(self._attempt(request)) as events:
            async for event in events:
                yield event

    def _wait_before_retry(self, failure: ModelFailed) -> float | None:
        """Seconds, or None when a second try is pointless or would come too late."""
        if failure.code not in RETRIED:
            return None
        asked = retry_after_s(_headers(failure.__cause__))
        if asked is None:
            # Full jitter: callers that failed together must not come back together.
            return random.uniform(0.1, 1.0) * self.retry_jitter_s
        return asked + random.uniform(0.0, 0.2) * self.retry_jitter_s if asked <= self.max_retry_wait_s else None

    async def _attempt(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        import httpx2
        import openai

        client = self.clients.of(request.provider)
        try:
            response = await post(
                client, "/chat/completions", _body(request), silence_s=self.silence_timeout_s, stream=True
            )
            async with aclosing(response), aclosing(_events(response.aiter_bytes())) as events:
                async for event in events:
                    yield event
        except httpx2.TimeoutException as error:
            raise model_failure(error) from error
        except httpx2.HTTPError as error:
            raise ModelFailed("The language model's answer broke off.", code="model_stream_cut") from error
        except openai.OpenAIError as error:
            raise model_failure(error) from error


def _body(request: ModelRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": request.provider.model,
        "messages": [{"role": turn.role, "content": _encodable(turn.content)} for turn in request.turns],
        "max_completion_tokens": request.max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


def _encodable(text: str) -> str:
    """Lone surrogates (a broken JSON escape in a question or file) cannot be UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _headers(cause: BaseException | None) -> "dict[str, str] | httpx2.Headers":
    response: httpx2.Response | None = getattr(cause, "response", None)
    return {} if response is None else response.headers


async def _events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[ModelEvent]:
    """Text as it comes, then ModelFinished. Raises ModelFailed for what is no answer."""
    decoder = SseDecoder()
    outcome = _Outcome()
    try:
        async for chunk in chunks:
            for event in decoder.feed(chunk):
                if event.data == b"[DONE]":
                    await _drained(chunks)
                    yield outcome.finished()
                    return
                for text in _texts(event, outcome):
                    yield text
        for event in decoder.close():
            if event.data != b"[DONE]":
                for text in _texts(event, outcome):
                    yield text
    except (msgspec.MsgspecError, SseTooLong) as error:
        raise ModelFailed("The language model sent something unreadable.", code="model_bad_reply") from error
    yield outcome.finished()


async def _drained(chunks: AsyncIterator[bytes]) -> None:
    """Reads to the end of the body: only then is the connection, with its TLS handshake, good for the next call."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT_S):
            async for _ in chunks:
                pass


_decode_chunk = msgspec.json.Decoder(_Chunk).decode


def _texts(event: SseEvent, outcome: _Outcome) -> list[ModelText]:
    if not event.data:
        return []
    chunk = _decode_chunk(event.data)
    if chunk.error is not None:
        raise _stream_failure(chunk.error)
    if chunk.usage is not None:
        outcome.usage = chunk.usage
    texts: list[ModelText] = []
    for choice in chunk.choices or ():
        if choice.index != 0:
            continue
        # A refusal is what the model says to the reader, in a field of its own.
        if choice.delta is not None and (text := choice.delta.content or choice.delta.refusal):
            texts.append(ModelText(text))
        if choice.finish_reason is not None:
            outcome.note(choice.finish_reason)
    return texts


def _stream_failure(error: _Error) -> ModelFailed:
    """An error that came inside a stream that had begun with HTTP 200."""
    named = f"{error.code} {error.type}"
    if "content_filter" in named:
        return ModelFailed("The provider's content filter stopped this answer.", code="content_filtered")
    if "rate_limit" in named or "429" in named:
        return ModelFailed("The language model is busy. Try again shortly.", code="model_rate_limited")
    return ModelFailed("The language model has a problem right now.", code="model_unavailable")
