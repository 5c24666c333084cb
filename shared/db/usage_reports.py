"""What was used, read from the sums of migration 0011 and from the changes that are not in them yet.

Each function reads with more than one statement: run them in a transaction that sees one snapshot (`snapshot`).
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import LiteralString
from uuid import UUID

from shared.db.pool import Connection, Db, Row
from shared.domain.audience import Scope
from shared.domain.usage import SUMS, Grouping, Period, UsageGroup, UsageSums, day_of, runs_of

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
_RUNS: LiteralString = "unnest($1::smallint[], $2::integer[], $3::integer[]) AS run (level, first, last)"

CELLS: LiteralString = f"""
    SELECT cell.block, cell.key, cell.department_id, {_SUMS}, latency, first_token, active_users
      FROM {_RUNS}
      JOIN usage_cells cell ON cell.level = run.level AND cell.block BETWEEN run.first AND run.last
     WHERE cell.view = $4 AND cell.dim = $5
       AND ($6::uuid IS NULL OR cell.department_id = $6) AND ($7::uuid IS NULL OR cell.country_id = $7)
"""

# The tail: what the sums do not hold yet, within a scope. Nobody's hand reaches "no department", so null is all.
_TAIL: LiteralString = """
      FROM usage_changes c
      JOIN usage_subjects s ON s.id = c.subject
     WHERE c.day BETWEEN $1 AND $2
       AND ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
"""
_TAIL_KEY: LiteralString = """
    CASE $5 WHEN 'day' THEN c.day::text WHEN 'mode' THEN c.mode WHEN 'model' THEN c.model
            WHEN 'department' THEN s.department_id::text ELSE s.person::text END AS key
"""
TAIL_SUMS = (
    "SELECT "
    + _TAIL_KEY
    + """,
           sum(sign * is_question::int) AS questions, sum(sign) AS answers,
           sum(sign * input_tokens)::bigint AS input_tokens, sum(sign * output_tokens)::bigint AS output_tokens,
           coalesce(sum(sign * cost_units), 0)::bigint AS cost_units,
           coalesce(sum(sign) FILTER (WHERE cost_units IS NULL), 0) AS unpriced,
           coalesce(sum(sign) FILTER (WHERE status = 'complete'), 0) AS complete,
           coalesce(sum(sign) FILTER (WHERE status = 'failed'), 0) AS failed,
           coalesce(sum(sign) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
           coalesce(sum(sign) FILTER (WHERE status = 'interrupted'), 0) AS interrupted,
           coalesce(sum(sign) FILTER (WHERE supported IS NOT NULL), 0) AS checked,
           coalesce(sum(sign) FILTER (WHERE NOT supported), 0) AS unsupported,
           coalesce(sum(sign) FILTER (WHERE rating = 'positive'), 0) AS positive,
           coalesce(sum(sign) FILTER (WHERE rating = 'negative'), 0) AS negative
"""
    + _TAIL
    + "GROUP BY 1"
)
TAIL_TIMES = (
    "SELECT t.key, t.is_latency, usage_time_bucket(t.ms) AS bucket, sum(t.sign) AS n FROM (SELECT "
    + _TAIL_KEY
    + ", c.sign, timed.is_latency, timed.ms"
    + _TAIL.replace(
        "WHERE",
        "CROSS JOIN LATERAL (VALUES (true, c.latency_ms), (false, c.first_token_ms)) AS timed (is_latency, ms) WHERE",
        1,
    )
    + ") t WHERE t.ms IS NOT NULL GROUP BY 1, 2, 3"
)


async def usage_by(
    connection: Connection, period: Period, grouping: Grouping, within: Scope
) -> tuple[UsageGroup, dict[str, UsageGroup]]:
    """All together, and apart by the grouping's key: a date, a mode, `provider/model` or a department's id; users come
    in pages (`users_of`). Days without answers are not in it."""
    total, groups = await sums_by(connection, period, grouping, within)
    people = await _people(connection, period, grouping, within)
    total.active_users = people.pop(None, 0)
    if grouping is not Grouping.DAY:
        for key, count in people.items():
            groups[key or ""].active_users = count
    else:
        await _recount_days(connection, period, groups, within)
    return total, groups


async def sums_by(
    connection: Connection, period: Period, grouping: Grouping, within: Scope
) -> tuple[UsageGroup, dict[str, UsageGroup]]:
    """As `usage_by`, without knowing how many people it were: that is most of the work."""
    assert grouping is not Grouping.USER, "users are read page by page"
    groups = await _summed(connection, period, grouping, within)
    total = UsageGroup()
    for group in groups.values():
        total.add(group)
    return total, {key: group for key, group in sorted(groups.items()) if group.sums.answers > 0}


async def _summed(
    connection: Connection, period: Period, grouping: Grouping, within: Scope
) -> defaultdict[str, UsageGroup]:
    view, department, country = _view(within)
    dim = grouping.value if grouping in (Grouping.MODE, Grouping.MODEL) else "all"
    if grouping is Grouping.DEPARTMENT:
        view, department = view | _BY_DEPARTMENT, within.department_id
    runs = runs_of(period, (0,)) if grouping is Grouping.DAY else runs_of(period)
    groups: defaultdict[str, UsageGroup] = defaultdict(UsageGroup)
    arguments = ([run.level for run in runs], [run.first for run in runs], [run.last for run in runs])
    for row in await connection.fetch(CELLS, *arguments, view, dim, department, country):
        group = groups[_key(grouping, row)]
        group.sums.add(_sums(row))
        group.latency.add_packed(row["latency"])
        group.first_token.add_packed(row["first_token"])
        group.active_users = row["active_users"]
    tail = (period.first, period.last, within.department_id, within.country_id, grouping.value)
    for row in await connection.fetch(TAIL_SUMS, *tail):
        groups[row["key"]].sums.add(_sums(row))
    for row in await connection.fetch(TAIL_TIMES, *tail):
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


# --- people --------------------------------------------------------------------------------------------------------

# Within the runs of $1 to $3 and, for the tail, the days from $6 to $7. Summed by subject before it is known who that
# is: a year has a hundred times as many rows as there are subjects.
USER_CELLS: LiteralString = f"""
      FROM {_RUNS}
      JOIN usage_user_cells u ON u.level = run.level AND u.block BETWEEN run.first AND run.last
"""
USER_TAIL: LiteralString = """
      FROM usage_changes c
     WHERE c.day BETWEEN $6 AND $7
"""
OF_SUBJECTS: LiteralString = """
      JOIN usage_subjects s ON s.id = used.subject
     WHERE ($4::uuid IS NULL OR s.department_id = $4) AND ($5::uuid IS NULL OR s.country_id = $5)
"""


def _people_by(dim: LiteralString, cell_key: LiteralString, tail_key: LiteralString) -> LiteralString:
    """People who had an answer, by key and (null) altogether."""
    return f"""
    SELECT key, count(DISTINCT person) AS people
      FROM (SELECT {"s.department_id" if dim == "department" else "used.key"} AS key, s.person
              FROM (SELECT key, subject
                      FROM (SELECT {cell_key} AS key, u.subject, u.answers {USER_CELLS}
                             WHERE u.dim = '{"all" if dim == "department" else dim}'
                             UNION ALL
                            SELECT {tail_key}, c.subject, c.sign {USER_TAIL}) counted
                     GROUP BY 1, 2
                    HAVING sum(answers) > 0) used {OF_SUBJECTS}) present
     GROUP BY GROUPING SETS ((key), ())
    """


PEOPLE: dict[Grouping, LiteralString] = {
    Grouping.DAY: _people_by("all", "''::text", "''"),
    Grouping.MODE: _people_by("mode", "u.key", "c.mode"),
    Grouping.MODEL: _people_by("model", "u.key", "c.model"),
    Grouping.DEPARTMENT: _people_by("department", "''::text", "''"),
}
# The days that the tail speaks of, counted anew: it may bring people whom the sums do not have that day.
PEOPLE_OF_DAYS: LiteralString = f"""
    WITH days AS (
        SELECT DISTINCT c.day {_TAIL}
    )
    SELECT day, count(*) AS people
      FROM (SELECT day, person
              FROM (SELECT days.day, s.person, u.answers
                      FROM days
                      JOIN usage_user_cells u ON u.level = 0 AND u.dim = 'all' AND u.block = days.day
                                                 - DATE '2020-01-01'
                      JOIN usage_subjects s ON s.id = u.subject
                     WHERE ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
                     UNION ALL
                    SELECT c.day, s.person, c.sign {_TAIL}) counted
             GROUP BY 1, 2
            HAVING sum(answers) > 0) present
     GROUP BY 1
"""


def people_arguments(period: Period, within: Scope) -> tuple[object, ...]:
    runs = runs_of(period)
    return (
        [run.level for run in runs],
        [run.first for run in runs],
        [run.last for run in runs],
        within.department_id,
        within.country_id,
        period.first,
        period.last,
    )


async def _people(connection: Connection, period: Period, grouping: Grouping, within: Scope) -> dict[str | None, int]:
    rows = await connection.fetch(PEOPLE[grouping], *people_arguments(period, within))
    return {None if row["key"] is None else str(row["key"]): row["people"] for row in rows}


async def _recount_days(connection: Connection, period: Period, groups: dict[str, UsageGroup], within: Scope) -> None:
    tail = (period.first, period.last, within.department_id, within.country_id)
    for row in await connection.fetch(PEOPLE_OF_DAYS, *tail):
        groups[str(row["day"])].active_users = row["people"]
