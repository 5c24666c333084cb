"""Nexus' own access tokens (port `AccessTokens`, S04): HS256, 15 minutes, nothing else passes as one."""

import hashlib
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import jwt

from shared.domain.identity import Caller, Role
from shared.domain.ids import CountryId, DepartmentId, SessionId, UserId
from shared.errors import Unauthenticated
from shared.setting_groups import SigningKey

LIFE_S = 15 * 60
ISSUER = "nexus"
AUDIENCE = "nexus-api"
# RFC 9068: the type keeps id tokens and whatever else the same key may sign from passing as access tokens.
TYPE = "at+jwt"
# Clocks of two instances differ; only "issued in the future" is forgiven by that much, expiry never.
SKEW_S = 60
TOKEN_CHARACTERS = 4096
# A check costs about 90 µs, a remembered one 2 (facts/performance.md); 4,096 entries are about 2 MB.
REMEMBERED = 4096


class SignedAccessTokens:
    """The first key signs, all verify: put a new one first, drop the old one 15 minutes later."""

    def __init__(
        self,
        keys: tuple[SigningKey, ...],
        *,
        clock: Callable[[], float] = time.time,
        remembered: int = REMEMBERED,
    ) -> None:
        if not keys:
            raise ValueError("at least one signing key is needed")
        self._signing = keys[0]
        self._keys = {key.kid: key.secret for key in keys}
        self._clock = clock
        self._remembered = remembered
        # Keyed by the token's SHA-256, so that a memory dump of the cache holds no usable token.
        self._verified: dict[bytes, tuple[Caller, int]] = {}

    def issue(self, caller: Caller) -> tuple[str, int]:
        now = int(self._clock())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(caller.user_id),
            "role": caller.role.value,
            "department": _optional_text(caller.department_id),
            "country": _optional_text(caller.country_id),
            "iat": now,
            "exp": now + LIFE_S,
            "jti": uuid4().hex,
        }
        if caller.session_id is not None:
            claims["sid"] = str(caller.session_id)
        headers = {"typ": TYPE, "kid": self._signing.kid}
        return jwt.encode(claims, self._signing.secret, algorithm="HS256", headers=headers), LIFE_S

    def verify(self, token: str) -> Caller:
        if len(token) > TOKEN_CHARACTERS or not token.isascii():
            raise Unauthenticated()
        digest = hashlib.sha256(token.encode("ascii")).digest()
        remembered = self._verified.get(digest)
        if remembered is None:
            remembered = self._verify(token)
            while len(self._verified) >= self._remembered:
                # The oldest first: it is also the next to expire.
                del self._verified[next(iter(self._verified))]
            self._verified[digest] = remembered
        caller, expires_at = remembered
        if self._clock() >= expires_at:
            self._verified.pop(digest, None)
            raise Unauthenticated()
        return caller

    def _verify(self, token: str) -> tuple[Caller, int]:
        try:
            header = jwt.get_unverified_header(token)
            secret = self._keys.get(header.get("kid", ""))
            if secret is None or header.get("typ") != TYPE:
                raise Unauthenticated()
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={
                    "require": ["iss", "aud", "sub", "role", "iat", "exp", "jti"],
                    "strict_aud": True,
                    # Times are judged below, by our clock and at every use of a remembered token.
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            caller = Caller(
                user_id=UserId(UUID(claims["sub"])),
                role=Role(claims["role"]),
                department_id=_optional(DepartmentId, claims.get("department")),
                country_id=_optional(CountryId, claims.get("country")),
                session_id=_optional(SessionId, claims.get("sid")),
            )
            issued_at, expires_at = claims["iat"], claims["exp"]
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            # The last three: ids and roles that are none, in a token that is signed nevertheless.
            raise Unauthenticated() from error
        if type(issued_at) is not int or type(expires_at) is not int or expires_at - issued_at > LIFE_S:
            raise Unauthenticated()
        if issued_at > self._clock() + SKEW_S:
            raise Unauthenticated()
        return caller, expires_at


def _optional[Id](kind: Callable[[UUID], Id], value: str | None) -> Id | None:
    return None if value is None else kind(UUID(value))


def _optional_text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
