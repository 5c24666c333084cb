"""A year of a company's questions, made inside PostgreSQL: 5,000 people in 12 departments and 8 countries."""

import importlib
import time
from typing import Any

import asyncpg

from shared.db import usage_rolling
from shared.services.analytics import BATCH

# The first of the 365 days.
FIRST = "2025-11-01"
# An answer in ten conversations' worth of messages is written at a time.
_CHUNKS = 10
# More of them, and what a batch adds up does not fit into its memory.
_ROLLED_AT_ONCE = 40_000

_COMPANY = (
    "SELECT setseed(0.5)",
    "INSERT INTO departments (name) SELECT 'Department ' || n FROM generate_series(1, 12) n",
    """
    INSERT INTO countries (code, name)
    SELECT 'A' || chr(64 + n), 'Country ' || n FROM generate_series(1, 8) n
    """,
    """
    INSERT INTO users (entra_id, display_name, department_id, country_id)
    SELECT 't:' || n, 'Person ' || n, d.ids[1 + n % 12], c.ids[1 + n / 12 % 8]
      FROM generate_series(1, 5000) n,
           (SELECT array_agg(id ORDER BY name) AS ids FROM departments) d,
           (SELECT array_agg(id ORDER BY code) AS ids FROM countries) c
    """,
    """
    INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id)
    VALUES ('https://bench.example/sites/bench/Documents', 'Bench', 'site', 'drive')
    """,
    # one in four is for everyone, the others for one department and country
    """
    INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, file_type, drive_id,
                                      library_id, status, department_id, country_id)
    SELECT md5('document' || n)::uuid, n::text, 'document-' || n || '.docx', 'https://bench.example/' || n, 'u',
           'docx', 'drive', (SELECT id FROM sharepoint_sync_state), 'indexed',
           CASE WHEN n % 4 > 0 THEN d.ids[1 + n % 12] END, CASE WHEN n % 4 > 0 THEN c.ids[1 + n / 12 % 8] END
      FROM generate_series(1, 20000) n,
           (SELECT array_agg(id ORDER BY name) AS ids FROM departments) d,
           (SELECT array_agg(id ORDER BY code) AS ids FROM countries) c
    """,
)
# Twenty messages a conversation. People ask unevenly: a power of a random number makes a few ask much.
_CONVERSATIONS = """
    INSERT INTO conversations (id, user_id, mode, created_at)
    SELECT md5('conversation' || n)::uuid, u.ids[1 + floor(5000 * random() ^ 1.5)::int],
           (ARRAY['rag', 'rag', 'rag', 'assistant', 'notebook'])[1 + floor(5 * random())::int],
           DATE '2025-11-01' + random() * interval '365 days'
      FROM generate_series($1::int, $2::int - 1) n, (SELECT array_agg(id ORDER BY entra_id) AS ids FROM users) u
"""
_QUESTIONS = """
    INSERT INTO messages (id, conversation_id, role, content, created_at)
    SELECT md5('question' || n || '-' || k)::uuid, c.id, 'user',
           'What about topic ' || floor(exp(9 * random()))::int || '?', c.created_at + k * interval '1 minute'
      FROM generate_series($1::int, $2::int - 1) n
      JOIN conversations c ON c.id = md5('conversation' || n)::uuid
     CROSS JOIN generate_series(1, 10) k
"""
_ANSWERS = """
    INSERT INTO messages (id, conversation_id, role, content, created_at, reply_to, status, llm_provider, llm_model,
                          input_tokens, output_tokens, side_input_tokens, cost, supported, latency_ms, first_token_ms,
                          sources)
    SELECT md5('answer' || n || '-' || k)::uuid, c.id, 'assistant', 'It depends.',
           c.created_at + k * interval '1 minute' + interval '1 microsecond', md5('question' || n || '-' || k)::uuid,
           (ARRAY['complete', 'failed', 'cancelled', 'interrupted'])[1 + greatest(0, floor(104 * random())::int - 100)],
           (ARRAY['openai', 'azure', 'anthropic'])[1 + model % 3],
           (ARRAY['gpt-4.1', 'gpt-4.1-mini', 'claude-opus-4-8', 'gpt-5'])[1 + model],
           2000 + floor(4000 * random()), 50 + floor(700 * random()), 200, 0.00000001 * floor(5e6 * random()),
           CASE WHEN c.mode = 'rag' THEN random() > 0.05 END,
           floor(exp(6.5 + 3 * random()))::int, floor(exp(5 + 3 * random()))::int,
           CASE WHEN c.mode <> 'rag' THEN '[]' ELSE (
                SELECT jsonb_agg(jsonb_build_object(
                           'document_id', md5('document' || 1 + floor(20000 * 0.9 * random() ^ 3)::int)::uuid))
                  FROM generate_series(1, 2 + n * 0)) END
      FROM (SELECT n, floor(4 * random() ^ 2)::int AS model FROM generate_series($1::int, $2::int - 1) n) made
      JOIN conversations c ON c.id = md5('conversation' || n)::uuid
     CROSS JOIN generate_series(1, 10) k
"""


async def fill(dsn_owner: str, messages: int, *, by_timer: int, unrolled: int) -> dict[str, float]:
    """Seconds that each part took. The last `by_timer` changes are rolled up in the timer's batches after all tables
    were vacuumed; `unrolled` are left to the reports themselves, as between two ticks of the timer. Messages are
    written without their triggers and foreign keys, then counted as the migrations count those that they find:
    statement by statement the same SQL."""
    took: dict[str, float] = {}
    connection: Any = await asyncpg.connect(dsn_owner, timeout=60)
    try:
        # for the filling only: sorts of millions of rows belong into memory
        await connection.execute("SET work_mem = '256MB'")
        for statement in _COMPANY:
            await connection.execute(statement)
        for key in ("conversation_id", "reply_to", "replaced_by"):
            await connection.execute(f"ALTER TABLE messages DROP CONSTRAINT messages_{key}_fkey")
        await connection.execute("ALTER TABLE messages DISABLE TRIGGER USER")
        began = time.perf_counter()
        conversations = max(_CHUNKS, messages // 20)
        for chunk in range(_CHUNKS):
            span = conversations * chunk // _CHUNKS, conversations * (chunk + 1) // _CHUNKS
            for statement in (_CONVERSATIONS, _QUESTIONS, _ANSWERS):
                await connection.execute(statement, *span, timeout=7200)
        await connection.execute("ALTER TABLE messages ENABLE TRIGGER USER")
        took["messages written"] = time.perf_counter() - began
        began = time.perf_counter()
        await connection.execute("ANALYZE")
        revisions = "shared.db.migrations.versions."
        await connection.execute("ALTER TABLE usage_answers DISABLE TRIGGER USER")
        for statement in importlib.import_module(revisions + "0011_analytics").BACKFILL:
            await connection.execute(statement, timeout=7200)
        await connection.execute(importlib.import_module(revisions + "0012_usage_sums").BACKFILL, timeout=7200)
        await connection.execute("ALTER TABLE usage_answers ENABLE TRIGGER USER")
        took["counted, as the migrations do"] = time.perf_counter() - began
        await connection.execute("ANALYZE usage_subjects, usage_changes")
        began = time.perf_counter()
        waiting = await connection.fetchval("SELECT count(*) FROM usage_changes")
        waiting = await _roll(connection, waiting, by_timer + unrolled, _ROLLED_AT_ONCE)
        took["rolled up"] = time.perf_counter() - began
        # kept small by the timer; here it has held every answer at once
        await connection.execute("VACUUM FULL usage_changes", timeout=7200)
        await connection.execute("VACUUM ANALYZE", timeout=7200)
        # the pages of the last days as the timer leaves them
        began = time.perf_counter()
        await _roll(connection, waiting, unrolled, BATCH)
        took[f"of these {by_timer:,} changes in batches of the timer's"] = time.perf_counter() - began
        # one process a report, so that its CPU can be told
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"ALTER DATABASE {name} SET max_parallel_workers_per_gather = 0")
    finally:
        await connection.close()
    return took


async def _roll(connection: Any, waiting: int, until: int, batch: int) -> int:
    while waiting > until:
        if batch == _ROLLED_AT_ONCE:
            await connection.execute("VACUUM usage_changes", timeout=7200)
        async with connection.transaction():
            waiting -= await usage_rolling.roll(connection, min(batch, waiting - until), timeout_s=7200)
    return waiting
