"""Refresh tokens: which family, which generation of it, and 256 bits that only Nexus can compute.

    token = base64url(family id, 16 bytes | generation, 6 bytes | HMAC-SHA-256 over both, 32 bytes)

The secret part is derived instead of drawn so that nothing but hashes has to be stored: tabs that refresh at once must
all get the same successor, and a drawn one could only be told a second time from a copy, which a dump of Redis would
then hold. A derived one is computed again by any instance, and found right by its stored hash. Without the server's
key it is as good as random; the generation lets a family tell a token that it really gave out, and that was since
replaced, from an invention: only the first is a theft.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.domain.ids import SessionId

_GENERATION_BYTES = 6
# 54 bytes are 72 characters without padding: one spelling per token.
_SHAPE = re.compile(r"[A-Za-z0-9_-]{72}")
# The access tokens' keys serve here through a derivation of their own: neither kind can ever pass as the other.
_PURPOSE = b"nexus refresh tokens 1"


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """What a token claims. `is_ours`: it was made with one of our present keys; one made with a key that was since
    dropped is still known by its hash."""

    session_id: SessionId
    generation: int
    is_ours: bool


class RefreshTokens:
    """The first secret makes tokens, all recognize them."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("at least one secret is needed")
        self._keys = [hmac.digest(secret, _PURPOSE, "sha256") for secret in secrets]

    def make(self, session_id: SessionId, generation: int) -> str:
        return _token(self._keys[0], session_id, generation)

    def find(self, session_id: SessionId, generation: int, token_hash: str) -> str | None:
        """The token of that generation which has this hash; None when its key was dropped since."""
        made = (_token(key, session_id, generation) for key in self._keys)
        return next((token for token in made if hash_of(token) == token_hash), None)

    def read(self, token: str) -> PresentedToken | None:
        """None for what has not even the shape of one."""
        if not _SHAPE.fullmatch(token):
            return None
        content = base64.urlsafe_b64decode(token)
        session_id = SessionId(UUID(bytes=content[:16]))
        generation = int.from_bytes(content[16 : 16 + _GENERATION_BYTES])
        # no generator: every key is tried, whichever fits
        fits = [hmac.compare_digest(token, _token(key, session_id, generation)) for key in self._keys]
        return PresentedToken(session_id, generation, any(fits))


def hash_of(token: str) -> str:
    """What is stored of a token: SHA-256, hexadecimal. A plain hash will do for 256 bits that nobody can guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def _token(key: bytes, session_id: SessionId, generation: int) -> str:
    claim = session_id.bytes + generation.to_bytes(_GENERATION_BYTES)
    return base64.urlsafe_b64encode(claim + hmac.digest(key, claim, "sha256")).decode()
