"""Periods, the blocks they are made of, and times that are added up."""

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.domain.usage import MOST_DAYS, Period, day_number, day_of, runs_of, signed_runs_of
from shared.domain.usage_times import BOUNDS, Times, bucket_of, middle_of
from shared.errors import Invalid
from tests.shared.db.usage_counting import nearest_rank

TODAY = date(2026, 11, 23)


def test_a_period_is_the_last_thirty_days_unless_something_is_said() -> None:
    assert Period.of(None, None, TODAY) == Period(date(2026, 10, 25), TODAY)
    assert Period.of(date(2026, 11, 1), None, TODAY) == Period(date(2026, 11, 1), TODAY)
    assert Period.of(None, date(2026, 3, 30), TODAY) == Period(date(2026, 3, 1), date(2026, 3, 30))
    assert Period.of(TODAY, TODAY, TODAY).days == [TODAY]
    assert len(Period.of(date(2020, 1, 1), None, TODAY).days) == MOST_DAYS, "as far as a report goes"
    assert Period.of(None, date.min, TODAY) == Period(date.min, date.min)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 2, 2), date(2026, 2, 1)),
        (date(2025, 1, 1), date(2026, 1, 2)),
        (date.min, date.max),
        (date(2026, 11, 24), None),
    ],
)
def test_a_period_in_the_wrong_order_or_of_too_many_days_is_refused(first: date, last: date | None) -> None:
    with pytest.raises(Invalid) as refused:
        Period.of(first, last, TODAY)
    assert (refused.value.code, refused.value.errors[0].pointer) == ("period_invalid", "/from")


def test_runs_hold_every_day_of_a_period_once() -> None:
    chosen = random.Random(7)
    for _ in range(500):
        first = day_of(chosen.randrange(-5_000, 5_000))
        period = Period(first, first + timedelta(days=chosen.randrange(MOST_DAYS)))
        runs = runs_of(period)
        days = [day for run in runs for day in range(run.first << run.level, (run.last + 1) << run.level)]
        assert days == [day_number(day) for day in period.days]
        assert len(runs) <= 5
        assert sum(run.last - run.first + 1 for run in runs) <= 2 * 7 + 2 * 7 + 5


def test_signed_runs_come_to_every_day_of_a_period_once_in_fewer_blocks() -> None:
    chosen, most = random.Random(8), 0
    for _ in range(500):
        first = day_of(chosen.randrange(-5_000, 5_000))
        period = Period(first, first + timedelta(days=chosen.randrange(MOST_DAYS)))
        runs = signed_runs_of(period)
        days: Counter[int] = Counter()
        for run in runs:
            for day in range(run.first << run.level, (run.last + 1) << run.level):
                days[day] += run.sign
        assert {day: times for day, times in days.items() if times} == dict.fromkeys(map(day_number, period.days), 1)
        blocks = sum(run.last - run.first + 1 for run in runs)
        assert blocks <= sum(run.last - run.first + 1 for run in runs_of(period))
        most = max(most, blocks)
    assert most <= 2 * 4 + 2 * 4 + 6


def test_a_percentile_is_within_five_percent_of_the_exact_one() -> None:
    chosen = random.Random(11)
    for size in (1, 2, 3, 19, 20, 21, 400):
        exact = [int(chosen.lognormvariate(7, 2)) % 600_000 for _ in range(size)]
        times = Times()
        times.add_packed([256 * exact.count(time) + bucket_of(time) for time in set(exact)])
        for percent in (50, 95):
            told, known = times.percentile(percent), nearest_rank(exact, percent)
            assert told is not None
            assert known is not None
            assert abs(told - known) <= 0.05 * known


def test_times_below_twenty_milliseconds_are_exact_and_none_is_no_percentile() -> None:
    assert [middle_of(bucket_of(time)) for time in range(20)] == list(range(20))
    assert Times().percentile(50) is None
    assert bucket_of(10**7) == len(BOUNDS), "the last bucket has no end"
    assert len(BOUNDS) < 256


def test_buckets_are_those_of_the_database() -> None:
    migration = Path(__file__).parents[3] / "shared/db/migrations/versions/0012_usage_sums.py"
    scope: dict[str, object] = {"__name__": "revision"}
    exec(compile(migration.read_text(), migration.name, "exec"), scope)  # noqa: S102 - a module whose name is a number
    assert tuple(scope["_bounds"]()) == BOUNDS  # type: ignore[operator]
