"""What becomes of feedback, and what makes a case for evaluation of it."""

from enum import StrEnum


class FeedbackStatus(StrEnum):
    PENDING = "pending"
    REVIEWED = "reviewed"
    RESOLVED = "resolved"

    @property
    def comes_after(self) -> "FeedbackStatus | None":
        """The only state that this one follows. Nobody makes feedback pending again but its giver, by changing it."""
        match self:
            case FeedbackStatus.PENDING:
                return None
            case FeedbackStatus.REVIEWED:
                return FeedbackStatus.PENDING
            case FeedbackStatus.RESOLVED:
                return FeedbackStatus.REVIEWED


class Verdict(StrEnum):
    """What a reviewer says of an answer. `right` and `wrong` name the source that answers the question: the one that
    must still be found, or that should have been; `unanswerable` is a question that the documents do not cover, which
    must be refused."""

    UNANSWERABLE = "unanswerable"
    RIGHT = "right"
    WRONG = "wrong"
