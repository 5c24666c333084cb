"""The tokens Entra signs: id tokens and access tokens of version 2.0, and what a test may twist in the next one."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from devstack.entra.accounts import Account
from devstack.entra.keys import SigningKey, SigningKeys

GRAPH = "https://graph.microsoft.com"
LIFE_S = 3600
# Above this many groups Entra leaves the claim out and points to Graph instead.
GROUPS_IN_TOKEN = 200


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(slots=True)
class Twist:
    """How the next id token departs from the truth. A claim or header of None is left out.

    `header` may set `alg` to "none" (unsigned) or to "HS256" (signed with the public key's PEM as the secret,
    the classic confusion); `foreign_key` signs with a key that is not published; `raw` replaces it entirely.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False
    raw: str | None = None


class Tokens:
    """Signs for `tenant` and `client_id`; `issuer` is `{base}/{tenant}/v2.0` and comes with each call."""

    def __init__(self, keys: SigningKeys, tenant: str, client_id: str, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._tenant = tenant
        self._client_id = client_id
        self._clock = clock
        self.twist = Twist()
        self.overage: set[str] = set()

    def id_token(self, account: Account, issuer: str, nonce: str | None) -> str:
        twist, self.twist = self.twist, Twist()
        if twist.raw is not None:
            return twist.raw
        claims = self._common(issuer, self._client_id) | self._person(account)
        if nonce is not None:
            claims["nonce"] = nonce
        claims |= self._groups(account)
        if account.roles is not None:
            claims["roles"] = list(account.roles)
        claims = {name: value for name, value in (claims | twist.claims).items() if value is not None}
        return _signed(claims, twist.header, SigningKey.new() if twist.foreign_key else self._keys.current)

    def user_access_token(self, account: Account, issuer: str, scope: str) -> str:
        """For Microsoft Graph, whatever scopes are asked: Nexus registers no API of its own at Entra."""
        claims = self._common(issuer, GRAPH) | self._person(account)
        granted = [word for word in scope.split() if word != "offline_access"]
        claims |= {"scp": " ".join(granted), "azp": self._client_id, "appid": self._client_id, "idtyp": "user"}
        return _signed(claims, {}, self._keys.current)

    def app_access_token(self, issuer: str, audience: str) -> str:
        claims = self._common(issuer, audience)
        claims |= {
            "sub": self._client_id,
            "oid": self._client_id,
            "azp": self._client_id,
            "appid": self._client_id,
            "idtyp": "app",
            "roles": ["Sites.Selected", "GroupMember.Read.All"],
        }
        return _signed(claims, {}, self._keys.current)

    def client_info(self, account: Account) -> str:
        return _encoded(json.dumps({"uid": account.object_id, "utid": self._tenant}).encode())

    def _common(self, issuer: str, audience: str) -> dict[str, Any]:
        now = int(self._clock())
        return {
            "ver": "2.0",
            "iss": issuer,
            "aud": audience,
            "tid": self._tenant,
            "iat": now,
            "nbf": now,
            "exp": now + LIFE_S,
            "uti": secrets.token_urlsafe(16),
        }

    def _person(self, account: Account) -> dict[str, Any]:
        # `sub` is pairwise: another application would see another one for the same person.
        subject = hashlib.sha256(f"{self._client_id}/{account.object_id}".encode()).digest()
        return {
            "oid": account.object_id,
            "sub": _encoded(subject),
            "name": account.name,
            "preferred_username": account.email,
            "email": account.email,
        }

    def _groups(self, account: Account) -> dict[str, Any]:
        groups = account.groups or ()
        if len(groups) > GROUPS_IN_TOKEN or account.user in self.overage:
            endpoint = f"https://graph.windows.net/{self._tenant}/users/{account.object_id}/getMemberObjects"
            return {
                "_claim_names": {"groups": "src1"},
                "_claim_sources": {"src1": {"endpoint": endpoint}},
            }
        return {} if account.groups is None else {"groups": list(groups)}


def _signed(claims: dict[str, Any], header: dict[str, Any], key: SigningKey) -> str:
    # By hand, since a library rightly refuses to make the tokens that a verifier must refuse.
    full = {"typ": "JWT", "alg": "RS256", "kid": key.kid} | header
    full = {name: value for name, value in full.items() if value is not None}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (full, claims))
    match full.get("alg"):
        case "none":
            signature = b""
        case "HS256":
            signature = hmac.new(key.public_pem().encode(), signed.encode(), hashlib.sha256).digest()
        case _:
            signature = key.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_encoded(signature)}"
