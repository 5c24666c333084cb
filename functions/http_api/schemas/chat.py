"""Wire models of conversations and chat."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from functions.http_api.schemas.feedback import FeedbackView
from shared.db.conversations import Conversation, Hit
from shared.db.feedback import Feedback
from shared.db.messages import Message
from shared.domain.chat import Mode
from shared.domain.documents import RetrievedPassage
from shared.domain.events import RunStatus, Source
from shared.domain.ids import ConversationId, DocumentId, MessageId, PassageId, RunId
from shared.web.paging import PageQuery

# Some 2,000 words: more is a document, which belongs into a library or a notebook.
MAX_QUESTION_CHARS = 16_000

# At least one character that is not white space.
type Question = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_QUESTION_CHARS, pattern=r"\S")]
type TitleText = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]


class NewConversation(msgspec.Struct, forbid_unknown_fields=True):
    mode: Mode
    title: TitleText | None = None


class Renamed(msgspec.Struct, forbid_unknown_fields=True):
    title: TitleText


class ConversationsQuery(PageQuery, forbid_unknown_fields=True):
    mode: Mode | None = None
    q: Annotated[str, msgspec.Meta(max_length=4_000)] | None = None


class ConversationView(msgspec.Struct):
    id: ConversationId
    mode: Mode
    title: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, conversation: Conversation) -> "ConversationView":
        return cls(
            conversation.id, conversation.mode, conversation.title, conversation.created_at, conversation.updated_at
        )


class HitView(msgspec.Struct):
    """Where a search found its words; `message_id` null: in the title."""

    message_id: MessageId | None
    snippet: str


class ListedConversation(ConversationView):
    """`hit` is there when something was searched for."""

    hit: HitView | None

    @classmethod
    def listed(cls, conversation: Conversation, hit: Hit | None) -> "ListedConversation":
        return cls(
            conversation.id,
            conversation.mode,
            conversation.title,
            conversation.created_at,
            conversation.updated_at,
            None if hit is None else HitView(hit.message_id, hit.snippet),
        )


class FailureView(msgspec.Struct):
    """What went wrong with an answer, as its reader was told."""

    code: str
    title: str
    detail: str
    correlation_id: str


class MessageView(msgspec.Struct):
    """`cost` is in the currency of the provider's prices, for all calls that the answer took; the side tokens are those
    of the calls beside the answer's own. `replaced_by` names the answer that was given anew in this one's place, both
    to the question `reply_to`. `feedback` is the caller's."""

    id: MessageId
    role: str
    content: str
    status: RunStatus
    finish_reason: str | None
    sources: tuple[Source, ...]
    supported: bool | None
    unsupported: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    usage_estimated: bool
    side_input_tokens: int
    side_output_tokens: int
    cost: float | None
    provider: str | None
    model: str | None
    first_token_ms: int | None
    latency_ms: int | None
    error: FailureView | None
    run_id: RunId | None
    reply_to: MessageId | None
    replaced_by: MessageId | None
    created_at: datetime
    feedback: FeedbackView | None

    @classmethod
    def of(cls, message: Message, feedback: Feedback | None) -> "MessageView":
        return cls(
            message.id,
            message.role,
            message.content,
            message.status,
            message.finish_reason,
            message.sources,
            message.supported,
            message.unsupported,
            message.input_tokens,
            message.output_tokens,
            message.usage_estimated,
            message.side_input_tokens,
            message.side_output_tokens,
            None if message.cost is None else float(message.cost),
            message.provider,
            message.model,
            message.first_token_ms,
            message.latency_ms,
            None if message.error is None else msgspec.convert(message.error, FailureView, from_attributes=True),
            message.run_id,
            message.reply_to,
            message.replaced_by,
            message.created_at,
            None if feedback is None else FeedbackView.of(feedback),
        )


class ConversationWithMessages(ConversationView):
    messages: list[MessageView]


class ExportQuery(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["md", "json"] = "md"


class NewMessage(msgspec.Struct, forbid_unknown_fields=True):
    """A question, or with `regenerate` the answer that is to be given anew: then `content`, if it is sent at all, is
    the question that was asked."""

    content: Question | None = None
    regenerate: MessageId | None = None

    def __post_init__(self) -> None:
        if self.content is None and self.regenerate is None:
            # in msgspec's words, so that it is told as for any other field
            raise ValueError("Object missing required field `content`")


class StreamQuery(msgspec.Struct, forbid_unknown_fields=True):
    conversation_id: ConversationId
    ticket: str | None = None


class TicketRequest(msgspec.Struct, forbid_unknown_fields=True):
    conversation_id: ConversationId


class TicketView(msgspec.Struct):
    ticket: str


class SearchRequest(msgspec.Struct, forbid_unknown_fields=True):
    query: Question
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 10


class PassageView(msgspec.Struct):
    passage_id: PassageId
    document_id: DocumentId
    file_name: str
    file_url: str
    page: int | None
    section: str | None
    text: str
    score: float

    @classmethod
    def of(cls, passage: RetrievedPassage) -> "PassageView":
        return msgspec.convert(passage, cls, from_attributes=True)


class SearchResults(msgspec.Struct):
    items: list[PassageView]
