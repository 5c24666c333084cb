"""What each person used, from the sums and from the changes that are not in them yet; see `usage_reports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from shared.db import usage_tail
from shared.db.pool import Connection, Row
from shared.domain.audience import Scope
from shared.domain.ids import UserId
from shared.domain.usage import (
    Grouping,
    Period,
    UsageGroup,
    UsageSums,
    columns_of,
    columns_of_signed,
    runs_of,
    signed_runs_of,
)


@dataclass(frozen=True, slots=True)
class UserUsage:
    """`person` is the number under which usage is kept; `user_id` is None for who was forgotten."""

    person: int
    user_id: UserId | None
    display_name: str | None
    usage: UsageGroup

    @property
    def rank(self) -> tuple[int, int]:
        """What users are listed by: most tokens first."""
        return self.usage.sums.input_tokens + self.usage.sums.output_tokens, self.person


_WITHIN: LiteralString = "($4::uuid IS NULL OR s.department_id = $4) AND ($5::uuid IS NULL OR s.country_id = $5)"

# Only what ranks them is read of all people, and summed by subject before it is known who that is: a year has a dozen
# times as many rows as there are subjects. Cells are looked up block by block (OFFSET 0): a planner that does not know
# how few blocks there are reads the whole table.
RANKED: LiteralString = f"""
    WITH by_subject AS (
        SELECT subject, sum(answers) AS answers, sum(tokens) AS tokens
          FROM (SELECT u.subject, run.sign * u.answers AS answers,
                       run.sign * (u.input_tokens + u.output_tokens) AS tokens
                  FROM unnest($1::smallint[], $2::integer[], $3::integer[], $11::integer[])
                       AS run (level, first, last, sign)
                 CROSS JOIN LATERAL generate_series(run.first, run.last) AS block
                 CROSS JOIN LATERAL (
                       SELECT subject, answers, input_tokens, output_tokens
                         FROM usage_user_cells cell
                        WHERE cell.level = run.level AND cell.block = block.block AND cell.dim = 'all'
                       OFFSET 0) u
                 UNION ALL
                SELECT c.subject, c.sign, c.sign * (c.input_tokens + c.output_tokens)
                  FROM usage_changes c
                 WHERE c.day BETWEEN $6 AND $7) counted
         GROUP BY 1
    ), used AS (
        SELECT s.person, sum(tokens)::bigint AS tokens
          FROM by_subject
          JOIN usage_subjects s ON s.id = by_subject.subject
         WHERE {_WITHIN}
         GROUP BY 1
        HAVING sum(answers) > 0
    )
    SELECT page.person, p.user_id, users.display_name, (SELECT count(*) FROM used) AS people
      FROM (SELECT * FROM used
             WHERE $8::bigint IS NULL OR (tokens, person) < ($8, $9)
             ORDER BY tokens DESC, person DESC
             LIMIT $10) page
      JOIN usage_people p USING (person)
      LEFT JOIN users ON users.id = p.user_id
     ORDER BY page.tokens DESC, page.person DESC
"""
# What of the people of one page is shown.
CELLS: LiteralString = f"""
    SELECT s.person, u.questions, u.answers, u.input_tokens, u.output_tokens, u.cost_units, u.unpriced,
           coalesce(t.latency, '{{}}') AS latency, coalesce(t.first_token, '{{}}') AS first_token
      FROM unnest($1::smallint[], $2::integer[], $3::integer[]) AS run (level, first, last)
     CROSS JOIN LATERAL generate_series(run.first, run.last) AS block
     CROSS JOIN usage_subjects s
     CROSS JOIN LATERAL (
           SELECT * FROM usage_user_cells
            WHERE (level, dim, block, subject, key) = (run.level, 'all', block.block, s.id, '')
           OFFSET 0) u
      LEFT JOIN LATERAL (
           SELECT * FROM usage_user_times
            WHERE (level, block, subject) = (run.level, block.block, s.id)
           OFFSET 0) t ON true
     WHERE s.person = ANY ($6::integer[]) AND {_WITHIN}
"""


async def users_of(
    connection: Connection, period: Period, within: Scope, *, after: tuple[int, int] | None, limit: int
) -> tuple[Sequence[UserUsage], int]:
    """Those with most tokens first, and how many there are on all pages (0 on an empty one); `after` is the `rank` of
    the last one before. How answers ended and what people thought of them is not summed by user."""
    rows = await connection.fetch(RANKED, *ranked_arguments(period, within, after, limit))
    users = {
        row["person"]: UserUsage(row["person"], row["user_id"], row["display_name"], UsageGroup(active_users=1))
        for row in rows
    }
    scope = (within.department_id, within.country_id)
    for row in await connection.fetch(CELLS, *columns_of(runs_of(period)), *scope, list(users)):
        usage = users[row["person"]].usage
        usage.sums.add(_sums(row))
        usage.latency.add_packed(row["latency"])
        usage.first_token.add_packed(row["first_token"])
    tail = usage_tail.arguments(period, within, Grouping.USER)
    for row in await connection.fetch(usage_tail.SUMS, *tail):
        if (user := users.get(int(row["key"]))) is not None:
            user.usage.sums.add(_sums(row))
    for row in await connection.fetch(usage_tail.TIMES, *tail):
        if (user := users.get(int(row["key"]))) is not None:
            times = user.usage.latency if row["is_latency"] else user.usage.first_token
            times.counts[row["bucket"]] += row["n"]
    return list(users.values()), rows[0]["people"] if rows else 0


def ranked_arguments(period: Period, within: Scope, after: tuple[int, int] | None, limit: int) -> tuple[object, ...]:
    *runs, signs = columns_of_signed(signed_runs_of(period))
    days = period.first, period.last
    return *runs, within.department_id, within.country_id, *days, *(after or (None, None)), limit, signs


def _sums(row: Row) -> UsageSums:
    names = ("questions", "answers", "input_tokens", "output_tokens", "cost_units", "unpriced")
    return UsageSums(*(row[name] for name in names))
