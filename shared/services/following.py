"""Reading a run that another process makes, or made: from its log, and from the stored message when that is gone."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from shared.db import messages
from shared.db.messages import Message
from shared.db.pool import Db
from shared.db.turns import TurnStart
from shared.domain.events import Done, Failed, Meta, Problem, RunEvent, RunStatus, Token, Usage
from shared.domain.frames import PING, frame, is_done
from shared.errors import Unavailable
from shared.ports import RunLog
from shared.services.live_run import PING_EVERY_S

# How often a silent run is looked up in the database: its producer may be dead and the sweeper may have closed it.
# An ended run's last frames reach the log a moment after the message is stored, so it is looked up twice.
LOOK_EVERY_S = 2.0
_ENDED = frozenset({RunStatus.COMPLETE, RunStatus.CANCELLED, RunStatus.INTERRUPTED, RunStatus.FAILED})


async def follow_elsewhere(db: Db, run_log: RunLog, turn: TurnStart, after_seq: int) -> AsyncGenerator[bytes]:
    """Frames after `after_seq` until the run's `done`. With the log away, an ended run is told from its message, and
    one under way raises Unavailable("redis")."""
    seen = after_seq
    now = silent_since = time.monotonic()
    next_look, message = now + LOOK_EVERY_S, None
    try:
        async with aclosing(run_log.follow(turn.run_id, after_seq)) as entries:
            async for entry in entries:
                now = time.monotonic()
                if entry is not None:
                    seen, piece = entry
                    silent_since, next_look, message = now, now + LOOK_EVERY_S, None
                    yield piece
                    if is_done(piece):
                        return
                elif now >= next_look:
                    next_look = now + LOOK_EVERY_S
                    if message is not None:
                        break
                    message = await _ended(db, turn)
                elif now - silent_since >= PING_EVERY_S:
                    silent_since = now
                    yield PING
    except Unavailable:
        message = await _ended(db, turn)
        if message is None:
            raise
    if message is not None:
        for seq, event in enumerate(_retold(turn, message, seen), start=seen + 1):
            yield frame(turn.run_id, seq, event)


async def _ended(db: Db, turn: TurnStart) -> Message | None:
    async with db.connection() as connection:
        message = await messages.get_answer(connection, turn.message_id)
    return message if message.status in _ENDED else None


def _retold(turn: TurnStart, message: Message, seen: int) -> Sequence[RunEvent]:
    """The run as its stored message tells it: the whole text as one token. To a reader in the midst of it, whose
    missing events nobody has any more, only that: the message itself is whole in the conversation."""
    done = Done(
        message_id=message.id,
        status=message.status,
        finish_reason=message.finish_reason,
        usage=Usage(
            message.input_tokens,
            message.output_tokens,
            message.usage_estimated,
            message.side_input_tokens,
            message.side_output_tokens,
            message.cost,
        ),
        provider=message.provider,
        model=message.model,
        sources=message.sources,
        supported=message.supported,
        unsupported=message.unsupported,
    )
    if seen > 1:
        detail = "The rest of this answer is not kept as a stream any more. Open the conversation again to read it."
        gone = Problem("about:blank", "Reload the conversation", 410, detail, "events_expired", turn.correlation_id)
        return [Failed(gone), done]
    meta = Meta(
        turn.run_id,
        turn.conversation.id,
        turn.user_message_id,
        turn.message_id,
        turn.conversation.mode.value,
        turn.correlation_id,
    )
    told = [Token(message.content), done] if message.content else [done]
    return told if seen else [meta, *told]
