"""What a library takes in PostgreSQL: bytes a row, tables and indexes apart, as the server says it."""

from typing import Any

import asyncpg

from bench.measure import versions
from bench.rows import Table

SIZES = """
    SELECT pg_table_size($1::text::regclass) AS rows_bytes, pg_indexes_size($1::text::regclass) AS index_bytes
"""
# A document keeps the ids of its passages as JSON: what one more of them adds to a value stored in its row.
PASSAGE_ID = """
    WITH ids AS (SELECT n, jsonb_agg(gen_random_uuid()::text) AS list
                   FROM unnest(ARRAY[10, 20]) n, generate_series(1, n) GROUP BY n)
    SELECT (max(pg_column_size(list)) - min(pg_column_size(list))) / 10.0 FROM ids
"""
COUNTS = {
    "sharepoint_documents": "SELECT count(*) FROM sharepoint_documents",
    "sharepoint_folders": "SELECT count(*) FROM sharepoint_folders",
}


async def size_table(dsn: str) -> Table:
    connection: Any = await asyncpg.connect(dsn)
    try:
        lines = await size_lines(connection)
        passage_id = await connection.fetchval(PASSAGE_ID)
    finally:
        await connection.close()
    return Table(
        "What the ledger takes in PostgreSQL after the three passes",
        ("table", "rows", "bytes a row", "bytes of indexes a row", "together"),
        lines,
        (
            "rows that the passes replaced are in it as far as autovacuum has not come by: a row that grew in place "
            "takes less",
            f"a generated file has one passage; the id of each further one adds {passage_id:.0f} bytes",
        ),
        versions("asyncpg"),
    )


async def size_lines(connection: Any) -> tuple[tuple[str, ...], ...]:
    """A line a table: its name, rows, bytes a row, bytes of indexes a row, both together."""
    return tuple([await _line(connection, table) for table in COUNTS])


async def _line(connection: Any, table: str) -> tuple[str, ...]:
    count = await connection.fetchval(COUNTS[table])
    size = await connection.fetchrow(SIZES, table)
    rows, indexes = size["rows_bytes"] / max(1, count), size["index_bytes"] / max(1, count)
    return table, f"{count:,}", f"{rows:,.0f}", f"{indexes:,.0f}", f"{rows + indexes:,.0f}"
