"""Our own access tokens: what passes, and that nothing else does (S04)."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

from shared.adapters.access_tokens import AUDIENCE, ISSUER, LIFE_S, SignedAccessTokens
from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, UserId
from shared.errors import Unauthenticated
from shared.setting_groups import SigningKey

OLD = SigningKey("2026-10", secrets.token_bytes(32))
NEW = SigningKey("2026-11", secrets.token_bytes(32))


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> SignedAccessTokens:
    return SignedAccessTokens((NEW, OLD), clock=clock)


def _caller(**changed: Any) -> Caller:
    fields: dict[str, Any] = {
        "user_id": UserId(uuid4()),
        "role": Role.CONTENT_MANAGER,
        "department_id": DepartmentId(uuid4()),
        "country_id": CountryId(uuid4()),
    }
    return Caller(**(fields | changed))


def _claims(clock: Clock, **changed: Any) -> dict[str, Any]:
    now = int(clock())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid4()),
        "role": "user",
        "department": None,
        "country": None,
        "iat": now,
        "exp": now + LIFE_S,
        "jti": "x",
    }
    return {name: value for name, value in (claims | changed).items() if value is not ...}


def _signed(claims: dict[str, Any], key: SigningKey = NEW, **headers: Any) -> str:
    """By hand: the library will not make every token that somebody may send."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": key.kid} | headers
    parts = [json.dumps(part).encode() for part in (header, claims) if part is not None]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = hmac.new(key.secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _refused(tokens: SignedAccessTokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token)
    assert refused.value.detail == Unauthenticated().detail


@pytest.mark.parametrize("scope", [{}, {"department_id": None, "country_id": None, "role": Role.USER}], ids=str)
def test_a_token_brings_back_the_caller_it_was_issued_for(tokens: SignedAccessTokens, scope: dict[str, Any]) -> None:
    caller = _caller(**scope)
    token, life_s = tokens.issue(caller)

    assert life_s == 900
    assert tokens.verify(token) == caller
    assert tokens.verify(token) == caller


def test_a_token_holds_ids_and_a_role_and_nothing_about_the_person(tokens: SignedAccessTokens) -> None:
    token, _ = tokens.issue(_caller())
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() == {"iss", "aud", "sub", "role", "department", "country", "iat", "exp", "jti"}
    header = jwt.get_unverified_header(token)
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": "2026-11"}


@pytest.mark.parametrize("verified_before", [True, False])
def test_s04_a_token_dies_after_fifteen_minutes_whether_it_is_remembered_or_not(
    tokens: SignedAccessTokens, clock: Clock, verified_before: bool
) -> None:
    token, _ = tokens.issue(_caller())
    clock.now += 899
    if verified_before:
        tokens.verify(token)
    clock.now += 1
    _refused(tokens, token)
    _refused(tokens, token)


def test_s04_both_keys_verify_and_a_removed_one_does_not(clock: Clock) -> None:
    before = SignedAccessTokens((OLD,), clock=clock)
    between = SignedAccessTokens((NEW, OLD), clock=clock)
    after = SignedAccessTokens((NEW,), clock=clock)
    old, _ = before.issue(_caller())
    new, _ = between.issue(_caller())

    assert between.verify(old)
    assert after.verify(new)
    _refused(after, old)
    _refused(before, new)


def test_a_token_made_by_hand_as_ours_are_passes(tokens: SignedAccessTokens, clock: Clock) -> None:
    """Without this the refusals below would prove nothing."""
    assert tokens.verify(_signed(_claims(clock))).role is Role.USER


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://login.microsoftonline.com/x/v2.0"},
        {"iss": ...},
        {"aud": "nexus-web"},
        {"aud": [AUDIENCE]},
        {"aud": ...},
        {"sub": ...},
        {"sub": "alice"},
        {"role": "owner"},
        {"role": ["super_admin"]},
        {"role": ...},
        {"department": "HR"},
        {"department": 7},
        {"country": {}},
        {"iat": ...},
        {"iat": "0"},
        {"iat": True},
        {"exp": ...},
        {"exp": None},
        {"exp": "9999999999"},
        {"jti": ...},
    ],
    ids=str,
)
def test_s04_a_token_with_one_claim_changed_is_refused(
    tokens: SignedAccessTokens, clock: Clock, changed: dict[str, Any]
) -> None:
    _refused(tokens, _signed(_claims(clock, **changed)))


def test_s04_a_token_from_the_future_or_with_a_longer_life_is_refused(tokens: SignedAccessTokens, clock: Clock) -> None:
    now = int(clock())
    assert tokens.verify(_signed(_claims(clock, iat=now + 30, exp=now + 30 + LIFE_S)))
    _refused(tokens, _signed(_claims(clock, iat=now + 120, exp=now + 120 + LIFE_S)))
    _refused(tokens, _signed(_claims(clock, exp=now + LIFE_S + 1)))
    _refused(tokens, _signed(_claims(clock, iat=now - 1000, exp=now - 1)))


@pytest.mark.parametrize(
    "headers",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "rt+jwt"},
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": ""},
        {"kid": OLD.kid},
        {"crit": ["b65"]},
    ],
    ids=str,
)
def test_s04_a_token_with_one_header_changed_is_refused(
    tokens: SignedAccessTokens, clock: Clock, headers: dict[str, Any]
) -> None:
    _refused(tokens, _signed(_claims(clock), **headers))


def test_s04_unsigned_tampered_and_foreign_tokens_are_refused(tokens: SignedAccessTokens, clock: Clock) -> None:
    good = _signed(_claims(clock))
    header, payload, signature = good.split(".")
    admin = json.dumps(_claims(clock, role="super_admin")).encode()
    tampered = base64.urlsafe_b64encode(admin).rstrip(b"=").decode()
    for token in (
        f"{header}.{payload}.",
        f"{header}.{tampered}.{signature}",
        _signed(_claims(clock), SigningKey(NEW.kid, secrets.token_bytes(32))),
        "",
        "a.b.c",
        "..",
        good + "x",
        good + "é",
        good + "\ud800",
        # an opaque refresh token, and something far too long to be looked at
        secrets.token_urlsafe(32),
        "x" * 5_000,
    ):
        _refused(tokens, token)


def test_what_is_remembered_is_bounded_and_holds_no_token(clock: Clock) -> None:
    tokens = SignedAccessTokens((NEW,), clock=clock, remembered=5)
    issued = [tokens.issue(_caller())[0] for _ in range(12)]
    for token in issued:
        tokens.verify(token)

    remembered = tokens._verified
    assert len(remembered) == 5
    assert not any(token.encode() in digest for token in issued for digest in remembered)
    assert all(tokens.verify(token) for token in issued)


def test_refused_tokens_are_not_remembered(tokens: SignedAccessTokens) -> None:
    for number in range(50):
        _refused(tokens, f"a.b.{number}")
    assert not tokens._verified


def test_without_a_key_there_are_no_tokens() -> None:
    with pytest.raises(ValueError, match="at least one"):
        SignedAccessTokens(())


def test_the_clock_of_the_machine_is_the_default() -> None:
    tokens = SignedAccessTokens((NEW,))
    token, _ = tokens.issue(_caller())
    assert abs(jwt.decode(token, options={"verify_signature": False})["iat"] - time.time()) < 300
    assert tokens.verify(token)
