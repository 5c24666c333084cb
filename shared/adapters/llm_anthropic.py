"""Chat through Anthropic's Messages API: the SDK opens the stream, the events are decoded here."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from shared.adapters import model_failures
from shared.adapters.anthropic_clients import AnthropicClients, model_failure, post_stream
from shared.adapters.llm_stream import SecondTry, encodable, model_events
from shared.adapters.model_connections import SILENCE_TIMEOUT_S, loaded
from shared.adapters.sse import SseEvent
from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, Turn
from shared.errors import ModelFailed

# The Messages API's reasons in the words of the port; any other is passed on as it is.
_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
# All others (ping, content_block_stop, and what is invented later) say nothing to a reader and are not even decoded.
_READ = frozenset(
    {None, "message_start", "content_block_start", "content_block_delta", "message_delta", "message_stop", "error"}
)


class _Usage(msgspec.Struct, gc=False):
    """Of cached input nothing is known here: the requests made here ask for no caching."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class _Message(msgspec.Struct, gc=False):
    usage: _Usage | None = None


class _Block(msgspec.Struct, gc=False):
    type: str | None = None
    text: str | None = None


class _Delta(msgspec.Struct, gc=False):
    type: str | None = None
    text: str | None = None
    stop_reason: str | None = None


class _Error(msgspec.Struct, gc=False):
    type: str | None = None


class _Event(msgspec.Struct, gc=False):
    """The fields of the stream's events that are read; all others are skipped undecoded."""

    type: str | None = None
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: _Error | None = None


_decode_event = msgspec.json.Decoder(_Event).decode


class MessageReading:
    """`StreamReading` of a message's events. Text alone is for the reader: thinking, its signatures and the
    arguments of tools are left out."""

    __slots__ = ("_input_tokens", "_output_tokens", "_stop_reason", "ended")

    def __init__(self) -> None:
        self.ended = False
        self._stop_reason: str | None = None
        self._input_tokens: int | None = None
        self._output_tokens: int | None = None

    def read(self, event: SseEvent) -> str:
        if event.event not in _READ or (event.event is None and not event.data):
            return ""
        said = _decode_event(event.data)
        match said.type:
            case "content_block_delta":
                return (said.delta.text or "") if said.delta is not None and said.delta.type == "text_delta" else ""
            case "content_block_start":
                block = said.content_block
                return (block.text or "") if block is not None and block.type == "text" else ""
            case "message_start":
                if said.message is not None and said.message.usage is not None:
                    # what it says of the output is only the tokens so far: message_delta has the sum
                    self._input_tokens = said.message.usage.input_tokens
            case "message_delta":
                self._end(said)
            case "message_stop":
                self.ended = True
            case "error":
                raise _stream_failure(said.error.type if said.error is not None else None)
            case _:
                pass
        return ""

    def _end(self, said: _Event) -> None:
        if said.delta is not None and said.delta.stop_reason is not None:
            self._stop_reason = said.delta.stop_reason
        if said.usage is not None:
            self._output_tokens = said.usage.output_tokens
            if said.usage.input_tokens is not None:
                self._input_tokens = said.usage.input_tokens

    def finished(self) -> ModelFinished | None:
        if self._stop_reason is None:
            return None
        reason = _REASONS.get(self._stop_reason, self._stop_reason)
        return ModelFinished(reason, self._input_tokens, self._output_tokens)


def _stream_failure(kind: str | None) -> ModelFailed:
    """An error that came inside a stream that had begun with HTTP 200."""
    match kind:
        case "rate_limit_error":
            return model_failures.rate_limited()
        case "timeout_error":
            return model_failures.late()
        case "authentication_error" | "permission_error" | "billing_error":
            return model_failures.key_refused()
        case "not_found_error":
            return model_failures.unknown_model()
        case "request_too_large":
            return model_failures.too_long()
        case "invalid_request_error":
            return model_failures.refused()
        case _:
            return model_failures.unavailable()


@dataclass(frozen=True, slots=True)
class AnthropicChat:
    """The port `ChatModel` for the provider anthropic."""

    clients: AnthropicClients
    silence_timeout_s: float = SILENCE_TIMEOUT_S
    second_try: SecondTry = field(default_factory=SecondTry)

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return self.second_try.of(lambda: self._attempt(request))

    async def _attempt(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        await loaded("anthropic")
        import anthropic
        import httpx2

        from shared.adapters.model_transport import pieces, rest

        try:
            client = self.clients.of(request.provider)
            response = await post_stream(client, "/v1/messages", _body(request), silence_s=self.silence_timeout_s)
            async with (
                aclosing(response),
                aclosing(model_events(pieces(response), MessageReading(), rest=partial(rest, response))) as events,
            ):
                async for event in events:
                    yield event
        except httpx2.TimeoutException as error:
            raise model_failure(error) from error
        except httpx2.HTTPError as error:
            raise model_failures.stream_cut() from error
        except httpx2.InvalidURL as error:
            raise model_failures.refused() from error
        except anthropic.AnthropicError as error:
            raise model_failure(error) from error


def _body(request: ModelRequest) -> dict[str, Any]:
    """System turns go apart from the conversation."""
    system = "\n\n".join(turn.content for turn in request.turns if turn.role == "system")
    body: dict[str, Any] = {
        "model": request.provider.model,
        "max_tokens": request.max_output_tokens,
        "messages": _messages([turn for turn in request.turns if turn.role != "system"]),
        "stream": True,
    }
    if system:
        body["system"] = encodable(system)
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    """As the Messages API wants a conversation: it begins with the user, and no turn is empty. A history that was cut
    to its budget can begin with an answer, and an answer that was stopped at once is empty."""
    messages: list[dict[str, str]] = []
    for turn in turns:
        text = encodable(turn.content)
        if not text.strip() or (not messages and turn.role != "user"):
            continue
        if messages and messages[-1]["role"] == turn.role:
            messages[-1]["content"] += f"\n\n{text}"
        else:
            messages.append({"role": turn.role, "content": text})
    return messages
