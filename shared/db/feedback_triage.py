"""Feedback as those see it who look after the answers: a queue, and each exchange as it was.

A notebook session is nobody's but its owner's, and rating an answer of it does not open it: of such an exchange only
what its owner told us (rating and comment) and what the answer took are read here, never what was said in it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from shared.db import documents
from shared.db.feedback import Rating
from shared.db.pool import Connection, Row
from shared.domain.audience import Audience, Scope
from shared.domain.chat import Mode
from shared.domain.ids import ConversationId, CountryId, DepartmentId, MessageId, UserId
from shared.domain.triage import FeedbackStatus
from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class QueuedFeedback:
    """`question` is None for a notebook exchange; in a list it is the question's beginning."""

    id: UUID
    message_id: MessageId
    conversation_id: ConversationId
    mode: Mode
    rating: Rating
    comment: str | None
    status: FeedbackStatus
    question: str | None
    provider: str | None
    model: str | None
    supported: bool | None
    user_id: UserId
    user_name: str
    scope: Scope
    reviewed_by: UserId | None
    reviewer_name: str | None
    reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    eval_case_id: UUID | None

    @property
    def is_private(self) -> bool:
        return self.mode is Mode.NOTEBOOK


class RetrievedSource(msgspec.Struct, frozen=True):
    """A candidate as the answer's model was given it, copied when the feedback was. `cited_as` is its number in the
    answer. Feedback from before passages were kept has the first four fields only."""

    doc_id: UUID
    title: str
    url: str
    score: float | None = None
    passage_id: UUID | None = None
    page: int | None = None
    section: str | None = None
    snippet: str | None = None
    cited_as: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the turns before."""

    role: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer with its question. `readable` are the sources' documents that the reviewer may read now."""

    feedback: QueuedFeedback
    answer: str | None
    answer_status: str
    finish_reason: str | None
    unsupported: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    first_token_ms: int | None
    latency_ms: int | None
    is_replaced: bool
    asked_at: datetime | None
    answered_at: datetime
    sources: tuple[RetrievedSource, ...]
    readable: frozenset[UUID]
    preceding: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class FeedbackFilter:
    """Every field narrows. `search` is found anywhere in question, answer or comment, letter for letter but for case;
    `since` is included, `until` is not."""

    within: Scope
    status: FeedbackStatus | None = None
    rating: Rating | None = None
    mode: Mode | None = None
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


_COLUMNS: LiteralString = """
    f.id, f.message_id, f.conversation_id, c.mode, f.rating, f.user_comment, f.status,
    a.llm_provider, a.llm_model, a.supported, f.user_id, u.display_name, u.department_id, u.country_id,
    f.reviewed_by, r.display_name AS reviewer_name, f.reviewed_at, f.created_at, f.updated_at, e.id AS eval_case_id
"""
# Enough of a question to know it by in a list.
_EXCERPT: LiteralString = "CASE WHEN c.mode <> 'notebook' THEN left(q.content, 300) END AS question"
_JOINED: LiteralString = """
    feedback f
      JOIN messages a ON a.id = f.message_id
      JOIN conversations c ON c.id = f.conversation_id
      JOIN users u ON u.id = f.user_id
      LEFT JOIN messages q ON q.id = a.reply_to
      LEFT JOIN users r ON r.id = f.reviewed_by
      LEFT JOIN eval_cases e ON e.feedback_id = f.id
"""
# Whose feedback it is decides who may see it, as Scope.reaches says: by where the person belongs now.
_WITHIN: LiteralString = "($1::uuid IS NULL OR u.department_id = $1) AND ($2::uuid IS NULL OR u.country_id = $2)"


def _queued(row: Row) -> QueuedFeedback:
    return QueuedFeedback(
        id=row["id"],
        message_id=row["message_id"],
        conversation_id=row["conversation_id"],
        mode=Mode(row["mode"]),
        rating=Rating(row["rating"]),
        comment=row["user_comment"],
        status=FeedbackStatus(row["status"]),
        question=row["question"],
        provider=row["llm_provider"],
        model=row["llm_model"],
        supported=row["supported"],
        user_id=row["user_id"],
        user_name=row["display_name"],
        scope=Scope(_department(row), _country(row)),
        reviewed_by=row["reviewed_by"],
        reviewer_name=row["reviewer_name"],
        reviewed_at=row["reviewed_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        eval_case_id=row["eval_case_id"],
    )


def _department(row: Row) -> DepartmentId | None:
    return row["department_id"]


def _country(row: Row) -> CountryId | None:
    return row["country_id"]


LIST: LiteralString = f"""
    SELECT {_COLUMNS}, {_EXCERPT} FROM {_JOINED}
     WHERE {_WITHIN}
       AND ($3::text IS NULL OR f.status = $3)
       AND ($4::text IS NULL OR f.rating = $4)
       AND ($5::text IS NULL OR c.mode = $5)
       AND ($6::timestamptz IS NULL OR f.created_at >= $6)
       AND ($7::timestamptz IS NULL OR f.created_at < $7)
       AND ($8::text IS NULL OR strpos(lower(f.user_comment), lower($8)) > 0
            OR (c.mode <> 'notebook'
                AND (strpos(lower(q.content), lower($8)) > 0 OR strpos(lower(a.content), lower($8)) > 0)))
       AND ($9::timestamptz IS NULL OR (f.created_at, f.id) < ($9, $10::uuid))
     ORDER BY f.created_at DESC, f.id DESC
     LIMIT $11
"""


async def queue(
    connection: Connection, wanted: FeedbackFilter, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[QueuedFeedback]:
    """Newest first."""
    at, last_id = after or (None, None)
    rows = await connection.fetch(
        LIST,
        wanted.within.department_id,
        wanted.within.country_id,
        wanted.status.value if wanted.status else None,
        wanted.rating.value if wanted.rating else None,
        wanted.mode.value if wanted.mode else None,
        wanted.since,
        wanted.until,
        wanted.search,
        at,
        last_id,
        limit,
    )
    return [_queued(row) for row in rows]


GET: LiteralString = f"SELECT {_COLUMNS}, {_EXCERPT} FROM {_JOINED} WHERE {_WITHIN} AND f.id = $3"


async def get(connection: Connection, feedback_id: UUID, *, within: Scope) -> QueuedFeedback:
    """Raises NotFound, for what lies out of reach as well."""
    row = await connection.fetchrow(GET, within.department_id, within.country_id, feedback_id)
    if row is None:
        raise NotFound("feedback")
    return _queued(row)


WHOLE: LiteralString = f"""
    SELECT {_COLUMNS}, CASE WHEN c.mode <> 'notebook' THEN q.content END AS question,
           a.content AS answer, a.status AS answer_status, a.finish_reason, a.unsupported,
           a.input_tokens, a.output_tokens, a.first_token_ms, a.latency_ms,
           a.replaced_by IS NOT NULL AS is_replaced, q.created_at AS asked_at, a.created_at AS answered_at,
           f.retrieved_sources,
           ARRAY(SELECT ROW(b.role, b.content, b.created_at)
                   FROM (SELECT m.role, m.content, m.created_at
                           FROM messages m
                          WHERE m.conversation_id = f.conversation_id AND m.created_at < q.created_at
                            AND m.replaced_by IS NULL AND m.content <> '' AND c.mode <> 'notebook'
                          ORDER BY m.created_at DESC
                          LIMIT $4) b
                  ORDER BY b.created_at) AS preceding
      FROM {_JOINED}
     WHERE {_WITHIN} AND f.id = $3
"""


async def whole(
    connection: Connection, feedback_id: UUID, *, within: Scope, reviewer: Audience, preceding: int
) -> Exchange:
    """With up to `preceding` of the messages before the question. Raises NotFound, for what lies out of reach too."""
    row = await connection.fetchrow(WHOLE, within.department_id, within.country_id, feedback_id, preceding)
    if row is None:
        raise NotFound("feedback")
    feedback = _queued(row)
    sources = () if feedback.is_private else msgspec.convert(row["retrieved_sources"], tuple[RetrievedSource, ...])
    return Exchange(
        feedback=feedback,
        answer=None if feedback.is_private else row["answer"],
        answer_status=row["answer_status"],
        finish_reason=row["finish_reason"],
        unsupported=() if feedback.is_private else tuple(row["unsupported"]),
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        first_token_ms=row["first_token_ms"],
        latency_ms=row["latency_ms"],
        is_replaced=row["is_replaced"],
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        sources=sources,
        readable=await documents.readable(connection, [source.doc_id for source in sources], reviewer),
        preceding=tuple(Said(*said) for said in row["preceding"]),
    )


REVIEW = """
    UPDATE feedback SET status = $2, reviewed_by = $4, reviewed_at = now()
     WHERE id = $1 AND status = $3
    RETURNING id
"""


async def review(
    connection: Connection, feedback_id: UUID, status: FeedbackStatus, *, within: Scope, reviewer: UserId
) -> tuple[QueuedFeedback, QueuedFeedback]:
    """Before and after. Raises NotFound; Conflict where `status` does not follow the state it is in, also when another
    reviewer was first. Run in a transaction."""
    before = await get(connection, feedback_id, within=within)
    follows = status.comes_after
    moved = follows and await connection.fetchval(REVIEW, feedback_id, status.value, follows.value, reviewer)
    if moved is None:
        now = (await get(connection, feedback_id, within=within)).status
        raise Conflict(f"This feedback is {now.value}: it cannot become {status.value}.", code="feedback_status")
    return before, await get(connection, feedback_id, within=within)
