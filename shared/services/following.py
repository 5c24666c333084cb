"""Reading a run that another process makes, or made: from its log, and from the stored message when that is gone."""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from shared.db import messages
from shared.db.messages import Message, TurnStart
from shared.db.pool import Db
from shared.domain.events import Done, Meta, RunEvent, RunStatus, Token, Usage
from shared.domain.frames import PING, frame, is_done
from shared.errors import Unavailable
from shared.ports import RunLog
from shared.services.live_run import PING_EVERY_S

# How often a silent run is looked up in the database: its producer may be dead and the sweeper may have closed it.
LOOK_EVERY_S = 3.0
_ENDED = frozenset({RunStatus.COMPLETE, RunStatus.CANCELLED, RunStatus.INTERRUPTED, RunStatus.FAILED})


async def follow_elsewhere(db: Db, run_log: RunLog, turn: TurnStart, after_seq: int) -> AsyncGenerator[bytes]:
    """Frames after `after_seq` until the run's `done`. With the log away, an ended run is told from its message, and
    one under way raises Unavailable("redis")."""
    seen = after_seq
    silent_since = next_look = time.monotonic()
    try:
        async with aclosing(run_log.follow(turn.run_id, after_seq)) as entries:
            async for entry in entries:
                now = time.monotonic()
                if entry is not None:
                    seen, piece = entry
                    silent_since, next_look = now, now + LOOK_EVERY_S
                    yield piece
                    if is_done(piece):
                        return
                    continue
                if now >= next_look:
                    next_look = now + LOOK_EVERY_S
                    if message := await _ended(db, turn):
                        break
                if now - silent_since >= PING_EVERY_S:
                    silent_since = now
                    yield PING
            else:
                message = None
    except Unavailable:
        message = await _ended(db, turn)
        if message is None:
            raise
    if message is not None:
        for seq, event in enumerate(_retold(turn, message), start=1):
            if seq > seen or isinstance(event, Done):
                yield frame(turn.run_id, max(seq, seen + 1), event)


async def _ended(db: Db, turn: TurnStart) -> Message | None:
    async with db.connection() as connection:
        message = await messages.get_answer(connection, turn.message_id)
    return message if message.status in _ENDED else None


def _retold(turn: TurnStart, message: Message) -> Sequence[RunEvent]:
    """The run as its stored message tells it: the whole text as one token."""
    meta = Meta(
        turn.run_id,
        turn.conversation.id,
        turn.user_message_id,
        turn.message_id,
        turn.conversation.mode.value,
        turn.correlation_id,
    )
    done = Done(
        message_id=message.id,
        status=message.status,
        finish_reason=message.finish_reason,
        usage=Usage(message.input_tokens, message.output_tokens),
        provider=message.provider,
        model=message.model,
        sources=message.sources,
        supported=message.supported,
    )
    return [meta, *([Token(message.content)] if message.content else []), done]
