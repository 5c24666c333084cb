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
)
async def ask(call: Call) -> EventStream | Reply:
    """Asks a question, or the last one anew; the answer streams in, or later with Accept: application/json"""
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
)
async def chat_stream(call: Call) -> EventStream:
    """The newest run of a conversation: started if it waits, replayed after Last-Event-ID, then followed live"""
    query: StreamQuery = call.query
    async with call.runtime.db.connection() as connection:
        turn = await turns.newest_turn(connection, call.caller, query.conversation_id)
    await call.runtime.runs.open(turn, call.audience)
    return EventStream(call.runtime.runs.follow(turn, seq_after(call.headers.get("last-event-id"), turn.run_id)))


@routes.add("POST", "chat/tickets", Policy.SIGNED_IN, body=TicketRequest, reply=TicketView, status=201)
async def create_ticket(call: Call) -> TicketView:
    """A single-use ticket for EventSource, which cannot send a header"""
    request: TicketRequest = call.body
    async with call.runtime.db.connection() as connection:
        await conversations.get(connection, call.caller, request.conversation_id)
    return TicketView(await call.runtime.ticketing.issue(call.caller, request.conversation_id))


@routes.add("POST", "chat/runs/{run_id}/cancel", Policy.SIGNED_IN, status=202)
async def cancel_run(call: Call) -> Reply:
    """Stops a run; what was written is kept"""
    async with call.runtime.db.connection() as connection:
        turn = await turns.turn_of_run(connection, call.caller, RunId(call.id("run_id", "run")))
    await call.runtime.runs.cancel(turn)
    return Reply(202, None)


@routes.add("POST", "search", Policy.SIGNED_IN, body=SearchRequest, reply=SearchResults, limit=LimitClass.SEARCH)
async def search(call: Call) -> SearchResults:
    """The passages that a rag answer to this question would be made from, best first"""
    request: SearchRequest = call.body
    found = await call.runtime.retrieval.search([request.query], audience=call.audience, limit=request.limit)
    return SearchResults([PassageView.of(passage) for passage in found])
