"""The audit log. The app's database role may add to it and read it, and nothing else (S19)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.db.pool import Connection, Json

type Outcome = Literal["ok", "denied", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`actor_id` is null for who could not sign in and for what Nexus does by itself. Numbered in order of writing."""

    id: int
    at: datetime
    actor_id: UUID | None
    action: str
    target: str | None
    outcome: Outcome
    detail: Json
    correlation_id: str | None


INSERT = """
    INSERT INTO audit_log (actor_id, action, target, outcome, detail, correlation_id)
    VALUES ($1, $2, $3, $4, $5, $6)
"""


async def record(
    connection: Connection,
    *,
    actor: UUID | None,
    action: str,
    target: str | None,
    outcome: Outcome = "ok",
    detail: Json | None = None,
    correlation_id: str | None = None,
) -> None:
    await connection.execute(INSERT, actor, action, target, outcome, detail or {}, correlation_id)


LIST = """
    SELECT id, at, actor_id, action, target, outcome, detail, correlation_id FROM audit_log
     WHERE ($1::uuid IS NULL OR actor_id = $1)
       AND ($2::text IS NULL OR action = $2)
       AND ($3::timestamptz IS NULL OR at >= $3)
       AND ($4::timestamptz IS NULL OR at < $4)
       AND ($5::bigint IS NULL OR id < $5)
     ORDER BY id DESC
     LIMIT $6
"""


async def entries(
    connection: Connection,
    *,
    actor: UUID | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int,
) -> list[Entry]:
    """Newest first, from `since` on and before `until`; `before` is the last entry of the page before."""
    rows = await connection.fetch(LIST, actor, action, since, until, before, limit)
    return [Entry(*row) for row in rows]
