"""What administrators take out of the audit log, how long things are kept, and people who are forgotten, over HTTP."""

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db import audit
from shared.domain.identity import Role
from tests.exchanges import left_behind
from tests.security.in_process import Api, Someone, in_process
from tests.security.test_administration import told, trail


@pytest.fixture
async def api(database: Database, redis_server: Redis) -> AsyncIterator[Api]:
    async with in_process(database, redis_server) as api:
        yield api


@pytest.fixture
async def ada(api: Api) -> Someone:
    return await api.person("ada", Role.SUPER_ADMIN)


# --- the audit log ---------------------------------------------------------------------------------------------------


async def exported(person: Someone, **params: Any) -> httpx.Response:
    reply = await person.call("GET", "admin/audit/export", params=params)
    assert reply.status_code == 200, reply.text
    return reply


async def test_the_audit_log_is_asked_by_target(ada: Someone) -> None:
    made = [await told(ada, "POST", "admin/departments", 201, {"name": name}) for name in ("HR", "Sales")]
    assert [entry["detail"]["name"] for entry in await trail(ada, target=made[0]["id"])] == ["HR"]
    assert await trail(ada, target="nothing") == []
    for wrong in ({"target": "x" * 201}, {"action": "x" * 201}, {"targets": "x"}):
        await told(ada, "GET", "admin/audit", 422, **wrong)


async def test_the_audit_log_comes_as_a_file_that_no_spreadsheet_runs(api: Api, ada: Someone) -> None:
    names = ['=HYPERLINK("http://evil.example")', "@SUM(A1)", "Plain"]
    for name in names:
        await told(ada, "POST", "admin/departments", 201, {"name": name})
    async with api.runtime.db.connection() as connection:
        await audit.record(connection, actor=None, action="sign_in", target="=cmd|' /C calc'!A0", outcome="denied")
    reply = await exported(ada)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))
    assert rows[0]["action"] == "audit.export", "that it was taken out is in it"
    assert rows[1]["target"] == "'=cmd|' /C calc'!A0"
    assert [json.loads(row["detail"])["name"] for row in rows[2:]] == names[::-1]
    assert not any(value.lstrip().startswith(("=", "+", "-", "@")) for row in rows for value in row.values())

    lines = [json.loads(line) for line in (await exported(ada, format="jsonl")).content.splitlines()]
    assert [line["action"] for line in lines[:2]] == ["audit.export", "audit.export"]
    assert lines[2]["target"] == "=cmd|' /C calc'!A0", "for programs it is as it is"
    assert lines == (await trail(ada, limit=100)), "and says what the list says"


async def test_an_export_takes_the_lists_filters_and_any_number_of_rows(api: Api, ada: Someone) -> None:
    async with api.runtime.db.connection() as connection:
        await connection.execute(
            "INSERT INTO audit_log (action, target, outcome) SELECT 'many', n % 2, 'ok' FROM generate_series(1, 2001) n"
        )
    reply = await exported(ada, format="jsonl", action="many", target="1")
    rows = [json.loads(line) for line in reply.content.splitlines()]
    assert (len(rows), {row["target"] for row in rows}) == (1001, {"1"})
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    whole = await exported(ada, format="jsonl", action="many")
    assert len(whole.content.splitlines()) == 2001
    (newest, *_) = await trail(ada, action="audit.export")
    assert newest["detail"]["action"] == "many"
    for wrong in ({"format": "xlsx"}, {"from": "today"}, {"limit": "5"}, {"to": "0001-01-01T00:00:00+14:00"}):
        reply = await ada.call("GET", "admin/audit/export", params=wrong)
        assert reply.status_code == 422, wrong


# --- retention -------------------------------------------------------------------------------------------------------

KEEP_ALL = {"messages_days": None, "feedback_days": None, "audit_days": None}


async def test_retention_is_set_as_a_whole_and_audited(ada: Someone) -> None:
    assert await told(ada, "GET", "admin/retention", 200) == {**KEEP_ALL, "updated_by": None, "updated_at": None}
    wanted = {"messages_days": 365, "feedback_days": None, "audit_days": 730}
    stored = await told(ada, "PUT", "admin/retention", 200, wanted)
    assert {name: stored[name] for name in wanted} == wanted
    assert stored["updated_by"] == str(ada.user.id)
    assert await told(ada, "GET", "admin/retention", 200) == stored
    (entry,) = await trail(ada, action="retention.change")
    assert entry["detail"] == {"before": KEEP_ALL, "after": wanted}


async def test_a_retention_that_makes_no_sense_is_refused(ada: Someone) -> None:
    for change, pointer in (
        ({"audit_days": 29}, "/audit_days"),
        ({"messages_days": 0}, "/messages_days"),
        ({"feedback_days": 36_501}, "/feedback_days"),
        ({"messages_days": 1.5}, "/messages_days"),
        ({"updated_by": str(uuid4())}, "/updated_by"),
    ):
        problem = await told(ada, "PUT", "admin/retention", 422, KEEP_ALL | change)
        assert problem["errors"][0]["pointer"] == pointer, change
    # to leave one out must not mean to keep it, nor to delete it
    problem = await told(ada, "PUT", "admin/retention", 422, {"messages_days": 5, "audit_days": None})
    assert problem["errors"][0]["pointer"] == "/feedback_days"
    assert (await told(ada, "GET", "admin/retention", 200))["updated_at"] is None


# --- forgetting ------------------------------------------------------------------------------------------------------


async def test_a_person_is_forgotten_and_comes_back_as_a_new_one(api: Api, ada: Someone) -> None:
    alice = await api.person("alice", Role.CONTENT_MANAGER)
    await left_behind(api.runtime.db, alice.user.caller, comment="I am Alice")
    before = await api.runtime.sessions.begin(alice.user)
    path = f"admin/users/{alice.user.id}/forget"
    job = await told(ada, "POST", path, 202)
    assert (job["status"], job["user_id"], job["requested_by"]) == ("waiting", str(alice.user.id), str(ada.user.id))
    assert (await told(ada, "POST", path, 202))["id"] == job["id"]
    assert "alice" not in json.dumps(await told(ada, "GET", "admin/users", 200)).lower()
    reply = await api.http.post("/api/auth/refresh", json={"refresh_token": before.refresh.token})
    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")

    assert await api.runtime.forgetting.work() == 1
    done = await told(ada, "GET", f"admin/forget-jobs/{job['id']}", 200)
    assert (done["status"], done["problem"]) == ("done", None)
    assert (done["erased"]["messages"], done["erased"]["feedback"]) == (2, 1)
    assert done["finished_at"] is not None
    assert (await told(ada, "POST", path, 404))["code"] == "user_not_found"
    # the access token lives out its quarter of an hour, and makes nothing
    problem = await told(alice, "POST", "conversations", 401, {"mode": "assistant"})
    assert problem["code"] == "unauthenticated"
    kept = {"status": "reviewed"}
    assert (await told(alice, "PATCH", f"admin/feedback/{uuid4()}", 404, kept))["code"] == "feedback_not_found"
    back = await api.person("alice")
    assert back.user.id != alice.user.id
    assert (await told(back, "GET", "conversations", 200))["items"] == []
    # each once, though it was asked for twice
    assert [entry["action"] for entry in await trail(ada, target=str(alice.user.id))] == [
        "user.forgotten",
        "user.forget",
    ]
    assert "alice" not in json.dumps(await trail(ada)).lower()


async def test_who_cannot_be_forgotten(api: Api, ada: Someone) -> None:
    assert (await told(ada, "POST", f"admin/users/{ada.user.id}/forget", 409))["code"] == "own_account"
    eve = await api.person("eve", Role.SUPER_ADMIN)
    await told(eve, "PATCH", f"admin/users/{ada.user.id}", 200, {"role": "user"})
    # ada's token still says super_admin
    assert (await told(ada, "POST", f"admin/users/{eve.user.id}/forget", 409))["code"] == "last_super_admin"
    assert await trail(eve, action="user.forget") == []
    for nobody in (uuid4(), "not-an-id"):
        await told(eve, "POST", f"admin/users/{nobody}/forget", 404)
        await told(eve, "GET", f"admin/forget-jobs/{nobody}", 404)
