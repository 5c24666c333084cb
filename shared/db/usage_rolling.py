"""Adds what has changed to the sums that reports read: taken from the queue and added in one transaction, so that
every snapshot holds a change once (migration 0012)."""

from shared.db.pool import Connection

# One roller at a time: two would add to the same rows in different orders.
LOCK = "SELECT pg_try_advisory_xact_lock(7215551010)"

_LEVELS = "(VALUES (0), (3), (6)) AS scale (level)"
_NONE = "'00000000-0000-0000-0000-000000000000'::uuid"
_VIEWS = f"""(VALUES (0, {_NONE}, {_NONE}), (1, department_id, {_NONE}), (2, {_NONE}, country_id),
                    (3, department_id, country_id)) AS seen (view, in_department, in_country)"""
_DIMS = "(VALUES ('all', ''), ('mode', mode), ('model', model)) AS part (dim, key)"

# usage_answers' rows with a sign, as what they add. First together by place and model: a few rows for each day, which
# are then spread over levels, views and dims.
ROLL = f"""
    WITH taken AS (
        DELETE FROM usage_changes
         WHERE seq IN (SELECT seq FROM usage_changes ORDER BY seq LIMIT $1)
        RETURNING sign, day - DATE '2020-01-01' AS day, subject, mode, model, is_question::int AS question, status,
                  input_tokens, output_tokens, cost_units, supported, rating, latency_ms, first_token_ms, cited
    ), into_users AS (
        INSERT INTO usage_user_cells AS kept
               (level, dim, block, subject, key, questions, answers, input_tokens, output_tokens, cost_units, unpriced)
        SELECT level, dim, day >> level, subject, key, sum(sign * question), sum(sign), sum(sign * input_tokens),
               sum(sign * output_tokens), sum(sign * coalesce(cost_units, 0)),
               coalesce(sum(sign) FILTER (WHERE cost_units IS NULL), 0)
          FROM taken CROSS JOIN {_LEVELS} CROSS JOIN LATERAL {_DIMS}
         GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (level, dim, block, subject, key) DO UPDATE
           SET questions = kept.questions + excluded.questions,
               answers = kept.answers + excluded.answers,
               input_tokens = kept.input_tokens + excluded.input_tokens,
               output_tokens = kept.output_tokens + excluded.output_tokens,
               cost_units = kept.cost_units + excluded.cost_units,
               unpriced = kept.unpriced + excluded.unpriced
        RETURNING level, dim, block, subject, key, answers
    ), came_and_went AS (
        SELECT level, dim, block, key, place, array_agg(person) FILTER (WHERE answers > 0) AS came,
               array_agg(person) FILTER (WHERE answers <= 0) AS went
          FROM into_users JOIN usage_subjects s ON s.id = subject
         GROUP BY 1, 2, 3, 4, 5
    ), into_people AS (
        INSERT INTO usage_people_sets (level, dim, block, key, place, people)
        SELECT level, dim, block, key, place,
               usage_people_changed(
                   coalesce((SELECT kept.people FROM usage_people_sets kept
                              WHERE (kept.level, kept.dim, kept.block, kept.key, kept.place)
                                  = (c.level, c.dim, c.block, c.key, c.place)), ''), came, went)
          FROM came_and_went c
        ON CONFLICT (level, dim, block, key, place) DO UPDATE SET people = excluded.people
    ), into_citations AS (
        INSERT INTO usage_citations AS kept (level, block, document_id, citations)
        SELECT level, day >> level, document_id, sum(sign)
          FROM taken CROSS JOIN LATERAL unnest(cited) AS document_id CROSS JOIN {_LEVELS}
         GROUP BY 1, 2, 3
        ON CONFLICT (level, block, document_id) DO UPDATE SET citations = kept.citations + excluded.citations
    ), timed AS (
        SELECT taken.*, is_latency, usage_time_bucket(ms) AS bucket
          FROM taken CROSS JOIN LATERAL (VALUES (true, latency_ms), (false, first_token_ms)) AS each (is_latency, ms)
         WHERE ms IS NOT NULL
    ), into_user_times AS (
        INSERT INTO usage_user_times AS kept (level, block, subject, latency, first_token)
        SELECT level, block, subject,
               coalesce(array_agg(n * 256 + bucket ORDER BY bucket) FILTER (WHERE is_latency), '{{}}'),
               coalesce(array_agg(n * 256 + bucket ORDER BY bucket) FILTER (WHERE NOT is_latency), '{{}}')
          FROM (SELECT level, day >> level AS block, subject, is_latency, bucket, sum(sign) AS n
                  FROM timed CROSS JOIN {_LEVELS}
                 GROUP BY 1, 2, 3, 4, 5) summed
         WHERE n <> 0
         GROUP BY 1, 2, 3
        ON CONFLICT (level, block, subject) DO UPDATE
           SET latency = usage_histogram_sum(kept.latency, excluded.latency),
               first_token = usage_histogram_sum(kept.first_token, excluded.first_token)
    ), placed AS (
        SELECT taken.*, department_id, country_id FROM taken JOIN usage_subjects s ON s.id = taken.subject
    ), sums AS (
        SELECT day, department_id, country_id, mode, model,
               sum(sign * question) AS questions, sum(sign) AS answers,
               sum(sign * input_tokens) AS input_tokens, sum(sign * output_tokens) AS output_tokens,
               sum(sign * cost_units) AS cost_units, sum(sign) FILTER (WHERE cost_units IS NULL) AS unpriced,
               sum(sign) FILTER (WHERE status = 'complete') AS complete,
               sum(sign) FILTER (WHERE status = 'failed') AS failed,
               sum(sign) FILTER (WHERE status = 'cancelled') AS cancelled,
               sum(sign) FILTER (WHERE status = 'interrupted') AS interrupted,
               sum(sign) FILTER (WHERE supported IS NOT NULL) AS checked,
               sum(sign) FILTER (WHERE NOT supported) AS unsupported,
               sum(sign) FILTER (WHERE rating = 'positive') AS positive,
               sum(sign) FILTER (WHERE rating = 'negative') AS negative
          FROM placed
         GROUP BY 1, 2, 3, 4, 5
    ), times AS (
        SELECT day, department_id, country_id, mode, model, is_latency, bucket, sum(sign) AS n
          FROM timed JOIN usage_subjects s ON s.id = timed.subject
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    ), buckets AS (
        SELECT level, view, dim, day >> level AS block, in_department, in_country, key, is_latency, bucket,
               sum(n)::bigint AS n
          FROM times CROSS JOIN {_LEVELS} CROSS JOIN LATERAL {_VIEWS} CROSS JOIN LATERAL {_DIMS}
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ), histograms AS (
        SELECT level, view, dim, block, in_department, in_country, key,
               array_agg(n * 256 + bucket ORDER BY bucket) FILTER (WHERE is_latency) AS latency,
               array_agg(n * 256 + bucket ORDER BY bucket) FILTER (WHERE NOT is_latency) AS first_token
          FROM buckets
         WHERE n <> 0
         GROUP BY 1, 2, 3, 4, 5, 6, 7
    ), into_cells AS (
        -- both halves of a cell's row under one another and summed, rather than joined: nothing tells the planner how
        -- many there are, and it would compare each with each
        INSERT INTO usage_cells AS kept (
               level, view, dim, block, department_id, country_id, key, questions, answers, input_tokens,
               output_tokens, cost_units, unpriced, complete, failed, cancelled, interrupted, checked, unsupported,
               positive, negative, latency, first_token)
        SELECT level, view, dim, block, in_department, in_country, key,
               sum(questions), sum(answers), sum(input_tokens), sum(output_tokens), coalesce(sum(cost_units), 0),
               coalesce(sum(unpriced), 0), coalesce(sum(complete), 0), coalesce(sum(failed), 0),
               coalesce(sum(cancelled), 0), coalesce(sum(interrupted), 0), coalesce(sum(checked), 0),
               coalesce(sum(unsupported), 0), coalesce(sum(positive), 0), coalesce(sum(negative), 0),
               coalesce(max(latency), '{{}}'), coalesce(max(first_token), '{{}}')
          FROM (SELECT level, view, dim, day >> level AS block, in_department, in_country, key, questions, answers,
                       input_tokens, output_tokens, cost_units, unpriced, complete, failed, cancelled, interrupted,
                       checked, unsupported, positive, negative, NULL::bigint[] AS latency,
                       NULL::bigint[] AS first_token
                  FROM sums CROSS JOIN {_LEVELS} CROSS JOIN LATERAL {_VIEWS} CROSS JOIN LATERAL {_DIMS}
                 UNION ALL
                SELECT level, view, dim, block, in_department, in_country, key,
                       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, latency, first_token
                  FROM histograms) halves
         GROUP BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (level, view, dim, block, department_id, country_id, key) DO UPDATE
           SET questions = kept.questions + excluded.questions,
               answers = kept.answers + excluded.answers,
               input_tokens = kept.input_tokens + excluded.input_tokens,
               output_tokens = kept.output_tokens + excluded.output_tokens,
               cost_units = kept.cost_units + excluded.cost_units,
               unpriced = kept.unpriced + excluded.unpriced,
               complete = kept.complete + excluded.complete,
               failed = kept.failed + excluded.failed,
               cancelled = kept.cancelled + excluded.cancelled,
               interrupted = kept.interrupted + excluded.interrupted,
               checked = kept.checked + excluded.checked,
               unsupported = kept.unsupported + excluded.unsupported,
               positive = kept.positive + excluded.positive,
               negative = kept.negative + excluded.negative,
               latency = usage_histogram_sum(kept.latency, excluded.latency),
               first_token = usage_histogram_sum(kept.first_token, excluded.first_token)
    )
    SELECT count(*) FROM taken
"""


async def roll(connection: Connection, most: int, *, timeout_s: float | None = None) -> int:
    """Takes up to `most` changes, the oldest first; how many there were. 0 as well while another instance does it.
    Run in a transaction of its own."""
    if not await connection.fetchval(LOCK):
        return 0
    changes = await connection.fetchval(ROLL, most, timeout=timeout_s)
    assert changes is not None, "an aggregate always has a row"
    return changes
