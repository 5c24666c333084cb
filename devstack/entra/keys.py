"""The RSA keys that sign tokens: made once, kept in the stand-in's home, rotated on demand."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def _number(value: int) -> str:
    content = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class SigningKey:
    kid: str
    private: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> "SigningKey":
        return cls.of(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @classmethod
    def of(cls, private: rsa.RSAPrivateKey) -> "SigningKey":
        der = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        digest = hashlib.sha256(der).digest()[:20]
        return cls(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), private)

    @classmethod
    def from_pem(cls, pem: str) -> "SigningKey":
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("a signing key must be an RSA key")
        return cls.of(private)

    def pem(self) -> str:
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def public_pem(self) -> str:
        return (
            self.private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    def jwk(self, issuer: str) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
            "issuer": issuer,
        }


class SigningKeys:
    """The published keys, newest first: that one signs. The file is readable by its owner only."""

    def __init__(self, home: Path) -> None:
        self._path = home / "signing-keys.json"
        if self._path.exists():
            pems: list[str] = json.loads(self._path.read_text("utf-8"))["keys"]
            self._keys = [SigningKey.from_pem(pem) for pem in pems]
        else:
            home.mkdir(parents=True, exist_ok=True)
            self._keys = [SigningKey.new()]
            self._save()

    @property
    def current(self) -> SigningKey:
        return self._keys[0]

    @property
    def published(self) -> tuple[SigningKey, ...]:
        return tuple(self._keys)

    def rotate(self) -> SigningKey:
        """A new key signs from now on; the ones before stay published, as Entra does for a while."""
        self._keys.insert(0, SigningKey.new())
        self._save()
        return self.current

    def drop_old(self) -> None:
        del self._keys[1:]
        self._save()

    def _save(self) -> None:
        temporary = self._path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"keys": [key.pem() for key in self._keys]}, file)
        temporary.replace(self._path)
