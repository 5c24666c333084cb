"""Calls of models as OpenTelemetry's GenAI conventions tell them (opentelemetry-semantic-conventions 0.66b2, which
tests/shared/test_genai.py compares these names with). What was said and asked is not told: content is off (S20)."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import urlsplit

from shared import metrics, tracing
from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, ProviderConfig, ProviderKind
from shared.errors import NexusError

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
MODEL = "gen_ai.request.model"
MAX_TOKENS = "gen_ai.request.max_tokens"
STREAM = "gen_ai.request.stream"
FINISH_REASONS = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TOKEN_TYPE = "gen_ai.token.type"
DIMENSIONS = "gen_ai.embeddings.dimension.count"
CONVERSATION = "gen_ai.conversation.id"

_PROVIDERS = {ProviderKind.OPENAI: "openai", ProviderKind.AZURE: "azure.ai.openai", ProviderKind.ANTHROPIC: "anthropic"}


class Operation:
    """One call of a model: its span, and its measurements when it ends."""

    def __init__(self, name: str, provider: ProviderConfig, more: tracing.Attributes) -> None:
        self._labels = {OPERATION: name, PROVIDER: _PROVIDERS[provider.provider], MODEL: provider.model}
        address = urlsplit(provider.endpoint or "")
        self.span = tracing.begin(
            f"{name} {provider.model}",
            {**self._labels, "server.address": address.hostname, "server.port": address.port, **more},
            kind="client",
        )
        self._started = time.perf_counter()

    def first_chunk(self) -> None:
        seconds = time.perf_counter() - self._started
        self.span.set({TIME_TO_FIRST_CHUNK: seconds})
        metrics.record(metrics.FIRST_CHUNK, seconds, self._labels)

    def used(self, input_tokens: int | None, output_tokens: int | None) -> None:
        self.span.set({INPUT_TOKENS: input_tokens, OUTPUT_TOKENS: output_tokens})
        for kind, tokens in (("input", input_tokens), ("output", output_tokens)):
            if tokens is not None:
                metrics.record(metrics.TOKEN_USAGE, tokens, {**self._labels, TOKEN_TYPE: kind})

    def end(self, error: BaseException | None = None) -> None:
        self.span.end(error)
        failed = {}
        if isinstance(error, Exception):
            failed = {"error.type": error.code if isinstance(error, NexusError) else type(error).__name__}
        metrics.record(metrics.OPERATION_DURATION, time.perf_counter() - self._started, {**self._labels, **failed})


def told(request: ModelRequest, events: AsyncGenerator[ModelEvent]) -> AsyncGenerator[ModelEvent]:
    """The same events, and one span around them; the very same where nobody listens."""
    return _told(request, events) if tracing.is_on() or metrics.is_on() else events


async def _told(request: ModelRequest, events: AsyncGenerator[ModelEvent]) -> AsyncGenerator[ModelEvent]:
    asked = {MAX_TOKENS: request.max_output_tokens, STREAM: True}
    operation, failure, said = Operation("chat", request.provider, asked), None, False
    try:
        async with aclosing(events):
            async for event in events:
                if not said:
                    said = True
                    operation.first_chunk()
                if isinstance(event, ModelFinished):
                    operation.span.set({FINISH_REASONS: (event.finish_reason,)})
                    operation.used(event.input_tokens, event.output_tokens)
                yield event
    except BaseException as error:
        failure = error
        raise
    finally:
        operation.end(failure)
