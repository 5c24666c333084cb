"""Whether a person may have another question answered today (S18).

Asked before a run starts, of the answers that have ended by then: however many begin at once, what is used goes over
the limit by no more than what those take that had begun before it was reached. Redis has no part in it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.db import budgets
from shared.db.pool import Connection
from shared.domain.budgets import Budget, BudgetDefaults, BudgetSubject, tightest
from shared.domain.identity import Caller
from shared.errors import RateLimited

# How long it is believed that nobody has a budget: as long as that a question costs no round trip more, and the first
# budget that is set is kept everywhere this soon. Where there is one, every question reads what is true now.
NONE_SET_FOR_S = 30.0


@dataclass(slots=True)
class Budgeting:
    """`clock` is in seconds."""

    defaults: BudgetDefaults
    clock: Callable[[], float] = time.monotonic
    _none_set_until: float = float("-inf")

    async def of(self, connection: Connection, caller: Caller) -> Budget | None:
        """The budget that the caller reaches first, their own or their department's; None without a limit."""
        return tightest(await budgets.of_user(connection, caller.user_id, self.defaults))

    async def require(self, connection: Connection, caller: Caller) -> None:
        """Raises RateLimited("token_budget_spent")."""
        if not await self._is_anyone_limited(connection):
            return
        budget = await self.of(connection, caller)
        if budget is not None and budget.is_spent:
            raise spent(budget)

    def forget(self) -> None:
        """A budget was set here: looked at anew from now on."""
        self._none_set_until = float("-inf")

    async def _is_anyone_limited(self, connection: Connection) -> bool:
        if self.defaults != BudgetDefaults():
            return True
        if self.clock() < self._none_set_until:
            return False
        asked_at = self.clock()
        if await budgets.any_set(connection):
            return True
        self._none_set_until = asked_at + NONE_SET_FOR_S
        return False


def spent(budget: Budget) -> RateLimited:
    whose = "Your" if budget.subject is BudgetSubject.USER else "Your department's"
    left_s = (budget.resets_at - datetime.now(UTC)).total_seconds()
    return RateLimited(
        f"{whose} budget for today is spent: {budget.used:,} of {budget.limit:,} tokens are used, 0 are left. "
        f"It starts anew at {budget.resets_at:%Y-%m-%d %H:%M} UTC.",
        retry_after_s=max(1, math.ceil(left_s)),
        code="token_budget_spent",
    )
