"""Wire models of daily token budgets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from functions.http_api.schemas.auth import UserView
from shared.db.budgets import OwnBudget
from shared.db.people import User
from shared.domain.budgets import Budget, BudgetSubject

type Tokens = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]


class BudgetChange(msgspec.Struct, forbid_unknown_fields=True):
    """Tokens a day (UTC); null is no limit, whatever the default says."""

    daily_tokens: Tokens | None


class BudgetView(msgspec.Struct):
    """`limit` and `remaining` are null without a limit. `used` counts the answers of today (UTC) that have ended, with
    all calls that they took."""

    limit: int | None
    is_default: bool
    used: int
    remaining: int | None
    resets_at: datetime

    @classmethod
    def of(cls, budget: Budget) -> "BudgetView":
        return cls(budget.limit, budget.is_default, budget.used, budget.remaining, budget.resets_at)


class OwnBudgetView(msgspec.Struct):
    subject: BudgetSubject
    owner_id: UUID
    name: str
    daily_tokens: int | None
    updated_at: datetime

    @classmethod
    def of(cls, budget: OwnBudget) -> "OwnBudgetView":
        return msgspec.convert(budget, cls, from_attributes=True)


class BudgetsPage(msgspec.Struct):
    """The budgets that were set, and what holds for everyone else; null is no limit."""

    user_default: int | None
    department_default: int | None
    items: list[OwnBudgetView]
    next_cursor: str | None


class CallerBudget(msgspec.Struct):
    """Of the user, or of their department together: whichever is spent first."""

    subject: BudgetSubject
    limit: int
    used: int
    remaining: int
    resets_at: datetime

    @classmethod
    def of(cls, budget: Budget | None) -> "CallerBudget | None":
        if budget is None or budget.limit is None or budget.remaining is None:
            return None
        return cls(budget.subject, budget.limit, budget.used, budget.remaining, budget.resets_at)


class MeView(UserView):
    """`budget` is null where nothing limits the user."""

    budget: CallerBudget | None

    @classmethod
    def with_budget(cls, user: User, budget: Budget | None) -> "MeView":
        return cls(**msgspec.structs.asdict(UserView.of(user)), budget=CallerBudget.of(budget))
