"""Judges id tokens of the allowed Entra tenants (S01): anything but a true one of this sign-in is refused."""

import logging
from collections.abc import Mapping
from typing import Any

import jwt

from shared.adapters.entra_keys import EntraKeys, UnknownKey
from shared.domain.identity import EntraIdentity
from shared.errors import SignInRefused

logger = logging.getLogger(__name__)

SKEW_S = 60
# Far above any real one (about 2 KB, 12 KB with 200 groups): no work is done for longer ones.
TOKEN_CHARACTERS = 64 * 1024
REQUIRED = ["exp", "iat", "nbf", "iss", "aud", "sub", "tid", "oid", "nonce", "ver"]


class _Refused(Exception):
    """The reason is for our log only: all refusals look the same from outside."""


class IdTokens:
    """`issuer` is `{authority}/{tenant_id}/v2.0`, `tenant_id` a GUID: Entra names itself so in every token."""

    def __init__(self, keys: EntraKeys, *, issuer: str, tenant_id: str, client_id: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._tenant_id = tenant_id
        self._client_id = client_id

    async def validate(self, token: str, nonce: str) -> EntraIdentity:
        """Raises SignInRefused, with the same words whatever was wrong; Unavailable("entra") without keys."""
        try:
            claims = await self._verified(token)
            return self._identity(claims, nonce)
        except (jwt.PyJWTError, UnknownKey, _Refused) as error:
            # Only the kind: a library's message may quote the token.
            reason = str(error) if isinstance(error, _Refused) else type(error).__name__
            logger.warning("id_token refused: %s", reason)
            raise SignInRefused() from error

    async def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > TOKEN_CHARACTERS or not token.isascii():
            raise _Refused("no token")
        # Of the header only these three count. Where it says a key can be had (jku, x5u, jwk, x5c) is ignored:
        # keys come from the tenant's own address.
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT" or not isinstance(kid, str):
            raise _Refused("header")
        published = await self._keys.find(kid)
        if published.issuer is not None and published.issuer != self._issuer:
            raise _Refused("key of another issuer")
        return jwt.decode(
            token,
            published.key,
            algorithms=["RS256"],
            issuer=self._issuer,
            audience=self._client_id,
            leeway=SKEW_S,
            options={"require": REQUIRED, "strict_aud": True},
        )

    def _identity(self, claims: dict[str, Any], nonce: str) -> EntraIdentity:
        if claims["ver"] != "2.0":
            raise _Refused("ver")
        if claims["tid"] != self._tenant_id:
            raise _Refused("tid")
        if not nonce or claims["nonce"] != nonce:
            raise _Refused("nonce")
        if claims.get("azp", self._client_id) != self._client_id:
            raise _Refused("azp")
        object_id = claims["oid"]
        if not isinstance(object_id, str) or not object_id:
            raise _Refused("oid")
        email = _text(claims, "email") or _text(claims, "preferred_username")
        return EntraIdentity(
            tenant_id=self._tenant_id,
            object_id=object_id,
            email=email,
            display_name=_text(claims, "name") or email,
            roles=_texts(claims, "roles"),
            groups=_texts(claims, "groups"),
            groups_overage=_has_overage(claims),
        )


class TenantIdTokens:
    """One judge a tenant that may sign in, each with its tenant's own keys and issuer."""

    def __init__(self, by_tenant: Mapping[str, IdTokens]) -> None:
        self._by_tenant = by_tenant

    async def validate(self, token: str, nonce: str) -> EntraIdentity:
        """As IdTokens does. The tenant that a token claims to be from only says who shall judge it, and without a
        judge for it no key is fetched."""
        if len(self._by_tenant) == 1:
            (only,) = self._by_tenant.values()
            return await only.validate(token, nonce)
        judge = self._by_tenant.get(_claimed_tenant(token))
        if judge is None:
            logger.warning("id_token refused: tenant")
            raise SignInRefused()
        return await judge.validate(token, nonce)


def _claimed_tenant(token: str) -> str:
    """Not verified; empty for what is no token."""
    if len(token) > TOKEN_CHARACTERS or not token.isascii():
        return ""
    try:
        tenant = jwt.decode(token, options={"verify_signature": False}).get("tid")
    except jwt.PyJWTError:
        return ""
    return tenant if isinstance(tenant, str) else ""


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _texts(claims: dict[str, Any], name: str) -> tuple[str, ...] | None:
    if name not in claims:
        return None
    values: Any = claims[name]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _Refused(name)
    return tuple(values)


def _has_overage(claims: dict[str, Any]) -> bool:
    """Too many groups for a token: Entra names a place to ask instead (`hasgroups` in the implicit flow)."""
    names: Any = claims.get("_claim_names")
    return (isinstance(names, dict) and "groups" in names) or claims.get("hasgroups") is True
