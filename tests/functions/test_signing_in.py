"""From the sign-in page's first question to what an administrator makes of a person."""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from devstack.sign_in import SignInFailed
from tests.functions.nexus import CLIENT_ID, REDIRECT_URI, TENANT, Nexus
from tests.functions.person import Person

VERIFIER = "v" * 64
NONCE = "the-nonce-of-this-test"

type SignIn = Callable[[str], Awaitable[Person]]


async def a_code(nexus: Nexus, http: httpx.AsyncClient, user: str = "alice") -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid profile email",
        "state": "s",
        "nonce": NONCE,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": user,
    }
    reply = await http.get(f"{nexus.entra.url}/{TENANT}/oauth2/v2.0/authorize", params=asked)
    return parse_qs(urlsplit(reply.headers["location"]).query)["code"][0]


async def login(nexus: Nexus, http: httpx.AsyncClient, **changed: Any) -> httpx.Response:
    body = {
        "code": await a_code(nexus, http),
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT_URI,
        "nonce": NONCE,
        "token_transport": "body",
    }
    return await http.post("/api/auth/login", json=body | changed)


def audited(nexus: Nexus, correlation_id: str) -> str:
    return nexus.postgres.sql(
        "SELECT action || ' ' || outcome || ' ' || detail::text FROM audit_log WHERE correlation_id = :'id'",
        nexus.database.name,
        id=correlation_id,
    )


async def test_the_sign_in_page_is_told_where_to_go(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/api/auth/config")).json() == {
        "authority": f"{nexus.entra.url}/{TENANT}",
        "client_id": CLIENT_ID,
        "scopes": ["openid", "profile", "email"],
        "redirect_uri": REDIRECT_URI,
    }


async def test_a_code_becomes_a_session_and_me(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    reply = await login(nexus, anyone)
    assert reply.status_code == 200, reply.text
    session = reply.json()
    assert (session["token_type"], session["expires_in"]) == ("Bearer", 900)
    me = (await anyone.get("/api/auth/me", headers={"Authorization": f"bearer {session['access_token']}"})).json()
    assert me == {**session["user"], "budget": None}
    assert (me["email"], me["role"]) == ("alice@northwind.example", "user")
    assert (me["department"]["name"], me["country"]["code"]) == ("HR", "DE")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"redirect_uri": "https://evil.example/callback"}, 422, "invalid"),
        ({"redirect_uri": REDIRECT_URI + "/"}, 422, "invalid"),
        ({"code": "not-a-code"}, 401, "sign_in_refused"),
        ({"code_verifier": "w" * 64}, 401, "sign_in_refused"),
        ({"nonce": "another-nonce"}, 401, "sign_in_refused"),
        ({"code": ""}, 422, "invalid"),
        ({"code_verifier": "short"}, 422, "invalid"),
        ({"token_transport": "header"}, 422, "invalid"),
        ({"role": "super_admin"}, 422, "invalid"),
    ],
)
async def test_s01_a_wrong_part_of_the_exchange_is_refused(
    nexus: Nexus, anyone: httpx.AsyncClient, changed: dict[str, str], status: int, code: str
) -> None:
    reply = await login(nexus, anyone, **changed)
    assert (reply.status_code, reply.json()["code"]) == (status, code), reply.text
    if status == 422:
        assert [error["pointer"] for error in reply.json()["errors"]] == [f"/{next(iter(changed))}"]
    else:
        assert audited(nexus, reply.json()["correlation_id"]).startswith("sign_in denied")


async def test_s01_a_code_works_once(nexus: Nexus, anyone: httpx.AsyncClient) -> None:
    code = await a_code(nexus, anyone)
    assert (await login(nexus, anyone, code=code)).status_code == 200
    assert (await login(nexus, anyone, code=code)).status_code == 401


async def test_who_is_not_assigned_in_entra_does_not_get_in(signed_in: SignIn) -> None:
    with pytest.raises(SignInFailed) as failed:
        await signed_in("mallory")
    assert failed.value.step == "Entra ID"


@pytest.mark.parametrize("then", [{"status": 503}, {"reset": True}])
async def test_entra_away_is_a_503_and_no_refusal(
    nexus: Nexus, anyone: httpx.AsyncClient, then: dict[str, Any]
) -> None:
    code = await a_code(nexus, anyone)
    nexus.fault(nexus.entra, "/token$", then)
    reply = await login(nexus, anyone, code=code)
    assert (reply.status_code, reply.json()["code"]) == (503, "entra_unavailable")
    nexus.forget()
    assert (await login(nexus, anyone)).status_code == 200


async def test_the_first_sign_in_makes_a_user_without_any_scope(signed_in: SignIn, admin: Person) -> None:
    newcomer = await signed_in("newcomer")
    me = await newcomer.get("auth/me")
    assert (me["role"], me["department"], me["country"], me["is_active"]) == ("user", None, None, True)
    found = await admin.get("admin/users", q="NEWCOMER")
    assert [user["id"] for user in found["items"]] == [newcomer.id]


async def test_a_changed_role_and_scope_show_at_once_and_count_from_the_next_sign_in(
    nexus: Nexus, signed_in: SignIn, admin: Person
) -> None:
    before = await signed_in("mover")
    await before.call("GET", "admin/libraries", status=403)
    change = {
        "role": "content_manager",
        "department_id": nexus.departments["Engineering"],
        "country_id": nexus.countries["US"],
    }
    changed = await admin.patch(f"admin/users/{before.id}", change)
    me = await before.get("auth/me")
    assert me == {**changed, "budget": None}
    assert (me["role"], me["department"]["name"], me["country"]["code"]) == ("content_manager", "Engineering", "US")
    after = await signed_in("mover")
    assert after.id == before.id
    await after.call("GET", "admin/libraries", status=200)
    listed = await admin.get("admin/users", role="content_manager", department_id=nexus.departments["Engineering"])
    assert after.id in {user["id"] for user in listed["items"]}

    # what is left out stays, null takes away
    kept = await admin.patch(f"admin/users/{before.id}", {"department_id": None})
    assert (kept["role"], kept["department"], kept["country"]["code"]) == ("content_manager", None, "US")


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"role": "owner"}, "invalid", "/role"),
        ({"role": None}, "invalid", "/role"),
        ({"is_active": "yes"}, "invalid", "/is_active"),
        ({"email": "a@b.c"}, "invalid", "/email"),
        ({"department_id": "HR"}, "invalid", "/department_id"),
        ({"department_id": str(uuid4())}, "department_not_found", None),
        ({"country_id": str(uuid4())}, "country_not_found", None),
    ],
)
async def test_a_change_that_makes_no_sense_changes_nothing(
    admin: Person, alice: Person, change: dict[str, Any], code: str, pointer: str | None
) -> None:
    before = await alice.get("auth/me")
    problem = await admin.patch(f"admin/users/{alice.id}", change, status=422)
    assert problem["code"] == code
    if pointer:
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert await alice.get("auth/me") == before


@pytest.mark.parametrize("change", [{"role": "user"}, {"role": "content_manager"}, {"is_active": False}])
async def test_the_last_super_admin_stays_one(admin: Person, change: dict[str, Any]) -> None:
    problem = await admin.patch(f"admin/users/{admin.id}", change, status=409)
    assert problem["code"] == "last_super_admin"
    assert (await admin.get("auth/me"))["role"] == "super_admin"


async def test_who_is_switched_off_cannot_sign_in_again(
    nexus: Nexus, signed_in: SignIn, admin: Person, anyone: httpx.AsyncClient
) -> None:
    mover = await signed_in("mover")
    await admin.patch(f"admin/users/{mover.id}", {"is_active": False})
    reply = await login(nexus, anyone, code=await a_code(nexus, anyone, "mover"))
    assert (reply.status_code, reply.json()["code"]) == (401, "sign_in_refused")
    assert "switched off" in reply.json()["detail"]
    assert audited(nexus, reply.json()["correlation_id"]).startswith("sign_in denied")
    await admin.patch(f"admin/users/{mover.id}", {"is_active": True})
    await signed_in("mover")


async def test_every_change_of_a_person_is_in_the_audit_log(nexus: Nexus, admin: Person, bob: Person) -> None:
    reply = await admin.call(
        "PATCH", f"admin/users/{bob.id}", status=200, json={"department_id": nexus.departments["Engineering"]}
    )
    entry = audited(nexus, reply.headers["x-correlation-id"])
    assert entry.startswith("user.change ok")
    assert nexus.departments["Engineering"] in entry
