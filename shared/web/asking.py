"""From a question over HTTP to the run that answers it, in whatever mode its conversation is."""

from uuid import uuid4

import msgspec

from shared.db import turns
from shared.db.pool import Connection
from shared.db.turns import TurnStart
from shared.domain.events import RunStatus
from shared.domain.ids import ConversationId, MessageId, RunId
from shared.errors import Invalid, RateLimited
from shared.web.routes import Call, EventStream, Reply

_MAX_KEY = 200
HEADERS = {"Idempotency-Key": f"1 to {_MAX_KEY} characters; the same one again brings the same question's answer"}


class RunAccepted(msgspec.Struct):
    """The run starts when its stream is first opened."""

    run_id: RunId
    user_message_id: MessageId
    message_id: MessageId


async def answer(
    call: Call, conversation_id: ConversationId, question: str | None, regenerate: MessageId | None = None
) -> EventStream | Reply:
    """The answer's events, or 202 for a caller who accepts JSON only. Raises NotFound, Conflict, Invalid,
    RateLimited."""
    later = "application/json" in call.headers.get("accept", "")
    status = RunStatus.WAITING if later else RunStatus.STREAMING
    runs = call.runtime.runs
    async with call.runtime.db.connection() as connection:
        turn = await _begun(connection, call, conversation_id, question, regenerate, status)
        if turn.is_new and not later:
            # in here: giving the connection back is a round trip of its own, which the model need not wait for
            runs.start(turn, call.audience)
    if later:
        return Reply(202, RunAccepted(turn.run_id, turn.user_message_id, turn.message_id))
    if not turn.is_new:
        await open_waiting(call, turn)
    return EventStream(runs.follow(turn, 0))


async def open_waiting(call: Call, turn: TurnStart) -> None:
    """Starts a run that waits for its first reader. Raises RateLimited for one whose caller's budget is spent; it goes
    on waiting."""
    if turn.status is RunStatus.WAITING:
        async with call.runtime.db.connection() as connection:
            await call.runtime.budgeting.require(connection, call.caller)
    await call.runtime.runs.open(turn, call.audience)


async def _begun(
    connection: Connection,
    call: Call,
    conversation_id: ConversationId,
    question: str | None,
    regenerate: MessageId | None,
    status: RunStatus,
) -> TurnStart:
    key = call.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= _MAX_KEY:
        raise Invalid("Idempotency-Key must have 1 to 200 characters.", code="idempotency_key_malformed")
    try:
        await call.runtime.budgeting.require(connection, call.caller)
    except RateLimited:
        # a question that was stored before is not asked again: its answer can still be read
        if key is None or not await turns.is_key_used(connection, call.caller, conversation_id, key):
            raise
    run_id = RunId(uuid4())
    if regenerate is not None:
        return await turns.begin_again(
            connection,
            call.caller,
            conversation_id,
            answer_id=regenerate,
            question=question,
            run_id=run_id,
            correlation_id=call.correlation_id,
            idempotency_key=key,
            status=status,
        )
    assert question is not None, "the wire models take no message without one of the two"
    return await turns.begin_turn(
        connection,
        call.caller,
        conversation_id,
        question=question,
        run_id=run_id,
        correlation_id=call.correlation_id,
        idempotency_key=key,
        status=status,
    )
