"""What was granted and may still be redeemed: authorization codes and refresh tokens, in memory."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from devstack.entra.accounts import Account
from devstack.entra.errors import EntraError, missing

CODE_LIFE_S = 60
REFRESH_LIFE_S = 90 * 24 * 3600
# RFC 7636 §4.1 and §4.2: 43 to 128 unreserved characters.
_PKCE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's consent to one client; `challenge` is the S256 code challenge, None without PKCE."""

    account: Account
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    challenge: str | None
    issued_at: float
    redeemed: bool = False


def check_challenge(challenge: str | None, method: str | None) -> None:
    if challenge is None:
        return
    if method != "S256":
        raise EntraError("invalid_request", 501491, "The code_challenge_method must be S256.")
    if not _PKCE.fullmatch(challenge):
        raise EntraError("invalid_request", 501491, "Invalid size of Code_Challenge parameter.")


def _check_verifier(verifier: str | None, challenge: str | None) -> None:
    if challenge is None and verifier is None:
        return
    if verifier is None:
        raise missing("code_verifier")
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if (
        challenge is None
        or not _PKCE.fullmatch(verifier)
        or not hmac.compare_digest(expected.encode(), challenge.encode())
    ):
        raise EntraError(
            "invalid_grant",
            501481,
            "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
        )


class Grants:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}

    def code(self, grant: Grant) -> str:
        self._forget()
        code = "1." + secrets.token_urlsafe(48)
        self._codes[code] = grant
        return code

    def redeem_code(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str | None, pkce_required: bool
    ) -> Grant:
        """Single use: a second try fails, and so does one after a try with a wrong verifier."""
        grant = self._codes.get(code)
        if grant is None or grant.client_id != client_id:
            raise EntraError("invalid_grant", 70000, "The provided value for the input parameter 'code' is not valid.")
        if grant.redeemed:
            raise EntraError(
                "invalid_grant",
                54005,
                "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an "
                "existing refresh token.",
            )
        self._codes[code] = replace(grant, redeemed=True)
        if self._clock() - grant.issued_at > CODE_LIFE_S:
            raise EntraError(
                "invalid_grant",
                70008,
                "The provided authorization code or refresh token has expired due to inactivity. "
                "Send a new interactive authorization request for this user and resource.",
            )
        if redirect_uri != grant.redirect_uri:
            raise EntraError(
                "invalid_grant",
                500112,
                f"The reply address '{redirect_uri}' does not match the reply address "
                f"'{grant.redirect_uri}' provided when requesting Authorization code.",
            )
        if pkce_required and grant.challenge is None:
            raise EntraError(
                "invalid_request",
                9002325,
                "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
            )
        _check_verifier(verifier, grant.challenge)
        return grant

    def refresh_token(self, grant: Grant) -> str:
        token = "1." + secrets.token_urlsafe(64)
        self._refresh[token] = replace(grant, issued_at=self._clock())
        return token

    def redeem_refresh(self, token: str, *, client_id: str) -> Grant:
        """Rotation: the token is spent, the caller hands out a new one."""
        grant = self._refresh.get(token)
        if grant is None or grant.client_id != client_id:
            raise EntraError(
                "invalid_grant", 70000, "The provided value for the input parameter 'refresh_token' is not valid."
            )
        del self._refresh[token]
        if self._clock() - grant.issued_at > REFRESH_LIFE_S:
            raise EntraError("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return grant

    def _forget(self) -> None:
        # Spent and expired codes stay long enough to be told apart from invented ones.
        oldest = self._clock() - 10 * CODE_LIFE_S
        self._codes = {code: grant for code, grant in self._codes.items() if grant.issued_at > oldest}
