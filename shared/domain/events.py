"""What a run says, event by event (design 03, "Events of a run")."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from shared.domain.ids import ConversationId, DocumentId, MessageId, PassageId, RunId


class RunStatus(StrEnum):
    """A message's state. `waiting` has no producer yet; `streaming` is left exactly once."""

    WAITING = "waiting"
    STREAMING = "streaming"
    COMPLETE = "complete"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered passage: a candidate in a `sources` event, a cited one in `done` and in the stored message. `quotes`
    are sentences of a cited one's `snippet`, verbatim, that say what the answer cites it for."""

    n: int
    document_id: DocumentId
    passage_id: PassageId
    file_name: str
    file_url: str
    page: int | None
    section: str | None
    snippet: str
    score: float
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Of the answer's own call; the `side` tokens are those of the calls beside it (rewriting the question, the
    title). `cost` is of all of them, in the currency of the provider row's prices; None where a price is not known.
    `estimated` when a provider reported nothing and the tokens were counted here."""

    input_tokens: int
    output_tokens: int
    estimated: bool = False
    side_input_tokens: int = 0
    side_output_tokens: int = 0
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """An RFC 9457 problem, as told to the person it hits."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Meta:
    run_id: RunId
    conversation_id: ConversationId
    user_message_id: MessageId
    message_id: MessageId
    mode: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Sources:
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Token:
    token: str


@dataclass(frozen=True, slots=True)
class Title:
    title: str


@dataclass(frozen=True, slots=True)
class Failed:
    problem: Problem


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of every run. `unsupported` lists cited sentences that their passages do not bear out."""

    message_id: MessageId
    status: RunStatus
    finish_reason: str | None
    usage: Usage
    provider: str | None
    model: str | None
    sources: tuple[Source, ...]
    supported: bool | None
    unsupported: tuple[str, ...] = ()


type RunEvent = Meta | Sources | Token | Title | Failed | Done
