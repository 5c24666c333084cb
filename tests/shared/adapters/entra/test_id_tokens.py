"""S01: an id token with one thing changed is refused, always with the same words."""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from devstack.entra.keys import SigningKey
from devstack.faults import FaultControl
from devstack.serving import ServerThread
from shared.adapters.identity_entra import EntraIdentityProvider
from tests.shared.adapters.entra.conftest import (
    CLIENT_ID,
    NONCE,
    REDIRECT,
    SECRET,
    TENANT,
    VERIFIER,
    Entra,
    assert_refused,
)


@dataclass(frozen=True)
class FromNow:
    """A moment as seen when the test runs; its name is the same in every process that collects the tests."""

    seconds: int

    @property
    def timestamp(self) -> int:
        return int(time.time()) + self.seconds


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.microsoftonline.com/5b0f7c2e-3f0e-4f0f-9a58-0f4a1c1b7d11/v2.0"},
        {"iss": None},
        {"iss": ["x"]},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID]},
        {"aud": None},
        {"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"},
        {"tid": None},
        {"exp": FromNow(-120)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": FromNow(3600)},
        {"nbf": None},
        {"iat": FromNow(3600)},
        {"iat": None},
        {"nonce": "of another sign-in"},
        {"nonce": ""},
        {"nonce": None},
        {"nonce": [NONCE]},
        {"ver": "1.0"},
        {"ver": 2.0},
        {"ver": None},
        {"oid": None},
        {"oid": ""},
        {"oid": 7},
        {"sub": None},
        {"azp": "another-client"},
        {"roles": "super_admin"},
        {"groups": [1]},
    ],
    ids=str,
)
async def test_s01_an_id_token_with_one_claim_changed_is_refused(
    provider: EntraIdentityProvider, entra: Entra, claims: dict[str, Any]
) -> None:
    told = {name: value.timestamp if isinstance(value, FromNow) else value for name, value in claims.items()}
    await entra.script(claims=told)
    await assert_refused(provider, entra)


@pytest.mark.parametrize(
    "script",
    [
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"alg": "RS512"}},
        {"header": {"alg": None}},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": None}},
        {"header": {"kid": 5}},
        {"header": {"typ": "at+jwt"}},
        {"header": {"crit": ["exp"]}},
        {"foreign_key": True},
        {"id_token": ""},
        {"id_token": "a.b"},
        {"id_token": "é.é.é"},
        {"id_token": "x" * 70_000},
    ],
    ids=lambda script: str(script)[:60],
)
async def test_s01_an_id_token_with_one_header_changed_is_refused(
    provider: EntraIdentityProvider, entra: Entra, script: dict[str, Any]
) -> None:
    await entra.script(**script)
    await assert_refused(provider, entra)


async def test_s01_a_signature_does_not_cover_a_changed_payload_or_a_foreign_key_under_a_known_id(
    provider: EntraIdentityProvider, entra: Entra
) -> None:
    header, _, signature = entra.signed(entra.keys.current).split(".")
    other = json.dumps(entra.claims(oid="somebody-else")).encode()
    payload = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
    await entra.script(id_token=f"{header}.{payload}.{signature}")
    await assert_refused(provider, entra)

    await entra.script(id_token=entra.signed(SigningKey.new(), kid=entra.keys.current.kid))
    await assert_refused(provider, entra)


async def test_s01_a_key_the_token_brings_or_points_to_is_never_used_nor_fetched(
    provider: EntraIdentityProvider, entra: Entra
) -> None:
    attacker = SigningKey.new()
    published = json.dumps({"keys": [attacker.jwk(entra.issuer)]})

    async def key_server(scope: Any, receive: Any, send: Any) -> None:
        await Response(published, media_type="application/json")(scope, receive, send)

    with ServerThread(FaultControl(key_server)) as evil:
        for kid in (attacker.kid, entra.keys.current.kid):
            for header in (
                {"jku": f"{evil.url}/keys"},
                {"x5u": f"{evil.url}/certificate"},
                {"jwk": attacker.jwk(entra.issuer)},
            ):
                await entra.script(id_token=entra.signed(attacker, kid, **header))
                await assert_refused(provider, entra)
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"{evil.url}/_control/requests")).json() == {"requests": []}


async def test_s01_an_access_token_of_entra_is_no_id_token(provider: EntraIdentityProvider, entra: Entra) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "code": await entra.code(),
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT,
    }
    reply = await entra.client.post(f"{entra.url}/{TENANT}/oauth2/v2.0/token", data=form)
    await entra.script(id_token=reply.json()["access_token"])
    await assert_refused(provider, entra)
