"""The audit log. The app's database role may add to it and read it, and nothing else (S19): what is older than the
retention allows is removed by a function of the schema's owner (revision 0010, shared/db/retention.py)."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.db.pool import Connection, Db, Json

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
       AND ($3::text IS NULL OR target = $3)
       AND ($4::timestamptz IS NULL OR at >= $4)
       AND ($5::timestamptz IS NULL OR at < $5)
       AND ($6::bigint IS NULL OR id < $6)
     ORDER BY id DESC
     LIMIT $7
"""
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Every field narrows; `since` is included, `until` is not."""

    actor: UUID | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = AuditFilter()


async def entries(
    connection: Connection, wanted: AuditFilter = EVERYTHING, *, before: int | None = None, limit: int
) -> list[Entry]:
    """Newest first; `before` is the last entry of the page before."""
    rows = await connection.fetch(
        LIST, wanted.actor, wanted.action, wanted.target, wanted.since, wanted.until, before, limit
    )
    return [Entry(*row) for row in rows]


async def pages(db: Db, wanted: AuditFilter) -> AsyncGenerator[list[Entry]]:
    """All of them, newest first. Between two pages no connection is held: whoever reads slowly costs nobody one."""
    before: int | None = None
    while True:
        async with db.connection() as connection:
            page = await entries(connection, wanted, before=before, limit=PAGE)
        yield page
        if len(page) < PAGE:
            return
        before = page[-1].id
