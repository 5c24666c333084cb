"""Lists of a large ledger: every list in order of names by an index, and nothing of another scope or filter in it."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from devstack.stack.postgres import Database, Postgres
from shared.db import document_lists
from shared.db.document_lists import DocumentFilter, ListedDocument, listing
from shared.db.pool import Db
from shared.domain.audience import Scope

DOCUMENTS = 60_000
# What a ledger of a company looks like: most of it indexed, a fifth skipped, few of all else.
FILL = """
    WITH departments AS (
        INSERT INTO departments (name) SELECT 'D' || i FROM generate_series(1, 20) AS i RETURNING id
    ), countries AS (
        INSERT INTO countries (code, name) SELECT c, c FROM unnest('{DE,US,FR,IT}'::text[]) AS c RETURNING id
    ), d AS (
        SELECT id, row_number() OVER () AS number FROM departments
    ), c AS (
        SELECT id, row_number() OVER () AS number FROM countries
    ), libraries AS (
        INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id, department_id, country_id)
        SELECT 'https://sp.example/' || i, 'Library ' || i, 'site', i::text, d.id, c.id
          FROM generate_series(1, 40) AS i
          JOIN d ON d.number = 1 + i % 20
          JOIN c ON c.number = 1 + i / 10 % 4
        RETURNING id, drive_id, department_id, country_id
    )
    INSERT INTO sharepoint_documents
           (id, sharepoint_id, file_name, file_url, library_url, department_id, country_id, file_type, drive_id,
            library_id, path, status, reason_code, reason, is_active, qdrant_point_ids)
    SELECT gen_random_uuid(), 'item' || i, 'File ' || md5(i::text) || '.pdf', 'u', 'l', l.department_id, l.country_id,
           'pdf', l.drive_id, l.id, 'Folder ' || i % 100 || '/File ' || md5(i::text) || '.pdf',
           CASE WHEN i % 5 = 0 THEN 'skipped' WHEN i % 211 = 0 THEN 'failed' WHEN i % 307 = 0 THEN 'pending'
                ELSE 'indexed' END,
           CASE WHEN i % 5 = 0 THEN 'unsupported_type' WHEN i % 211 = 0 THEN 'download_failed' END,
           CASE WHEN i % 5 = 0 THEN 'No.' WHEN i % 211 = 0 THEN 'Cut.' END,
           i % 401 <> 0, '["a", "b"]'
      FROM generate_series(1, $1::integer) AS i
      JOIN libraries l ON l.drive_id = (1 + i % 40)::text
"""


@pytest.fixture(scope="module")
def ledger(postgres: Postgres) -> Iterator[Database]:
    database = postgres.fresh_database()

    async def fill() -> None:
        owner = await asyncpg.connect(database.dsn_owner)
        try:
            await owner.execute(FILL, DOCUMENTS, timeout=120)
            await owner.execute("ANALYZE")
        finally:
            await owner.close()

    asyncio.run(fill())
    yield database
    database.drop()


@pytest.fixture
async def large(ledger: Database) -> Any:
    db = Db(ledger.dsn_app)
    yield db
    await db.close()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


async def planned(db: Db, wanted: DocumentFilter, after: Any = None) -> list[dict[str, Any]]:
    statement, values = listing(wanted, after=after, limit=21)
    async with db.connection() as connection:
        shown = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
    return nodes(json.loads(shown)[0]["Plan"])


async def scopes_and_library(db: Db) -> tuple[Any, Any, Any]:
    """Of a library that holds documents of every status: one in five holds skipped ones only."""
    async with db.connection() as connection:
        row = await connection.fetchrow(
            "SELECT department_id, country_id, library_id FROM sharepoint_documents WHERE drive_id = '2' LIMIT 1"
        )
    assert row is not None
    return tuple(row)


async def filters(db: Db) -> dict[str, DocumentFilter]:
    department, country, library = await scopes_and_library(db)
    return {
        "all": DocumentFilter(),
        "library": DocumentFilter(library_id=library),
        "department": DocumentFilter(within=Scope(department, None)),
        "country": DocumentFilter(within=Scope(None, country)),
        "department and country": DocumentFilter(within=Scope(department, country)),
        "indexed": DocumentFilter(status="indexed"),
        "pending": DocumentFilter(status="pending"),
        "skipped": DocumentFilter(status="skipped"),
        "failed": DocumentFilter(status="failed"),
        "inactive": DocumentFilter(status="inactive"),
        "reason": DocumentFilter(status="skipped", reason_code="unsupported_type"),
        "failed of a library": DocumentFilter(library_id=library, status="failed"),
        "failed of a manager": DocumentFilter(status="failed", within=Scope(department, country)),
    }


async def test_no_list_reads_the_whole_ledger(large: Db) -> None:
    for name, wanted in (await filters(large)).items():
        for after in (None, ("File 8", UUID(int=0))):
            plan = await planned(large, wanted, after)
            read = [node for node in plan if node.get("Relation Name") == "sharepoint_documents"]
            assert read, name
            assert [node["Node Type"] for node in read if node["Node Type"] == "Seq Scan"] == [], name
            touched = sum(
                (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in read
            )
            assert touched < DOCUMENTS / 20, f"{name}: {touched} rows for a page of 20"


async def walked(db: Db, wanted: DocumentFilter, limit: int) -> list[ListedDocument]:
    found: list[ListedDocument] = []
    after = None
    while True:
        async with db.connection() as connection:
            page = await document_lists.list_all(connection, wanted, after=after, limit=limit)
        found += page
        if len(page) < limit:
            return found
        after = (page[-1].file_name, page[-1].id)


async def test_pages_are_in_order_and_hold_every_document_of_the_filter_once(large: Db) -> None:
    for name, wanted in (await filters(large)).items():
        if name in ("all", "indexed", "skipped", "reason"):
            continue  # the same statements over many more pages
        found = await walked(large, wanted, 1000)
        assert [(each.file_name, each.id) for each in found] == sorted((each.file_name, each.id) for each in found)
        assert len({each.id for each in found}) == len(found) > 0, name
        assert all(wanted.within.reaches(each.scope) for each in found), name
        if wanted.status:
            assert {each.status for each in found} == {wanted.status}, name
        async with large.connection() as connection:
            counted = await document_lists.counts(connection, wanted)
        assert sum(count.documents for count in counted) == len(found), name


async def test_counts_add_up_to_the_ledger_by_status_and_reason(large: Db) -> None:
    async with large.connection() as connection:
        counted = await document_lists.counts(connection, DocumentFilter())
        rows = await connection.fetch("SELECT is_active, status, reason_code FROM sharepoint_documents")
    expected = Counter((row["status"], row["reason_code"]) if row["is_active"] else ("inactive", None) for row in rows)
    assert {(count.status, count.reason_code): count.documents for count in counted} == expected
    assert sum(expected.values()) == DOCUMENTS
    assert [count.documents for count in counted] == sorted((count.documents for count in counted), reverse=True)


async def test_a_search_finds_letters_anywhere_in_the_path_and_takes_none_as_a_wildcard(db: Db) -> None:
    names = ["100% Überblick_final.docx", "100 Überblick.docx", "a_b.txt", "axb.txt", r"back\slash.txt", "O'Hara.txt"]
    random.shuffle(names)
    async with db.transaction() as connection:
        library = await connection.fetchval(
            "INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id) VALUES ('l', 'L', 's', 'd')"
            " RETURNING id"
        )
        for number, name in enumerate(names):
            await connection.execute(
                "INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, file_type,"
                " drive_id, library_id, path) VALUES (gen_random_uuid(), $1, $2, 'u', 'l', 't', 'd', $3, $4)",
                str(number), name, library, None if name == "axb.txt" else f"Jahr 2026/{name}",
            )  # fmt: skip

    async def found(search: str) -> set[str]:
        return {each.file_name for each in await walked(db, DocumentFilter(search=search), 2)}

    assert await found("100%") == {"100% Überblick_final.docx"}
    assert await found("ÜBERBLICK") == {"100% Überblick_final.docx", "100 Überblick.docx"}
    assert await found("a_b") == {"a_b.txt"}
    assert await found("k\\s") == {r"back\slash.txt"}
    assert await found("o'h") == {"O'Hara.txt"}
    assert await found("jahr 2026/") == set(names) - {"axb.txt"}, "a path that is not known yet has the name only"
    assert await found("axb") == {"axb.txt"}
    assert await found("%") == {"100% Überblick_final.docx"}
