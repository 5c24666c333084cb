"""Reports of what was used: what they are asked, and sums that can be added up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from shared.domain.usage_times import Times
from shared.errors import FieldError, Invalid

# A year, with a leap day.
MOST_DAYS = 366
USUAL_DAYS = 30
_FIRST_DAY = date(2020, 1, 1)
# Blocks of 64, 8 and 1 days, as migration 0012 sums them.
_LEVELS = (6, 3, 0)
UNITS = Decimal(100_000_000)


class Grouping(StrEnum):
    DAY = "day"
    MODEL = "model"
    MODE = "mode"
    DEPARTMENT = "department"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, first: date | None, last: date | None, today: date) -> "Period":
        """The last 30 days where nothing is said. Raises Invalid for the wrong order and for more than 366 days."""
        last = last or (today if first is None else min(today, _later(first, MOST_DAYS - 1)))
        if first is None:
            first = last - timedelta(days=min(USUAL_DAYS - 1, (last - date.min).days))
        if first > last:
            raise _wrong(f"from ({first}) comes after to ({last})")
        if (last - first).days >= MOST_DAYS:
            raise _wrong(f"A report covers at most {MOST_DAYS} days")
        return cls(first, last)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def _later(day: date, days: int) -> date:
    return day + timedelta(days=min(days, (date.max - day).days))


def _wrong(detail: str) -> Invalid:
    return Invalid(detail + ".", errors=(FieldError("/from", detail),), code="period_invalid")


@dataclass(frozen=True, slots=True)
class Run:
    """Whole blocks of one level next to each other, the last one included."""

    level: int
    first: int
    last: int


def runs_of(period: Period, levels: tuple[int, ...] = _LEVELS) -> list[Run]:
    """The period as runs of whole blocks, the largest where they fit."""
    return _runs(day_number(period.first), day_number(period.last) + 1, levels)


def _runs(first: int, end: int, levels: tuple[int, ...]) -> list[Run]:
    if first >= end:
        return []
    level, *smaller = levels
    size = 1 << level
    inner_first, inner_end = -(-first // size), end // size
    if inner_first >= inner_end:
        return _runs(first, end, tuple(smaller))
    return [
        *_runs(first, inner_first * size, tuple(smaller)),
        Run(level, inner_first, inner_end - 1),
        *_runs(inner_end * size, end, tuple(smaller)),
    ]


@dataclass(frozen=True, slots=True)
class SignedRun:
    """As `Run`; what is in it is added (sign 1) or taken away again (-1)."""

    sign: int
    level: int
    first: int
    last: int


def signed_runs_of(period: Period) -> list[SignedRun]:
    """The period as larger blocks less what of them lies outside: for sums, which can be subtracted, a third fewer
    blocks in the worst case."""
    first, end = day_number(period.first), day_number(period.last) + 1
    runs: list[SignedRun] = []
    level, *larger = reversed(_LEVELS)
    for above in larger:
        size = 1 << above - level
        if end - first <= size:
            break
        below, beyond = first % size, end % size
        outer_first, outer_end = first - below, end - beyond
        if below < size // 2:
            runs.append(SignedRun(-1, level, outer_first, first - 1))
        else:
            outer_first += size
            runs.append(SignedRun(1, level, first, outer_first - 1))
        if beyond <= size // 2:
            runs.append(SignedRun(1, level, outer_end, end - 1))
        else:
            outer_end += size
            runs.append(SignedRun(-1, level, end, outer_end - 1))
        first, end, level = outer_first // size, outer_end // size, above
    return [run for run in (*runs, SignedRun(1, level, first, end - 1)) if run.first <= run.last]


def columns_of_signed(runs: Sequence[SignedRun]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Levels, firsts, lasts and signs."""
    return (*columns_of([Run(run.level, run.first, run.last) for run in runs]), [run.sign for run in runs])


def columns_of(runs: Sequence[Run]) -> tuple[list[int], list[int], list[int]]:
    """Levels, firsts and lasts, as statements take them."""
    return [run.level for run in runs], [run.first for run in runs], [run.last for run in runs]


def day_number(day: date) -> int:
    return (day - _FIRST_DAY).days


def day_of(number: int) -> date:
    return _FIRST_DAY + timedelta(days=number)


@dataclass(slots=True)
class UsageSums:
    """Of answers that have ended, whatever way. `questions` are those asked for the first time; tokens include the
    calls beside the answer. `cost_units` are hundred-millionths of the prices' currency, `unpriced` the answers whose
    price nobody knew. `checked` are complete answers that documents could bear out, `unsupported` those of them that
    they do not."""

    questions: int = 0
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_units: int = 0
    unpriced: int = 0
    complete: int = 0
    failed: int = 0
    cancelled: int = 0
    interrupted: int = 0
    checked: int = 0
    unsupported: int = 0
    positive: int = 0
    negative: int = 0

    def add(self, other: "UsageSums") -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def messages(self) -> int:
        return self.questions + self.answers

    @property
    def cost(self) -> Decimal:
        return self.cost_units / UNITS


SUMS = tuple(each.name for each in fields(UsageSums))


@dataclass(slots=True)
class UsageGroup:
    """`active_users` is how many people had an answer; it cannot be added up."""

    sums: UsageSums = field(default_factory=UsageSums)
    latency: Times = field(default_factory=Times)
    first_token: Times = field(default_factory=Times)
    active_users: int = 0

    def add(self, other: "UsageGroup") -> None:
        self.sums.add(other.sums)
        self.latency.add(other.latency)
        self.first_token.add(other.first_token)
