"""Wire models of feedback as it is looked after, and of the cases for evaluation that are made of it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from functions.http_api.schemas.chat import Question
from functions.http_api.schemas.feedback import Comment
from shared.db.eval_cases import EvalCase
from shared.db.feedback import Rating
from shared.db.feedback_triage import Exchange, FeedbackFilter, QueuedFeedback, RetrievedSource
from shared.domain.audience import Scope
from shared.domain.chat import Mode
from shared.domain.ids import ConversationId, CountryId, DepartmentId, DocumentId, MessageId, UserId
from shared.domain.triage import FeedbackStatus, Verdict
from shared.web.moments import Moment, in_utc
from shared.web.paging import PageQuery


class FeedbackQuery(PageQuery, forbid_unknown_fields=True):
    """`q` is found anywhere in question, answer or comment. `from` is included, `to` is not."""

    status: FeedbackStatus | None = None
    rating: Rating | None = None
    mode: Mode | None = None
    since: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = msgspec.field(default=None, name="to")
    q: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    def filter(self, within: Scope) -> FeedbackFilter:
        return FeedbackFilter(
            within,
            self.status,
            self.rating,
            self.mode,
            in_utc(self.since, "from"),
            in_utc(self.until, "to"),
            self.q or None,
        )


class PersonView(msgspec.Struct):
    id: UserId
    display_name: str


class GiverView(PersonView):
    department_id: DepartmentId | None
    country_id: CountryId | None


class QueuedFeedbackView(msgspec.Struct):
    """`question` is its beginning. A notebook session is private to its owner: of an exchange in one (`is_private`)
    nothing that was said is shown."""

    id: UUID
    message_id: MessageId
    conversation_id: ConversationId
    mode: Mode
    is_private: bool
    rating: Rating
    comment: str | None
    status: FeedbackStatus
    question: str | None
    provider: str | None
    model: str | None
    supported: bool | None
    given_by: GiverView
    reviewed_by: PersonView | None
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    eval_case_id: UUID | None

    @classmethod
    def of(cls, feedback: QueuedFeedback) -> "QueuedFeedbackView":
        return cls(**_fields(feedback))


def _fields(feedback: QueuedFeedback) -> dict[str, Any]:
    reviewer = None
    if feedback.reviewed_by is not None:
        reviewer = PersonView(feedback.reviewed_by, feedback.reviewer_name or "")
    return {
        "id": feedback.id,
        "message_id": feedback.message_id,
        "conversation_id": feedback.conversation_id,
        "mode": feedback.mode,
        "is_private": feedback.is_private,
        "rating": feedback.rating,
        "comment": feedback.comment,
        "status": feedback.status,
        "question": feedback.question,
        "provider": feedback.provider,
        "model": feedback.model,
        "supported": feedback.supported,
        "given_by": GiverView(
            feedback.user_id, feedback.user_name, feedback.scope.department_id, feedback.scope.country_id
        ),
        "reviewed_by": reviewer,
        "reviewed_at": feedback.reviewed_at,
        "created_at": feedback.created_at,
        "updated_at": feedback.updated_at,
        "eval_case_id": feedback.eval_case_id,
    }


class ExchangeQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`preceding`: how many messages before the question come along."""

    preceding: Annotated[int, msgspec.Meta(ge=0, le=20)] = 6


class RetrievedSourceView(msgspec.Struct):
    """A source as it was retrieved. `snippet` is there if the caller may read the document now (`is_readable`):
    looking after answers is not reading what they were made of."""

    document_id: UUID
    title: str
    url: str
    page: int | None
    section: str | None
    score: float | None
    cited_as: int | None
    is_readable: bool
    snippet: str | None

    @classmethod
    def of(cls, source: RetrievedSource, *, is_readable: bool) -> "RetrievedSourceView":
        return cls(
            source.doc_id,
            source.title,
            source.url,
            source.page,
            source.section,
            source.score,
            source.cited_as,
            is_readable,
            source.snippet if is_readable else None,
        )


class SaidView(msgspec.Struct):
    role: str
    content: str
    created_at: datetime


class ExchangeView(QueuedFeedbackView):
    """The whole of it: `question` is not cut here. `preceding` are the messages before the question, oldest first."""

    answer: str | None
    answer_status: str
    finish_reason: str | None
    unsupported: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    first_token_ms: int | None
    latency_ms: int | None
    is_replaced: bool
    asked_at: datetime | None
    answered_at: datetime
    sources: list[RetrievedSourceView]
    preceding: list[SaidView]

    @classmethod
    def whole(cls, exchange: Exchange) -> "ExchangeView":
        return cls(
            **_fields(exchange.feedback),
            answer=exchange.answer,
            answer_status=exchange.answer_status,
            finish_reason=exchange.finish_reason,
            unsupported=exchange.unsupported,
            input_tokens=exchange.input_tokens,
            output_tokens=exchange.output_tokens,
            first_token_ms=exchange.first_token_ms,
            latency_ms=exchange.latency_ms,
            is_replaced=exchange.is_replaced,
            asked_at=exchange.asked_at,
            answered_at=exchange.answered_at,
            sources=[
                RetrievedSourceView.of(source, is_readable=source.doc_id in exchange.readable)
                for source in exchange.sources
            ],
            preceding=[SaidView(said.role, said.content, said.created_at) for said in exchange.preceding],
        )


class FeedbackReview(msgspec.Struct, forbid_unknown_fields=True):
    """pending → reviewed → resolved, one step at a time."""

    status: FeedbackStatus


class ExpectedDocument(msgspec.Struct, forbid_unknown_fields=True):
    """Without a page any place of the document will do."""

    document_id: DocumentId
    page: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class NewEvalCase(msgspec.Struct, forbid_unknown_fields=True):
    """`question` puts it in other words than the asker's, whose name or secrets need not last: a case with the asker's
    own words goes when they are forgotten."""

    verdict: Verdict
    expected: ExpectedDocument | None = None
    note: Comment | None = None
    question: Question | None = None

    def __post_init__(self) -> None:
        # in msgspec's words, so that it is told as for any other field
        if self.verdict is Verdict.UNANSWERABLE and self.expected is not None:
            raise ValueError("Expected `null` for an unanswerable question - at `$.expected`")
        if self.verdict is not Verdict.UNANSWERABLE and self.expected is None:
            raise ValueError("Object missing required field `expected`")


class ExpectedSourceView(msgspec.Struct):
    document_id: DocumentId
    file_name: str
    file_url: str | None
    page: int | None


class EvalCaseView(msgspec.Struct):
    """`feedback_id` is null once the feedback is gone; `expected` for unanswerable questions."""

    id: UUID
    feedback_id: UUID | None
    question: str
    verdict: Verdict
    expected: ExpectedSourceView | None
    note: str | None
    created_by: UserId | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, case: EvalCase) -> "EvalCaseView":
        return msgspec.convert(case, cls, from_attributes=True)
