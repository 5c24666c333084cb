"""Takes away what is older than the retention allows: in batches that a statement's ten seconds are enough for, each
counted in the audit log by the transaction that removed it. Safe to repeat, and at once with another instance."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.db import audit, retention
from shared.db.pool import Connection, Db

# Of one call; what is left then is the next one's. Questions take their answers along: about a hundred thousand
# messages an hour.
BATCH = 1_000
BATCHES_A_CALL = 50

type Remove = Callable[[Connection, int, int], Awaitable[dict[str, int]]]


@dataclass(frozen=True, slots=True)
class Retaining:
    db: Db
    batch: int = BATCH
    batches_a_call: int = BATCHES_A_CALL

    async def apply(self) -> dict[str, int]:
        """How many rows went, by kind."""
        async with self.db.connection() as connection:
            kept = await retention.get(connection)
        removed: dict[str, int] = {}
        for name, days, remove in (
            ("messages", kept.messages_days, _turns),
            ("conversations", kept.messages_days, _conversations),
            ("feedback", kept.feedback_days, _feedback),
        ):
            if days is not None:
                for kind, count in (await self._remove(name, days, remove)).items():
                    removed[kind] = removed.get(kind, 0) + count
        if kept.audit_days is not None:
            removed["audit_entries"] = await self._purge_audit()
        return removed

    async def _remove(self, name: str, days: int, remove: Remove) -> dict[str, int]:
        total: dict[str, int] = {}
        for _ in range(self.batches_a_call):
            async with self.db.transaction() as connection:
                removed = await remove(connection, days, self.batch)
                if not any(removed.values()):
                    break
                await audit.record(
                    connection,
                    actor=None,
                    action=f"retention.{name}",
                    target=None,
                    detail={"removed": removed, "days": days},
                )
            total = {kind: total.get(kind, 0) + count for kind, count in removed.items()}
        return total

    async def _purge_audit(self) -> int:
        total = 0
        for _ in range(self.batches_a_call):
            async with self.db.connection() as connection:
                removed = await retention.purge_audit(connection, self.batch)
            total += removed
            if removed < self.batch:
                break
        return total


async def _turns(connection: Connection, days: int, at_most: int) -> dict[str, int]:
    gone = await retention.remove_turns(connection, days, at_most)
    return {"messages": gone.questions + gone.answers, "feedback": gone.feedback}


async def _conversations(connection: Connection, days: int, at_most: int) -> dict[str, int]:
    return {"conversations": await retention.remove_empty_conversations(connection, days, at_most)}


async def _feedback(connection: Connection, days: int, at_most: int) -> dict[str, int]:
    return {"feedback": await retention.remove_feedback(connection, days, at_most)}
