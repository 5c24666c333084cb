"""The whole schema of the design, from nothing.

The columns of the product's specification keep their names; what the work needed beside them is marked "added".
"""

from alembic import op

revision = "0001"
down_revision = None

PEOPLE = """
CREATE TABLE departments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL CONSTRAINT departments_name_key UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE countries (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code        text NOT NULL CONSTRAINT countries_code_key UNIQUE CHECK (code ~ '^[A-Z]{2}$'),
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE users (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- "tenant id:object id": a person is (tid, oid), never an e-mail
    entra_id       text NOT NULL CONSTRAINT users_entra_id_key UNIQUE,
    -- null once another account signs in with the same address: addresses are handed on, people are not
    email          text CONSTRAINT users_email_key UNIQUE,
    display_name   text NOT NULL,
    role           text NOT NULL DEFAULT 'user' CHECK (role IN ('super_admin', 'content_manager', 'user')),
    department_id  uuid CONSTRAINT users_department_id_fkey REFERENCES departments,
    country_id     uuid CONSTRAINT users_country_id_fkey REFERENCES countries,
    is_active      boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL DEFAULT now(),
    last_login_at  timestamptz
);
CREATE INDEX users_department_idx ON users (department_id);
CREATE INDEX users_country_idx ON users (country_id);
"""

CHAT = """
CREATE TABLE conversations (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id     uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    mode        text NOT NULL CHECK (mode IN ('rag', 'assistant', 'notebook')),
    title       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversations_of_user_idx ON conversations (user_id, updated_at DESC, id);

CREATE TABLE messages (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id  uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    role             text NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
    content          text NOT NULL DEFAULT '',
    input_tokens     integer NOT NULL DEFAULT 0,
    output_tokens    integer NOT NULL DEFAULT 0,
    llm_provider     text,
    llm_model        text,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- added: the run's state machine; a message leaves waiting/streaming exactly once
    status           text NOT NULL DEFAULT 'complete'
                     CHECK (status IN ('waiting', 'streaming', 'complete', 'cancelled', 'interrupted', 'failed')),
    finish_reason    text,
    sources          jsonb NOT NULL DEFAULT '[]',
    supported        boolean,
    usage_estimated  boolean NOT NULL DEFAULT false,
    latency_ms       integer,
    first_token_ms   integer,
    error            jsonb,
    run_id           uuid CONSTRAINT messages_run_id_key UNIQUE,
    reply_to         uuid REFERENCES messages ON DELETE CASCADE,
    heartbeat_at     timestamptz,
    correlation_id   text,
    idempotency_key  text CHECK (length(idempotency_key) BETWEEN 1 AND 200),
    CONSTRAINT messages_idempotency_key UNIQUE (conversation_id, idempotency_key)
);
CREATE INDEX messages_of_conversation_idx ON messages (conversation_id, created_at);
CREATE INDEX messages_unfinished_idx ON messages (heartbeat_at) WHERE status IN ('waiting', 'streaming');

CREATE TABLE feedback (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id         uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    conversation_id    uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id            uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    rating             text NOT NULL CHECK (rating IN ('positive', 'negative')),
    user_comment       text,
    retrieved_sources  jsonb NOT NULL DEFAULT '[]',
    status             text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'reviewed', 'resolved')),
    reviewed_by        uuid REFERENCES users ON DELETE SET NULL,
    reviewed_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feedback_once_per_user_key UNIQUE (message_id, user_id)
);
"""

SHAREPOINT = """
CREATE TABLE sharepoint_sync_state (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    library_url    text NOT NULL CONSTRAINT sharepoint_sync_state_library_url_key UNIQUE,
    delta_token    text,
    last_sync_at   timestamptz,
    status         text NOT NULL DEFAULT 'idle' CHECK (status IN ('idle', 'syncing', 'error')),
    error_message  text,
    -- added: the library's address in Graph, its scope, the checkpoint of a pass under way, and its lease
    name           text NOT NULL,
    site_id        text NOT NULL,
    drive_id       text NOT NULL CONSTRAINT sharepoint_sync_state_drive_id_key UNIQUE,
    department_id  uuid CONSTRAINT sharepoint_sync_state_department_id_fkey REFERENCES departments,
    country_id     uuid CONSTRAINT sharepoint_sync_state_country_id_fkey REFERENCES countries,
    scope_rules    jsonb NOT NULL DEFAULT '[]',
    enabled        boolean NOT NULL DEFAULT true,
    page_link      text,
    final_link     text,
    lease_run_id   uuid,
    lease_until    timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sync_runs (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    library_id     uuid NOT NULL REFERENCES sharepoint_sync_state ON DELETE CASCADE,
    status         text NOT NULL DEFAULT 'queued'
                   CHECK (status IN ('queued', 'running', 'complete', 'failed', 'needs_confirmation')),
    trigger        text NOT NULL CHECK (trigger IN ('timer', 'manual')),
    is_full        boolean NOT NULL DEFAULT false,
    started_by     uuid REFERENCES users ON DELETE SET NULL,
    seen           integer NOT NULL DEFAULT 0,
    added          integer NOT NULL DEFAULT 0,
    changed        integer NOT NULL DEFAULT 0,
    moved          integer NOT NULL DEFAULT 0,
    deleted        integer NOT NULL DEFAULT 0,
    unchanged      integer NOT NULL DEFAULT 0,
    skipped        integer NOT NULL DEFAULT 0,
    failed         integer NOT NULL DEFAULT 0,
    pages          integer NOT NULL DEFAULT 0,
    passages       integer NOT NULL DEFAULT 0,
    embed_tokens   bigint NOT NULL DEFAULT 0,
    throttled_s    double precision NOT NULL DEFAULT 0,
    error_message  text,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at     timestamptz,
    finished_at    timestamptz
);
CREATE UNIQUE INDEX sync_runs_one_unfinished_key ON sync_runs (library_id) WHERE status IN ('queued', 'running');
CREATE INDEX sync_runs_of_library_idx ON sync_runs (library_id, created_at DESC);

-- added: folders are kept so that paths and scopes are derived here; Graph does not list the children of a
-- renamed or moved folder again
CREATE TABLE sharepoint_folders (
    drive_id     text NOT NULL,
    item_id      text NOT NULL,
    library_id   uuid NOT NULL REFERENCES sharepoint_sync_state ON DELETE CASCADE,
    parent_id    text,
    name         text NOT NULL,
    is_root      boolean NOT NULL DEFAULT false,
    seen_run_id  uuid,
    PRIMARY KEY (drive_id, item_id)
);
CREATE INDEX sharepoint_folders_children_idx ON sharepoint_folders (drive_id, parent_id);

CREATE TABLE sharepoint_documents (
    id                uuid PRIMARY KEY,
    sharepoint_id     text NOT NULL,
    file_name         text NOT NULL,
    file_url          text NOT NULL,
    library_url       text NOT NULL,
    department_id     uuid CONSTRAINT sharepoint_documents_department_id_fkey REFERENCES departments,
    country_id        uuid CONSTRAINT sharepoint_documents_country_id_fkey REFERENCES countries,
    file_type         text NOT NULL,
    file_size         bigint NOT NULL DEFAULT 0,
    last_modified     timestamptz,
    qdrant_point_ids  jsonb NOT NULL DEFAULT '[]',
    ingested_at       timestamptz,
    is_active         boolean NOT NULL DEFAULT true,
    -- added
    drive_id          text NOT NULL,
    library_id        uuid NOT NULL REFERENCES sharepoint_sync_state ON DELETE CASCADE,
    parent_id         text,
    path              text,
    etag              text,
    ctag              text,
    remote_hash       text,
    content_hash      text,
    pipeline_version  text,
    title             text,
    language          text,
    page_count        integer,
    status            text NOT NULL DEFAULT 'pending'
                      CHECK (status IN ('pending', 'indexed', 'skipped', 'failed')),
    reason_code       text,
    reason            text,
    attempts          integer NOT NULL DEFAULT 0,
    retry_at          timestamptz,
    -- what a sync still has to do; change_seq tells a change that came while that was being done
    todo              text CHECK (todo IN ('ingest', 'relabel', 'remove')),
    is_new            boolean NOT NULL DEFAULT true,
    change_seq        bigint NOT NULL DEFAULT 1,
    seen_run_id       uuid,
    created_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sharepoint_documents_item_key UNIQUE (drive_id, sharepoint_id)
);
CREATE INDEX sharepoint_documents_sharepoint_id_idx ON sharepoint_documents (sharepoint_id);
CREATE INDEX sharepoint_documents_is_active_idx ON sharepoint_documents (is_active);
CREATE INDEX sharepoint_documents_children_idx ON sharepoint_documents (drive_id, parent_id);
CREATE INDEX sharepoint_documents_todo_idx ON sharepoint_documents (library_id, todo) WHERE todo IS NOT NULL;
CREATE INDEX sharepoint_documents_listing_idx ON sharepoint_documents (library_id, file_name, id);
"""

NOTEBOOK = """
CREATE TABLE notebook_sessions (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id          uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    title            text NOT NULL,
    conversation_id  uuid REFERENCES conversations ON DELETE SET NULL,
    is_pinned        boolean NOT NULL DEFAULT false,
    expires_at       timestamptz DEFAULT now() + interval '24 hours',
    created_at       timestamptz NOT NULL DEFAULT now(),
    CHECK (is_pinned = (expires_at IS NULL))
);
CREATE INDEX notebook_sessions_of_user_idx ON notebook_sessions (user_id, expires_at);

CREATE TABLE uploaded_files (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id            uuid NOT NULL REFERENCES notebook_sessions ON DELETE CASCADE,
    file_name             text NOT NULL,
    file_size             bigint NOT NULL,
    file_type             text NOT NULL,
    storage_path          text NOT NULL,
    notebookllama_file_id text,
    uploaded_at           timestamptz NOT NULL DEFAULT now(),
    status                text NOT NULL DEFAULT 'stored' CHECK (status IN ('stored', 'processing', 'ready', 'failed'))
);
CREATE INDEX uploaded_files_of_session_idx ON uploaded_files (session_id);
"""

STEERING = """
CREATE TABLE llm_providers (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mode                 text NOT NULL CHECK (mode IN ('rag', 'assistant', 'notebook')),
    provider             text NOT NULL CHECK (provider IN ('openai', 'azure', 'anthropic')),
    model_name           text NOT NULL,
    -- the name of an environment variable, never a key
    api_key_env_var      text CHECK (api_key_env_var ~ '^[A-Z][A-Z0-9_]{0,99}$'),
    is_active            boolean NOT NULL DEFAULT false,
    updated_at           timestamptz NOT NULL DEFAULT now(),
    endpoint             text,
    input_price_per_mtok   numeric(12, 4),
    output_price_per_mtok  numeric(12, 4)
);
CREATE UNIQUE INDEX llm_providers_one_active_key ON llm_providers (mode) WHERE is_active;

CREATE TABLE system_prompts (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mode         text NOT NULL CHECK (mode IN ('rag', 'assistant', 'notebook')),
    prompt_text  text NOT NULL CHECK (length(prompt_text) BETWEEN 1 AND 20000),
    is_active    boolean NOT NULL DEFAULT false,
    created_by   uuid REFERENCES users ON DELETE SET NULL,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX system_prompts_one_active_key ON system_prompts (mode) WHERE is_active;

CREATE TABLE audit_log (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id        uuid,
    action          text NOT NULL,
    target          text,
    outcome         text NOT NULL CHECK (outcome IN ('ok', 'denied', 'failed')),
    detail          jsonb NOT NULL DEFAULT '{}',
    correlation_id  text
);
CREATE INDEX audit_log_at_idx ON audit_log (at DESC);
CREATE INDEX audit_log_actor_idx ON audit_log (actor_id, at DESC);
"""

# The app's role reads and writes rows and changes no schema; of the audit log it may only add and read (S19).
# A database without that role (a developer's own) simply gets no grants.
GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'nexus_app') THEN
        GRANT USAGE ON SCHEMA public TO nexus_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO nexus_app;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO nexus_app;
        REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM nexus_app;
        REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM nexus_app;
    END IF;
END
$$;
"""


def upgrade() -> None:
    for block in (PEOPLE, CHAT, SHAREPOINT, NOTEBOOK, STEERING):
        for statement in block.split(";\n"):
            if statement.strip():
                op.execute(statement)
    op.execute(GRANTS)


def downgrade() -> None:
    for table in (
        "audit_log",
        "system_prompts",
        "llm_providers",
        "uploaded_files",
        "notebook_sessions",
        "sharepoint_documents",
        "sharepoint_folders",
        "sync_runs",
        "sharepoint_sync_state",
        "feedback",
        "messages",
        "conversations",
        "users",
        "countries",
        "departments",
    ):
        op.execute(f"DROP TABLE {table}")
