"""Why an uploaded file is not ready, and what a timer needs to find what is left to do.

`removing_since` hides a session or file at once; the row goes when blob, backend copy and passages are gone.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

UPGRADE = """
ALTER TABLE uploaded_files
    ADD COLUMN reason_code text,
    ADD COLUMN reason text,
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN page_count integer,
    ADD COLUMN status_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN removing_since timestamptz;
CREATE INDEX uploaded_files_unfinished_idx ON uploaded_files (status_at) WHERE status IN ('stored', 'processing');
CREATE UNIQUE INDEX uploaded_files_storage_path_key ON uploaded_files (storage_path COLLATE "C");
CREATE UNIQUE INDEX notebook_sessions_conversation_key ON notebook_sessions (conversation_id);
CREATE INDEX notebook_sessions_expiry_idx ON notebook_sessions (expires_at) WHERE expires_at IS NOT NULL;
ALTER TABLE notebook_sessions ADD COLUMN removing_since timestamptz
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX notebook_sessions_conversation_key, notebook_sessions_expiry_idx")
    op.execute("ALTER TABLE notebook_sessions DROP COLUMN removing_since")
    op.execute("DROP INDEX uploaded_files_unfinished_idx, uploaded_files_storage_path_key")
    op.execute(
        "ALTER TABLE uploaded_files DROP COLUMN reason_code, DROP COLUMN reason, DROP COLUMN attempts, "
        "DROP COLUMN page_count, DROP COLUMN status_at, DROP COLUMN removing_since"
    )
