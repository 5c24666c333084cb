"""What a client is told of notebook limits before it sends anything."""

from tests.functions.person import Person


async def test_limits_are_told_as_this_environment_is_set(alice: Person) -> None:
    limits = await alice.get("notebook/limits")
    assert limits == {
        "file_bytes": 50 * 2**20,
        "files_per_session": 20,
        "sessions_per_user": 1000,  # as tests/functions/nexus.py sets it; the rest is the product's
        "bytes_per_user": 2 * 2**30,
        "life_hours": 24,
    }


async def test_limits_are_for_who_is_signed_in(alice: Person) -> None:
    reply = await alice.http.get("/api/notebook/limits")
    assert reply.status_code == 401, reply.text
