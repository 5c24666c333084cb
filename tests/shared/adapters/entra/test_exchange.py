"""Codes become identities, and everything that goes wrong on the way has a meaning (S03)."""

import logging
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.entra.accounts import Accounts
from devstack.entra.app import EntraStandIn
from devstack.entra.client import Client
from devstack.serving import ServerThread
from shared.adapters.identity_entra import EntraIdentityProvider
from shared.domain.identity import EntraIdentity
from shared.errors import SignInRefused, Unavailable
from tests.shared.adapters.entra.conftest import (
    CLIENT_ID,
    SECRET,
    TENANT,
    VERIFIER,
    Entra,
    assert_refused,
    exchange,
    settings_for,
)


async def test_a_code_and_its_verifier_become_the_person_entra_vouches_for(
    provider: EntraIdentityProvider, entra: Entra, stand_in: EntraStandIn
) -> None:
    identity = await exchange(provider, await entra.code())

    alice = stand_in.accounts.find("alice")
    assert alice is not None
    assert identity == EntraIdentity(
        tenant_id=TENANT,
        object_id=alice.object_id,
        email="alice@nexus.example",
        display_name="Alice Weber",
        roles=(),
        groups=("g1",),
    )


async def test_absent_roles_and_groups_are_not_empty_ones_and_too_many_groups_are_said_to_be(
    provider: EntraIdentityProvider, entra: Entra
) -> None:
    bob = await exchange(provider, await entra.code("bob"))
    crowd = await exchange(provider, await entra.code("crowd"))

    assert (bob.roles, bob.groups, bob.groups_overage) == (None, None, False)
    assert (crowd.groups, crowd.groups_overage) == (None, True)


async def test_s03_the_same_email_with_another_object_id_is_another_person(
    provider: EntraIdentityProvider, entra: Entra
) -> None:
    first = await exchange(provider, await entra.code("alice"))
    await entra.script(claims={"email": "alice@nexus.example"})
    second = await exchange(provider, await entra.code("bob"))

    assert first.email == second.email
    assert first.entra_id != second.entra_id


async def test_times_may_be_off_by_less_than_a_minute(provider: EntraIdentityProvider, entra: Entra) -> None:
    now = int(time.time())
    for claims in ({"exp": now - 30}, {"nbf": now + 30}, {"iat": now + 30}):
        await entra.script(claims=claims)
        assert await exchange(provider, await entra.code())


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "invented"},
        {"code": "\ud800"},
        {"code_verifier": "w" * 64},
        {"redirect_uri": "http://localhost:4280/other"},
        {"nonce": "of another sign-in"},
        {"nonce": ""},
    ],
    ids=ascii,
)
async def test_what_does_not_belong_to_the_code_is_refused(
    provider: EntraIdentityProvider, entra: Entra, changed: dict[str, str]
) -> None:
    await assert_refused(provider, entra, **changed)


async def test_a_code_is_good_once_and_a_disabled_person_is_refused(
    provider: EntraIdentityProvider, entra: Entra
) -> None:
    code = await entra.code()
    await exchange(provider, code)
    with pytest.raises(SignInRefused):
        await exchange(provider, code)
    pending = await entra.code()
    await entra.script(disable="alice")
    with pytest.raises(SignInRefused):
        await exchange(provider, pending)


@pytest.mark.parametrize(
    ("then", "retry_after_s"),
    [
        ({"status": 503}, 5),
        ({"status": 429, "headers": {"Retry-After": "17"}, "body": {"error": "slow_down"}}, 17),
        ({"status": 500, "headers": {"Retry-After": "Mon, 23 Nov 2026 07:28:00 GMT"}, "body": {}}, 5),
        ({"status": 200, "body": "<html>"}, 5),
        ({"status": 200, "body": []}, 5),
        ({"status": 200, "body": {"token_type": "Bearer"}}, 5),
        ({"status": 302, "headers": {"Location": "/elsewhere"}, "body": {}}, 5),
        ({"reset": True}, 5),
        ({"truncate_after": 40}, 5),
        ({"hang": True}, 5),
    ],
    ids=str,
)
async def test_an_entra_that_does_not_answer_properly_is_unavailable_and_is_asked_once(
    entra: Entra, then: dict[str, Any], retry_after_s: int
) -> None:
    code = await entra.code()
    await entra.fault("/token$", then)
    provider = EntraIdentityProvider(settings_for(entra.url), timeout=httpx.Timeout(0.5))
    with pytest.raises(Unavailable) as unavailable:
        await exchange(provider, code)
    await provider.close()

    assert (unavailable.value.dependency, unavailable.value.retry_after_s) == ("entra", retry_after_s)
    assert await entra.asked("/token") == 1
    assert await entra.asked("/elsewhere") == 0


async def test_a_wrong_secret_of_ours_is_no_refusal_of_the_person_and_is_not_repeated(entra: Entra) -> None:
    provider = EntraIdentityProvider(settings_for(entra.url, client_secret="expired-secret"))
    with pytest.raises(Unavailable, match="AADSTS7000215") as unavailable:
        await exchange(provider, await entra.code())
    await provider.close()
    assert "expired-secret" not in str(unavailable.value)


async def test_without_a_secret_the_client_is_public_and_pkce_alone_proves_it(tmp_path: Path) -> None:
    stand_in = EntraStandIn(tmp_path, client=Client(CLIENT_ID, TENANT), accounts=Accounts.load(None, TENANT))
    with ServerThread(stand_in.app) as server:
        async with httpx.AsyncClient() as client:
            entra = Entra(server.url, stand_in.keys, client)
            provider = EntraIdentityProvider(settings_for(server.url, client_secret=None))
            identity = await exchange(provider, await entra.code())
            await provider.close()
            requests = (await client.get(f"{server.url}/_control/requests")).json()["requests"]
    assert identity.display_name == "Alice Weber"
    assert not any("client_secret" in request["body"] for request in requests)


async def test_logs_of_refusals_hold_no_token_code_secret_or_email(
    provider: EntraIdentityProvider, entra: Entra, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="shared")
    await entra.script(claims={"ver": "1.0"})
    code = await entra.code()
    with pytest.raises(SignInRefused):
        await exchange(provider, code)
    with pytest.raises(SignInRefused):
        await exchange(provider, code)

    text = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("shared"))
    assert "ver" in text
    assert "AADSTS54005" in text
    for secret in (code, SECRET, VERIFIER, "alice@nexus.example", "eyJ"):
        assert secret not in text
