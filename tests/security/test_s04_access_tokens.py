"""S04: only Nexus' own access tokens pass, and only as that. (Every forgery by hand: tests/shared/adapters.)"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import jwt
import pytest

from tests.functions.nexus import CLIENT_ID, CLIENT_SECRET, TENANT, Nexus
from tests.functions.person import Person
from tests.security.browser import Browser, authorization

type SignIn = Callable[[str], Awaitable[Person]]


async def me(http: httpx.AsyncClient, token: str | None) -> tuple[int, str | None]:
    reply = await http.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    return reply.status_code, reply.json().get("code")


@pytest.mark.parametrize("kind", ["id_token", "access_token"])
async def test_s04_entras_own_tokens_for_this_person_open_nothing(
    nexus: Nexus, anyone: httpx.AsyncClient, kind: str
) -> None:
    sent = await authorization(nexus, anyone, "admin")
    grant = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    form = grant | {name: sent[name] for name in ("code", "code_verifier", "redirect_uri")}
    tokens = (await anyone.post(f"{nexus.entra.url}/{TENANT}/oauth2/v2.0/token", data=form)).json()
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["aud"] == CLIENT_ID
    assert await me(anyone, tokens[kind]) == (401, "unauthenticated")
    reply = await anyone.post("/api/auth/refresh", json={"refresh_token": tokens[kind]})
    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")


async def test_s04_a_refresh_token_is_no_access_token_and_the_other_way_round(
    nexus: Nexus, browser: Browser, signed_in: SignIn, anyone: httpx.AsyncClient
) -> None:
    session = (await signed_in("alice")).session
    assert await me(anyone, session.access_token) == (200, None)
    assert await me(anyone, session.refresh_token) == (401, "unauthenticated")
    reply = await anyone.post("/api/auth/refresh", json={"refresh_token": session.access_token})
    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")

    await browser.login(nexus, "alice")
    reply = await anyone.get("/api/auth/me", headers={"Cookie": f"__Host-nexus_rt={browser.cookie}"})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated"), "a cookie alone is nobody"


async def test_s04_an_access_token_names_its_session_and_nothing_of_the_person(signed_in: SignIn) -> None:
    person = await signed_in("alice")
    claims = jwt.decode(person.session.access_token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "role", "department", "country", "iat", "exp", "jti", "sid"}
    assert claims["exp"] - claims["iat"] == 900
    assert UUID(claims["sid"]) != UUID(claims["sub"])
    assert not any("alice" in str(value).lower() for value in claims.values())


async def test_s04_a_refreshed_access_token_belongs_to_the_same_session(nexus: Nexus, browser: Browser) -> None:
    await browser.login(nexus, "alice")
    before = jwt.decode(browser.access_token, options={"verify_signature": False})
    await browser.refresh()
    after = jwt.decode(browser.access_token, options={"verify_signature": False})
    assert after["sid"] == before["sid"]
    assert after["jti"] != before["jti"]
