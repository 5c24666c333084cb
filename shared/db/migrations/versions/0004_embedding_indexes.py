"""Which embedding model serves is a row, so that a change of settings cannot take an index out of service; and what
of an index has been copied into the next one.

`revision` counts what changes a document's passages or their labels, whoever changes it: what was copied at another
revision is copied again. The copies have no foreign key to documents on purpose: a copy that outlives its document
says which passages are still to be removed.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    CREATE TABLE embedding_indexes (
        id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        collection      text NOT NULL CONSTRAINT embedding_indexes_collection_key UNIQUE,
        provider        text NOT NULL CHECK (provider IN ('openai', 'azure')),
        model_name      text NOT NULL,
        endpoint        text,
        -- the name of an environment variable, never a key
        api_key_env_var text CHECK (api_key_env_var ~ '^[A-Z][A-Z0-9_]{0,99}$'),
        dimensions      integer NOT NULL,
        query_prefix    text NOT NULL,
        passage_prefix  text NOT NULL,
        status          text NOT NULL CHECK (status IN ('building', 'serving', 'retired', 'dropping')),
        created_at      timestamptz NOT NULL DEFAULT now(),
        status_since    timestamptz NOT NULL DEFAULT now(),
        sealed_at       timestamptz,
        error_message   text,
        started_by      uuid REFERENCES users ON DELETE SET NULL
    )
    """,
    "CREATE UNIQUE INDEX embedding_indexes_one_serving_key ON embedding_indexes (status) WHERE status = 'serving'",
    "CREATE UNIQUE INDEX embedding_indexes_one_building_key ON embedding_indexes (status) WHERE status = 'building'",
    """
    CREATE TABLE index_copies (
        index_id          uuid NOT NULL REFERENCES embedding_indexes ON DELETE CASCADE,
        document_id       uuid NOT NULL,
        -- of the document when it was copied; null while that is under way
        revision          bigint,
        pipeline_version  text,
        -- why the model would not have it
        problem           text,
        PRIMARY KEY (index_id, document_id)
    )
    """,
    "ALTER TABLE sharepoint_documents ADD COLUMN revision bigint NOT NULL DEFAULT 1",
    """
    CREATE FUNCTION count_document_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.revision := OLD.revision + 1;
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER sharepoint_documents_revision
    BEFORE UPDATE ON sharepoint_documents FOR EACH ROW
      WHEN ((OLD.todo, OLD.is_active, OLD.department_id, OLD.country_id, OLD.file_name, OLD.file_url,
             OLD.pipeline_version, OLD.qdrant_point_ids)
            IS DISTINCT FROM
            (NEW.todo, NEW.is_active, NEW.department_id, NEW.country_id, NEW.file_name, NEW.file_url,
             NEW.pipeline_version, NEW.qdrant_point_ids))
    EXECUTE FUNCTION count_document_revision()
    """,
    """
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexus_app') THEN
            GRANT SELECT, INSERT, UPDATE, DELETE ON embedding_indexes, index_copies TO nexus_app;
        END IF;
    END
    $$
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER sharepoint_documents_revision ON sharepoint_documents")
    op.execute("DROP FUNCTION count_document_revision")
    op.execute("ALTER TABLE sharepoint_documents DROP COLUMN revision")
    op.execute("DROP TABLE index_copies")
    op.execute("DROP TABLE embedding_indexes")
