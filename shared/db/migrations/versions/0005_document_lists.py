"""Lists of documents in order of their names, whatever narrows them: by nothing, by a manager's scope, by status.

Most documents of a large ledger are indexed; the others are few of each kind but skipped ones, so an index of them
alone stays small and brings any of them in order. The indexes by department and country also serve the foreign keys:
without them PostgreSQL reads every document to delete a department.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    "CREATE INDEX sharepoint_documents_by_name_idx ON sharepoint_documents (file_name, id)",
    "CREATE INDEX sharepoint_documents_of_department_idx ON sharepoint_documents (department_id, file_name, id)",
    "CREATE INDEX sharepoint_documents_of_country_idx ON sharepoint_documents (country_id, file_name, id)",
    """
    CREATE INDEX sharepoint_documents_not_indexed_idx ON sharepoint_documents (status, file_name, id)
     WHERE status <> 'indexed'
    """,
    "CREATE INDEX sharepoint_documents_inactive_idx ON sharepoint_documents (file_name, id) WHERE NOT is_active",
)
INDEXES = ("by_name", "of_department", "of_country", "not_indexed", "inactive")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"DROP INDEX sharepoint_documents_{index}_idx")
