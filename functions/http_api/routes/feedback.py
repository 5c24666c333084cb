"""What people think of the answers they were given."""

from functions.http_api.schemas.feedback import FeedbackView, NewFeedback
from shared.db import feedback
from shared.domain.ids import MessageId
from shared.web.routes import Call, Policy, Routes

routes = Routes("feedback")


@routes.add(
    "PUT",
    "messages/{message_id}/feedback",
    Policy.SIGNED_IN,
    body=NewFeedback,
    reply=FeedbackView,
    errors={404: ("message_not_found",), 409: ("not_an_answer", "answer_unfinished")},
)
async def give_feedback(call: Call) -> FeedbackView:
    """Rates an answer of an own conversation; a second rating replaces the first"""
    given: NewFeedback = call.body
    message_id = MessageId(call.id("message_id", "message"))
    async with call.runtime.db.connection() as connection:
        stored = await feedback.give(connection, call.caller, message_id, given.rating, given.comment)
    return FeedbackView.of(stored)


@routes.add(
    "DELETE", "messages/{message_id}/feedback", Policy.SIGNED_IN, status=204, errors={404: ("message_not_found",)}
)
async def take_feedback_back(call: Call) -> None:
    """Takes a rating back"""
    async with call.runtime.db.connection() as connection:
        await feedback.take_back(connection, call.caller, MessageId(call.id("message_id", "message")))
