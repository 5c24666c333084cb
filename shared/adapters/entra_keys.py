"""The signing keys of the configured Entra tenant, fetched seldom and kept when the key server is down (S02)."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt

from shared.errors import Unavailable

logger = logging.getLogger(__name__)

# Entra announces keys long before it signs with them; Microsoft advises to look about once a day at least.
FRESH_S = 60 * 60
# How long keys are believed without a successful look: an outage is survived, a withdrawn key is not trusted forever.
TRUSTED_S = 24 * 60 * 60
# Whatever arrives, the key server is asked no more often than this; before the first success a little sooner.
PAUSE_S = 30
FIRST_PAUSE_S = 1


class UnknownKey(Exception):
    """No such key is published by the tenant."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """`issuer` is who may sign with it (`{tenantid}` filled in), None where the tenant does not say."""

    key: jwt.PyJWK
    issuer: str | None


class EntraKeys:
    """Keys by their id. One fetch at a time; others wait for it instead of starting their own."""

    def __init__(
        self,
        url: str,
        tenant_id: str,
        client: httpx.AsyncClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._tenant_id = tenant_id
        self._client = client
        self._clock = clock
        self._keys: dict[str, PublishedKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, kid: str) -> PublishedKey:
        """Raises UnknownKey; Unavailable("entra") when there are no keys to judge by."""
        if not self._is_fresh() or kid not in self._keys:
            async with self._fetching:
                # Another caller may have fetched while this one waited.
                if (not self._is_fresh() or kid not in self._keys) and self._may_ask():
                    await self._fetch()
        if self._fetched_at is None or self._clock() - self._fetched_at > TRUSTED_S:
            raise Unavailable("entra")
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey(kid) from None

    def _is_fresh(self) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at <= FRESH_S

    def _may_ask(self) -> bool:
        pause = FIRST_PAUSE_S if self._fetched_at is None else PAUSE_S
        return self._tried_at is None or self._clock() - self._tried_at >= pause

    async def _fetch(self) -> None:
        """Keeps what there is when the answer is not a key set."""
        self._tried_at = self._clock()
        try:
            reply = await self._client.get(self._url)
            reply.raise_for_status()
            keys = _parsed(reply.json(), self._tenant_id)
        except (httpx.HTTPError, ValueError) as error:
            logger.warning("entra keys could not be fetched: %s", type(error).__name__)
            return
        self._keys = keys
        self._fetched_at = self._clock()


def _parsed(document: Any, tenant_id: str) -> dict[str, PublishedKey]:
    """RSA signature keys only. ValueError when the document holds none: then it is no key set of Entra's."""
    entries: Any = document.get("keys") if isinstance(document, dict) else None
    keys: dict[str, PublishedKey] = {}
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
            continue
        kid, issuer = entry.get("kid"), entry.get("issuer")
        if not isinstance(kid, str):
            continue
        try:
            key = jwt.PyJWK.from_dict(entry, algorithm="RS256")
        except jwt.PyJWTError:
            logger.warning("an entra key could not be read")
            continue
        filled = issuer.replace("{tenantid}", tenant_id) if isinstance(issuer, str) else None
        keys[kid] = PublishedKey(key, filled)
    if not keys:
        raise ValueError("no keys")
    return keys
