"""The whole of what Nexus keeps of a library, to be put back and to be compared byte for byte."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.shared.services.guarantees.synced_library import SyncedLibrary

# In the order in which rows may be put back.
TABLES = ("sharepoint_sync_state", "sharepoint_folders", "sharepoint_documents", "sync_runs")
# Moments, the run that was last at a row, and how often a row was written: of every run its own.
_PASSING = frozenset(
    "created_at started_at finished_at last_sync_at ingested_at retry_at seen_run_id lease_run_id lease_until "
    "revision".split()
)
# Of a run: what was written before a kill is not written, embedded and counted a second time; seconds are times.
_OF_THE_WAY = frozenset("id passages embed_tokens throttled_s".split())

type Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Snapshot:
    rows: Rows
    points: dict[str, dict[str, Any]]

    @classmethod
    async def take(cls, library: SyncedLibrary) -> "Snapshot":
        rows: Rows = {}
        async with library.db.connection() as connection:
            for table in TABLES:
                found = await connection.fetch(f"SELECT to_jsonb(t) AS row FROM {table} t")  # noqa: S608
                rows[table] = [row["row"] for row in found]
        return cls(rows, await library.points(vectors=True))

    async def put_back(self, library: SyncedLibrary) -> None:
        async with library.db.transaction() as connection:
            for table in reversed(TABLES):
                await connection.execute(f"DELETE FROM {table}")  # noqa: S608
            for table in TABLES:
                await connection.execute(
                    f"INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1)",  # noqa: S608
                    self.rows[table],
                )
        mine = {"must": [{"key": "library_id", "match": {"value": str(library.library.id)}}]}
        operations: list[dict[str, Any]] = [
            {"delete": {"filter": mine}},
            {"upsert": {"points": list(self.points.values())}},
        ]
        async with httpx.AsyncClient(headers={"api-key": library.qdrant.api_key}, trust_env=False) as http:
            url = f"{library.collection_url}/points/batch?wait=true"
            (await http.post(url, json={"operations": operations})).raise_for_status()

    def compared(self) -> dict[str, Any]:
        """Without what differs from run to run whatever happens in it."""
        kept: dict[str, Any] = {"points": self.points}
        for table, rows in self.rows.items():
            left_out = _PASSING | (_OF_THE_WAY if table == "sync_runs" else frozenset())
            stripped = [
                {key: value for key, value in row.items() if key not in left_out and not key.endswith("_s")}
                for row in rows
            ]
            kept[table] = sorted(stripped, key=repr)
        return kept


def differences(expected: dict[str, Any], found: dict[str, Any], where: str = "") -> list[str]:
    """Every place at which two snapshots differ, with both values."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = sorted(expected.keys() | found.keys(), key=str)
        return [
            line
            for key in keys
            for line in differences(expected.get(key, "absent"), found.get(key, "absent"), f"{where}/{key}")
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for place, (left, right) in enumerate(zip(expected, found, strict=True))
            for line in differences(left, right, f"{where}/{place}")
        ]
    return [] if expected == found else [f"{where}: {expected!r} became {found!r}"]
