"""Prompts as versions: who wrote what, what changed, which serves, the way back; effective everywhere within 30 s."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db.pool import Db
from shared.domain.audience import Audience
from shared.domain.chat import Mode, ProviderKind
from shared.domain.identity import Role
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.services.answering import Answer, Answering
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.retrieval import Retrieval
from shared.services.steering import FRESH_S, Steering
from tests.fakes.models import ScriptedModel, WordTokenizer
from tests.security.in_process import Api, Someone, in_process
from tests.security.test_administration import all_pages, told, trail

PROMPTS = "admin/prompts"
KIND = "Be kind. {citation_rule}"


@pytest.fixture
async def api(database: Database, redis_server: Redis) -> AsyncIterator[Api]:
    async with in_process(database, redis_server) as api:
        yield api


@pytest.fixture
async def ada(api: Api) -> Someone:
    return await api.person("ada", Role.SUPER_ADMIN)


@pytest.fixture
async def carol(api: Api) -> Someone:
    return await api.person("carol", Role.CONTENT_MANAGER)


async def written(person: Someone, text: str = KIND, mode: str = "rag", **more: Any) -> dict[str, Any]:
    return await told(person, "POST", PROMPTS, 201, {"mode": mode, "prompt_text": text} | more)


async def active(person: Someone, mode: str = "rag") -> list[str]:
    return [row["prompt_text"] for row in await all_pages(person, PROMPTS, mode=mode) if row["is_active"]]


async def test_every_edit_is_a_version_with_its_author_and_one_serves(carol: Someone, ada: Someone) -> None:
    first = await written(carol)
    assert {name: first[name] for name in ("mode", "prompt_text", "is_active")} == {
        "mode": "rag",
        "prompt_text": KIND,
        "is_active": True,
    }
    assert first["author"] == {"id": str(carol.user.id), "display_name": "Carol"}
    second = await written(ada, "Be brief.\r\n{citation_rule}")
    draft = await written(carol, "A draft. {citation_rule}", is_active=False)
    assert second["prompt_text"] == "Be brief.\n{citation_rule}"
    rows = await all_pages(carol, PROMPTS, mode="rag")
    assert [row["id"] for row in rows] == [draft["id"], second["id"], first["id"]]
    assert [row["is_active"] for row in rows] == [False, True, False]
    assert [row["author"]["display_name"] for row in rows] == ["Carol", "Ada", "Carol"]
    assert await all_pages(carol, PROMPTS, mode="assistant") == []


async def test_going_back_is_activating_an_older_version(carol: Someone, ada: Someone) -> None:
    first = await written(carol)
    second = await written(carol, "Be brief. {citation_rule}")
    back = await told(carol, "POST", f"{PROMPTS}/{first['id']}/activate", 200)
    assert back == first
    assert await active(carol) == [KIND]
    # once more changes nothing, and tells nothing of a change
    await told(carol, "POST", f"{PROMPTS}/{first['id']}/activate", 200)
    entries = await trail(ada)
    assert [entry["action"] for entry in entries] == [
        "prompt.activate",
        "prompt.activate",
        "prompt.create",
        "prompt.activate",
        "prompt.create",
    ]
    assert entries[0]["detail"] == {"mode": "rag", "before": second["id"], "after": first["id"]}
    assert entries[3]["detail"]["before"] is None
    assert {entry["actor_id"] for entry in entries} == {str(carol.user.id)}
    digest = hashlib.sha256(KIND.encode()).hexdigest()
    assert entries[4]["detail"] == {"mode": "rag", "characters": len(KIND), "sha256": digest}


async def test_the_active_version_is_not_deleted_and_others_leave_their_text_in_the_audit_log(
    carol: Someone, ada: Someone
) -> None:
    first, second = await written(carol), await written(carol, "Be brief. {citation_rule}")
    assert (await told(ada, "DELETE", f"{PROMPTS}/{second['id']}", 409))["code"] == "prompt_active"
    await told(ada, "DELETE", f"{PROMPTS}/{first['id']}", 204)
    await told(ada, "DELETE", f"{PROMPTS}/{first['id']}", 404)
    assert [row["id"] for row in await all_pages(carol, PROMPTS)] == [second["id"]]
    (entry,) = await trail(ada, action="prompt.delete")
    assert (entry["target"], entry["detail"]["before"]["prompt_text"]) == (first["id"], KIND)


async def test_of_many_activated_at_once_one_is_active_and_no_call_fails(carol: Someone) -> None:
    rows = [await written(carol, f"{number} {{citation_rule}}", is_active=False) for number in range(5)]
    replies = await asyncio.gather(
        *(carol.call("POST", f"{PROMPTS}/{row['id']}/activate") for row in rows),
        *(carol.call("POST", PROMPTS, json={"mode": "rag", "prompt_text": KIND}) for _ in range(3)),
    )
    assert [reply.status_code for reply in replies] == [200] * 5 + [201] * 3
    assert len(await active(carol)) == 1


async def test_deleting_and_activating_one_at_once_leaves_what_one_of_them_wanted(ada: Someone) -> None:
    await written(ada)
    for _ in range(4):
        path = f"{PROMPTS}/{(await written(ada, is_active=False))['id']}"
        deleted, activated = await asyncio.gather(ada.call("DELETE", path), ada.call("POST", f"{path}/activate"))
        assert (deleted.status_code, activated.status_code) in [(204, 404), (409, 200)]
        assert len(await active(ada)) == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"prompt_text": "Answer {question}. {citation_rule}"}, "/prompt_text", "{question} is unknown"),
    ({"prompt_text": "Be kind."}, "/prompt_text", "{citation_rule} is missing"),
    (
        {"prompt_text": "{citation_rule}", "mode": "assistant"},
        "/prompt_text",
        "Allowed in assistant prompts: {today}",
    ),
    ({"prompt_text": ""}, "/prompt_text", ""),
    ({"prompt_text": " \n"}, "/prompt_text", ""),
    ({"prompt_text": KIND + "x" * 20_000}, "/prompt_text", ""),
    ({"prompt_text": KIND + "\0"}, "/prompt_text", "U+0000"),
    ({"prompt_text": KIND, "mode": "poetry"}, "/mode", ""),
    ({"prompt_text": KIND, "created_by": str(uuid4())}, "/created_by", ""),
    ({}, "/prompt_text", ""),
]


async def test_s09_a_wrong_prompt_is_refused_by_its_field_and_nothing_is_kept(carol: Someone) -> None:
    for body, pointer, says in WRONG:
        problem = await told(carol, "POST", PROMPTS, 422, {"mode": "rag"} | body)
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
        assert says in problem["errors"][0]["detail"]
    assert await all_pages(carol, PROMPTS) == []


async def test_a_version_whose_placeholders_are_of_yesterday_cannot_serve_again(
    carol: Someone, database: Database
) -> None:
    connection = await asyncpg.connect(database.dsn_app)
    old = await connection.fetchval(
        "INSERT INTO system_prompts (mode, prompt_text) VALUES ('rag', 'Use {context}.') RETURNING id"
    )
    await connection.close()
    assert (await told(carol, "POST", f"{PROMPTS}/{old}/activate", 409))["code"] == "prompt_outdated"
    (row,) = await all_pages(carol, PROMPTS)
    assert (row["is_active"], row["author"]) == (False, None)


async def test_the_products_own_prompts_and_their_placeholders_are_told(carol: Someone) -> None:
    serving = await written(carol, "Sing. It is {today}.", "assistant")
    shown = {row["mode"]: row for row in (await told(carol, "GET", f"{PROMPTS}/defaults", 200))["items"]}
    assert {mode: row["prompt_text"] for mode, row in shown.items()} == DEFAULT_PROMPTS
    assert {mode: row["active_id"] for mode, row in shown.items()} == {
        "rag": None,
        "assistant": serving["id"],
        "notebook": None,
    }
    assert [(each["name"], each["required"]) for each in shown["rag"]["placeholders"]] == [
        ("citation_rule", True),
        ("today", False),
    ]
    # the way back to the product's own: it may be saved as it is told
    for mode, row in shown.items():
        await written(carol, row["prompt_text"], mode)


async def test_a_diff_shows_what_a_version_changed(carol: Someone) -> None:
    first = await written(carol, "You answer.\nBe brief.\n{citation_rule}")
    await written(carol, "Sing.", "assistant")
    second = await written(carol, "You answer.\nBe kind.\nBe brief.\n{citation_rule}")
    before = await told(carol, "GET", f"{PROMPTS}/{second['id']}/diff", 200)
    assert before == await told(carol, "GET", f"{PROMPTS}/{second['id']}/diff", 200, against=first["id"])
    assert (before["prompt_id"], before["against"]) == (second["id"], first["id"])
    assert (before["added"], before["removed"]) == (1, 0)
    assert before["lines"][:3] == [
        {"change": "same", "old_number": 1, "new_number": 1, "text": "You answer."},
        {"change": "added", "old_number": None, "new_number": 2, "text": "Be kind."},
        {"change": "same", "old_number": 2, "new_number": 3, "text": "Be brief."},
    ]
    back = await told(carol, "GET", f"{PROMPTS}/{first['id']}/diff", 200, against=second["id"])
    assert (back["added"], back["removed"]) == (0, 1)
    own = await told(carol, "GET", f"{PROMPTS}/{first['id']}/diff", 200)
    removed = [line["text"] for line in own["lines"] if line["change"] != "added"]
    assert (own["against"], "\n".join(removed)) == (None, DEFAULT_PROMPTS[Mode.RAG])


async def test_a_diff_is_of_two_versions_of_one_mode(carol: Someone) -> None:
    here, there = await written(carol), await written(carol, "Sing.", "assistant")
    path = f"{PROMPTS}/{here['id']}/diff"
    problem = await told(carol, "GET", path, 422, against=there["id"])
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("prompt_of_another_mode", "/against")
    assert (await told(carol, "GET", path, 404, against=str(uuid4())))["code"] == "prompt_not_found"
    await told(carol, "GET", path, 422, against="yesterday")
    await told(carol, "GET", f"{PROMPTS}/{uuid4()}/diff", 404)


async def test_the_list_is_paged_without_a_gap_and_without_a_double(carol: Someone) -> None:
    for number in range(5):
        await written(carol, f"{number} {{citation_rule}}", ["rag", "notebook"][number % 2])
    whole = await all_pages(carol, PROMPTS, limit=100)
    assert [row["prompt_text"][0] for row in whole] == ["4", "3", "2", "1", "0"]
    for limit in (1, 2, 5):
        assert await all_pages(carol, PROMPTS, limit=limit) == whole
    assert await all_pages(carol, PROMPTS, limit=1, mode="notebook") == [whole[1], whole[3]]
    await told(carol, "GET", PROMPTS, 422, cursor="eyJhIjoxfQ==")


async def test_s07_people_without_an_office_have_no_hand_in_it_and_managers_delete_nothing(
    api: Api, carol: Someone, ada: Someone
) -> None:
    first, second = await written(carol), await written(ada)
    alice = await api.person("alice", Role.USER)
    for method, path in (
        ("GET", ""),
        ("GET", "/defaults"),
        ("POST", ""),
        ("POST", f"/{first['id']}/activate"),
        ("GET", f"/{first['id']}/diff"),
        ("DELETE", f"/{first['id']}"),
    ):
        assert (await told(alice, method, PROMPTS + path, 403, {}))["code"] == "forbidden"
    assert (await told(carol, "DELETE", f"{PROMPTS}/{first['id']}", 403))["code"] == "forbidden"
    assert {row["id"] for row in await all_pages(carol, PROMPTS)} == {first["id"], second["id"]}


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_prompt_is_effective_here_at_once_elsewhere_within_30_seconds_and_told_with_its_date(
    api: Api, carol: Someone, database: Database
) -> None:
    db, clock = Db(database.dsn_app), Clock()
    there, here = Steering(db, api.runtime.settings.chat, clock), api.runtime.steering
    for steering in (here, there):
        assert (await steering.of(Mode.ASSISTANT)).prompt == DEFAULT_PROMPTS[Mode.ASSISTANT]
    first = await written(carol, "Sing. It is {today}.", "assistant")
    await written(carol, "A draft.", "assistant", is_active=False)
    assert (await here.of(Mode.ASSISTANT)).prompt == "Sing. It is {today}."
    clock.now += FRESH_S
    model = ScriptedModel(["La."])
    answering = Answering(
        ModelCalls({ProviderKind.OPENAI: model}, ProviderHealth(0)),
        Retrieval(None),  # type: ignore[arg-type]  # assistant mode does not retrieve
        there,
        WordTokenizer(),
        today=lambda: date(2026, 3, 31),
    )
    async for _ in answering.answer(Mode.ASSISTANT, "What?", (), audience=Audience(None, None), into=Answer()):
        pass
    assert model.requests[0].turns[0].content == "Sing. It is 2026-03-31."
    # and back
    second = await written(carol, "Dance.", "assistant")
    clock.now += FRESH_S
    assert (await there.of(Mode.ASSISTANT)).prompt == "Dance."
    await told(carol, "POST", f"{PROMPTS}/{first['id']}/activate", 200)
    assert (await here.of(Mode.ASSISTANT)).prompt == first["prompt_text"]
    clock.now += FRESH_S
    assert (await there.of(Mode.ASSISTANT)).prompt == first["prompt_text"] != second["prompt_text"]
    await db.close()
