"""S05: refresh tokens over the API. Opaque, replaced at each use, worth nothing twice, stored nowhere."""

import asyncio
import base64
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import jwt
import pytest
import redis.asyncio

from tests.functions.nexus import Nexus
from tests.functions.person import Person
from tests.functions.test_outages import away, recovered
from tests.redis_dump import redis_dump
from tests.security.browser import COOKIE, Browser, authorization

type SignIn = Callable[[str], Awaitable[Person]]


async def refresh(http: httpx.AsyncClient, token: str | None) -> httpx.Response:
    return await http.post("/api/auth/refresh", json={"refresh_token": token})


async def refreshed(http: httpx.AsyncClient, token: str | None) -> str:
    reply = await refresh(http, token)
    assert reply.status_code == 200, reply.text
    return reply.json()["refresh_token"]


def session_of(access_token: str) -> str:
    return jwt.decode(access_token, options={"verify_signature": False})["sid"]


def age_rotation(nexus: Nexus, session: str, seconds: int) -> None:
    """As if the last rotation had been that much earlier."""
    with nexus.cache() as cache:
        cache.hincrby(f"session:{session}", "rotated_at", -seconds * 1000)


async def test_a_browser_gets_the_token_in_a_cookie_only(nexus: Nexus, browser: Browser) -> None:
    reply = await browser.login(nexus, "alice")
    assert reply.status_code == 200, reply.text
    assert reply.json().keys() == {"access_token", "token_type", "expires_in", "user"}
    name, value, *attributes = re.split("; |=", browser.cookies_set[-1], maxsplit=2)
    assert (name, len(value)) == (COOKIE, 72)
    assert set(attributes[0].split("; ")) == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=604800"}
    assert browser.cookie == value
    assert value not in reply.text


async def test_a_cookie_is_replaced_at_each_use_and_says_who_it_is_now(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    for _ in range(3):
        before, token = browser.cookie, browser.access_token
        reply = await browser.refresh()
        assert reply.status_code == 200, reply.text
        assert browser.cookie != before
        assert "refresh_token" not in reply.json()
        assert 604_700 < int(re.findall(r"Max-Age=(\d+)", browser.cookies_set[-1])[0]) <= 604_800
        assert browser.access_token != token
    me = await browser.http.get("/api/auth/me", headers={"Authorization": f"Bearer {browser.access_token}"})
    assert me.json() == {**reply.json()["user"], "budget": None}


async def test_a_cookie_is_refreshed_without_a_body_too(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    reply = await browser.post("auth/refresh", headers={"Content-Type": "application/json"})
    assert reply.status_code == 200, reply.text


async def test_a_program_gets_the_token_in_the_body_only(signed_in: SignIn, anyone: httpx.AsyncClient) -> None:
    person = await signed_in("alice")
    reply = await refresh(anyone, person.session.refresh_token)
    assert reply.status_code == 200, reply.text
    assert "set-cookie" not in reply.headers
    assert reply.json()["expires_in"] == 900
    assert reply.json()["user"]["id"] == person.id
    assert await refreshed(anyone, reply.json()["refresh_token"])


async def test_s05_a_replay_after_the_grace_ends_the_family_and_is_audited(
    nexus: Nexus, signed_in: SignIn, anyone: httpx.AsyncClient
) -> None:
    person = await signed_in("alice")
    stolen = person.session.refresh_token
    session = session_of(person.session.access_token)
    newest = await refreshed(anyone, stolen)
    age_rotation(nexus, session, 11)
    reply = await refresh(anyone, stolen)
    assert (reply.status_code, reply.json()["code"]) == (401, "refresh_reused")
    row = nexus.postgres.sql(
        "SELECT actor_id, action, target, outcome FROM audit_log WHERE correlation_id = :'id'",
        nexus.database.name,
        id=reply.json()["correlation_id"],
    )
    assert row == f"{person.id}|refresh.reuse|{session}|denied"
    reply = await refresh(anyone, newest)
    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")
    assert (await refresh(anyone, stolen)).json()["code"] == "session_ended"


async def test_s05_a_replay_once_its_successor_was_used_ends_the_family_at_once(
    signed_in: SignIn, anyone: httpx.AsyncClient
) -> None:
    first = (await signed_in("alice")).session.refresh_token
    second = await refreshed(anyone, first)
    third = await refreshed(anyone, second)
    assert (await refresh(anyone, first)).json()["code"] == "refresh_reused"
    assert (await refresh(anyone, third)).status_code == 401


async def test_s05_one_stolen_session_does_not_end_the_others(signed_in: SignIn, anyone: httpx.AsyncClient) -> None:
    one, other = await signed_in("alice"), await signed_in("alice")
    first = one.session.refresh_token
    await refreshed(anyone, await refreshed(anyone, first))
    assert (await refresh(anyone, first)).json()["code"] == "refresh_reused"
    assert await refreshed(anyone, other.session.refresh_token)


async def test_s05_tabs_that_refresh_at_once_stay_in_one_lineage(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    tabs = [Browser(browser.http, browser.cookie) for _ in range(20)]
    replies = await asyncio.gather(*(tab.refresh() for tab in tabs))
    assert {reply.status_code for reply in replies} == {200}
    assert len({tab.cookie for tab in tabs}) == 1
    assert tabs[0].cookie != browser.cookie
    assert (await tabs[7].refresh()).status_code == 200
    reply = await browser.refresh()
    assert reply.json()["code"] == "refresh_reused"


@pytest.mark.parametrize("token", ["", "x", "x" * 72, "é" * 72, "a.b.c", "A" * 5000, None])
async def test_what_is_no_refresh_token_is_refused(anyone: httpx.AsyncClient, token: str | None) -> None:
    reply = await refresh(anyone, token)
    expected = (422, "invalid") if token in ("", "A" * 5000) else (401, "session_ended")
    assert (reply.status_code, reply.json()["code"]) == expected


async def test_s09_a_refresh_asks_for_nothing_else(anyone: httpx.AsyncClient) -> None:
    for more in ({"role": "super_admin"}, {"user_id": "x"}, {"expires_in": 1}):
        reply = await anyone.post("/api/auth/refresh", json={"refresh_token": "x" * 72} | more)
        assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


async def test_s05_neither_redis_nor_postgresql_holds_a_token(
    nexus: Nexus, signed_in: SignIn, anyone: httpx.AsyncClient, browser: Browser
) -> None:
    person = await signed_in("alice")
    await browser.login(nexus, "bob")
    refresh_tokens = [person.session.refresh_token, browser.cookie]
    access_tokens = [person.session.access_token, browser.access_token]
    newest = refresh_tokens[0]
    for _ in range(2):
        refresh_tokens.append(newest := await refreshed(anyone, newest))
    conversation = await person.conversation()
    await person.post("chat/tickets", {"conversation_id": conversation})
    client = redis.asyncio.Redis.from_url(nexus.redis.url)
    try:
        in_redis = await redis_dump(client)
    finally:
        await client.aclose()
    in_postgres = everything(nexus).encode()
    assert session_of(access_tokens[0]).encode() in in_redis, "the dumps see sessions"
    assert person.id.encode() in in_postgres
    for token in refresh_tokens:
        assert token is not None
        content = base64.urlsafe_b64decode(token)
        for secret in (token.encode(), content, content[22:], content[22:].hex().encode()):
            assert secret not in in_redis
            assert secret not in in_postgres
    for token in access_tokens:
        for dump in (in_redis, in_postgres):
            assert token.encode() not in dump
            assert token.rpartition(".")[2].encode() not in dump


def everything(nexus: Nexus) -> str:
    """Every row of every table, bytea as hex and jsonb as text."""
    tables = nexus.postgres.sql(
        "SELECT string_agg(format('SELECT %L || row_to_json(t)::text FROM %I.%I t', tablename, schemaname, tablename),"
        " ' UNION ALL ') FROM pg_tables WHERE schemaname = 'public'",
        nexus.database.name,
    )
    return nexus.postgres.sql(tables, nexus.database.name)


async def test_s05_a_refresh_that_fails_for_want_of_postgresql_uses_no_token_up(
    nexus: Nexus, signed_in: SignIn, anyone: httpx.AsyncClient
) -> None:
    person = await signed_in("alice")
    token = person.session.refresh_token
    with away(nexus.postgres):
        reply = await refresh(anyone, token)
        assert (reply.status_code, reply.json()["code"]) == (503, "postgres_unavailable")
        assert int(reply.headers["retry-after"]) >= 1
    with nexus.cache() as cache:
        assert cache.hget(f"session:{session_of(person.session.access_token)}", "rotated_at") is None
    await recovered(anyone)
    assert await refreshed(anyone, token)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_s05_without_redis_access_tokens_work_and_nothing_else_is_given_out(
    nexus: Nexus, signed_in: SignIn, anyone: httpx.AsyncClient, how: str
) -> None:
    # two sessions: a frozen Redis carries the sign-out out once it goes on, though nobody was told so
    person, leaving = await signed_in("alice"), await signed_in("alice")
    body = await authorization(nexus, anyone, "alice")
    with away(nexus.redis, how):
        assert (await person.get("auth/me"))["id"] == person.id
        for path, sent in (
            ("refresh", {"refresh_token": person.session.refresh_token}),
            ("login", body | {"token_transport": "body"}),
            ("logout", None),
        ):
            more: dict[str, Any] = {} if sent is None else {"json": sent}
            async with asyncio.timeout(30):
                reply = await anyone.post(f"/api/auth/{path}", headers=leaving.session.headers, **more)
            assert (reply.status_code, reply.json()["code"]) == (503, "redis_unavailable"), path
            assert int(reply.headers["retry-after"]) >= 1
            assert "set-cookie" not in reply.headers
    await recovered(anyone)
    reply = await refresh(anyone, person.session.refresh_token)
    if how == "stopped":
        # started again it is empty: that logs people out and lets nobody in
        assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")
    else:
        assert reply.status_code == 200
    assert (await signed_in("alice")).id == person.id


async def test_a_stranger_who_knows_a_sessions_id_cannot_end_it(signed_in: SignIn, anyone: httpx.AsyncClient) -> None:
    token = (await signed_in("alice")).session.refresh_token
    assert token is not None
    content = base64.urlsafe_b64decode(token)
    for generation in range(3):
        guess = content[:16] + generation.to_bytes(6) + secrets.token_bytes(32)
        reply = await refresh(anyone, base64.urlsafe_b64encode(guess).decode())
        assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")
    assert await refreshed(anyone, token)
