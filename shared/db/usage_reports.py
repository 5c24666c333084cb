"""What was used, read from the sums of migration 0012 and from the changes that are not in them yet.

Each function reads with more than one statement: run them in a transaction that sees one snapshot (`snapshot`).
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID

from shared.db import usage_tail
from shared.db.pool import Connection, Db, Row
from shared.db.usage_people import people_by
from shared.domain.audience import Scope
from shared.domain.usage import SUMS, Grouping, Period, UsageGroup, UsageSums, columns_of, day_of, runs_of

# What stands for no department and no country, and for all of them where a view does not look at the axis.
NOBODYS = UUID(int=0)
_BY_DEPARTMENT, _BY_COUNTRY = 1, 2


# A statement that was asked five times would be planned once for any period and any scope: for the few rows that nobody
# knows anything of, where a year has a thousand times as many.
PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan"


@asynccontextmanager
async def snapshot(db: Db) -> AsyncGenerator[Connection]:
    """All statements see the same rows: a change that is added to the sums meanwhile is not counted twice."""
    async with db.connection() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(PLANNED_ANEW)
        yield connection


_SUMS: LiteralString = """
    questions, answers, input_tokens, output_tokens, cost_units, unpriced, complete, failed, cancelled, interrupted,
    checked, unsupported, positive, negative
"""
_CELLS: LiteralString = """
      FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS run (level, first, last)
      JOIN usage_cells cell ON cell.level = run.level AND cell.block BETWEEN run.first AND run.last
     WHERE cell.view = $4 AND cell.dim = $5
       AND ($6::uuid IS NULL OR cell.department_id = $6) AND ($7::uuid IS NULL OR cell.country_id = $7)
"""
CELLS: LiteralString = f"SELECT cell.block, cell.key, cell.department_id, {_SUMS} {_CELLS}"
TIMED_CELLS: LiteralString = f"SELECT cell.block, cell.key, cell.department_id, {_SUMS}, latency, first_token {_CELLS}"


async def usage_by(
    connection: Connection, period: Period, grouping: Grouping, within: Scope
) -> tuple[UsageGroup, dict[str, UsageGroup]]:
    """All together, and apart by the grouping's key: a date, a mode, `provider/model` or a department's id; users come
    in pages (`users_of`). Days without answers are not in it."""
    total, groups = await sums_by(connection, period, grouping, within)
    total.active_users, people = await people_by(connection, period, grouping, within)
    for key, count in people.items():
        groups[key].active_users = count
    return total, groups


async def sums_by(
    connection: Connection, period: Period, grouping: Grouping, within: Scope, *, timed: bool = True
) -> tuple[UsageGroup, dict[str, UsageGroup]]:
    """As `usage_by`, without knowing how many people it were, and unless `timed` without knowing how long it took."""
    assert grouping is not Grouping.USER, "users are read page by page"
    groups = await _summed(connection, period, grouping, within, timed=timed)
    total = UsageGroup()
    for group in groups.values():
        total.add(group)
    return total, {key: group for key, group in sorted(groups.items()) if group.sums.answers > 0}


async def _summed(
    connection: Connection, period: Period, grouping: Grouping, within: Scope, *, timed: bool
) -> defaultdict[str, UsageGroup]:
    view, department, country = _view(within)
    dim = grouping.value if grouping in (Grouping.MODE, Grouping.MODEL) else "all"
    if grouping is Grouping.DEPARTMENT:
        view, department = view | _BY_DEPARTMENT, within.department_id
    runs = runs_of(period, (0,)) if grouping is Grouping.DAY else runs_of(period)
    groups: defaultdict[str, UsageGroup] = defaultdict(UsageGroup)
    cells = TIMED_CELLS if timed else CELLS
    for row in await connection.fetch(cells, *columns_of(runs), view, dim, department, country):
        group = groups[_key(grouping, row)]
        group.sums.add(_sums(row))
        if timed:
            group.latency.add_packed(row["latency"])
            group.first_token.add_packed(row["first_token"])
    tail = usage_tail.arguments(period, within, grouping)
    for row in await connection.fetch(usage_tail.SUMS, *tail):
        groups[row["key"]].sums.add(_sums(row))
    if timed:
        for row in await connection.fetch(usage_tail.TIMES, *tail):
            group = groups[row["key"]]
            (group.latency if row["is_latency"] else group.first_token).counts[row["bucket"]] += row["n"]
    return groups


def _view(within: Scope) -> tuple[int, UUID, UUID]:
    view = (within.department_id is not None) * _BY_DEPARTMENT + (within.country_id is not None) * _BY_COUNTRY
    return view, within.department_id or NOBODYS, within.country_id or NOBODYS


def _key(grouping: Grouping, row: Row) -> str:
    match grouping:
        case Grouping.DAY:
            return str(day_of(row["block"]))
        case Grouping.DEPARTMENT:
            return str(row["department_id"])
        case _:
            return row["key"]


def _sums(row: Row) -> UsageSums:
    return UsageSums(*(row[name] for name in SUMS))


DEPARTMENT_NAMES = "SELECT id, name FROM departments WHERE id = ANY ($1::uuid[])"


async def department_names(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of those that still are."""
    return {row["id"]: row["name"] for row in await connection.fetch(DEPARTMENT_NAMES, ids)}
