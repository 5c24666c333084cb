"""Feedback in a real PostgreSQL: with the sources as they were retrieved, whatever becomes of them."""

from uuid import UUID, uuid4

import pytest

from shared.db import feedback, messages
from shared.db.feedback import Rating
from shared.db.pool import Db
from shared.domain.events import Done, RunStatus, Source, Usage
from shared.domain.ids import DocumentId, PassageId
from shared.errors import Conflict, NotFound
from tests.shared.db.test_messages import ask, caller, new_conversation


def source(n: int, passage: int) -> Source:
    name = f"f{passage}.pdf"
    ids = DocumentId(UUID(int=passage)), PassageId(UUID(int=passage))
    return Source(n, *ids, name, f"https://sp.example/{name}", passage, None, f"text {passage}", 0.5 / passage)


async def test_all_candidates_are_kept_with_the_number_they_were_cited_under(db: Db) -> None:
    alice = await caller(db)
    turn = await ask(db, alice, await new_conversation(db, alice), "how long?")
    candidates = (source(1, 11), source(2, 12), source(3, 13))
    cited = (source(1, 13), source(2, 11))
    done = Done(turn.message_id, RunStatus.COMPLETE, "stop", Usage(3, 2), "openai", "m", cited, True)
    async with db.connection() as connection:
        with pytest.raises(Conflict):
            await feedback.give(connection, alice, turn.message_id, Rating.POSITIVE, None)
        await messages.finish(
            connection, done, content="20 [1][2]", error=None, first_token_ms=1, latency_ms=2, retrieved=candidates
        )
        await feedback.give(connection, alice, turn.message_id, Rating.NEGATIVE, "wrong")
        # whatever happens to the message's own copy or the documents: the feedback has its own
        await connection.execute("UPDATE messages SET retrieved = '[]', sources = '[]'")
        kept = await connection.fetchval("SELECT retrieved_sources FROM feedback")
    assert [(s["title"], s["cited_as"], s["page"], s["snippet"]) for s in kept] == [
        ("f11.pdf", 2, 11, "text 11"),
        ("f12.pdf", None, 12, "text 12"),
        ("f13.pdf", 1, 13, "text 13"),
    ]
    assert kept[0]["url"] == "https://sp.example/f11.pdf"
    assert kept[0]["doc_id"] == kept[0]["passage_id"] == str(UUID(int=11))
    assert kept[0]["score"] == candidates[0].score


async def test_an_answer_of_somebody_else_is_not_there(db: Db) -> None:
    alice, bob = await caller(db), await caller(db, "bob")
    turn = await ask(db, alice, await new_conversation(db, alice), "?")
    async with db.connection() as connection:
        for message in (turn.message_id, turn.user_message_id, uuid4()):
            with pytest.raises(NotFound):
                await feedback.give(connection, bob, message, Rating.POSITIVE, None)
            with pytest.raises(NotFound):
                await feedback.take_back(connection, bob, message)
