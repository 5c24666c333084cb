"""What was used, by whom, and how well: facts that outlive messages. The sums that reports read are revision 0012.

`usage_answers` has a row for every answer ever begun, without a word of it, written by triggers in the transaction
that writes the message.

Nothing here follows a deletion: totals of the past stay when conversations, feedback or people go.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


TABLES = (
    # A person is a number here. Forgetting one takes the id away and leaves the number: who is counted stays counted.
    """
    CREATE TABLE usage_people (
        person   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id  uuid CONSTRAINT usage_people_user_key UNIQUE
    )
    """,
    # A person as member of a department and country; the zero id stands for none. Who moves becomes another subject:
    # what was used is booked where the person was then. place: which of the person's places it is, from 0; a trigger
    # counts them.
    """
    CREATE TABLE usage_subjects (
        id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        person         integer NOT NULL REFERENCES usage_people,
        place          smallint NOT NULL,
        department_id  uuid NOT NULL,
        country_id     uuid NOT NULL,
        CONSTRAINT usage_subjects_key UNIQUE (person, department_id, country_id),
        CONSTRAINT usage_subjects_place_key UNIQUE (person, place)
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
           INCLUDE (input_tokens, output_tokens)
    """,
    "CREATE INDEX usage_answers_gaps_idx ON usage_answers (day) INCLUDE (subject, gap) WHERE gap IS NOT NULL",
    "CREATE INDEX usage_answers_of_gap_idx ON usage_answers (gap, day) INCLUDE (subject) WHERE gap IS NOT NULL",
    "CREATE INDEX usage_answers_running_idx ON usage_answers (day) WHERE status = 'running'",
)

FUNCTIONS = (
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
     -- what was asked together is kept together
     ORDER BY m.created_at
    """


TRIGGERS = (
    # Two transactions that bring one person to two new places wait for each other: a place is never given twice.
    """
    CREATE FUNCTION usage_count_places() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM usage_people WHERE person = NEW.person FOR NO KEY UPDATE;
        NEW.place := (SELECT count(*) FROM usage_subjects WHERE person = NEW.person);
        RETURN NEW;
    END
    $$
    """,
    """
    CREATE TRIGGER usage_new_subjects BEFORE INSERT ON usage_subjects
    FOR EACH ROW EXECUTE FUNCTION usage_count_places()
    """,
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
    for table in ("usage_answers", "usage_subjects", "usage_people"):
        op.execute(f"DROP TABLE {table}")
    for function in (
        "usage_count_places()",
        "usage_note_answers()",
        "usage_change_answers()",
        "usage_note_rating()",
        "usage_forget_user()",
        "usage_question_key(text)",
        "usage_question_words(text)",
    ):
        op.execute(f"DROP FUNCTION {function}")
