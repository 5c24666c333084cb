"""Daily token budgets over HTTP: set by administrators, told to everyone, kept before a run starts."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person
from tests.functions.promises import check_problem


@pytest.fixture
async def budget_of_bob(nexus: Nexus, admin: Person, bob: Person) -> AsyncIterator[str]:
    """The address of bob's budget, which is gone afterwards."""
    yield f"admin/users/{bob.id}/budget"
    await admin.call("DELETE", f"admin/users/{bob.id}/budget", status=204)
    await admin.call("DELETE", f"admin/departments/{nexus.departments['Engineering']}/budget", status=204)


async def put(admin: Person, path: str, tokens: int | None) -> dict[str, Any]:
    return (await admin.call("PUT", path, status=200, json={"daily_tokens": tokens})).json()


async def refused(person: Person, conversation: str, **headers: str) -> dict[str, Any]:
    reply = await person.call(
        "POST", f"conversations/{conversation}/messages", status=429, json={"content": "And now?"}, headers=headers
    )
    body = reply.json()
    check_problem(reply, body)
    assert body["code"] == "token_budget_spent"
    assert 1 <= int(reply.headers["retry-after"]) <= 24 * 3600
    return body


async def test_s18_a_spent_budget_refuses_questions_and_says_what_is_left(
    nexus: Nexus, admin: Person, bob: Person, alice: Person, budget_of_bob: str
) -> None:
    assert (await bob.get("auth/me"))["budget"] is None
    shown = await put(admin, budget_of_bob, 10**9)
    assert (shown["limit"], shown["is_default"], shown["remaining"]) == (10**9, False, 10**9 - shown["used"])
    nexus.script(text="Twenty days.")
    conversation = await bob.conversation()
    answer = (await bob.ask(conversation, "How long?", **{"Idempotency-Key": "once"}))[-1].data
    stored = await bob.answer(conversation)
    took = sum(stored[name] for name in ("input_tokens", "output_tokens", "side_input_tokens", "side_output_tokens"))
    me = (await bob.get("auth/me"))["budget"]
    assert me["used"] == shown["used"] + took
    assert (me["subject"], me["remaining"]) == ("user", 10**9 - me["used"])
    waiting = await bob.ask_later(await bob.conversation(), "Later?")

    await put(admin, budget_of_bob, me["used"])
    assert (await bob.get("auth/me"))["budget"]["remaining"] == 0
    problem = await refused(bob, conversation)
    assert f"{me['used']:,} of {me['used']:,} tokens" in problem["detail"]
    assert f"{me['resets_at'][:10]} 00:00 UTC" in problem["detail"]
    again = await bob.call(
        "POST", f"conversations/{conversation}/messages", status=429, json={"regenerate": answer["message_id"]}
    )
    assert again.json()["code"] == "token_budget_spent"
    assert len((await bob.get(f"conversations/{conversation}"))["messages"]) == 2, "nothing was stored"
    # what was stored before is read, not asked again; what only waits to be started is not started
    repeated = await bob.ask(conversation, "How long?", **{"Idempotency-Key": "once"})
    assert repeated[-1].data["message_id"] == answer["message_id"]
    newest = (await bob.get("conversations"))["items"][0]["id"]
    await bob.call("GET", "chat/stream", status=429, params={"conversation_id": newest})
    nexus.script(text="Twenty days.")
    await put(admin, budget_of_bob, None)
    assert (await bob.watch(newest))[-1].data["message_id"] == waiting["message_id"]


async def test_a_department_has_one_budget_for_all(
    nexus: Nexus, admin: Person, bob: Person, erik: Person, alice: Person, budget_of_bob: str
) -> None:
    path = f"admin/departments/{nexus.departments['Engineering']}/budget"
    nexus.script(text="Twenty days.")
    await bob.ask(await bob.conversation(), "How long?")
    used = (await put(admin, path, 10**9))["used"]
    assert used > 0
    await put(admin, path, used)
    told = (await erik.get("auth/me"))["budget"]
    assert (told["subject"], told["limit"], told["used"], told["remaining"]) == ("department", used, used, 0)
    await refused(erik, await erik.conversation())
    await refused(bob, await bob.conversation())
    nexus.script(text="Twenty days.")
    assert (await alice.ask(await alice.conversation(), "How long?"))[-1].data["status"] == "complete"


async def test_s19_every_change_is_in_the_audit_log_and_stays_there(
    nexus: Nexus, admin: Person, bob: Person, budget_of_bob: str
) -> None:
    await put(admin, budget_of_bob, 5_000)
    await put(admin, budget_of_bob, None)
    await admin.call("DELETE", budget_of_bob, status=204)
    await admin.call("DELETE", budget_of_bob, status=204)
    entries = (await admin.get("admin/audit", target=bob.id, limit=3))["items"]
    told = [(entry["action"], entry["detail"]) for entry in entries]
    assert told == [
        ("user_budget.drop", {"before": None, "after": None}),
        ("user_budget.set", {"before": 5_000, "was_default": False, "after": None}),
        ("user_budget.set", {"before": None, "was_default": True, "after": 5_000}),
    ]
    app = await asyncpg.connect(nexus.database.dsn_app)
    try:
        for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
    finally:
        await app.close()


async def test_budgets_are_listed_with_the_defaults(
    nexus: Nexus, admin: Person, bob: Person, budget_of_bob: str
) -> None:
    await put(admin, budget_of_bob, 7)
    await put(admin, f"admin/departments/{nexus.departments['Engineering']}/budget", None)
    first = await admin.get("admin/budgets", limit=1)
    second = await admin.get("admin/budgets", limit=1, cursor=first["next_cursor"])
    assert (first["user_default"], first["department_default"], second["next_cursor"]) == (None, None, None)
    listed = {(item["subject"], item["name"]): item["daily_tokens"] for item in first["items"] + second["items"]}
    assert listed == {("user", bob.session.user["display_name"]): 7, ("department", "Engineering"): None}


@pytest.mark.parametrize("tokens", [-1, 1.5, "many", True, 10**12 + 1])
async def test_a_budget_is_a_number_of_tokens(admin: Person, bob: Person, tokens: object) -> None:
    reply = await admin.call("PUT", f"admin/users/{bob.id}/budget", status=422, json={"daily_tokens": tokens})
    assert reply.json()["errors"][0]["pointer"] == "/daily_tokens"
