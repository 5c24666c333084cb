"""Trying a provider out: one real call by the adapters that answer questions, told in words."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from shared.domain.chat import ModelFinished, ModelText, ProviderConfig, Turn
from shared.errors import ModelFailed
from shared.services.model_calls import ModelCalls, ProviderChoice

# Somebody waits before a dialog; a provider that needs longer for one sentence is none to answer questions.
LIMIT_S = 30.0
# Room for models that think first: what they think counts as output.
MAX_OUTPUT_TOKENS = 1_000
SHOWN_CHARS = 500

_ASKED = (Turn("user", "This is a test of the connection. Reply with one short sentence that says you are ready."),)


@dataclass(frozen=True, slots=True)
class Trial:
    """`reply` is what came, also when it broke off; `code` and `detail` say what is wrong, None when nothing is.
    Token counts are the provider's, None where it says none."""

    latency_ms: int
    first_token_ms: int | None = None
    reply: str = ""
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderTesting:
    """`clock` is in seconds. The second try of the adapters belongs to the call, and to its latency.
    With the app's own `calls`, a provider that rested after a failure is asked again in its place once it answers."""

    calls: ModelCalls
    limit_s: float = LIMIT_S
    clock: Callable[[], float] = time.monotonic

    async def try_out(self, provider: ProviderConfig) -> Trial:
        """No other provider is asked in its place."""
        began = self.clock()
        pieces: list[str] = []
        first_token_ms: int | None = None
        finished: ModelFinished | None = None
        failure: ModelFailed | None = None
        try:
            async with (
                asyncio.timeout(self.limit_s),
                aclosing(self.calls.stream(ProviderChoice((provider,)), _ASKED, MAX_OUTPUT_TOKENS)) as events,
            ):
                async for event in events:
                    match event:
                        case ModelText(text):
                            first_token_ms = self._ms_since(began) if first_token_ms is None else first_token_ms
                            pieces.append(text)
                        case ModelFinished():
                            finished = event
        except ModelFailed as error:
            failure = error
        except TimeoutError:
            detail = f"The language model did not finish one sentence within {self.limit_s:g} s."
            failure = ModelFailed(detail, code="model_timeout")
        reply = "".join(pieces)
        if failure is None and not reply.strip():
            failure = ModelFailed("The language model ended its answer without a word.", code="model_bad_reply")
        return Trial(
            latency_ms=self._ms_since(began),
            first_token_ms=first_token_ms,
            reply=reply[:SHOWN_CHARS],
            finish_reason=finished.finish_reason if finished else None,
            input_tokens=finished.input_tokens if finished else None,
            output_tokens=finished.output_tokens if finished else None,
            code=failure.code if failure else None,
            detail=failure.detail if failure else None,
        )

    def _ms_since(self, began: float) -> int:
        return round((self.clock() - began) * 1000)
