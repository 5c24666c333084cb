"""S06: who is changed, signs out or is signed out has no session left; an access token lives out its 15 minutes."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from tests.functions.nexus import Nexus
from tests.functions.person import Person
from tests.functions.test_outages import away, recovered
from tests.security.browser import Browser

type SignIn = Callable[[str], Awaitable[Person]]


async def refresh(person: Person) -> tuple[int, str | None]:
    """Goes on with the successor."""
    reply = await person.http.post("/api/auth/refresh", json={"refresh_token": person.session.refresh_token})
    if reply.status_code == 200:
        told = reply.json()
        kept = {"access_token": told["access_token"], "refresh_token": told["refresh_token"], "user": told["user"]}
        person.session = type(person.session)(api=person.session.api, expires_in=900, **kept)
    return reply.status_code, reply.json().get("code")


GOES_ON, ENDED = (200, None), (401, "session_ended")


def families(nexus: Nexus, person: Person) -> int:
    with nexus.cache() as cache:
        return sum(cache.hget(key, "user") == person.id.encode() for key in cache.scan_iter("session:*"))


@pytest.fixture
async def mover(nexus: Nexus, admin: Person, signed_in: SignIn) -> Person:
    """Signed in, with no role, no scope and no other session."""
    user = nexus.sessions["mover"].user["id"]
    nothing = {"role": "user", "department_id": None, "country_id": None, "is_active": True}
    await admin.patch(f"admin/users/{user}", nothing)
    await admin.call("POST", f"admin/users/{user}/revoke-sessions", status=204)
    return await signed_in("mover")


def changes(nexus: Nexus) -> dict[str, dict[str, Any]]:
    return {
        "role": {"role": "content_manager"},
        "department": {"department_id": nexus.departments["HR"]},
        "country": {"country_id": nexus.countries["DE"]},
        "activity": {"is_active": False},
    }


@pytest.mark.parametrize("what", ["role", "department", "country", "activity"])
async def test_s06_a_change_ends_every_session_of_that_user_and_of_nobody_else(
    nexus: Nexus, admin: Person, mover: Person, signed_in: SignIn, what: str
) -> None:
    elsewhere, alice = await signed_in("mover"), await signed_in("alice")
    assert [await refresh(person) for person in (mover, elsewhere, alice)] == [GOES_ON] * 3
    assert families(nexus, mover) == 2
    await admin.patch(f"admin/users/{mover.id}", changes(nexus)[what])
    assert families(nexus, mover) == 0
    assert [await refresh(person) for person in (mover, elsewhere, alice)] == [ENDED, ENDED, GOES_ON]
    # the access token tells of before until it expires
    assert (await mover.get("auth/me"))["id"] == mover.id
    if what != "activity":
        again = await signed_in("mover")
        assert await refresh(again) == GOES_ON


async def test_a_change_that_changes_nothing_ends_nothing(nexus: Nexus, admin: Person, mover: Person) -> None:
    for same in ({}, {"role": "user"}, {"department_id": None, "country_id": None, "is_active": True}):
        await admin.patch(f"admin/users/{mover.id}", same)
        assert await refresh(mover) == GOES_ON


async def test_a_refused_change_ends_nothing(admin: Person, mover: Person) -> None:
    await admin.patch(f"admin/users/{mover.id}", {"department_id": str(uuid4())}, status=422)
    assert await refresh(mover) == GOES_ON


async def test_s06_a_change_while_redis_is_away_ends_the_sessions_all_the_same(
    nexus: Nexus, admin: Person, mover: Person, anyone: httpx.AsyncClient
) -> None:
    with away(nexus.redis, "frozen"):
        changed = await admin.patch(f"admin/users/{mover.id}", {"role": "content_manager"})
        assert changed["role"] == "content_manager"
    await recovered(anyone)
    assert families(nexus, mover) == 1, "nobody could clear it away"
    assert await refresh(mover) == ENDED
    assert families(nexus, mover) == 0


async def test_s06_a_change_past_the_api_ends_the_sessions_too(nexus: Nexus, mover: Person) -> None:
    nexus.postgres.sql("UPDATE users SET is_active = false WHERE id = :'id'", nexus.database.name, id=mover.id)
    assert await refresh(mover) == ENDED


async def test_a_refresh_tells_what_the_user_is_by_now(nexus: Nexus, mover: Person) -> None:
    name = f"Renamed {uuid4()}"
    nexus.postgres.sql(
        "UPDATE users SET display_name = :'name' WHERE id = :'id'", nexus.database.name, id=mover.id, name=name
    )
    assert await refresh(mover) == GOES_ON
    assert mover.session.user["display_name"] == name


async def test_s06_who_was_switched_off_in_the_middle_of_a_sign_in_cannot_go_on(nexus: Nexus, mover: Person) -> None:
    """The session began with the epoch of after the change."""
    epoch = nexus.postgres.sql(
        "UPDATE users SET is_active = false WHERE id = :'id' RETURNING session_epoch", nexus.database.name, id=mover.id
    )
    with nexus.cache() as cache:
        sid = jwt.decode(mover.session.access_token, options={"verify_signature": False})["sid"]
        cache.hset(f"session:{sid}", "epoch", epoch)
    assert await refresh(mover) == ENDED
    assert families(nexus, mover) == 0


async def test_s06_a_user_who_is_gone_has_no_session(nexus: Nexus, mover: Person) -> None:
    with nexus.cache() as cache:
        sid = jwt.decode(mover.session.access_token, options={"verify_signature": False})["sid"]
        cache.hset(f"session:{sid}", "user", str(uuid4()))
    assert await refresh(mover) == ENDED


async def test_signing_out_ends_this_session_only_and_takes_the_cookie_away(
    nexus: Nexus, browser: Browser, signed_in: SignIn
) -> None:
    other = await signed_in("alice")
    await browser.login(nexus, "alice")
    kept = browser.cookie
    reply = await browser.post("auth/logout")
    assert (reply.status_code, reply.content, browser.cookie) == (204, b"", None)
    assert browser.cookies_set[-1] == "__Host-nexus_rt=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"
    browser.cookie = kept
    assert (await browser.refresh()).json()["code"] == "session_ended"
    assert (await browser.post("auth/logout")).status_code == 204, "once more does no harm"
    assert await refresh(other) == GOES_ON


async def test_signing_out_ends_the_session_after_refreshes_too(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    await browser.refresh()
    before = browser.cookie
    assert (await browser.post("auth/logout")).status_code == 204
    browser.cookie = before
    assert (await browser.refresh()).json()["code"] == "session_ended"


async def test_signing_out_everywhere_ends_all_own_sessions(
    nexus: Nexus, browser: Browser, mover: Person, signed_in: SignIn
) -> None:
    elsewhere, alice = await signed_in("mover"), await signed_in("alice")
    await browser.login(nexus, "mover")
    reply = await browser.post("auth/logout-all")
    assert (reply.status_code, browser.cookie) == (204, None)
    assert [await refresh(person) for person in (mover, elsewhere, alice)] == [ENDED, ENDED, GOES_ON]
    assert audited(nexus, reply) == f"{mover.id}|user.revoke_sessions|{mover.id}|ok"


async def test_s06_an_administrator_ends_the_sessions_of_a_user(
    nexus: Nexus, admin: Person, mover: Person, signed_in: SignIn
) -> None:
    reply = await admin.call("POST", f"admin/users/{mover.id}/revoke-sessions", status=204)
    assert await refresh(mover) == ENDED
    assert audited(nexus, reply) == f"{admin.id}|user.revoke_sessions|{mover.id}|ok"
    assert await refresh(await signed_in("mover")) == GOES_ON


async def test_only_super_administrators_end_the_sessions_of_others(admin: Person, alice: Person, bob: Person) -> None:
    await alice.call("POST", f"admin/users/{bob.id}/revoke-sessions", status=403)
    for nobody in (str(uuid4()), "me"):
        reply = await admin.call("POST", f"admin/users/{nobody}/revoke-sessions", status=404)
        assert reply.json()["code"] == "user_not_found"


def audited(nexus: Nexus, reply: httpx.Response) -> str:
    return nexus.postgres.sql(
        "SELECT actor_id, action, target, outcome FROM audit_log WHERE correlation_id = :'id'",
        nexus.database.name,
        id=reply.headers["x-correlation-id"],
    )
