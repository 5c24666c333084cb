"""S02: keys are fetched seldom, rotate, and outlive their server for a while."""

import asyncio
import base64
import json
from typing import Any

import pytest

from devstack.entra.keys import SigningKey
from shared.adapters.entra_id_token import IdTokens
from shared.adapters.entra_keys import FRESH_S, PAUSE_S, TRUSTED_S, EntraKeys
from shared.errors import SignInRefused, Unavailable
from tests.shared.adapters.entra.conftest import (
    CLIENT_ID,
    NONCE,
    TENANT,
    Entra,
)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Judge:
    """Id token validation with a clock of its own."""

    def __init__(self, entra: Entra) -> None:
        self.clock = Clock()
        url = f"{entra.url}/{TENANT}/discovery/v2.0/keys"
        keys = EntraKeys(url, TENANT, entra.client, clock=self.clock)
        self.tokens = IdTokens(keys, issuer=entra.issuer, tenant_id=TENANT, client_id=CLIENT_ID)

    async def outcome(self, token: str) -> str:
        try:
            return (await self.tokens.validate(token, NONCE)).object_id
        except (SignInRefused, Unavailable) as error:
            return type(error).__name__


async def test_s02_a_thousand_unknown_keys_cause_at_most_two_fetches(entra: Entra) -> None:
    judge, key = Judge(entra), SigningKey.new()
    token = entra.signed(key, "known-later").split(".", 1)[1]

    def unknown(number: int) -> str:
        header = json.dumps({"alg": "RS256", "typ": "JWT", "kid": f"unknown-{number}"}).encode()
        return base64.urlsafe_b64encode(header).rstrip(b"=").decode() + "." + token

    first = await asyncio.gather(*(judge.outcome(unknown(number)) for number in range(500)))
    judge.clock.now += PAUSE_S
    second = await asyncio.gather(*(judge.outcome(unknown(number)) for number in range(500, 1_000)))

    assert set(first + second) == {"SignInRefused"}
    assert await entra.asked("/keys") == 2


async def test_s02_many_first_sign_ins_share_one_fetch(entra: Entra) -> None:
    judge = Judge(entra)
    token = entra.signed(entra.keys.current)
    assert set(await asyncio.gather(*(judge.outcome(token) for _ in range(50)))) == {"an-object-id"}
    assert await entra.asked("/keys") == 1


async def test_s02_a_rotated_key_is_found_after_the_pause_and_a_dropped_one_is_forgotten(entra: Entra) -> None:
    judge = Judge(entra)
    old = entra.signed(entra.keys.current)
    assert await judge.outcome(old) == "an-object-id"
    await entra.script(rotate_keys=True, drop_old_keys=True)
    new = entra.signed(entra.keys.current)

    assert await judge.outcome(new) == "SignInRefused"
    judge.clock.now += PAUSE_S
    assert await judge.outcome(new) == "an-object-id"
    assert await judge.outcome(old) == "SignInRefused"


@pytest.mark.parametrize(
    "then",
    [{"status": 503}, {"reset": True}, {"status": 200, "body": "<html>"}, {"status": 200, "body": {"keys": []}}],
    ids=str,
)
async def test_s02_while_the_key_server_is_down_known_keys_work_for_a_day(entra: Entra, then: dict[str, Any]) -> None:
    judge = Judge(entra)
    token = entra.signed(entra.keys.current)
    assert await judge.outcome(token) == "an-object-id"
    await entra.fault("/keys$", then)

    judge.clock.now += FRESH_S + 1
    assert await judge.outcome(token) == "an-object-id"
    assert await judge.outcome(entra.signed(SigningKey.new())) == "SignInRefused"
    assert await entra.asked("/keys") == 2
    judge.clock.now += TRUSTED_S
    assert await judge.outcome(token) == "Unavailable"

    await entra.client.delete(f"{entra.url}/_control/faults")
    judge.clock.now += PAUSE_S
    assert await judge.outcome(token) == "an-object-id"


async def test_s02_without_any_keys_nobody_is_judged_and_the_server_is_asked_again_soon(entra: Entra) -> None:
    judge = Judge(entra)
    token = entra.signed(entra.keys.current)
    await entra.fault("/keys$", {"status": 500})
    assert set(await asyncio.gather(*(judge.outcome(token) for _ in range(20)))) == {"Unavailable"}
    assert await entra.asked("/keys") == 1

    await entra.client.delete(f"{entra.url}/_control/faults")
    judge.clock.now += 1
    assert await judge.outcome(token) == "an-object-id"


async def test_a_key_that_the_tenant_publishes_for_another_issuer_does_not_sign_for_it(entra: Entra) -> None:
    foreign = SigningKey.new()
    keys = [entra.keys.current.jwk(entra.issuer), foreign.jwk("https://login.microsoftonline.com/other/v2.0")]
    patterned = SigningKey.new()
    keys.append(patterned.jwk(entra.issuer.replace(TENANT, "{tenantid}")))
    keys += [{"kty": "EC", "kid": "curve"}, {"kty": "RSA", "kid": "broken", "use": "sig"}, {"kty": "RSA"}]
    await entra.fault("/keys$", {"status": 200, "body": {"keys": keys}})
    judge = Judge(entra)

    assert await judge.outcome(entra.signed(entra.keys.current)) == "an-object-id"
    assert await judge.outcome(entra.signed(patterned)) == "an-object-id"
    assert await judge.outcome(entra.signed(foreign)) == "SignInRefused"
