"""Property: after any walk of file operations with syncs in between, killed and disturbed ones among them, ledger,
index and SharePoint agree, and what Nexus holds is what it would hold had it read the library only today.

NEXUS_WALK_OPERATIONS and NEXUS_WALK_SEED set another length and another walk; without them it is always the same one.
"""

import os
import random
from typing import Any

from tests.shared.services.guarantees.random_walk import Walk
from tests.shared.services.guarantees.synced_library import SyncedLibrary

OPERATIONS = 2_000
SEED = 20261123
# On the average, of operations between two syncs.
BETWEEN = 40
TOLD = 60


def held(documents: dict[str, Any], points: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What does not say how it came to be: no counters, no times, no order of arrival, and no vectors, in which a
    passage that was moved keeps the name and place it was first read under (design 04: a rename embeds nothing)."""
    return {
        "documents": {
            path: (document.status, document.reason_code, document.scope, document.file_url, document.content_hash,
                   document.passages, document.todo, document.file_name, document.is_active)
            for path, document in documents.items()
        },
        "passages": {key: point["payload"] for key, point in points.items()},
    }  # fmt: skip


async def test_g9_r01_r05_after_a_random_walk_nothing_differs_and_a_fresh_index_is_the_same(
    library: SyncedLibrary,
) -> None:
    seed = int(os.environ.get("NEXUS_WALK_SEED") or SEED)
    operations = int(os.environ.get("NEXUS_WALK_OPERATIONS") or OPERATIONS)
    print(f"walk of {operations} operations, NEXUS_WALK_SEED={seed}")
    walk = Walk(library, random.Random(seed))
    for _ in range(operations):
        await walk.operation()
        if walk.chance.random() < 1 / BETWEEN:
            await walk.sync()
    await walk.settle()
    print(f"{dict(walk.done)}, {len(walk.files)} files left")

    report = await library.drift()
    story = "\n".join([f"NEXUS_WALK_SEED={seed}", *walk.journal[-TOLD:]])
    assert report.differences == [], story
    assert report.files == len(walk.files) + len(walk.packages), story
    documents = await library.documents()
    assert documents.keys() == walk.files | walk.packages, story
    walked = held(documents, await library.points())

    await library.forget_everything()
    await library.sync()
    fresh = held(await library.documents(), await library.points())
    for part, expected in fresh.items():
        different = {key for key in expected.keys() | walked[part].keys() if expected.get(key) != walked[part].get(key)}
        assert not different, (
            f"{part}: {[(key, expected.get(key), walked[part].get(key)) for key in different][:3]}\n{story}"
        )
