"""Wire models of feedback."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.db.feedback import Feedback, Rating
from shared.domain.ids import MessageId

type Comment = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000, pattern=r"\S")]


class NewFeedback(msgspec.Struct, forbid_unknown_fields=True):
    rating: Rating
    comment: Comment | None = None


class FeedbackView(msgspec.Struct):
    """`status`: pending, reviewed or resolved; a changed rating is pending again."""

    id: UUID
    message_id: MessageId
    rating: Rating
    comment: str | None
    status: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackView":
        return msgspec.convert(feedback, cls, from_attributes=True)
