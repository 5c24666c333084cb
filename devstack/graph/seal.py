"""Opaque, signed tokens: delta and skip tokens, and the secret in a download address."""

import base64
import binascii
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

_SIGNATURE_BYTES = 12


class Seal:
    """The key lives beside the state, so that a delta link given before a restart is good after it."""

    def __init__(self, key_file: Path) -> None:
        if not key_file.exists():
            key_file.write_bytes(secrets.token_bytes(32))
        self._key = key_file.read_bytes()

    def close(self, purpose: str, content: dict[str, Any]) -> str:
        body = json.dumps(content, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signature(purpose, body) + body).rstrip(b"=").decode()

    def open(self, purpose: str, token: str) -> dict[str, Any] | None:
        """None when the token is not one that `close` made for this purpose."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(purpose, body)):
            return None
        return json.loads(body)

    def _signature(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + body, "sha256")[:_SIGNATURE_BYTES]
