"""What the model says to one request, before any wire format: pieces at a pace, a finish reason, the usage."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from devstack.models.answering import reply
from devstack.models.prompt_reading import Message, Prompt, read
from devstack.models.script import Script, Scripts
from devstack.models.wire import Refused, tokenizer

CONTEXT_TOKENS = 128_000
# OpenAI counts three tokens around each message and three before the answer.
TOKENS_A_MESSAGE = 3
FILTER_SAFE = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}


class Mishap(Enum):
    """Where a script wants a stream to go wrong."""

    CUT = "cut"
    HANG = "hang"
    MALFORMED = "malformed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Speech:
    pieces: tuple[str, ...]
    is_refusal: bool
    finish_reason: str
    usage: dict[str, Any] | None
    tokens_per_second: float
    first_token_ms: float
    mishaps: dict[int, Mishap]

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    async def spoken(self) -> AsyncIterator[str | Mishap]:
        """The pieces at their pace, and between them what goes wrong."""
        await asyncio.sleep(self.first_token_ms / 1000)
        start = time.monotonic()
        for index, piece in enumerate(self.pieces):
            if index in self.mishaps:
                yield self.mishaps[index]
            if self.tokens_per_second:
                await asyncio.sleep(start + index / self.tokens_per_second - time.monotonic())
            else:
                # As fast as it goes must not mean that nobody else's turn comes, nor that a closed door is not noticed.
                await asyncio.sleep(0)
            yield piece
        for index, mishap in self.mishaps.items():
            if index >= len(self.pieces):
                yield mishap


def speech(
    chat: list[Message], scripts: Scripts, *, max_tokens: int | None, stop: list[str], default_pace: float
) -> Speech:
    """Raises Refused: context_length_exceeded, or content_filter when a script says so."""
    prompt_tokens = sum(tokenizer().count(message.text) + TOKENS_A_MESSAGE for message in chat) + 3
    if prompt_tokens > CONTEXT_TOKENS:
        raise Refused(
            400,
            f"This model's maximum context length is {CONTEXT_TOKENS} tokens. However, your messages resulted in "
            f"{prompt_tokens} tokens. Please reduce the length of the messages.",
            param="messages",
            code="context_length_exceeded",
        )
    prompt = read(chat)
    script = scripts.next(prompt)
    if script.prompt_filtered:
        raise _filtered()
    text = script.refusal if script.refusal is not None else _said(prompt, script)
    for mark in stop:
        text = text.partition(mark)[0]
    said = pieces(text)
    finish = script.finish_reason or "stop"
    if max_tokens is not None and len(said) > max_tokens:
        said, finish = said[:max_tokens], script.finish_reason or "length"
    counted = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": len(said),
        "total_tokens": prompt_tokens + len(said),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
    pace = default_pace if script.tokens_per_second is None else script.tokens_per_second
    mishaps = {
        at: mishap
        for at, mishap in (
            (script.malformed_after_tokens, Mishap.MALFORMED),
            (script.error_after_tokens, Mishap.ERROR),
            (script.hang_after_tokens, Mishap.HANG),
            (script.cut_after_tokens, Mishap.CUT),
        )
        if at is not None
    }
    return Speech(
        pieces=tuple(said),
        is_refusal=script.refusal is not None,
        finish_reason=finish,
        usage=counted if script.usage is msgspec.UNSET else script.usage,
        tokens_per_second=pace,
        first_token_ms=script.first_token_ms,
        mishaps=mishaps,
    )


def _said(prompt: Prompt, script: Script) -> str:
    text = script.text if script.text is not None else script.order_in(prompt.passages or ()) or reply(prompt)
    if script.invent_citations:
        invented = "".join(f" [{citation}]" for citation in script.invent_citations)
        end = re.search(r"[.!?](?=\s|$)|$", text)
        at = end.end() if end else len(text)
        text = f"{text[:at]}{invented}{text[at:]}"
    return text


def pieces(text: str) -> list[str]:
    """`text` cut where o200k's tokens end; a character of several tokens stays whole and comes with its last one."""
    bpe = tokenizer()
    found: list[str] = []
    waiting: list[int] = []
    for token in bpe.encode(text):
        waiting.append(token)
        try:
            found.append(bpe.decode(waiting))
        except ValueError:
            continue
        waiting = []
    return found


def _filtered() -> Refused:
    return Refused(
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
        "modify your prompt and retry.",
        kind=None,
        param="prompt",
        code="content_filter",
        more={
            "status": 400,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": FILTER_SAFE | {"violence": {"filtered": True, "severity": "medium"}},
            },
        },
    )
