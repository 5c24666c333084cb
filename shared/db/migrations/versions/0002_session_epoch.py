"""A user's sessions end by a number: each session knows the epoch it began in, and another one in `users` voids it.

The database moves it itself whenever role, department, country or activity change, whoever changes them: no code path
can forget to end the sessions (S06), and it holds even while Redis, where the sessions are, is away. A number and not
a time: PostgreSQL's clock and Redis' need not agree.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN session_epoch integer NOT NULL DEFAULT 0",
    """
    CREATE FUNCTION end_sessions_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.session_epoch := OLD.session_epoch + 1;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER users_change_ends_sessions
    BEFORE UPDATE ON users FOR EACH ROW
      WHEN ((OLD.role, OLD.department_id, OLD.country_id, OLD.is_active)
            IS DISTINCT FROM (NEW.role, NEW.department_id, NEW.country_id, NEW.is_active))
    EXECUTE FUNCTION end_sessions_of_user()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER users_change_ends_sessions ON users")
    op.execute("DROP FUNCTION end_sessions_of_user")
    op.execute("ALTER TABLE users DROP COLUMN session_epoch")
