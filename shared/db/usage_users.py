"""What each person used, from the sums and from the changes that are not in them yet; see `usage_reports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from shared.db.pool import Connection, Row
from shared.db.usage_reports import OF_SUBJECTS, USER_CELLS, USER_TAIL, people_arguments
from shared.domain.audience import Scope
from shared.domain.ids import UserId
from shared.domain.usage import Period, UsageGroup, UsageSums


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


_SUMMED: LiteralString = """
    sum(questions)::bigint AS questions, sum(answers)::bigint AS answers, sum(input_tokens)::bigint AS input_tokens,
    sum(output_tokens)::bigint AS output_tokens, sum(cost_units)::bigint AS cost_units,
    sum(unpriced)::bigint AS unpriced
"""
USERS: LiteralString = f"""
    WITH by_subject AS (
        SELECT subject, {_SUMMED}
          FROM (SELECT u.subject, u.questions, u.answers, u.input_tokens, u.output_tokens, u.cost_units, u.unpriced
                       {USER_CELLS} WHERE u.dim = 'all'
                 UNION ALL
                SELECT c.subject, c.sign * c.is_question::int, c.sign, c.sign * c.input_tokens,
                       c.sign * c.output_tokens, c.sign * coalesce(c.cost_units, 0),
                       c.sign * (c.cost_units IS NULL)::int {USER_TAIL}) counted
         GROUP BY 1
    ), used AS (
        SELECT person, {_SUMMED}
          FROM by_subject used {OF_SUBJECTS}
         GROUP BY 1
        HAVING sum(answers) > 0
    )
    SELECT page.*, p.user_id, users.display_name, (SELECT count(*) FROM used) AS people
      FROM (SELECT * FROM used
             WHERE $8::bigint IS NULL OR (input_tokens + output_tokens, person) < ($8, $9)
             ORDER BY input_tokens + output_tokens DESC, person DESC
             LIMIT $10) page
      JOIN usage_people p USING (person)
      LEFT JOIN users ON users.id = p.user_id
     ORDER BY page.input_tokens + page.output_tokens DESC, page.person DESC
"""
# Of the people of one page their answers themselves are read: these are always up to date.
TIMES_OF_PEOPLE = """
    SELECT s.person, timed.is_latency, usage_time_bucket(timed.ms) AS bucket, count(*) AS n
      FROM usage_subjects s
      JOIN usage_answers a ON a.subject = s.id
     CROSS JOIN LATERAL (VALUES (true, a.latency_ms), (false, a.first_token_ms)) AS timed (is_latency, ms)
     WHERE s.person = ANY ($5::integer[]) AND a.day BETWEEN $1 AND $2 AND a.status <> 'running'
       AND timed.ms IS NOT NULL
       AND ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
     GROUP BY 1, 2, 3
"""


async def users_of(
    connection: Connection, period: Period, within: Scope, *, after: tuple[int, int] | None, limit: int
) -> tuple[Sequence[UserUsage], int]:
    """Those with most tokens first, and how many there are on all pages (0 on an empty one); `after` is the `rank` of
    the last one before. How answers ended and what people thought of them is not summed by user."""
    tokens, person = after or (None, None)
    rows = await connection.fetch(USERS, *people_arguments(period, within), tokens, person, limit)
    users = {row["person"]: UserUsage(row["person"], row["user_id"], row["display_name"], _used(row)) for row in rows}
    times = (period.first, period.last, within.department_id, within.country_id, list(users))
    for row in await connection.fetch(TIMES_OF_PEOPLE, *times):
        usage = users[row["person"]].usage
        (usage.latency if row["is_latency"] else usage.first_token).counts[row["bucket"]] += row["n"]
    return list(users.values()), rows[0]["people"] if rows else 0


def _used(row: Row) -> UsageGroup:
    names = ("questions", "answers", "input_tokens", "output_tokens", "cost_units", "unpriced")
    return UsageGroup(UsageSums(*(row[name] for name in names)), active_users=1)
