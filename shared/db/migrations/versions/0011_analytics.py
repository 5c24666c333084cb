"""What was used, by whom, and how well: facts that outlive messages, sums that reports read, budgets.

`usage_answers` has a row for every answer ever begun, without a word of it, written by triggers in the transaction
that writes the message. Whatever changes a counted row is put into `usage_changes` as well: the old row with sign -1,
the new one with +1. A timer takes rows out of there and adds them to the sums (`usage_cells`, `usage_user_cells`,
`usage_citations`) in one transaction, so that a snapshot holds every change exactly once: in the queue or in the sums.
A report is the sums plus the queue, and no clock or sequence decides what it has seen.

Nothing here follows a deletion: totals of the past stay when conversations, feedback or people go.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def _bounds() -> list[int]:
    """Where each bucket of milliseconds begins: one each up to 20, then a tenth more each time, up to ten minutes.
    The same list as shared/domain/usage_times.py:BOUNDS, which a test compares."""
    bounds = [0]
    while bounds[-1] < 600_000:
        bounds.append(max(bounds[-1] + 1, bounds[-1] * 11 // 10))
    return bounds


TABLES = (
    # A person is a number here. Forgetting one takes the id away and leaves the number: who is counted stays counted.
    """
    CREATE TABLE usage_people (
        person   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id  uuid CONSTRAINT usage_people_user_key UNIQUE
    )
    """,
    # A person as member of a department and country; the zero id stands for none. Who moves becomes another subject:
    # what was used is booked where the person was then.
    """
    CREATE TABLE usage_subjects (
        id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        person         integer NOT NULL REFERENCES usage_people,
        department_id  uuid NOT NULL,
        country_id     uuid NOT NULL,
        CONSTRAINT usage_subjects_key UNIQUE (person, department_id, country_id)
    )
    """,
    # id is the message's. Tokens are those of the answer and of the calls beside it; cost_units are hundred-millionths
    # of the currency of the prices, null where no price was known. A gap is the key of a question that the documents
    # do not answer.
    """
    CREATE TABLE usage_answers (
        id              uuid PRIMARY KEY,
        day             date NOT NULL,
        subject         integer NOT NULL REFERENCES usage_subjects,
        mode            text NOT NULL,
        is_question     boolean NOT NULL,
        status          text NOT NULL,
        provider        text,
        model           text,
        input_tokens    bigint NOT NULL DEFAULT 0,
        output_tokens   bigint NOT NULL DEFAULT 0,
        cost_units      bigint,
        supported       boolean,
        rating          text,
        latency_ms      integer,
        first_token_ms  integer,
        cited           uuid[] NOT NULL DEFAULT '{}',
        is_replaced     boolean NOT NULL DEFAULT false,
        gap             uuid
    )
    """,
    """
    CREATE INDEX usage_answers_of_subject_idx ON usage_answers (subject, day)
           INCLUDE (status, input_tokens, output_tokens, latency_ms, first_token_ms)
    """,
    "CREATE INDEX usage_answers_gaps_idx ON usage_answers (day) INCLUDE (subject, gap) WHERE gap IS NOT NULL",
    "CREATE INDEX usage_answers_of_gap_idx ON usage_answers (gap, day) WHERE gap IS NOT NULL",
    "CREATE INDEX usage_answers_running_idx ON usage_answers (day) WHERE status = 'running'",
    """
    CREATE TABLE usage_changes (
        seq             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        sign            smallint NOT NULL,
        day             date NOT NULL,
        subject         integer NOT NULL,
        mode            text NOT NULL,
        model           text NOT NULL,
        is_question     boolean NOT NULL,
        status          text NOT NULL,
        input_tokens    bigint NOT NULL,
        output_tokens   bigint NOT NULL,
        cost_units      bigint,
        supported       boolean,
        rating          text,
        latency_ms      integer,
        first_token_ms  integer,
        cited           uuid[] NOT NULL
    )
    """,
    # Blocks of 1, 8 and 64 days (level 0, 3, 6), counted from 2020-01-01: any range is a few runs of whole blocks.
    # view: 0 for everyone, +1 by department, +2 by country, as far as an administrator's hand may reach; an axis that
    # a view does not look at is the zero id. dim: all, or apart by mode or by model. latency and first_token are
    # histograms, see usage_histogram_sum. active_users only on level 0 and dim all.
    """
    CREATE TABLE usage_cells (
        level          smallint NOT NULL,
        view           smallint NOT NULL,
        dim            text NOT NULL,
        block          integer NOT NULL,
        department_id  uuid NOT NULL,
        country_id     uuid NOT NULL,
        key            text NOT NULL,
        questions      bigint NOT NULL,
        answers        bigint NOT NULL,
        input_tokens   bigint NOT NULL,
        output_tokens  bigint NOT NULL,
        cost_units     bigint NOT NULL,
        unpriced       bigint NOT NULL,
        complete       bigint NOT NULL,
        failed         bigint NOT NULL,
        cancelled      bigint NOT NULL,
        interrupted    bigint NOT NULL,
        checked        bigint NOT NULL,
        unsupported    bigint NOT NULL,
        positive       bigint NOT NULL,
        negative       bigint NOT NULL,
        latency        bigint[] NOT NULL,
        first_token    bigint[] NOT NULL,
        active_users   integer NOT NULL DEFAULT 0,
        PRIMARY KEY (level, view, dim, block, department_id, country_id, key)
    )
    """,
    """
    CREATE TABLE usage_user_cells (
        level          smallint NOT NULL,
        dim            text NOT NULL,
        block          integer NOT NULL,
        subject        integer NOT NULL REFERENCES usage_subjects,
        key            text NOT NULL,
        questions      integer NOT NULL,
        answers        integer NOT NULL,
        input_tokens   bigint NOT NULL,
        output_tokens  bigint NOT NULL,
        cost_units     bigint NOT NULL,
        unpriced       integer NOT NULL,
        PRIMARY KEY (level, dim, block, subject, key)
    )
    """,
    """
    CREATE TABLE usage_citations (
        level        smallint NOT NULL,
        block        integer NOT NULL,
        document_id  uuid NOT NULL,
        citations    integer NOT NULL,
        -- with what is summed, so that a range is read from the index alone
        PRIMARY KEY (level, block, document_id) INCLUDE (citations)
    )
    """,
    "CREATE INDEX usage_citations_of_document_idx ON usage_citations (document_id, level, block) INCLUDE (citations)",
    # One row for each person or department with a limit of its own; null lifts the default. One of the two ids.
    """
    CREATE TABLE token_budgets (
        user_id        uuid CONSTRAINT token_budgets_user_key UNIQUE
                       CONSTRAINT token_budgets_user_id_fkey REFERENCES users ON DELETE CASCADE,
        department_id  uuid CONSTRAINT token_budgets_department_key UNIQUE
                       CONSTRAINT token_budgets_department_id_fkey REFERENCES departments ON DELETE CASCADE,
        daily_tokens   bigint CHECK (daily_tokens BETWEEN 0 AND 1000000000000),
        updated_by     uuid REFERENCES users ON DELETE SET NULL,
        updated_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK ((user_id IS NULL) <> (department_id IS NULL))
    )
    """,
)

FUNCTIONS = (
    f"""
    CREATE FUNCTION usage_time_bucket(ms integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT width_bucket(ms, ARRAY{_bounds()})
    $$
    """,
    # A histogram is an array of count × 256 + bucket, in the order of the buckets, without those that count nothing.
    """
    CREATE FUNCTION usage_histogram_sum(a bigint[], b bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coalesce(array_agg(n * 256 + bucket ORDER BY bucket), '{}')
          FROM (SELECT packed & 255 AS bucket, sum(packed >> 8)::bigint AS n
                  FROM unnest(a || b) packed GROUP BY 1) summed
         WHERE n <> 0
    $$
    """,
    # What makes two questions one: letters and digits, in lower case, other characters as one space.
    """
    CREATE FUNCTION usage_question_words(question text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT trim(regexp_replace(lower(question), '[^[:alnum:]]+', ' ', 'g'))
    $$
    """,
    """
    CREATE FUNCTION usage_question_key(question text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT encode(substring(sha256(convert_to(usage_question_words(question), 'UTF8')) FOR 16), 'hex')::uuid
    $$
    """,
)

# What of a message `m`, which has ended, in a conversation `c`, with its question `q`, is counted.
_COUNTED = {
    "status": "m.status",
    "provider": "m.llm_provider",
    "model": "m.llm_model",
    "input_tokens": "m.input_tokens + m.side_input_tokens",
    "output_tokens": "m.output_tokens + m.side_output_tokens",
    "cost_units": "(m.cost * 100000000)::bigint",
    "supported": "CASE WHEN m.status = 'complete' THEN m.supported END",
    "latency_ms": "CASE WHEN m.status = 'complete' THEN m.latency_ms END",
    "first_token_ms": "m.first_token_ms",
    # passages of notebooks are nobody else's business
    "cited": """CASE WHEN c.mode = 'rag' THEN
                ARRAY(SELECT DISTINCT (s.value ->> 'document_id')::uuid
                        FROM jsonb_array_elements(m.sources) s
                       WHERE s.value ->> 'document_id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
                ELSE '{}' END""",
    "gap": """CASE WHEN c.mode = 'rag' AND m.status = 'complete' AND NOT m.supported AND m.replaced_by IS NULL
                   THEN usage_question_key(q.content) END""",
}
_OF_MESSAGE = ("status", "llm_provider", "llm_model", "input_tokens", "output_tokens", "side_input_tokens",
               "side_output_tokens", "cost", "supported", "latency_ms", "first_token_ms", "sources",
               "replaced_by")  # fmt: skip
_SUBJECT = """
       JOIN conversations c ON c.id = m.conversation_id
       JOIN users u ON u.id = c.user_id
"""
_NONE = "'00000000-0000-0000-0000-000000000000'::uuid"
_PLACE = f"coalesce(u.department_id, {_NONE}), coalesce(u.country_id, {_NONE})"
_EMPTY = {"input_tokens": "0", "output_tokens": "0", "status": "'running'", "cited": "'{}'"}
_ENDED = "m.status NOT IN ('waiting', 'streaming')"


def _if_ended(column: str) -> str:
    return f"CASE WHEN {_ENDED} THEN {_COUNTED[column]} ELSE {_EMPTY.get(column, 'NULL')} END"


def _notes(rows: str) -> str:
    """Three statements that note the answers among `rows`, with the department and country of this moment."""
    return f"""
    INSERT INTO usage_people (user_id)
    SELECT DISTINCT c.user_id FROM {rows} m {_SUBJECT}
     WHERE m.role = 'assistant' AND NOT EXISTS (SELECT FROM usage_people p WHERE p.user_id = c.user_id)
    ON CONFLICT ON CONSTRAINT usage_people_user_key DO NOTHING;

    INSERT INTO usage_subjects (person, department_id, country_id)
    SELECT DISTINCT p.person, {_PLACE} FROM {rows} m {_SUBJECT}
      JOIN usage_people p ON p.user_id = u.id
     WHERE m.role = 'assistant'
       AND NOT EXISTS (SELECT FROM usage_subjects s
                        WHERE (s.person, s.department_id, s.country_id) = (p.person, {_PLACE}))
    ON CONFLICT ON CONSTRAINT usage_subjects_key DO NOTHING;

    INSERT INTO usage_answers (id, day, subject, mode, is_question, {", ".join(_COUNTED)})
    SELECT m.id, (m.created_at AT TIME ZONE 'UTC')::date, s.id, c.mode,
           -- the first answer of a question counts it; one that was asked for anew does not
           m.reply_to IS NOT NULL
               AND NOT EXISTS (SELECT FROM messages earlier
                                WHERE earlier.reply_to = m.reply_to AND earlier.id <> m.id
                                  AND (earlier.created_at, earlier.id) < (m.created_at, m.id)),
           {", ".join(map(_if_ended, _COUNTED))}
      FROM {rows} m {_SUBJECT}
      JOIN usage_people p ON p.user_id = u.id
      JOIN usage_subjects s ON (s.person, s.department_id, s.country_id) = (p.person, {_PLACE})
      LEFT JOIN messages q ON q.id = m.reply_to
     WHERE m.role = 'assistant'
     -- what was asked together is kept and rolled up together
     ORDER BY m.created_at
    """


_CHANGE = ("day", "subject", "mode", "model", "is_question", "status", "input_tokens", "output_tokens", "cost_units",
           "supported", "rating", "latency_ms", "first_token_ms", "cited")  # fmt: skip
_MODEL = "coalesce(r.provider, '') || '/' || coalesce(r.model, '')"
_COUNTS = ", ".join(_MODEL if column == "model" else f"r.{column}" for column in _CHANGE)


def _compared(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in ("provider", *_CHANGE))


TRIGGERS = (
    f"""
    CREATE FUNCTION usage_note_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM new_rows WHERE role = 'assistant') THEN
            {_notes("new_rows")};
        END IF;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_new_messages AFTER INSERT ON messages REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_note_answers()
    """,
    # Ended answers only: what is saved of one on the way is not counted. One that is asked for anew is so for good.
    f"""
    CREATE FUNCTION usage_change_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE usage_answers a
           SET ({", ".join(_COUNTED)}, is_replaced)
             = ROW ({", ".join(expression for name, expression in _COUNTED.items() if name != "gap")},
                    CASE WHEN a.is_replaced THEN NULL ELSE {_COUNTED["gap"]} END,
                    a.is_replaced OR m.replaced_by IS NOT NULL)
          FROM new_rows m
          JOIN old_rows o ON o.id = m.id
          JOIN conversations c ON c.id = m.conversation_id
          LEFT JOIN messages q ON q.id = m.reply_to
         WHERE a.id = m.id AND {_ENDED}
           AND ({", ".join(f"m.{column}" for column in _OF_MESSAGE)})
               IS DISTINCT FROM ({", ".join(f"o.{column}" for column in _OF_MESSAGE)});
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_changed_messages AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_change_answers()
    """,
    f"""
    CREATE FUNCTION usage_queue_new() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO usage_changes (sign, {", ".join(_CHANGE)})
        SELECT 1, {_COUNTS} FROM new_rows r WHERE r.status <> 'running';
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_new_answers AFTER INSERT ON usage_answers REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_queue_new()
    """,
    f"""
    CREATE FUNCTION usage_queue_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO usage_changes (sign, {", ".join(_CHANGE)})
        SELECT -1, {_COUNTS} FROM old_rows r JOIN new_rows n USING (id)
         WHERE r.status <> 'running' AND ({_compared("r")}) IS DISTINCT FROM ({_compared("n")});
        INSERT INTO usage_changes (sign, {", ".join(_CHANGE)})
        SELECT 1, {_COUNTS} FROM new_rows r JOIN old_rows o USING (id)
         WHERE r.status <> 'running' AND ({_compared("o")}) IS DISTINCT FROM ({_compared("r")});
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_changed_answers AFTER UPDATE ON usage_answers
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION usage_queue_changes()
    """,
    # Taking a rating back is written where it is done (shared/db/feedback.py); rows that only grow too old, or go with
    # their person, were given all the same.
    """
    CREATE FUNCTION usage_note_rating() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE usage_answers SET rating = NEW.rating WHERE id = NEW.message_id AND rating IS DISTINCT FROM NEW.rating;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_ratings AFTER INSERT OR UPDATE ON feedback
    FOR EACH ROW EXECUTE FUNCTION usage_note_rating()
    """,
    """
    CREATE FUNCTION usage_forget_user() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE usage_people SET user_id = NULL WHERE user_id = OLD.id;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_forgotten_users AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION usage_forget_user()
    """,
)

# Everything there is so far, under the departments of today: what they were then nobody wrote down.
BACKFILL = (
    *_notes("messages").split(";\n"),
    """
    UPDATE usage_answers a SET rating = f.rating FROM feedback f WHERE f.message_id = a.id
    """,
    "UPDATE usage_answers a SET is_replaced = true FROM messages m WHERE m.id = a.id AND m.replaced_by IS NOT NULL",
)

GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexus_app') THEN
        GRANT SELECT, INSERT, UPDATE ON usage_people, usage_subjects, usage_answers TO nexus_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON usage_changes, usage_cells, usage_user_cells, usage_citations,
              token_budgets TO nexus_app;
    END IF;
END
$$
"""


def upgrade() -> None:
    for statement in (*TABLES, *FUNCTIONS, *TRIGGERS, *BACKFILL, GRANTS):
        # as they are: op.execute would read the colons of a cast as its own
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER usage_new_messages ON messages")
    op.execute("DROP TRIGGER usage_changed_messages ON messages")
    op.execute("DROP TRIGGER usage_ratings ON feedback")
    op.execute("DROP TRIGGER usage_forgotten_users ON users")
    for table in (
        "token_budgets",
        "usage_citations",
        "usage_user_cells",
        "usage_cells",
        "usage_changes",
        "usage_answers",
        "usage_subjects",
        "usage_people",
    ):
        op.execute(f"DROP TABLE {table}")
    for function in (
        "usage_note_answers()",
        "usage_change_answers()",
        "usage_queue_new()",
        "usage_queue_changes()",
        "usage_note_rating()",
        "usage_forget_user()",
        "usage_question_key(text)",
        "usage_question_words(text)",
        "usage_histogram_sum(bigint[], bigint[])",
        "usage_time_bucket(integer)",
    ):
        op.execute(f"DROP FUNCTION {function}")
