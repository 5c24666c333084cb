"""G9, R01: the process dies after any one of its steps. What comes of it is, byte for byte, what an undisturbed sync
gives: ledger, checkpoint, counts of the run, and every passage with its payload and vectors."""

import random

from tests.shared.services.guarantees.mortality import Killed
from tests.shared.services.guarantees.snapshots import Snapshot, differences
from tests.shared.services.guarantees.synced_library import SyncedLibrary
from tests.shared.services.guarantees.texts import chapters, pdf

SEED = 20_261_123


async def before(library: SyncedLibrary) -> None:
    await library.put("kept.md", "Kept.")
    await library.put("edited.md", chapters(3))
    await library.put("gone.md", "Gone.")
    await library.put("dir/sub/below.md", "Below a folder that is renamed.")
    await library.put("moved.md", "Moved.")
    await library.put("remade.md", "Made anew.")
    await library.put("turns bad.pdf", pdf(password="secret"))
    await library.put("unreadable soon.md", "Readable for now.")
    await library.put("lost/with its folder.md", "Lost.")


async def changes(library: SyncedLibrary) -> None:
    await library.put("edited.md", chapters(4, changed=1))
    await library.remove("gone.md")
    await library.move("dir", "folder")
    await library.move("moved.md", "folder/sub/moved.md")
    await library.remove("remade.md")
    await library.put("remade.md", "Made anew, and another file.")
    await library.put("unreadable soon.md", " ")
    await library.remove("lost")
    await library.put("new/one.md", "New.")
    await library.put("new/two.md", chapters(2, edition="second"))


async def killed_at(library: SyncedLibrary, at: int) -> bool:
    """Goes on with what was started; whether it died at that step."""
    library.mortality.live_until(at)
    died = False
    try:
        await library.durable.drain()
    except* Killed:
        died = True
    library.restart()
    return died


async def test_g9_r01_killed_after_any_step_the_end_is_that_of_an_undisturbed_sync(library: SyncedLibrary) -> None:
    library.durable.at_once = 1
    await library.sharepoint.script(page_size=7)
    await before(library)
    await library.sync()
    await changes(library)
    first = await Snapshot.take(library)

    await library.start()
    library.mortality.live_until(None)
    await library.durable.drain()
    trail = list(library.mortality.trail)
    calm = (await Snapshot.take(library)).compared()
    assert (await library.drift()).differences == []
    print(f"{len(trail)} steps, seed {SEED}: {' · '.join(trail)}")
    assert {"graph.delta_page", "graph.download", "extractor.extract", "embeddings.embed_passages"} <= set(trail)
    assert {"vectors.stage", "vectors.publish", "vectors.remove", "commit", "before commit"} <= set(trail)

    chance = random.Random(SEED)
    for at in range(1, len(trail) + 1):
        await first.put_back(library)
        await library.start()
        assert await killed_at(library, at), f"the sync ended before step {at}"
        # every other time it dies once more while it makes up for the first time
        again = chance.randint(1, len(trail)) if at % 2 else None
        if again is not None:
            await killed_at(library, again)
        await library.durable.drain()
        found = differences(calm, (await Snapshot.take(library)).compared())
        assert found == [], f"killed after step {at}, {trail[at - 1]} (and {again}): " + "; ".join(found[:5])
