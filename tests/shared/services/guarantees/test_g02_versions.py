"""G2: readers find all of the old version or all of the new one, at every moment; a repeat changes nothing (R02)."""

import httpx
import pytest

from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import chapters

# More than the adapter's three attempts, of each of two calls.
MANY = 8


async def test_g2_r02_a_reader_never_finds_half_a_version_nor_none(library: SyncedLibrary) -> None:
    await library.put("book.md", chapters(6))
    await library.sync()
    old = await library.readable()
    await library.put("book.md", chapters(7, changed=2, edition="first"))
    seen: list[dict[str, list[str]]] = []
    body = {"limit": 100, "with_payload": True, "filter": {"must": [{"key": "is_active", "match": {"value": True}}]}}
    with httpx.Client(headers={"api-key": library.qdrant.api_key}, trust_env=False) as http:

        def look() -> None:
            reply = http.post(f"{library.collection_url}/points/scroll", json=body).raise_for_status()
            points = {point["id"]: point for point in reply.json()["result"]["points"]}
            seen.append(library.readable_of(points))

        library.mortality.observers.append(look)
        await library.sync()
        library.mortality.observers.clear()
    new = await library.readable()
    assert (len(old["book.md"]), len(new["book.md"])) == (6, 7)
    assert len(seen) > 10
    assert all(moment in (old, new) for moment in seen)
    assert seen[0] == old
    assert seen[-1] == new


@pytest.mark.parametrize("nth", [1, 2])
async def test_g2_r02_while_part_of_an_upsert_fails_the_old_version_answers(library: SyncedLibrary, nth: int) -> None:
    """70 passages are two upserts: the first or the second of them does not get through."""
    await library.put("book.md", "the old version")
    await library.sync()
    await library.put("book.md", chapters(70))
    put = {"method": "PUT", "path": f"{library.settings.qdrant_collection}.*/points$"}
    rules = [{"match": {**put, "nth": number}, "then": {"status": 503}} for number in range(nth, nth + MANY)]
    async with httpx.AsyncClient(base_url=f"{library.qdrant.url}/_control", trust_env=False) as control:
        (await control.post("/faults", json=rules)).raise_for_status()
        try:
            await library.start()
            (instance,) = library.durable.running
            answers: list[dict[str, list[str]]] = []
            for _ in range(60):
                if not library.durable.running:
                    break
                await library.durable.one_generation(instance)
                answers.append(await library.readable())
            applied = sum(rule["applied"] for rule in (await control.get("/faults")).json()["rules"])
        finally:
            await control.delete("/faults")
    new = await library.readable()
    assert applied >= 3, "the fault was felt"
    assert len(new["book.md"]) == 70
    assert all(answer in ({"book.md": ["the old version"]}, new) for answer in answers)
    assert (await library.drift()).differences == []


async def test_g2_the_same_change_applied_again_leaves_the_same_state(library: SyncedLibrary) -> None:
    await library.put("book.md", chapters(5))
    await library.put("folder/note.md", "A note.")
    await library.sync()
    documents, points = await library.documents(), await library.points(vectors=True)
    for document in documents.values():
        async with library.db.connection() as connection:
            await connection.execute(
                "UPDATE sharepoint_documents SET todo = 'ingest', content_hash = 'unknown' WHERE id = $1", document.id
            )
    run = await library.sync()
    assert run.status == "complete"
    assert await library.points(vectors=True) == points
    again = await library.documents()
    for path, document in documents.items():
        assert again[path].passages == document.passages
        assert again[path].content_hash == document.content_hash
