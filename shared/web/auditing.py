"""What somebody did by a request, for the audit log."""

from collections.abc import Mapping
from typing import Any

from shared.db import audit
from shared.db.audit import Outcome
from shared.db.pool import Connection
from shared.web.routes import Call


async def record(
    call: Call,
    connection: Connection,
    action: str,
    target: object = None,
    detail: Mapping[str, Any] | None = None,
    outcome: Outcome = "ok",
) -> None:
    """In the transaction of `connection`; who, and under which correlation id, is the request's. `target` is an id,
    or None for what is of the whole installation."""
    await audit.record(
        connection,
        actor=call.caller.user_id,
        action=action,
        target=None if target is None else str(target),
        outcome=outcome,
        detail=None if detail is None else dict(detail),
        correlation_id=call.correlation_id,
    )
