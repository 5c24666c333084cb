"""Wire models of conversations and chat."""

from datetime import datetime
from typing import Annotated

import msgspec

from shared.db.conversations import Conversation
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


class MessageView(msgspec.Struct):
    id: MessageId
    role: str
    content: str
    status: RunStatus
    finish_reason: str | None
    sources: tuple[Source, ...]
    supported: bool | None
    input_tokens: int
    output_tokens: int
    provider: str | None
    model: str | None
    run_id: RunId | None
    created_at: datetime

    @classmethod
    def of(cls, message: Message) -> "MessageView":
        return msgspec.convert(message, cls, from_attributes=True)


class ConversationWithMessages(ConversationView):
    messages: list[MessageView]


class NewMessage(msgspec.Struct, forbid_unknown_fields=True):
    content: Question


class RunAccepted(msgspec.Struct):
    run_id: RunId
    user_message_id: MessageId
    message_id: MessageId


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
