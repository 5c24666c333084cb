"""NCRONTAB: what the expressions mean, and the next occurrence against counting every moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devstack.functions_host.cron import CronError, Schedule

MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN MON TUE WED THU FRI SAT".split()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 */5 * * * *", "2026-01-31T23:57:12", "2026-02-01T00:00:00"),
        ("0 0 * * * *", "2026-01-01T00:00:00", "2026-01-01T01:00:00"),
        ("*/15 * * * * *", "2026-01-01T00:00:59.999", "2026-01-01T00:01:00"),
        ("0 30 9 * * MON-FRI", "2026-01-02T09:30:00", "2026-01-05T09:30:00"),
        ("0 30 9 * Jan Monday", "2026-01-27T00:00:00", "2027-01-04T09:30:00"),
        ("30 5/20 * * * *", "2026-01-01T00:25:30", "2026-01-01T00:45:30"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 29 2 SUN", "2096-03-01T00:00:00", "2128-02-29T00:00:00"),
        ("5,10-12 0 0 1 1 *", "2026-01-01T00:00:05", "2026-01-01T00:00:10"),
        ("0 3 * * *", "2026-01-01T03:00:00", "2026-01-02T03:00:00"),
        ("0 0 0 31 * *", "2026-01-31T00:00:00", "2026-03-31T00:00:00"),
    ],
)
def test_the_next_occurrence_of_known_expressions(expression: str, after: str, expected: str) -> None:
    assert Schedule.parse(expression).next_after(moment(after)) == moment(expected)


def test_a_day_must_fit_both_the_day_and_the_weekday() -> None:
    """Classic cron takes either of the two; NCrontab, and so Azure, does not."""
    friday_the_13th = Schedule.parse("0 0 0 13 * FRI")
    assert friday_the_13th.next_after(moment("2026-01-01T00:00:00")) == moment("2026-02-13T00:00:00")


@pytest.mark.parametrize(
    "expression",
    [
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "0 0 0 0 * *",
        "0 0 0 * * 7",
        "0 0 0 * 13 *",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "0 0 0 * XYZ *",
        "0 0 0 30 2 *",
        "*-5 * * * * *",
        "1, * * * * *",
        "00:05:00",
        "",
    ],
)
def test_a_broken_or_impossible_expression_is_refused(expression: str) -> None:
    with pytest.raises(CronError):
        Schedule.parse(expression)


@st.composite
def pieces(draw: st.DrawFn, low: int, high: int, names: list[str]) -> tuple[str, frozenset[int]]:
    """One piece of a field, and by its own arithmetic the values it means."""

    def shown(value: int) -> str:
        return names[value - low] if names and draw(st.booleans()) else str(value)

    kind = draw(st.sampled_from(["all", "step", "one", "from", "range", "range step"]))
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, 12))
    match kind:
        case "all":
            return "*", frozenset(range(low, high + 1))
        case "step":
            return f"*/{step}", frozenset(v for v in range(low, high + 1) if (v - low) % step == 0)
        case "one":
            return shown(first), frozenset({first})
        case "from":
            step = max(step, 2)
            return f"{shown(first)}/{step}", frozenset(v for v in range(first, high + 1) if (v - first) % step == 0)
        case "range":
            return f"{shown(first)}-{shown(last)}", frozenset(range(first, last + 1))
        case _:
            values = frozenset(v for v in range(first, last + 1) if (v - first) % step == 0)
            return f"{shown(first)}-{shown(last)}/{step}", values


def fields(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    lists = st.lists(pieces(low, high, names or []), min_size=1, max_size=3)
    return lists.map(lambda ps: (",".join(p[0] for p in ps), frozenset().union(*(p[1] for p in ps))))


MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1), timezones=st.just(UTC))


@settings(max_examples=150, deadline=None, print_blob=True)
@given(fields(0, 59), fields(0, 59), fields(0, 23), MOMENTS)
def test_within_a_day_the_next_occurrence_is_what_counting_seconds_finds(
    second: tuple[str, frozenset[int]],
    minute: tuple[str, frozenset[int]],
    hour: tuple[str, frozenset[int]],
    after: datetime,
) -> None:
    schedule = Schedule.parse(f"{second[0]} {minute[0]} {hour[0]} * * *")
    candidate = after.replace(microsecond=0) + timedelta(seconds=1)
    while not (candidate.hour in hour[1] and candidate.minute in minute[1]):
        candidate = candidate.replace(second=0) + timedelta(minutes=1)
    while not (candidate.second in second[1] and candidate.hour in hour[1] and candidate.minute in minute[1]):
        candidate += timedelta(seconds=1)
    assert schedule.next_after(after) == candidate


@settings(max_examples=150, deadline=None, print_blob=True)
@given(fields(1, 31), fields(1, 12, MONTHS), fields(0, 6, DAYS), MOMENTS)
def test_over_the_years_the_next_occurrence_is_what_counting_days_finds(
    day: tuple[str, frozenset[int]],
    month: tuple[str, frozenset[int]],
    weekday: tuple[str, frozenset[int]],
    after: datetime,
) -> None:
    expression = f"30 20 10 {day[0]} {month[0]} {weekday[0]}"
    candidate = after.replace(hour=10, minute=20, second=30, microsecond=0)
    if candidate <= after:
        candidate += timedelta(days=1)
    end = candidate + timedelta(days=366 * 41)

    def fits(it: datetime) -> bool:
        return it.day in day[1] and it.month in month[1] and (it.weekday() + 1) % 7 in weekday[1]

    while candidate < end and not fits(candidate):
        candidate += timedelta(days=1)
    if candidate >= end:
        with pytest.raises(CronError):
            Schedule.parse(expression)
    else:
        assert Schedule.parse(expression).next_after(after) == candidate


@settings(max_examples=60, deadline=None, print_blob=True)
@given(fields(0, 59), fields(0, 59), fields(0, 23), fields(1, 28), fields(1, 12), MOMENTS)
def test_occurrences_rise_and_five_fields_mean_second_zero(
    second: tuple[str, frozenset[int]],
    minute: tuple[str, frozenset[int]],
    hour: tuple[str, frozenset[int]],
    day: tuple[str, frozenset[int]],
    month: tuple[str, frozenset[int]],
    after: datetime,
) -> None:
    rest = f"{minute[0]} {hour[0]} {day[0]} {month[0]} *"
    with_seconds, without = Schedule.parse(f"{second[0]} {rest}"), Schedule.parse(rest)
    first = with_seconds.next_after(after)
    assert after < first < with_seconds.next_after(first)
    assert without.next_after(after) == Schedule.parse(f"0 {rest}").next_after(after)
