"""The sums that reports read, the queue they are made from, and budgets.

Whatever changes a counted row of `usage_answers` is put into `usage_changes`: the old row with sign -1, the new one
with +1. A timer takes rows out of there and adds them to the sums in one transaction, so that a snapshot holds every
change exactly once: in the queue or in the sums. A report is the sums plus the queue, and no clock or sequence decides
what it has seen.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def _bounds() -> list[int]:
    """Where each bucket of milliseconds begins: one each up to 20, then a tenth more each time, up to ten minutes.
    The same list as shared/domain/usage_times.py:BOUNDS, which a test compares."""
    bounds = [0]
    while bounds[-1] < 600_000:
        bounds.append(max(bounds[-1] + 1, bounds[-1] * 11 // 10))
    return bounds


_READ_FROM_INDEXES = ("usage_user_cells", "usage_citations")
TABLES = (
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
    # histograms, see usage_histogram_sum.
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
    # for ranking all people: read from the index alone
    """
    CREATE INDEX usage_user_cells_of_block_idx ON usage_user_cells (level, block)
           INCLUDE (subject, answers, input_tokens, output_tokens) WHERE dim = 'all'
    """,
    # the histograms that go with dim all
    """
    CREATE TABLE usage_user_times (
        level          smallint NOT NULL,
        block          integer NOT NULL,
        subject        integer NOT NULL REFERENCES usage_subjects,
        latency        bigint[] NOT NULL,
        first_token    bigint[] NOT NULL,
        PRIMARY KEY (level, block, subject)
    )
    """,
    # The people of usage_user_cells with an answer left, as a set: bit `person`, the lowest of a byte first. Different
    # people cannot be added up, sets can be united. A person has a bit for each of their places, in a set of its own
    # each, so that within one set a bit is a row of usage_user_cells.
    """
    CREATE TABLE usage_people_sets (
        level          smallint NOT NULL,
        dim            text NOT NULL,
        block          integer NOT NULL,
        key            text NOT NULL,
        place          smallint NOT NULL,
        people         bytea NOT NULL,
        PRIMARY KEY (level, dim, block, key, place)
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
    # An index is read alone only where VACUUM was: by default that comes after a fifth of the rows changed, which is
    # once in months, while the rows of the newest blocks change all day.
    *(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01)" for table in _READ_FROM_INDEXES),
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
    # `people` with some more of them and without some others.
    """
    CREATE FUNCTION usage_people_changed(people bytea, came integer[], went integer[]) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        missing  integer := (SELECT max(n) FROM unnest(came) n) / 8 + 1 - length(people);
        person   integer;
    BEGIN
        IF missing > 0 THEN
            people := people || decode(repeat('00', missing), 'hex');
        END IF;
        FOREACH person IN ARRAY coalesce(came, '{}') LOOP
            people := set_bit(people, person, 1);
        END LOOP;
        FOREACH person IN ARRAY coalesce(went, '{}') LOOP
            IF person / 8 < length(people) THEN
                people := set_bit(people, person, 0);
            END IF;
        END LOOP;
        RETURN people;
    END
    $$
    """,
)

_CHANGE = ("day", "subject", "mode", "model", "is_question", "status", "input_tokens", "output_tokens", "cost_units",
           "supported", "rating", "latency_ms", "first_token_ms", "cited")  # fmt: skip
_MODEL = "coalesce(r.provider, '') || '/' || coalesce(r.model, '')"
_COUNTS = ", ".join(_MODEL if column == "model" else f"r.{column}" for column in _CHANGE)


def _compared(alias: str) -> str:
    return ", ".join(f"{alias}.{column}" for column in ("provider", *_CHANGE))


TRIGGERS = (
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
)

# Everything there is so far. What was used together is rolled up together.
BACKFILL = f"""
    INSERT INTO usage_changes (sign, {", ".join(_CHANGE)})
    SELECT 1, {_COUNTS} FROM usage_answers r WHERE r.status <> 'running' ORDER BY r.day
"""

GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexus_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON usage_changes, usage_cells, usage_user_cells, usage_user_times,
              usage_people_sets, usage_citations, token_budgets TO nexus_app;
    END IF;
END
$$
"""


def upgrade() -> None:
    for statement in (*TABLES, *FUNCTIONS, *TRIGGERS, BACKFILL, GRANTS):
        # as they are: op.execute would read the colons of a cast as its own
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER usage_new_answers ON usage_answers")
    op.execute("DROP TRIGGER usage_changed_answers ON usage_answers")
    for table in (
        "token_budgets",
        "usage_citations",
        "usage_people_sets",
        "usage_user_times",
        "usage_user_cells",
        "usage_cells",
        "usage_changes",
    ):
        op.execute(f"DROP TABLE {table}")
    for function in (
        "usage_queue_new()",
        "usage_queue_changes()",
        "usage_people_changed(bytea, integer[], integer[])",
        "usage_histogram_sum(bigint[], bigint[])",
        "usage_time_bucket(integer)",
    ):
        op.execute(f"DROP FUNCTION {function}")
