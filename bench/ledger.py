"""Row: the sync's own statements over ledgers of growing size: `python -m bench ledger --items 1000000`.

What is independent of Graph and Qdrant can be measured at a size that a whole sync would take hours for: rows are
written straight into PostgreSQL, then the product's functions run over them, each in a transaction that is rolled back.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.ledger_size import size_lines
from bench.library_world import migrated_postgres
from bench.measure import versions
from bench.rows import Options, Table, figure
from devstack.stack.postgres import Postgres
from shared.db import ledger, ledger_paths, ledger_work, libraries, library_leases
from shared.db.pool import COMMAND_TIMEOUT_S, Connection, Db
from shared.domain.audience import Scope
from shared.domain.documents import DriveItem, ItemKind, LibraryAddress
from shared.domain.ids import SyncRunId
from shared.domain.ledger import Library, Todo
from shared.errors import Unavailable

ITEMS = 200_000
_STEPS = (100, 10, 1)  # the largest ledger divided by these
_RUN = SyncRunId(UUID(int=1))
_ADDRESS = LibraryAddress("site", "drive", "Ledger", "https://bench.example/sites/bench/Documents")

# Twenty files a folder, eight folders in a folder, ten passages a file: as the generated libraries, but for the last.
_FOLDERS = """
    INSERT INTO sharepoint_folders (drive_id, item_id, library_id, parent_id, name, is_root)
    SELECT 'drive', 'f' || n, $1, CASE WHEN n > 0 THEN 'f' || (n - 1) / 8 END, 'Folder ' || n, n = 0
      FROM generate_series(0, $2::int / 20) n
"""
_DOCUMENTS = """
    INSERT INTO sharepoint_documents (
           id, sharepoint_id, file_name, file_url, library_url, file_type, file_size, last_modified, qdrant_point_ids,
           ingested_at, drive_id, library_id, parent_id, path, etag, ctag, remote_hash, content_hash, pipeline_version,
           language, status, is_new, seen_run_id)
    SELECT gen_random_uuid(), '01' || upper(md5(n::text)), 'leave-travel-' || n || '.docx',
           'https://bench.example/sites/bench/Documents/Folder/leave-travel-' || n || '.docx',
           'https://bench.example/sites/bench/Documents', 'docx', 12000, now(),
           (SELECT jsonb_agg(gen_random_uuid()::text || left((n + p)::text, 0)) FROM generate_series(1, 10) p),
           now(), 'drive', $1, 'f' || n / 20, 'Folder/leave-travel-' || n || '.docx',
           '"{' || gen_random_uuid() || '},1"', '"c:{' || gen_random_uuid() || '},1"', md5(n::text),
           md5(n::text) || md5(n::text), '1', 'en', 'indexed', false, $3
      FROM generate_series(1, $2::int) n
"""


class _RolledBack(Exception):
    pass


def run(options: Options) -> Sequence[Table]:
    most = options.items or (10_000 if options.quick else ITEMS)
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as home, migrated_postgres(Path(home) / "pg") as server:
        measured = [asyncio.run(_measure(server, most // step)) for step in _STEPS]
    sizes = [f"{most // step:,}" for step in _STEPS]
    return [
        Table(
            "The sync's statements over a ledger of so many documents, ms",
            ("statement", *sizes),
            tuple((name, *(times[name] for times, _ in measured)) for name in measured[0][0]),
            (
                "once each, after ANALYZE, by the app's role; rolled back",
                f"the app gives every statement {COMMAND_TIMEOUT_S:g} s: beyond that the step fails and is tried again",
                "PostgreSQL without fsync on the same machine",
            ),
            versions("asyncpg"),
        ),
        Table(
            f"Bytes of a ledger of {sizes[-1]} documents of ten passages, as written",
            ("table", "rows", "bytes a row", "bytes of indexes a row", "together"),
            measured[-1][1],
            ("each row written once: no room of replaced rows is in it",),
            versions("asyncpg"),
        ),
    ]


async def _measure(server: Postgres, items: int) -> tuple[dict[str, str], tuple[tuple[str, ...], ...]]:
    database = server.fresh_database()
    db = Db(database.dsn_app)
    try:
        async with db.transaction() as connection:
            library = await libraries.add(connection, _ADDRESS, Scope(None, None), enabled=True)
        async with db.transaction() as connection:
            await connection.execute(_FOLDERS, library.id, items, timeout=3600)
            await connection.execute(_DOCUMENTS, library.id, items, _RUN, timeout=3600)
        async with db.connection() as connection:
            await connection.execute("ANALYZE", timeout=3600)
            sizes = await size_lines(connection)
        return {name: await _timed(db, library, name) for name in _WORK}, sizes
    finally:
        await db.close()


async def _timed(db: Db, library: Library, name: str) -> str:
    work = _WORK[name]
    try:
        async with db.transaction() as connection:
            if name in _BEFORE:
                await connection.execute(_BEFORE[name], timeout=3600)
            begun = time.perf_counter()
            await work(connection, library)
            seconds = time.perf_counter() - begun
            raise _RolledBack
    except _RolledBack:
        return figure(1000 * seconds)
    except Unavailable:
        return f"over {COMMAND_TIMEOUT_S:g} s"


async def _page(connection: Connection, library: Library) -> None:
    """As services/sync_pages applies one delta page of a hundred new files."""
    files = [
        DriveItem(f"new-{n}", ItemKind.FILE, f"new-{n}.docx", "f1", size=1, last_modified=datetime.now(UTC))
        for n in range(100)
    ]
    ids = [file.item_id for file in files]
    await ledger.known(connection, library.drive_id, ids)
    await ledger.save_documents(connection, library, _RUN, [(file, Todo.INGEST) for file in files])
    await ledger_paths.derive_paths(connection, library, changed_folders=[], changed_files=ids)


async def _rename(connection: Connection, library: Library, folder: str) -> None:
    await ledger_paths.derive_paths(connection, library, changed_folders=[folder], changed_files=[])


_WORK: dict[str, Callable[[Connection, Library], Awaitable[Any]]] = {
    "a delta page of 100 new files": _page,
    "the same while the top folder has not come": _page,
    "the top folder comes, no file below it had a path": lambda connection, library: _rename(connection, library, "f0"),
    "the next 100 files to read, none left": lambda connection, library: ledger_work.ready_to_ingest(
        connection, library.id, 100
    ),
    "failed files whose time has come, none": lambda connection, library: ledger_work.queue_retries(
        connection, library.id
    ),
    "what a full enumeration did not bring, counted": lambda connection, library: ledger.count_unseen(
        connection, library.id, _RUN
    ),
    "is nothing left to do": lambda connection, library: library_leases.commit(connection, library.id, _RUN, None),
    "a renamed folder of 20 files": lambda connection, library: _rename(connection, library, "f400"),
    "a renamed folder of an eighth of the library": lambda connection, library: _rename(connection, library, "f1"),
}
_UNPLACED = "UPDATE sharepoint_documents SET path = NULL, todo = 'ingest', qdrant_point_ids = '[]', status = 'pending'"
_TOP_AWAY = "WITH top AS (DELETE FROM sharepoint_folders WHERE is_root) "
# What is put in place first, in the same transaction.
_BEFORE = {
    "the same while the top folder has not come": _TOP_AWAY + _UNPLACED,
    "the top folder comes, no file below it had a path": _UNPLACED,
}
