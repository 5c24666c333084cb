"""Asking, watching the answer, coming back to it, stopping it."""

from functions.http_api.routes.conversations import conversation_id
from functions.http_api.schemas.chat import (
    NewMessage,
    PassageView,
    SearchRequest,
    SearchResults,
    StreamQuery,
    TicketRequest,
    TicketView,
)
from shared.db import conversations, turns
from shared.domain.frames import seq_after
from shared.domain.ids import RunId
from shared.domain.limits import LimitClass
from shared.web import asking
from shared.web.asking import RunAccepted
from shared.web.routes import Call, EventStream, Policy, Reply, Routes

routes = Routes("chat")


@routes.add(
    "POST",
    "conversations/{conversation_id}/messages",
    Policy.SIGNED_IN,
    body=NewMessage,
    reply=RunAccepted,
    events=True,
    headers=asking.HEADERS,
    errors={
        404: ("conversation_not_found", "message_not_found"),
        409: ("not_the_last_answer", "answer_unfinished"),
        422: ("idempotency_key_malformed", "content_differs"),
        429: ("token_budget_spent",),
    },
)
async def ask(call: Call) -> EventStream | Reply:
    """Asks a question, or the last one anew; the answer streams in, or later with Accept: application/json

    Two forms of one reply. By default 200 with the run's events, as they happen. With `Accept: application/json` 202
    names the run, which starts when its stream is opened (`GET /api/chat/stream`). Whoever leaves the stream does not
    stop the answer: it is finished, stored, and can be followed again. `regenerate` gives the last answer anew.
    """
    message: NewMessage = call.body
    return await asking.answer(call, conversation_id(call), message.content, message.regenerate)


@routes.add(
    "GET",
    "chat/stream",
    Policy.SIGNED_IN,
    query=StreamQuery,
    events=True,
    ticket=True,
    headers={"Last-Event-ID": "The id of the last event that was read, as <run_id>:<seq>; the answer goes on after it"},
    errors={404: ("conversation_not_found", "run_not_found"), 429: ("token_budget_spent",)},
)
async def chat_stream(call: Call) -> EventStream:
    """The newest run of a conversation: started if it waits, replayed after Last-Event-ID, then followed live

    Made for `EventSource`, which sends no Authorization header: get a ticket first and send it as `ticket`. The stream
    ends with the event that has `done`.
    """
    query: StreamQuery = call.query
    async with call.runtime.db.connection() as connection:
        turn = await turns.newest_turn(connection, call.caller, query.conversation_id)
    await asking.open_waiting(call, turn)
    return EventStream(call.runtime.runs.follow(turn, seq_after(call.headers.get("last-event-id"), turn.run_id)))


@routes.add(
    "POST",
    "chat/tickets",
    Policy.SIGNED_IN,
    body=TicketRequest,
    reply=TicketView,
    status=201,
    errors={404: ("conversation_not_found",)},
)
async def create_ticket(call: Call) -> TicketView:
    """A single-use ticket for EventSource, which cannot send a header"""
    request: TicketRequest = call.body
    async with call.runtime.db.connection() as connection:
        await conversations.get(connection, call.caller, request.conversation_id)
    return TicketView(await call.runtime.ticketing.issue(call.caller, request.conversation_id))


@routes.add("POST", "chat/runs/{run_id}/cancel", Policy.SIGNED_IN, status=202, errors={404: ("run_not_found",)})
async def cancel_run(call: Call) -> Reply:
    """Stops a run; what was written is kept"""
    async with call.runtime.db.connection() as connection:
        turn = await turns.turn_of_run(connection, call.caller, RunId(call.id("run_id", "run")))
    await call.runtime.runs.cancel(turn)
    return Reply(202, None)


@routes.add(
    "POST",
    "search",
    Policy.SIGNED_IN,
    body=SearchRequest,
    reply=SearchResults,
    limit=LimitClass.SEARCH,
    errors={
        502: (
            "model_refused_request",
            "model_not_found",
            "model_context_too_long",
            "model_key_missing",
            "model_bad_reply",
            "content_filtered",
        ),
        503: ("qdrant_unavailable", "embeddings_unavailable", "throttled"),
    },
)
async def search(call: Call) -> SearchResults:
    """The passages that a rag answer to this question would be made from, best first"""
    request: SearchRequest = call.body
    found = await call.runtime.retrieval.search([request.query], audience=call.audience, limit=request.limit)
    return SearchResults([PassageView.of(passage) for passage in found])
