"""Row: what checking an access token costs a request, against checking an RS256 one anew each time.

RS256 is what an API pays that takes the identity provider's own tokens; ours are remembered by their SHA-256 once
verified, and only their time is looked at again.
"""

import time
from collections.abc import Callable, Sequence
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from bench.measure import Sample, here, interleave, versions
from bench.rows import Comparison, Options, Outcome
from shared.adapters.access_tokens import AUDIENCE, ISSUER, LIFE_S, SignedAccessTokens
from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, SessionId, UserId
from shared.setting_groups import SigningKey

REMEMBERED, FIRST, RS256 = "nexus, seen before", "nexus, first time", "RS256 each time"
# Both ends of what an instance serves at once: one busy page, and many people in turn.
_PEOPLE = 200


def run(options: Options) -> Sequence[Outcome]:
    checks = 2_000 if options.quick else 20_000
    key = SigningKey("bench", b"k" * 32)
    issuer = SignedAccessTokens((key,))
    callers = [_caller() for _ in range(_PEOPLE)]
    ours = [issuer.issue(caller)[0] for caller in callers]
    warm = SignedAccessTokens((key,))
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key()
    theirs = [jwt.encode(_claims(caller), private, algorithm="RS256") for caller in callers]

    def rs256(token: str) -> object:
        return jwt.decode(token, public, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)

    def first_time(token: str) -> object:
        return SignedAccessTokens((key,)).verify(token)

    for token, caller in zip(ours, callers, strict=True):
        if warm.verify(token) != caller:
            raise AssertionError("a token brought back somebody else")
    few = checks // 20
    rounds = interleave(
        {
            REMEMBERED: _each(warm.verify, ours, checks),
            FIRST: _each(first_time, ours, few),
            RS256: _each(rs256, theirs, few),
        },
        rounds=options.rounds,
        seed=options.seed,
    )
    return [
        Outcome(
            "Checking an access token",
            rounds,
            "µs a check",
            1e6,
            (
                Comparison(REMEMBERED, RS256, rounds.cpu_ratio(REMEMBERED, RS256), "CPU a check", 0.05),
                Comparison(FIRST, RS256, rounds.cpu_ratio(FIRST, RS256), "CPU a check"),
            ),
            (
                f"{_PEOPLE} tokens in turn; RSA of 2048 bits, its key loaded beforehand; PyJWT checks issuer, audience "
                "and times",
                "the first time: HS256 by PyJWT, our checks of every claim, and an empty memory made for it",
            ),
            versions("PyJWT", "cryptography"),
        )
    ]


def _each(check: Callable[[str], object], tokens: list[str], times: int) -> Callable[[], Sample]:
    def work() -> None:
        for number in range(times):
            check(tokens[number % _PEOPLE])

    measured = here(work)
    return lambda: measured().per(times)


def _caller() -> Caller:
    return Caller(UserId(uuid4()), Role.USER, DepartmentId(uuid4()), CountryId(uuid4()), session_id=SessionId(uuid4()))


def _claims(caller: Caller) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(caller.user_id),
        "role": caller.role.value,
        "department": str(caller.department_id),
        "country": str(caller.country_id),
        "sid": str(caller.session_id),
        "iat": now,
        "exp": now + LIFE_S,
        "jti": uuid4().hex,
    }
