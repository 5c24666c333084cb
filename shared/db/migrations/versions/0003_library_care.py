"""Libraries with folder scopes, changes that take effect at once, and removal; runs that say why and how long.

Folder rules are JSON beside their library, so that one row's lock holds scope and rules together. What a foreign key
does for columns, triggers do for them: a department or country that a rule names cannot be deleted (the trigger runs
once the row is locked, so it sees rules that were being written meanwhile).
"""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    ALTER TABLE sharepoint_sync_state
        DROP CONSTRAINT sharepoint_sync_state_status_check,
        ADD CONSTRAINT sharepoint_sync_state_status_check CHECK (status IN ('idle', 'syncing', 'error', 'removing')),
        ADD CONSTRAINT sharepoint_sync_state_scope_rules_check CHECK (jsonb_typeof(scope_rules) = 'array'),
        -- counts changes of scope and rules: what was worked out by older ones does not stand
        ADD COLUMN scope_seq bigint NOT NULL DEFAULT 0,
        -- documents up to this id have been compared with scope and rules; null when all have
        ADD COLUMN rescope_after uuid,
        -- what an administrator should know although nothing went wrong
        ADD COLUMN notice text
    """,
    """
    ALTER TABLE sync_runs
        DROP CONSTRAINT sync_runs_trigger_check,
        ADD CONSTRAINT sync_runs_trigger_check CHECK (trigger IN ('timer', 'manual', 'change')),
        DROP CONSTRAINT sync_runs_status_check,
        ADD CONSTRAINT sync_runs_status_check
            CHECK (status IN ('queued', 'running', 'complete', 'failed', 'needs_confirmation', 'stopped')),
        ADD COLUMN confirmed boolean NOT NULL DEFAULT false,
        ADD COLUMN reasons jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(reasons) = 'object'),
        ADD COLUMN graph_s double precision NOT NULL DEFAULT 0,
        ADD COLUMN download_s double precision NOT NULL DEFAULT 0,
        ADD COLUMN extract_s double precision NOT NULL DEFAULT 0,
        ADD COLUMN embed_s double precision NOT NULL DEFAULT 0,
        ADD COLUMN store_s double precision NOT NULL DEFAULT 0,
        ADD COLUMN notice text
    """,
    """
    CREATE FUNCTION keep_what_scope_rules_name() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM sharepoint_sync_state
                    WHERE scope_rules @> jsonb_build_array(jsonb_build_object(TG_ARGV[0], OLD.id))) THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('a scope rule names this row of %I', TG_TABLE_NAME),
                CONSTRAINT = format('sharepoint_sync_state_scope_rules_%s_fkey', TG_ARGV[0]);
        END IF;
        RETURN OLD;
    END
    $$
    """,
    """
    CREATE TRIGGER departments_named_by_scope_rules BEFORE DELETE ON departments
    FOR EACH ROW EXECUTE FUNCTION keep_what_scope_rules_name('department_id')
    """,
    """
    CREATE TRIGGER countries_named_by_scope_rules BEFORE DELETE ON countries
    FOR EACH ROW EXECUTE FUNCTION keep_what_scope_rules_name('country_id')
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER countries_named_by_scope_rules ON countries")
    op.execute("DROP TRIGGER departments_named_by_scope_rules ON departments")
    op.execute("DROP FUNCTION keep_what_scope_rules_name")
    op.execute("DELETE FROM sync_runs WHERE trigger = 'change' OR status = 'stopped'")
    op.execute("""
        ALTER TABLE sync_runs
            DROP COLUMN confirmed, DROP COLUMN reasons, DROP COLUMN graph_s, DROP COLUMN download_s,
            DROP COLUMN extract_s, DROP COLUMN embed_s, DROP COLUMN store_s, DROP COLUMN notice,
            DROP CONSTRAINT sync_runs_trigger_check,
            ADD CONSTRAINT sync_runs_trigger_check CHECK (trigger IN ('timer', 'manual')),
            DROP CONSTRAINT sync_runs_status_check,
            ADD CONSTRAINT sync_runs_status_check
                CHECK (status IN ('queued', 'running', 'complete', 'failed', 'needs_confirmation'))
    """)
    op.execute("UPDATE sharepoint_sync_state SET status = 'error' WHERE status = 'removing'")
    op.execute("""
        ALTER TABLE sharepoint_sync_state
            DROP COLUMN scope_seq, DROP COLUMN rescope_after, DROP COLUMN notice,
            DROP CONSTRAINT sharepoint_sync_state_scope_rules_check,
            DROP CONSTRAINT sharepoint_sync_state_status_check,
            ADD CONSTRAINT sharepoint_sync_state_status_check CHECK (status IN ('idle', 'syncing', 'error'))
    """)
