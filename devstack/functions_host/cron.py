"""NCRONTAB expressions and when they occur next.

`{second} {minute} {hour} {day} {month} {day-of-week}`, or the same without seconds. The rules are NCrontab's,
the library of the Azure host: a day must fit both the day and the day-of-week field (classic cron takes
either), Sunday is 0 and never 7, `N/step` runs from N to the field's end, names need three letters.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_LONG_MONTHS = "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER".split()
_LONG_DAYS = "SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY".split()
_PIECE = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")

# 29 February on a given weekday comes back after at most 40 years (28, or 40 across 2100).
_LONGEST_GAP_YEARS = 41


class CronError(ValueError):
    """The expression is not NCRONTAB; the message names the field."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: dict[str, int]

    def value(self, text: str) -> int:
        if text.isdecimal():
            value = int(text)
        elif text.upper() in self.names:
            value = self.names[text.upper()]
        else:
            raise CronError(f"'{text}' is not a {self.name}")
        if not self.low <= value <= self.high:
            raise CronError(f"{text} is not a {self.name}: {self.low} to {self.high}")
        return value

    def read(self, text: str) -> tuple[int, ...]:
        values: set[int] = set()
        for piece in text.split(","):
            match = _PIECE.fullmatch(piece)
            if match is None or (match["first"] == "*" and match["last"]):
                raise CronError(f"'{piece}' is not understood as a {self.name}")
            step = int(match["step"] or 1)
            if step == 0:
                raise CronError(f"'{piece}': a step must be at least 1")
            if match["first"] == "*":
                first, last = self.low, self.high
            else:
                first = self.value(match["first"])
                open_end = self.high if match["step"] else first
                last = self.value(match["last"]) if match["last"] else open_end
            if first > last:
                raise CronError(f"'{piece}' runs backwards")
            values.update(range(first, last + 1, step))
        return tuple(sorted(values))


def _numbered(*spellings: tuple[str, ...] | list[str], first: int) -> dict[str, int]:
    return {name: number for names in spellings for number, name in enumerate(names, start=first)}


_FIELDS = (
    _Field("second", 0, 59, {}),
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, _numbered(_MONTHS, _LONG_MONTHS, first=1)),
    _Field("day of the week", 0, 6, _numbered(_DAYS, _LONG_DAYS, first=0)),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression; each field holds the values it allows, in order."""

    expression: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, expression: str) -> "Schedule":
        """`CronError` when the expression is broken or describes a day that never comes (30 February)."""
        texts = expression.split()
        if len(texts) == 5:
            texts = ["0", *texts]
        if len(texts) != 6:
            raise CronError(f"'{expression}' must have six fields (or five, without seconds)")
        try:
            fields = [field.read(text) for field, text in zip(_FIELDS, texts, strict=True)]
        except CronError as error:
            raise CronError(f"'{expression}': {error}") from None
        schedule = cls(expression, *fields)
        if schedule._next_day(datetime(2000, 1, 1)) is None:
            raise CronError(f"'{expression}' never occurs")
        return schedule

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence strictly after `moment`, in its time zone (this host passes UTC)."""
        start = moment.replace(microsecond=0) + timedelta(seconds=1)
        day = self._next_day(start)
        if day is not None and day.date() == start.date():
            occurrence = self._next_time(start)
            if occurrence is not None:
                return occurrence
            day = self._next_day(_midnight(start) + timedelta(days=1))
        if day is None:
            raise CronError(f"'{self.expression}' does not occur after {moment}")
        return day.replace(hour=self.hours[0], minute=self.minutes[0], second=self.seconds[0])

    def _next_day(self, start: datetime) -> datetime | None:
        """Midnight of the first day on or after `start` that fits, or None when there is none."""
        day = _midnight(start)
        last_year = start.year + _LONGEST_GAP_YEARS
        while day.year <= last_year:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            elif day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                return day
            else:
                day += timedelta(days=1)
        return None

    def _next_time(self, start: datetime) -> datetime | None:
        """The first fitting time of day at or after `start` on the same day."""
        for hour in (h for h in self.hours if h >= start.hour):
            if hour > start.hour:
                return start.replace(hour=hour, minute=self.minutes[0], second=self.seconds[0])
            for minute in (m for m in self.minutes if m >= start.minute):
                if minute > start.minute:
                    return start.replace(minute=minute, second=self.seconds[0])
                for second in (s for s in self.seconds if s >= start.second):
                    return start.replace(second=second)
        return None


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
