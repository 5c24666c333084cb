"""The audit log. The app's database role may add to it and read it, and nothing else (S19)."""

from typing import Literal
from uuid import UUID

from shared.db.pool import Connection, Json

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
    outcome: Literal["ok", "denied", "failed"] = "ok",
    detail: Json | None = None,
    correlation_id: str | None = None,
) -> None:
    await connection.execute(INSERT, actor, action, target, outcome, detail or {}, correlation_id)
