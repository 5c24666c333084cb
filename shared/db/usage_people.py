"""How many different people had an answer. Numbers of people cannot be added up: sets of them are united.

A set is an integer here, with bit n for person n. People are in it once for each of their places, under a key of its
own each, so that a bit stands for one row of `usage_user_cells` and the tail can be put in bit by bit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import reduce
from operator import or_

from shared.db import usage_tail
from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.usage import Grouping, Period, Run, columns_of, day_of, runs_of

# By key and place.
type _Sets = defaultdict[tuple[str, int], int]


async def people_by(
    connection: Connection, period: Period, grouping: Grouping, within: Scope
) -> tuple[int, dict[str, int]]:
    """How many altogether, and by each key of the grouping under which there are any."""
    sets = await _rolled_up(connection, period, grouping)
    await _add_tail(connection, sets, period, grouping, within)
    if grouping is Grouping.DEPARTMENT:
        members = await _members(connection, within)
        sets = {(department, place): sets["", place] & there for (department, place), there in members.items()}
    elif within.department_id is not None or within.country_id is not None:
        reached: defaultdict[int, int] = defaultdict(int)
        for (_, place), there in (await _members(connection, within)).items():
            reached[place] |= there
        sets = {(key, place): people & reached[place] for (key, place), people in sets.items()}
    by_key: defaultdict[str, int] = defaultdict(int)
    for (key, _), people in sets.items():
        by_key[key] |= people
    everyone = reduce(or_, by_key.values(), 0)
    return everyone.bit_count(), {key: people.bit_count() for key, people in by_key.items() if people}


SETS = """
    SELECT kept.block, kept.key, kept.place, kept.people
      FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS run (level, first, last)
      JOIN usage_people_sets kept ON kept.level = run.level AND kept.block BETWEEN run.first AND run.last
     WHERE kept.dim = $4
"""


def sets_arguments(period: Period, grouping: Grouping) -> tuple[object, ...]:
    return *columns_of(_runs(period, grouping)), _dim(grouping)


async def _rolled_up(connection: Connection, period: Period, grouping: Grouping) -> _Sets:
    sets: _Sets = defaultdict(int)
    for row in await connection.fetch(SETS, *sets_arguments(period, grouping)):
        key = str(day_of(row["block"])) if grouping is Grouping.DAY else row["key"]
        sets[key, row["place"]] |= int.from_bytes(row["people"], "little")
    return sets


def _runs(period: Period, grouping: Grouping) -> list[Run]:
    return runs_of(period, (0,)) if grouping is Grouping.DAY else runs_of(period)


def _dim(grouping: Grouping) -> str:
    return grouping.value if grouping in (Grouping.MODE, Grouping.MODEL) else "all"


async def _add_tail(connection: Connection, sets: _Sets, period: Period, grouping: Grouping, within: Scope) -> None:
    doubtful: list[tuple[str, Row]] = []
    for row in await connection.fetch(usage_tail.PEOPLE, *usage_tail.arguments(period, within, grouping)):
        key = "" if grouping is Grouping.DEPARTMENT else row["key"]
        if row["answers"] > 0:
            sets[key, row["place"]] |= 1 << row["person"]
        else:
            doubtful.append((key, row))
    if doubtful:
        await _take_out(connection, sets, period, grouping, doubtful)


# Who has fewer answers than the sums say may have none left: theirs are counted one by one.
LEFT = """
    SELECT cell.n, sum(u.answers) AS answers
      FROM unnest($1::integer[], $2::smallint[], $3::integer[], $4::integer[], $5::text[])
           AS cell (n, level, block, subject, key)
      JOIN usage_user_cells u
        ON (u.level, u.dim, u.block, u.subject, u.key) = (cell.level, $6, cell.block, cell.subject, cell.key)
     GROUP BY 1
"""


async def _take_out(
    connection: Connection, sets: _Sets, period: Period, grouping: Grouping, doubtful: list[tuple[str, Row]]
) -> None:
    cells = [
        (n, run.level, block, row["subject"], "" if grouping is Grouping.DAY else key)
        for n, (key, row) in enumerate(doubtful)
        for run in (_day(key) if grouping is Grouping.DAY else runs_of(period))
        for block in range(run.first, run.last + 1)
    ]
    columns = [list(column) for column in zip(*cells, strict=True)]
    left = {row["n"]: row["answers"] for row in await connection.fetch(LEFT, *columns, _dim(grouping))}
    for n, (key, row) in enumerate(doubtful):
        if left.get(n, 0) + row["answers"] <= 0:
            sets[key, row["place"]] &= ~(1 << row["person"])


def _day(key: str) -> list[Run]:
    day = date.fromisoformat(key)
    return runs_of(Period(day, day))


MEMBERS = """
    SELECT department_id::text AS department, place, array_agg(person) AS people
      FROM usage_subjects
     WHERE ($1::uuid IS NULL OR department_id = $1) AND ($2::uuid IS NULL OR country_id = $2)
     GROUP BY 1, 2
"""


async def _members(connection: Connection, within: Scope) -> Mapping[tuple[str, int], int]:
    """Everyone who ever was in the departments within reach, by department and place."""
    rows = await connection.fetch(MEMBERS, within.department_id, within.country_id)
    return {(row["department"], row["place"]): _set_of(row["people"]) for row in rows}


def _set_of(people: Iterable[int]) -> int:
    numbers = list(people)
    bits = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
