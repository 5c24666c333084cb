"""Asking a language model: the mode's provider, and when it gives no first token, the next one of the administrator."""

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from shared import genai, metrics
from shared.domain.chat import ModelEvent, ModelRequest, ProviderConfig, ProviderKind, Turn
from shared.errors import ModelFailed
from shared.ports import ChatModel
from shared.services.provider_health import ProviderHealth

log = logging.getLogger(__name__)

# What only somebody with access to keys, endpoints and deployments can put right.
_MISCONFIGURED = frozenset({"model_key_missing", "model_not_found", "model_refused_request"})
# Left out are content_filtered (who was refused by one provider is not taken to another) and model_context_too_long.
FALLS_OVER = _MISCONFIGURED | {
    "model_rate_limited",
    "model_unavailable",
    "model_timeout",
    "model_bad_reply",
    "model_stream_cut",
}
# One odd question is refused as well: that says nothing of the next one.
_OF_ONE_REQUEST = frozenset({"model_refused_request"})


@dataclass(slots=True)
class ProviderChoice:
    """The providers of one question, in the order of asking; at least one. One that failed is not asked again for the
    same question: what rewriting had to learn the answer need not."""

    providers: tuple[ProviderConfig, ...]
    _position: int = 0

    @property
    def current(self) -> ProviderConfig:
        """Who is asked next, was asked last, or is answering."""
        return self.providers[self._position]

    def next(self) -> bool:
        """Moves on; False when this was the last one."""
        if self._position + 1 == len(self.providers):
            return False
        self._position += 1
        return True


@dataclass(frozen=True, slots=True)
class ModelCalls:
    models: Mapping[ProviderKind, ChatModel]
    health: ProviderHealth

    def choice(self, providers: tuple[ProviderConfig, ...]) -> ProviderChoice:
        """For one question, of an administrator's order: who failed just now is asked last."""
        return ProviderChoice(self.health.ordered(providers))

    async def stream(
        self, choice: ProviderChoice, turns: tuple[Turn, ...], max_output_tokens: int
    ) -> AsyncGenerator[ModelEvent]:
        """The events of the first provider that says anything; `choice.current` is that one. Never another after the
        first event. Raises ModelFailed, of the last one asked."""
        while True:
            provider, said = choice.current, False
            try:
                request = ModelRequest(provider, turns, max_output_tokens)
                async with aclosing(genai.told(request, self._model(provider).stream(request))) as events:
                    async for event in events:
                        if not said:
                            self.health.answered(provider)
                        said = True
                        yield event
                return
            except ModelFailed as failure:
                if failure.code in _MISCONFIGURED:
                    log.error(
                        "a model provider is set up wrongly: an administrator must act", extra=_told(provider, failure)
                    )
                if said or failure.code not in FALLS_OVER:
                    raise
                if failure.code not in _OF_ONE_REQUEST:
                    self.health.failed(provider)
                if not choice.next():
                    raise
                _note_fallback(provider, choice.current, failure)

    def _model(self, provider: ProviderConfig) -> ChatModel:
        try:
            return self.models[provider.provider]
        except KeyError as error:
            raise ModelFailed(
                f"The provider {provider.provider} is not available in this installation.", code="model_unavailable"
            ) from error


def _told(provider: ProviderConfig, failure: ModelFailed) -> dict[str, str]:
    return {"provider": provider.provider.value, "model": provider.model, "code": failure.code}


def _note_fallback(failed: ProviderConfig, chosen: ProviderConfig, failure: ModelFailed) -> None:
    log.warning(
        "a model provider gave no answer, asking the next one",
        extra=_told(failed, failure) | {"next_provider": chosen.provider.value, "next_model": chosen.model},
    )
    metrics.count(
        metrics.FALLBACKS, provider=failed.provider.value, next_provider=chosen.provider.value, code=failure.code
    )
