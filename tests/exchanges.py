"""Exchanges as people leave them behind: a question, its answer with sources, and what was thought of it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from shared.db import conversations, feedback, messages, turns
from shared.db.feedback import Rating
from shared.db.pool import Db
from shared.domain.chat import Mode
from shared.domain.events import Done, RunStatus, Source, Usage
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, DocumentId, MessageId, PassageId, RunId


@dataclass(frozen=True)
class Left:
    """`feedback` is None where none was given."""

    conversation: ConversationId
    question: MessageId
    answer: MessageId
    feedback: UUID | None


def source(document: UUID, *, n: int = 1, snippet: str = "Thirty days.") -> Source:
    name = f"{document.hex[:8]}.pdf"
    return Source(
        n, DocumentId(document), PassageId(uuid4()), name, f"https://sp.example/{name}", 3, "Leave", snippet, 0.5
    )


async def left_behind(
    db: Db,
    who: Caller,
    question: str = "How long is my leave?",
    answer: str = "Thirty days [1].",
    *,
    mode: Mode = Mode.RAG,
    sources: tuple[Source, ...] = (),
    rating: Rating | None = Rating.NEGATIVE,
    comment: str | None = None,
    conversation: ConversationId | None = None,
) -> Left:
    """One turn that has ended, in a conversation of its own unless one is named."""
    async with db.transaction() as connection:
        if conversation is None:
            conversation = (await conversations.create(connection, who, mode, "A talk")).id
        turn = await turns.begin_turn(
            connection,
            who,
            conversation,
            question=question,
            run_id=RunId(uuid4()),
            correlation_id="c",
            idempotency_key=None,
            status=RunStatus.STREAMING,
        )
        done = Done(turn.message_id, RunStatus.COMPLETE, "stop", Usage(30, 5), "openai", "gpt-4.1", sources[:1], True)
        await messages.finish(
            connection, done, content=answer, error=None, first_token_ms=80, latency_ms=900, retrieved=sources
        )
        given = None if rating is None else await feedback.give(connection, who, turn.message_id, rating, comment)
    return Left(conversation, turn.user_message_id, turn.message_id, given.id if given else None)
