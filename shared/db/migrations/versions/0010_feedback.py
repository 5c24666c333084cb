"""Feedback as a queue and as cases for evaluation; how long things are kept; people who are forgotten.

Nobody may change the audit log (S19), and its rows end only by `purge_audit_log`: it belongs to the schema's owner,
takes no moment from its caller but the retention that is set, never less than 30 days, and writes down what it did.
"""

from alembic import op

revision = "0010"
down_revision = "0008"

STATEMENTS = (
    "CREATE INDEX feedback_newest_idx ON feedback (created_at DESC, id DESC)",
    "CREATE INDEX feedback_of_status_idx ON feedback (status, created_at DESC, id DESC)",
    # for the retention, and for deleting a person
    "CREATE INDEX feedback_updated_idx ON feedback (updated_at)",
    "CREATE INDEX feedback_of_user_idx ON feedback (user_id)",
    # for the retention: the oldest questions
    "CREATE INDEX messages_questions_by_age_idx ON messages (created_at) WHERE reply_to IS NULL",
    "CREATE INDEX conversations_by_age_idx ON conversations (updated_at)",
    "CREATE INDEX audit_log_action_idx ON audit_log (action, id DESC)",
    "CREATE INDEX audit_log_target_idx ON audit_log (target, id DESC)",
    # A case outlives the feedback it was made of. asked_by is whose own words the question is; null once a reviewer
    # has put it in words of theirs. Department and country are the asker's at that time: who may see the case.
    """
    CREATE TABLE eval_cases (
        id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        feedback_id          uuid CONSTRAINT eval_cases_feedback_key UNIQUE REFERENCES feedback ON DELETE SET NULL,
        asked_by             uuid REFERENCES users ON DELETE CASCADE,
        department_id        uuid REFERENCES departments ON DELETE SET NULL,
        country_id           uuid REFERENCES countries ON DELETE SET NULL,
        question             text NOT NULL CHECK (length(question) BETWEEN 1 AND 16000),
        verdict              text NOT NULL CHECK (verdict IN ('right', 'wrong', 'unanswerable')),
        expected_document_id uuid,
        expected_file_name   text,
        expected_file_url    text,
        expected_page        integer CHECK (expected_page > 0),
        note                 text CHECK (length(note) BETWEEN 1 AND 4000),
        created_by           uuid CONSTRAINT eval_cases_created_by_fkey REFERENCES users ON DELETE SET NULL,
        created_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
        CHECK ((verdict = 'unanswerable') = (expected_document_id IS NULL)),
        CHECK ((expected_document_id IS NULL) = (expected_file_name IS NULL))
    )
    """,
    "CREATE INDEX eval_cases_newest_idx ON eval_cases (created_at DESC, id DESC)",
    "CREATE INDEX eval_cases_asked_by_idx ON eval_cases (asked_by)",
    # one row; null keeps for ever
    """
    CREATE TABLE retention_settings (
        is_only        boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        messages_days  integer CHECK (messages_days BETWEEN 1 AND 36500),
        feedback_days  integer CHECK (feedback_days BETWEEN 1 AND 36500),
        audit_days     integer CHECK (audit_days BETWEEN 30 AND 36500),
        updated_by     uuid CONSTRAINT retention_settings_updated_by_fkey REFERENCES users ON DELETE SET NULL,
        updated_at     timestamptz
    )
    """,
    "INSERT INTO retention_settings DEFAULT VALUES",
    # user_id has no foreign key on purpose: the report outlives the person, and the id then names nobody
    """
    CREATE TABLE forget_jobs (
        id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_id       uuid NOT NULL CONSTRAINT forget_jobs_user_key UNIQUE,
        requested_by  uuid CONSTRAINT forget_jobs_requested_by_fkey REFERENCES users ON DELETE SET NULL,
        correlation_id text NOT NULL,
        status        text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done')),
        erased        jsonb NOT NULL DEFAULT '{}',
        anonymised    jsonb NOT NULL DEFAULT '{}',
        problem       text,
        attempts      integer NOT NULL DEFAULT 0,
        created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at   timestamptz
    )
    """,
    "CREATE INDEX forget_jobs_unfinished_idx ON forget_jobs (created_at) WHERE status <> 'done'",
    """
    CREATE FUNCTION purge_audit_log(at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        days    integer;
        cut     timestamptz;
        removed integer;
    BEGIN
        SELECT audit_days INTO days FROM public.retention_settings;
        IF days IS NULL THEN
            RETURN 0;
        END IF;
        -- the floor once more: a table's check can be dropped, and this runs with its owner's rights
        cut := now() - make_interval(days => greatest(days, 30));
        WITH doomed AS (
            SELECT id FROM public.audit_log WHERE at < cut ORDER BY at LIMIT greatest(least(at_most, 10000), 0)
               FOR UPDATE SKIP LOCKED
        )
        DELETE FROM public.audit_log USING doomed WHERE audit_log.id = doomed.id;
        GET DIAGNOSTICS removed = ROW_COUNT;
        IF removed > 0 THEN
            INSERT INTO public.audit_log (actor_id, action, target, outcome, detail)
            VALUES (NULL, 'retention.audit', NULL, 'ok',
                    jsonb_build_object('removed', removed, 'before', cut, 'audit_days', days));
        END IF;
        RETURN removed;
    END
    $$
    """,
    "REVOKE ALL ON FUNCTION purge_audit_log(integer) FROM PUBLIC",
    """
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexus_app') THEN
            GRANT SELECT, INSERT, UPDATE, DELETE ON eval_cases TO nexus_app;
            GRANT SELECT, UPDATE ON retention_settings TO nexus_app;
            -- a report is not taken back
            GRANT SELECT, INSERT, UPDATE ON forget_jobs TO nexus_app;
            GRANT EXECUTE ON FUNCTION purge_audit_log(integer) TO nexus_app;
        END IF;
    END
    $$
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP FUNCTION purge_audit_log(integer)")
    for table in ("forget_jobs", "retention_settings", "eval_cases"):
        op.execute(f"DROP TABLE {table}")
    for index in (
        "feedback_newest_idx",
        "feedback_of_status_idx",
        "feedback_updated_idx",
        "feedback_of_user_idx",
        "messages_questions_by_age_idx",
        "conversations_by_age_idx",
        "audit_log_action_idx",
        "audit_log_target_idx",
    ):
        op.execute(f"DROP INDEX {index}")
