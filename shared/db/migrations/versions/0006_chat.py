"""Conversations that are searched, answers that are made anew, rated and paid for.

Nothing here needs new grants: the app's role has its rights on the whole tables.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    # Who gave the title: one that was only cut from the question yields to the model's, a person's to nobody's.
    # last_answer_id is set by every statement that begins an answer, under the row's lock: which answer is the last
    # one is then decided by the same row that serialises them. No foreign key: messages go with their conversation.
    """
    ALTER TABLE conversations
        ADD COLUMN titled_by text CHECK (titled_by IN ('person', 'model', 'question')),
        ADD COLUMN title_words tsvector NOT NULL DEFAULT '',
        ADD COLUMN last_answer_id uuid
    """,
    """
    UPDATE conversations c
       SET titled_by = CASE WHEN title IS NULL THEN NULL ELSE 'person' END,
           title_words = to_tsvector('simple', coalesce(title, '')),
           last_answer_id = (SELECT m.id FROM messages m
                              WHERE m.conversation_id = c.id AND m.role = 'assistant'
                              ORDER BY m.created_at DESC LIMIT 1)
    """,
    # words: what the message is found by, cut by the app (shared/domain/search_words.py). retrieved: the candidates
    # the model was given, sources being the cited ones. The side tokens are those of the calls beside the answer.
    """
    ALTER TABLE messages
        ADD COLUMN words tsvector NOT NULL DEFAULT '',
        ADD COLUMN retrieved jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN unsupported jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN side_input_tokens integer NOT NULL DEFAULT 0,
        ADD COLUMN side_output_tokens integer NOT NULL DEFAULT 0,
        ADD COLUMN cost numeric(18, 8),
        ADD COLUMN replaced_by uuid CONSTRAINT messages_replaced_by_key UNIQUE REFERENCES messages ON DELETE SET NULL
    """,
    """
    UPDATE messages SET words = to_tsvector('simple', left(content, 100000))
     WHERE content <> '' AND status NOT IN ('waiting', 'streaming')
    """,
    "CREATE INDEX messages_words_idx ON messages USING gin (words)",
    # a question has one answer that counts; the ones before it are its versions
    "CREATE UNIQUE INDEX messages_one_current_answer_key ON messages (reply_to) WHERE replaced_by IS NULL",
    "CREATE INDEX messages_reply_to_idx ON messages (reply_to)",
    "ALTER TABLE feedback ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now()",
    "CREATE INDEX feedback_of_conversation_idx ON feedback (conversation_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX feedback_of_conversation_idx")
    op.execute("ALTER TABLE feedback DROP COLUMN updated_at")
    op.execute("DROP INDEX messages_one_current_answer_key, messages_reply_to_idx, messages_words_idx")
    op.execute(
        "ALTER TABLE messages DROP COLUMN words, DROP COLUMN retrieved, DROP COLUMN unsupported, "
        "DROP COLUMN side_input_tokens, DROP COLUMN side_output_tokens, DROP COLUMN cost, DROP COLUMN replaced_by"
    )
    op.execute("ALTER TABLE conversations DROP COLUMN titled_by, DROP COLUMN title_words, DROP COLUMN last_answer_id")
