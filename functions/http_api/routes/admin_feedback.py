"""Feedback as a queue: what people think of answers, the exchanges it is about, and what becomes of it.

Whose feedback it is decides who looks after it: a content manager that of people of their own department and country,
just as they steer libraries of that scope and no other (shared/web/reach.py).
"""

from uuid import UUID

from functions.http_api.schemas.triage import (
    ExchangeQuery,
    ExchangeView,
    FeedbackQuery,
    FeedbackReview,
    QueuedFeedbackView,
)
from shared.db import feedback_triage
from shared.web import auditing
from shared.web.paging import Page, after_time_and_id, page
from shared.web.reach import reach_of
from shared.web.routes import Call, Policy, Routes

routes = Routes("admin feedback")


def feedback_id(call: Call) -> UUID:
    return call.id("feedback_id", "feedback")


@routes.add(
    "GET", "admin/feedback", Policy.CONTENT_MANAGER, query=FeedbackQuery, reply=Page[QueuedFeedbackView], errors={}
)
async def list_feedback(call: Call) -> Page[QueuedFeedbackView]:
    """Feedback of the people within the caller's reach, newest first"""
    query: FeedbackQuery = call.query
    async with call.runtime.db.connection() as connection:
        rows = await feedback_triage.queue(
            connection,
            query.filter(reach_of(call.caller)),
            after=after_time_and_id(query.cursor),
            limit=query.limit + 1,
        )
    return page(rows, query.limit, lambda row: (row.created_at, row.id), QueuedFeedbackView.of)


@routes.add(
    "GET",
    "admin/feedback/{feedback_id}",
    Policy.CONTENT_MANAGER,
    query=ExchangeQuery,
    reply=ExchangeView,
    errors={404: ("feedback_not_found",)},
)
async def get_feedback_exchange(call: Call) -> ExchangeView:
    """Feedback with the whole exchange: question, answer, its sources as they were, and what was said before"""
    query: ExchangeQuery = call.query
    async with call.runtime.db.transaction() as connection:
        exchange = await feedback_triage.whole(
            connection,
            feedback_id(call),
            within=reach_of(call.caller),
            reviewer=call.audience,
            preceding=query.preceding,
        )
        # somebody reads what somebody else asked: that is written down
        await auditing.record(call, connection, "feedback.read", exchange.feedback.id)
    return ExchangeView.whole(exchange)


@routes.add(
    "PATCH",
    "admin/feedback/{feedback_id}",
    Policy.CONTENT_MANAGER,
    body=FeedbackReview,
    reply=QueuedFeedbackView,
    errors={404: ("feedback_not_found",), 409: ("feedback_status",)},
)
async def review_feedback(call: Call) -> QueuedFeedbackView:
    """Moves feedback on, from pending to reviewed to resolved; the caller becomes its reviewer"""
    change: FeedbackReview = call.body
    async with call.runtime.db.transaction() as connection:
        before, after = await feedback_triage.review(
            connection,
            feedback_id(call),
            change.status,
            within=reach_of(call.caller),
            reviewer=call.caller.user_id,
        )
        await auditing.record(
            call,
            connection,
            "feedback.review",
            after.id,
            {"before": {"status": before.status}, "after": {"status": after.status}},
        )
    return QueuedFeedbackView.of(after)
