"""The check that all other tests here rely on: each difference, made by hand, is found and named; nothing else is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from functions.drift_report import as_json, as_table
from shared.domain.drift import DriftKind
from shared.domain.ids import DocumentId
from shared.services import drift
from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import chapters


@dataclass(frozen=True)
class Tampering:
    """`undo` is not needed: every test has a library of its own."""

    library: SyncedLibrary
    document: DocumentId

    async def sql(self, assignment: str) -> None:
        async with self.library.db.connection() as connection:
            await connection.execute(f"UPDATE sharepoint_documents SET {assignment} WHERE id = $1", self.document)  # noqa: S608

    async def points(self, operation: dict[str, Any]) -> None:
        async with httpx.AsyncClient(headers={"api-key": self.library.qdrant.api_key}, trust_env=False) as http:
            url = f"{self.library.collection_url}/points/batch?wait=true"
            (await http.post(url, json={"operations": [operation]})).raise_for_status()

    async def payload(self, **payload: Any) -> None:
        mine = {"must": [{"key": "document_id", "match": {"value": str(self.document)}}]}
        await self.points({"set_payload": {"payload": payload, "filter": mine}})

    async def one_point(self) -> dict[str, Any]:
        points = (await self.library.points(vectors=True)).values()
        return next(point for point in points if point["payload"]["document_id"] == str(self.document))

    async def another_point(self, **payload: Any) -> None:
        point = await self.one_point()
        added = {**point, "id": str(uuid4()), "payload": {**point["payload"], **payload}}
        await self.points({"upsert": {"points": [added]}})

    async def delete_point(self) -> None:
        await self.points({"delete": {"points": [(await self.one_point())["id"]]}})

    async def folder(self) -> None:
        async with self.library.db.connection() as connection:
            await connection.execute("UPDATE sharepoint_folders SET name = 'other' WHERE name = 'f'")


type Tamper = Callable[[Tampering], Awaitable[None]]
TAMPERINGS: dict[str, tuple[Tamper, set[DriftKind]]] = {
    "a passage is gone": (lambda t: t.delete_point(), {DriftKind.PASSAGES_MISSING}),
    "a passage is too many": (lambda t: t.another_point(), {DriftKind.PASSAGES_SURPLUS}),
    "a passage was left staged": (
        lambda t: t.another_point(staged=True, is_active=False),
        {DriftKind.PASSAGES_STAGED},
    ),
    "a passage of the document is staged": (lambda t: t.payload(staged=True), {DriftKind.WRONG_LABELS}),
    "hidden": (lambda t: t.payload(is_active=False), {DriftKind.WRONG_LABELS}),
    "other readers": (lambda t: t.payload(department_id=str(uuid4())), {DriftKind.WRONG_LABELS}),
    "another name": (lambda t: t.payload(file_name="other.md"), {DriftKind.WRONG_LABELS}),
    "another address": (lambda t: t.payload(file_url="https://h/other.md"), {DriftKind.WRONG_LABELS}),
    "another date": (lambda t: t.payload(last_modified="2001-01-01T00:00:00Z"), {DriftKind.WRONG_LABELS}),
    "passages of nobody": (
        lambda t: t.another_point(document_id=str(uuid4())),
        {DriftKind.UNKNOWN_DOCUMENT},
    ),
    "switched off in the ledger alone": (lambda t: t.sql("is_active = false"), {DriftKind.WRONG_LABELS}),
    "another path": (
        lambda t: t.sql("path = 'elsewhere/a.md'"),
        {DriftKind.WRONG_PATH, DriftKind.WRONG_ADDRESS},
    ),
    "another address in the ledger": (
        lambda t: t.sql("file_url = 'https://h/x'"),
        {DriftKind.WRONG_ADDRESS, DriftKind.WRONG_LABELS},
    ),
    "a folder of another name": (lambda t: t.folder(), {DriftKind.WRONG_FOLDER, DriftKind.WRONG_PATH}),
    "still to be read": (lambda t: t.sql("todo = 'ingest'"), {DriftKind.UNSYNCED}),
    "another version": (lambda t: t.sql("remote_hash = 'other'"), {DriftKind.UNSYNCED}),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_a_difference_made_by_hand_is_found_and_no_other(library: SyncedLibrary, name: str) -> None:
    await library.put("f/a.md", chapters(2))
    await library.put("f/b.md", "Untouched.")
    await library.sync()
    assert (await library.drift()).agrees
    tamper, expected = TAMPERINGS[name]
    await tamper(Tampering(library, (await library.documents())["f/a.md"].id))
    report = await library.drift()
    assert set(report.counts) == expected, report.differences
    assert all(each.detail.endswith(".") for each in report.differences)


async def test_what_sharepoint_has_and_the_ledger_has_not_and_the_other_way_round(library: SyncedLibrary) -> None:
    await library.put("a.md", "One.")
    await library.sync()
    await library.put("f/new.md", "Two.")
    await library.remove("a.md")
    report = await library.drift()
    told = {(each.kind, each.what) for each in report.differences}
    assert told == {
        (DriftKind.UNSYNCED, "f"),
        (DriftKind.UNSYNCED, "new.md"),
        (DriftKind.NOT_IN_SHAREPOINT, "a.md"),
    }
    await library.sync()
    report = await library.drift()
    assert (report.agrees, report.files, report.documents, report.passages) == (True, 1, 1, 1)


async def test_other_readers_than_the_library_has_are_found(library: SyncedLibrary) -> None:
    await library.put("a.md", "One.")
    await library.sync()
    async with library.db.connection() as connection:
        department = await connection.fetchval("INSERT INTO departments (name) VALUES ('HR') RETURNING id")
        await connection.execute("UPDATE sharepoint_documents SET department_id = $1", department)
    counts = (await library.drift()).counts
    assert set(counts) == {DriftKind.WRONG_SCOPE, DriftKind.WRONG_LABELS}


async def test_passages_of_a_library_that_nexus_has_not_are_strays(library: SyncedLibrary) -> None:
    await library.put("a.md", "One.")
    await library.sync()
    assert (await library.runtime.drift.strays()).agrees
    tampering = Tampering(library, (await library.documents())["a.md"].id)
    await tampering.another_point(library_id=str(uuid4()))
    report = await library.runtime.drift.strays()
    assert (report.passages, set(report.counts)) == (1, {DriftKind.UNKNOWN_LIBRARY})
    assert not report.agrees


async def test_pages_of_the_ledger_end_where_passages_become_many(
    library: SyncedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds of one document, one passage: every page is the smallest there is, and the answer is the same."""
    for number in range(5):
        await library.put(f"{number}.md", chapters(2))
    await library.sync()
    monkeypatch.setattr(drift, "PAGE_DOCUMENTS", 2)
    monkeypatch.setattr(drift, "PAGE_PASSAGES", 1)
    report = await library.drift()
    assert (report.agrees, report.files, report.documents, report.passages) == (True, 5, 5, 10)


async def test_the_table_and_the_json_say_the_same(library: SyncedLibrary) -> None:
    await library.put("a.md", "One.")
    await library.sync()
    agreeing = await library.drift()
    assert as_table([agreeing]).endswith("Ledger, passage index and SharePoint agree.")
    await library.remove("a.md")
    report = await library.drift()
    table, told = as_table([report]), as_json([report])
    assert "not_in_sharepoint  a.md: " in table
    assert table.endswith("1 difference.")
    assert told["agrees"] is False
    assert told["libraries"][0]["counts"] == {"not_in_sharepoint": 1}
    assert told["libraries"][0]["differences"][0]["what"] == "a.md"
