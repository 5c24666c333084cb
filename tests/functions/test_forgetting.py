"""A person is forgotten in the whole app: the timer, Blob Storage, the passages of files, the sign-in after it."""

from typing import Any

import httpx

from tests.functions.conftest import SignIn
from tests.functions.nexus import Nexus, eventually
from tests.functions.notebook_backends import NEXUS, Backends
from tests.functions.notebooks import session_of, settled, upload
from tests.functions.person import Person


async def test_a_person_is_forgotten_everywhere_and_signs_in_as_a_new_one(
    nexus: Nexus, notebook_backends: Backends, signed_in: SignIn, admin: Person
) -> None:
    backend = notebook_backends(NEXUS)
    person = await signed_in("newcomer")
    await person.ask(await person.conversation(), "Hello?")
    session = await session_of(person)
    file = (await upload(person, session, "mine.txt", "My salary is 4,000 euros a month."))["file_id"]
    assert [each["status"] for each in await settled(person, session)] == ["ready"]
    assert backend.keeps(session, [file])
    assert await backend.blobs(session)

    job = await admin.post(f"admin/users/{person.id}/forget", None, status=202)
    async with httpx.AsyncClient(trust_env=False) as host:
        reply = await host.post(f"{nexus.host.url}/admin/functions/forget_people", json={"input": ""})
    assert reply.status_code == 202

    async def done() -> dict[str, Any] | None:
        now = await admin.get(f"admin/forget-jobs/{job['id']}")
        return now if now["status"] == "done" else None

    report = await eventually(done, "the end of the job")
    assert {kind: report["erased"][kind] for kind in ("conversations", "messages", "notebook_sessions", "files")} == {
        "conversations": 2, "messages": 2, "notebook_sessions": 1, "files": 1,
    }  # fmt: skip
    assert backend.keeps(session, [file]) == []
    assert await backend.blobs(session) == []
    with nexus.cache() as cache:
        assert cache.exists(f"sessions-of-user:{person.id}") == 0
    await person.call("POST", "conversations", status=401, json={"mode": "assistant"})
    back = await signed_in("newcomer")
    assert back.id != person.id
    assert (await back.get("conversations"))["items"] == []
