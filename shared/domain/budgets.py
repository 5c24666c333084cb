"""Daily budgets of tokens: how much a person, and a department together, may have answered in a day (UTC)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum


class BudgetSubject(StrEnum):
    USER = "user"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class BudgetDefaults:
    """Tokens a day for everyone without a budget of their own; None is no limit."""

    user: int | None = None
    department: int | None = None

    def of(self, subject: BudgetSubject) -> int | None:
        return self.user if subject is BudgetSubject.USER else self.department


@dataclass(frozen=True, slots=True)
class Budget:
    """What is allowed and used on `day`; `used` counts answers that have ended, by the day they were begun on, with
    the calls beside them. `limit` None is no limit."""

    subject: BudgetSubject
    limit: int | None
    is_default: bool
    used: int
    day: date

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def is_spent(self) -> bool:
        return self.remaining == 0

    @property
    def resets_at(self) -> datetime:
        return datetime.combine(self.day + timedelta(days=1), time.min, UTC)


def tightest(budgets: list[Budget]) -> Budget | None:
    """The one that is spent first; None where nothing is limited."""
    limited = [(budget.remaining, budget.subject, budget) for budget in budgets if budget.remaining is not None]
    return min(limited, key=lambda each: each[:2])[2] if limited else None
