"""Asking the files of a notebook session. The answer is a run like any other: followed, resumed, stopped and given
anew by the same calls, under the session's conversation."""

from functions.notebook_proxy.routes.sessions import session_id
from functions.notebook_proxy.schemas import NotebookMessage
from shared.db import notebooks
from shared.web import asking
from shared.web.asking import RunAccepted
from shared.web.routes import Call, EventStream, Policy, Reply, Routes

routes = Routes("notebook")


@routes.add(
    "POST",
    "notebook/sessions/{session_id}/chat",
    Policy.SIGNED_IN,
    body=NotebookMessage,
    reply=RunAccepted,
    events=True,
    headers=asking.HEADERS,
    errors={
        404: ("notebook_session_not_found", "conversation_not_found"),
        422: ("idempotency_key_malformed",),
        429: ("token_budget_spent",),
    },
)
async def ask_notebook(call: Call) -> EventStream | Reply:
    """Asks the files of a notebook session; the answer streams in, or later with Accept: application/json"""
    message: NotebookMessage = call.body
    async with call.runtime.db.connection() as connection:
        session = await notebooks.get(connection, call.caller, session_id(call))
        conversation_id = await notebooks.conversation_of(connection, session)
    return await asking.answer(call, conversation_id, message.content)
