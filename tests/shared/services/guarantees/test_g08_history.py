"""G8: however large the library, a generation of the orchestrator has few activities, and ids and outcomes only."""

from tests.shared.services.guarantees.synced_library import SyncedLibrary

FILES = 230
MOST_ACTIVITIES = 100
# A hundred ids with their outcomes, and the step that names them.
MOST_BYTES = 64 * 1024


async def test_g8_a_generation_has_at_most_a_hundred_activities_with_ids_and_outcomes_only(
    library: SyncedLibrary,
) -> None:
    secret = "Gehaltsgruppe"
    for number in range(FILES):
        await library.put(f"{number % 7}/{secret} {number}.md", f"{secret} {number}.")
    run = await library.sync()
    assert (run.status, run.added) == ("complete", FILES)
    fanned_out = [generation.activities for generation in library.durable.generations]
    assert max(fanned_out) <= MOST_ACTIVITIES + 1
    assert sum(count > 50 for count in fanned_out) >= 2, "it does fan out"
    assert max(len(generation.history) for generation in library.durable.generations) <= MOST_BYTES
    assert not any(secret in generation.history for generation in library.durable.generations)
