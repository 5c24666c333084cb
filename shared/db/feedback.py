"""What people think of answers: one rating a person and answer, with the sources as they were retrieved."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.db.pool import Connection, Row
from shared.domain.identity import Caller
from shared.domain.ids import ConversationId, MessageId
from shared.errors import Conflict, NotFound


class Rating(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Feedback:
    """`status` is pending, reviewed or resolved; a change makes it pending again."""

    id: UUID
    message_id: MessageId
    rating: Rating
    comment: str | None
    status: str
    created_at: datetime
    updated_at: datetime


def _feedback(row: Row) -> Feedback:
    return Feedback(
        row["id"],
        row["message_id"],
        Rating(row["rating"]),
        row["user_comment"],
        row["status"],
        row["created_at"],
        row["updated_at"],
    )


# The sources are copied, so that they outlive the documents: every candidate that the model was given, with the number
# it was cited under, if it was. Answers from before candidates were kept have their cited ones.
GIVE = """
    INSERT INTO feedback (message_id, conversation_id, user_id, rating, user_comment, retrieved_sources)
    SELECT m.id, m.conversation_id, c.user_id, $3, $4,
           coalesce((SELECT jsonb_agg(jsonb_build_object(
                                'doc_id', s.value ->> 'document_id', 'title', s.value ->> 'file_name',
                                'url', s.value ->> 'file_url', 'score', s.value -> 'score',
                                'passage_id', s.value ->> 'passage_id', 'page', s.value -> 'page',
                                'section', s.value -> 'section', 'snippet', s.value ->> 'snippet',
                                'cited_as', (SELECT cited.value -> 'n'
                                               FROM jsonb_array_elements(m.sources) cited
                                              WHERE cited.value ->> 'passage_id' = s.value ->> 'passage_id'))
                            ORDER BY s.ordinality)
                       FROM jsonb_array_elements(CASE WHEN m.retrieved = '[]' THEN m.sources ELSE m.retrieved END)
                            WITH ORDINALITY s), '[]')
      FROM messages m
      JOIN conversations c ON c.id = m.conversation_id
     WHERE m.id = $1 AND c.user_id = $2 AND m.role = 'assistant' AND m.status NOT IN ('waiting', 'streaming')
    ON CONFLICT ON CONSTRAINT feedback_once_per_user_key DO UPDATE
       SET rating = excluded.rating, user_comment = excluded.user_comment, updated_at = now(),
           status = 'pending', reviewed_by = NULL, reviewed_at = NULL
     WHERE (feedback.rating, feedback.user_comment) IS DISTINCT FROM (excluded.rating, excluded.user_comment)
    RETURNING id, message_id, rating, user_comment, status, created_at, updated_at
"""
GIVEN = """
    SELECT id, message_id, rating, user_comment, status, created_at, updated_at
      FROM feedback
     WHERE message_id = $1 AND user_id = $2
"""
MESSAGE = """
    SELECT m.role
      FROM messages m
      JOIN conversations c ON c.id = m.conversation_id
     WHERE m.id = $1 AND c.user_id = $2
"""


async def give(
    connection: Connection, caller: Caller, message_id: MessageId, rating: Rating, comment: str | None
) -> Feedback:
    """The caller's feedback on an answer of their own conversation, replacing an earlier one; the same again changes
    nothing. Raises NotFound; Conflict for a question, and for an answer that is still being written."""
    row = await connection.fetchrow(GIVE, message_id, caller.user_id, rating.value, comment)
    if row is None:
        row = await connection.fetchrow(GIVEN, message_id, caller.user_id)
    if row is not None:
        return _feedback(row)
    message = await connection.fetchrow(MESSAGE, message_id, caller.user_id)
    if message is None:
        raise NotFound("message")
    if message["role"] != "assistant":
        raise Conflict("Only answers are rated.", code="not_an_answer")
    raise Conflict("This answer is still being written.", code="answer_unfinished")


# Only here does a rating stop counting in the reports: rows that go for their age, or with their person, were given.
TAKE_BACK = """
    WITH taken AS (
        DELETE FROM feedback WHERE message_id = $1 AND user_id = $2 RETURNING message_id
    )
    UPDATE usage_answers a SET rating = NULL FROM taken WHERE a.id = taken.message_id
"""


async def take_back(connection: Connection, caller: Caller, message_id: MessageId) -> None:
    """Nothing happens where there was none. Raises NotFound for a message that is not the caller's."""
    if await connection.fetchrow(MESSAGE, message_id, caller.user_id) is None:
        raise NotFound("message")
    await connection.execute(TAKE_BACK, message_id, caller.user_id)


OF_CONVERSATION = """
    SELECT id, message_id, rating, user_comment, status, created_at, updated_at
      FROM feedback
     WHERE conversation_id = $1 AND user_id = $2
"""


async def of_conversation(
    connection: Connection, caller: Caller, conversation_id: ConversationId
) -> dict[MessageId, Feedback]:
    """The caller's own, by message."""
    rows = await connection.fetch(OF_CONVERSATION, conversation_id, caller.user_id)
    return {row["message_id"]: _feedback(row) for row in rows}
