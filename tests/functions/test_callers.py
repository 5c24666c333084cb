"""Who may call what: without a token, with a wrong one, with too small a role, with somebody else's ids (S07, S08)."""

import base64
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

import function_app  # noqa: F401 - fills the registry
from shared.domain.identity import Role
from shared.web import openapi
from shared.web.routes import Policy, Route
from tests.functions.nexus import Nexus
from tests.functions.person import Person

ROUTES = openapi.registered()
GUARDED = [route for route in ROUTES if route.policy is not Policy.PUBLIC]
ROLES = {"alice": Role.USER, "carol": Role.CONTENT_MANAGER, "admin": Role.SUPER_ADMIN}


def anywhere(route: Route) -> str:
    """The route's path with ids that name nothing."""
    return "/api/" + re.sub(r"\{\w+\}", lambda _: str(uuid4()), route.path)


def named(routes: list[Route]) -> Any:
    return pytest.mark.parametrize("route", routes, ids=[route.name for route in routes])


@named(GUARDED)
async def test_s07_nobody_gets_in_without_a_token(anyone: httpx.AsyncClient, route: Route) -> None:
    reply = await anyone.request(route.method, anywhere(route), content=b"{}")
    assert reply.status_code == 401
    assert reply.json()["code"] == "unauthenticated"


def forged(nexus: Nexus) -> dict[str, str]:
    """Authorization headers that look like something."""
    good = nexus.sessions["alice"].access_token
    head, body, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    key = base64.b64decode(nexus.signing_key.partition(":")[2])
    header = jwt.get_unverified_header(good)

    def signed(changed: dict[str, Any], secret: bytes = key, **headers: Any) -> str:
        return "Bearer " + jwt.encode(claims | changed, secret, algorithm="HS256", headers=header | headers)

    nothing = base64.urlsafe_b64encode(json.dumps(header | {"alg": "none"}).encode()).decode().rstrip("=")
    promoted = base64.urlsafe_b64encode(json.dumps(claims | {"role": "super_admin"}).encode()).decode().rstrip("=")
    return {
        "nothing": "",
        "no token": "Bearer",
        "another scheme": f"Basic {good}",
        "the token alone": good,
        "garbage": "Bearer garbage",
        "garbage in three parts": "Bearer a.b.c",
        "letters beyond ASCII": "Bearer tökén",
        "far too long": "Bearer " + "a" * 8000,
        "no signature": f"Bearer {head}.{body}.",
        "alg none": f"Bearer {nothing}.{body}.",
        "another role": f"Bearer {head}.{promoted}.{signature}",
        "another key": signed({}, b"k" * 32),
        "an unknown key id": signed({}, kid="other"),
        "another type": signed({}, typ="JWT"),
        "another audience": signed({"aud": "nexus-refresh"}),
        "another issuer": signed({"iss": "entra"}),
        "expired": signed({"iat": claims["iat"] - 2000, "exp": claims["iat"] - 1000}),
        "without an end": "Bearer "
        + jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="HS256", headers=header),
    }


async def test_s04_no_other_token_passes_as_one(anyone: httpx.AsyncClient, nexus: Nexus) -> None:
    for what, value in forged(nexus).items():
        headers = {b"Authorization": value.encode("latin-1")}
        reply = await anyone.get("/api/auth/me", headers=headers)
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated"), what


@named([route for route in GUARDED if route.policy is not Policy.SIGNED_IN])
@pytest.mark.parametrize("user", ["alice", "carol"])
async def test_s07_the_role_decides(nexus: Nexus, anyone: httpx.AsyncClient, user: str, route: Route) -> None:
    """Before anything that was sent is looked at: the body here is wrong for every route."""
    headers = nexus.sessions[user].headers
    reply = await anyone.request(route.method, anywhere(route), content=b"{", headers=headers)
    if route.policy.admits(ROLES[user]):
        assert reply.status_code != 403
    else:
        assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")


@named(list(ROUTES))
async def test_another_method_is_not_answered(anyone: httpx.AsyncClient, nexus: Nexus, route: Route) -> None:
    """The host's own refusal: the app is never called."""
    # a word where another route has an id: that route takes it, and finds nothing of that name
    taken = {other.method for other in ROUTES if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", other.path), route.path)}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - taken:
        reply = await anyone.request(method, anywhere(route), headers=nexus.sessions["admin"].headers)
        assert reply.status_code in (404, 405), f"{method} {route.path}"


# What a route with ids is called with: somebody who owns or reaches the id, somebody who does not, and a body that
# would do. A new route without an entry fails the walk.
type Owner = Callable[[Nexus, dict[str, Person]], Awaitable[dict[str, str]]]


async def a_conversation(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"conversation_id": await people["alice"].conversation()}


async def a_run(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    alice = people["alice"]
    return {"run_id": (await alice.ask_later(await alice.conversation(), "Hello?"))["run_id"]}


async def an_answer(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    alice = people["alice"]
    return {"message_id": (await alice.ask(await alice.conversation(), "Hello?"))[0].data["message_id"]}


async def a_library(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    scope = {"department_id": nexus.departments["HR"], "country_id": nexus.countries["DE"]}
    body = {"library_url": nexus.sharepoint_library(f"walk-{uuid4().hex[:8]}"), **scope}
    return {"library_id": (await people["carol"].post("admin/libraries", body))["id"]}


async def a_sync_run(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    library = (await a_library(nexus, people))["library_id"]
    return {"run_id": (await people["carol"].post(f"admin/libraries/{library}/sync", {}, status=202))["id"]}


async def a_document(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    """In HR and Germany, indexed. Straight into the ledger: what indexing does is tested elsewhere."""
    library = (await a_library(nexus, people))["library_id"]
    document = str(uuid4())
    nexus.postgres.sql(
        """INSERT INTO sharepoint_documents (id, sharepoint_id, file_name, file_url, library_url, department_id,
                  country_id, file_type, drive_id, library_id, status, is_new)
           SELECT :'id', :'id', 'a.md', 'https://contoso.sharepoint.com/a.md', library_url, department_id, country_id,
                  'md', drive_id, id, 'indexed', false
             FROM sharepoint_sync_state WHERE id = :'library'""",
        nexus.database.name,
        id=document,
        library=library,
    )
    return {"document_id": document}


async def a_notebook(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"session_id": (await people["alice"].post("notebook/sessions", {"title": "Mine"}))["id"]}


async def a_failed_file(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    ids = await a_notebook(nexus, people)
    reply = await people["alice"].call(
        "POST", f"notebook/sessions/{ids['session_id']}/upload", status=201, files={"file": ("a.txt", b"Some words.")}
    )
    file = reply.json()["file_id"]
    nexus.postgres.sql("UPDATE uploaded_files SET status = 'failed' WHERE id = :'id'", nexus.database.name, id=file)
    return ids | {"file_id": file}


async def a_user(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"user_id": str(uuid4())}


async def a_department(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"department_id": str(uuid4())}


async def a_country(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"country_id": str(uuid4())}


async def a_provider(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"provider_id": str(uuid4())}


async def a_prompt(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"prompt_id": str(uuid4())}


async def a_feedback(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    alice = people["alice"]
    message = (await alice.ask(await alice.conversation("rag"), "Hello?"))[0].data["message_id"]
    reply = await alice.call("PUT", f"messages/{message}/feedback", status=200, json={"rating": "negative"})
    return {"feedback_id": reply.json()["id"]}


async def an_eval_case(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    feedback = (await a_feedback(nexus, people))["feedback_id"]
    made = await people["carol"].post(f"admin/feedback/{feedback}/eval-case", {"verdict": "unanswerable"})
    return {"case_id": made["id"]}


async def a_forget_job(nexus: Nexus, people: dict[str, Person]) -> dict[str, str]:
    return {"job_id": str(uuid4())}


WITH_IDS: dict[str, tuple[Owner, str, str, Any]] = {
    "get_conversation": (a_conversation, "alice", "bob", None),
    "rename_conversation": (a_conversation, "alice", "bob", {"title": "Mine now"}),
    "delete_conversation": (a_conversation, "alice", "bob", None),
    "export_conversation": (a_conversation, "alice", "bob", None),
    "give_feedback": (an_answer, "alice", "bob", {"rating": "negative"}),
    "take_feedback_back": (an_answer, "alice", "bob", None),
    "ask": (a_conversation, "alice", "bob", {"content": "What did you say?"}),
    "chat_stream": (a_conversation, "alice", "bob", None),
    "create_ticket": (a_conversation, "alice", "bob", None),
    "cancel_run": (a_run, "alice", "bob", None),
    "get_document": (a_document, "alice", "bob", None),
    "get_admin_document": (a_document, "carol", "erik", None),
    "change_library": (a_library, "carol", "erik", {"enabled": False}),
    "get_library": (a_library, "carol", "erik", None),
    "preflight_known_library": (a_library, "carol", "erik", None),
    "remove_library": (a_library, "carol", "erik", None),
    "sync_library_now": (a_library, "carol", "erik", {}),
    "get_sync_run": (a_sync_run, "carol", "erik", None),
    "watch_sync_run": (a_sync_run, "carol", "erik", None),
    "change_document": (a_document, "carol", "erik", {"is_active": False}),
    "reingest_document": (a_document, "carol", "erik", None),
    "get_notebook_session": (a_notebook, "alice", "bob", None),
    "change_notebook_session": (a_notebook, "alice", "bob", {"is_pinned": True}),
    "delete_notebook_session": (a_notebook, "alice", "bob", None),
    "upload_file": (a_notebook, "alice", "bob", None),
    "list_files": (a_notebook, "alice", "bob", None),
    "retry_file": (a_failed_file, "alice", "bob", None),
    "delete_file": (a_failed_file, "alice", "bob", None),
    "ask_notebook": (a_notebook, "alice", "bob", {"content": "What is in it?"}),
    "get_feedback_exchange": (a_feedback, "carol", "erik", None),
    "review_feedback": (a_feedback, "carol", "erik", {"status": "reviewed"}),
    "make_eval_case": (a_feedback, "carol", "erik", {"verdict": "unanswerable"}),
    "delete_eval_case": (an_eval_case, "carol", "erik", None),
    # belongs to nobody: only the id can be wrong
    "change_user": (a_user, "", "admin", {"role": "user"}),
    "revoke_user_sessions": (a_user, "", "admin", None),
    "forget_user": (a_user, "", "admin", None),
    "get_forget_job": (a_forget_job, "", "admin", None),
    "change_department": (a_department, "", "admin", {"name": "Another"}),
    "delete_department": (a_department, "", "admin", None),
    "get_user_budget": (a_user, "", "admin", None),
    "set_user_budget": (a_user, "", "admin", {"daily_tokens": 1000}),
    "drop_user_budget": (a_user, "", "admin", None),
    "get_department_budget": (a_department, "", "admin", None),
    "set_department_budget": (a_department, "", "admin", {"daily_tokens": None}),
    "drop_department_budget": (a_department, "", "admin", None),
    "change_country": (a_country, "", "admin", {"name": "Another"}),
    "delete_country": (a_country, "", "admin", None),
    "change_provider": (a_provider, "", "admin", {"is_active": True}),
    "delete_provider": (a_provider, "", "admin", None),
    "try_provider": (a_provider, "", "admin", None),
    "activate_prompt": (a_prompt, "", "carol", None),
    "diff_prompt": (a_prompt, "", "carol", None),
    "delete_prompt": (a_prompt, "", "admin", None),
}


def takes_ids(route: Route) -> bool:
    """Of one thing: the lists' filters by id only narrow what their caller reaches anyway."""
    fields = [
        name
        for model in (route.body, route.query)
        if model is not None and getattr(model, "__struct_fields__", None)
        for name in model.__struct_fields__
        if name == "conversation_id"
    ]
    return "{" in route.path or bool(fields)


@named([route for route in ROUTES if takes_ids(route)])
async def test_s08_somebody_elses_id_is_as_good_as_none(
    nexus: Nexus, alice: Person, bob: Person, carol: Person, erik: Person, admin: Person, route: Route
) -> None:
    people = {"alice": alice, "bob": bob, "carol": carol, "erik": erik, "admin": admin}
    make, owner, stranger, body = WITH_IDS[route.name]
    ids = await make(nexus, people)
    path = re.sub(r"\{(\w+)\}", lambda match: ids[match.group(1)], route.path)
    sent: dict[str, Any] = {} if body is None else {"json": body}
    if route.name == "chat_stream":
        await alice.ask_later(ids["conversation_id"], "Hello?")
        sent["params"] = ids
    elif route.name == "create_ticket":
        sent["json"] = ids
    elif route.upload:
        sent["files"] = {"file": ("words.txt", b"Some words.")}
    foreign = await people[stranger].call(route.method, path, status=404, **sent)
    if owner:
        unknown = re.sub(r"\{\w+\}", lambda _: str(uuid4()), route.path)
        nothing = {name: str(uuid4()) for name in ids}
        other = {key: nothing if value is ids else value for key, value in sent.items()}
        absent = await people[stranger].call(route.method, unknown, status=404, **other)
        told = [{**reply.json(), "correlation_id": ""} for reply in (foreign, absent)]
        assert told[0] == told[1], "the reply must not tell that it exists"
        reply = await people[owner].http.request(
            route.method, f"/api/{path}", headers=people[owner].session.headers, **sent
        )
        assert reply.status_code < 300, f"its owner gets in: {reply.text}"


async def test_s08_foreign_filters_bring_nothing(nexus: Nexus, carol: Person, erik: Person) -> None:
    people = {"carol": carol}
    library = (await a_library(nexus, people))["library_id"]
    await carol.post(f"admin/libraries/{library}/sync", {}, status=202)
    assert len((await carol.get("admin/sync-runs", library_id=library))["items"]) == 1
    assert (await erik.get("admin/sync-runs", library_id=library))["items"] == []
    assert (await erik.get("admin/documents", library_id=library))["items"] == []
    assert library not in {row["id"] for row in (await erik.get("admin/libraries", limit=100))["items"]}


async def test_a_content_manager_gives_away_no_library_outside_their_scope(
    nexus: Nexus, carol: Person, erik: Person
) -> None:
    library = (await a_library(nexus, {"carol": carol}))["library_id"]
    for scope in ({"department_id": None}, {"department_id": nexus.departments["Engineering"]}, {"country_id": None}):
        problem = await carol.patch(f"admin/libraries/{library}", scope, status=404)
        assert problem["code"] == "scope_not_found"
    everyone = {"library_url": nexus.sharepoint_library("Reach")}
    assert (await carol.post("admin/libraries", everyone, status=404))["code"] == "scope_not_found"
