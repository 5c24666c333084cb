"""The documents that no answer cites are those that one could."""

from datetime import date

import asyncpg

from devstack.stack.postgres import Database
from shared.db import documents, quality_reports
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.usage import Period

EVERY_STATE = """
    WITH library AS (
        INSERT INTO sharepoint_sync_state (library_url, name, site_id, drive_id) VALUES ('l', 'L', 's', 'd')
        RETURNING id
    )
    INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, file_type, drive_id,
                                      library_id, status, is_active, todo, qdrant_point_ids)
    SELECT gen_random_uuid(), row_number() OVER (), 'f', 'u', 'l', 'pdf', 'd', library.id, status, is_active, todo,
           CASE WHEN answers THEN jsonb_build_array(gen_random_uuid()) ELSE '[]' END
      FROM library, unnest(ARRAY['pending', 'indexed', 'skipped', 'failed']) status,
           unnest(ARRAY['ingest', 'relabel', 'remove', NULL]) todo,
           unnest(ARRAY[false, true]) is_active, unnest(ARRAY[false, true]) answers
"""


async def test_only_what_readers_find_counts_as_never_cited_a_version_before_the_newest_included(
    database: Database, db: Db
) -> None:
    owner = await asyncpg.connect(database.dsn_owner)
    try:
        await owner.execute(EVERY_STATE)
        ids = [row["id"] for row in await owner.fetch("SELECT id FROM sharepoint_documents")]
    finally:
        await owner.close()
    day = date(2026, 11, 1)
    async with db.connection() as connection:
        found = {each for each in ids if (await documents.get(connection, each)).is_found}
        told = await quality_reports.documents(
            connection, Period(day, day), Scope(None, None), missing=len(ids), counted=True
        )
    assert {document.id for document in told.missing} == found
    assert told.documents == len(found)
    assert len(ids) == 64
    assert len(found) == 15
