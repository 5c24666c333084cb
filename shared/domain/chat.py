"""Conversations, what a model is asked and says, and the events of a run."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

type TurnRole = Literal["system", "user", "assistant"]


class Mode(StrEnum):
    RAG = "rag"
    ASSISTANT = "assistant"
    NOTEBOOK = "notebook"


class TitledBy(StrEnum):
    """Who gave a conversation its title: a person, the model, or nobody: it was cut from the question."""

    PERSON = "person"
    MODEL = "model"
    QUESTION = "question"


class ProviderKind(StrEnum):
    OPENAI = "openai"
    AZURE = "azure"
    ANTHROPIC = "anthropic"


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """What serves a mode. `endpoint` None means the provider's public one; for azure it is the resource's
    address and `model` the deployment. The key is named by environment variable, never held;
    `api_key_env` None with azure means managed identity. Prices are for a million tokens, None where nobody said."""

    provider: ProviderKind
    model: str
    endpoint: str | None
    api_key_env: str | None
    input_price_per_mtok: Decimal | None = None
    output_price_per_mtok: Decimal | None = None

    @property
    def takes_identity(self) -> bool:
        return self.provider is ProviderKind.AZURE and self.api_key_env is None


@dataclass(frozen=True, slots=True)
class Turn:
    role: TurnRole
    content: str


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a chat model. `temperature` None leaves the model's default (some models refuse the field)."""

    provider: ProviderConfig
    turns: tuple[Turn, ...]
    max_output_tokens: int
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class ModelText:
    """A piece of the answer, as it came; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelFinished:
    """The model's last word: finish_reason is stop, length or content_filter (or the provider's own word);
    token counts are None when the provider reported none."""

    finish_reason: str
    input_tokens: int | None
    output_tokens: int | None


type ModelEvent = ModelText | ModelFinished
