"""The tail: answers within a scope that the sums do not hold yet, straight from the queue (migration 0012)."""

from typing import LiteralString

from shared.domain.audience import Scope
from shared.domain.usage import Grouping, Period

# Nobody's hand reaches "no department", so null is all.
_TAIL: LiteralString = """
      FROM usage_changes c
      JOIN usage_subjects s ON s.id = c.subject
     WHERE c.day BETWEEN $1 AND $2
       AND ($3::uuid IS NULL OR s.department_id = $3) AND ($4::uuid IS NULL OR s.country_id = $4)
"""
_KEY: LiteralString = """
    CASE $5 WHEN 'day' THEN c.day::text WHEN 'mode' THEN c.mode WHEN 'model' THEN c.model
            WHEN 'department' THEN s.department_id::text ELSE s.person::text END AS key
"""
SUMS: LiteralString = f"""
    SELECT {_KEY},
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
    {_TAIL}
     GROUP BY 1
"""
TIMES: LiteralString = f"""
    SELECT t.key, t.is_latency, usage_time_bucket(t.ms) AS bucket, sum(t.sign) AS n
      FROM (SELECT {_KEY}, c.sign, unnest(ARRAY[true, false]) AS is_latency,
                   unnest(ARRAY[c.latency_ms, c.first_token_ms]) AS ms {_TAIL}) t
     WHERE t.ms IS NOT NULL
     GROUP BY 1, 2, 3
"""
# Whose answers became more or fewer; a change that leaves their number leaves the set of people as it is.
PEOPLE: LiteralString = f"""
    SELECT {_KEY}, s.id AS subject, s.person, s.place, sum(c.sign) AS answers
    {_TAIL}
     GROUP BY 1, 2, 3, 4
    HAVING sum(c.sign) <> 0
"""


def arguments(period: Period, within: Scope, grouping: Grouping) -> tuple[object, ...]:
    return period.first, period.last, within.department_id, within.country_id, grouping.value
