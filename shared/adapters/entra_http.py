"""Calls to Entra's token endpoint: one attempt, bounded in time, and every refusal given a meaning."""

import logging
import re
from typing import Any

import httpx

from shared.errors import Unavailable

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_AADSTS = re.compile(r"AADSTS\d+")
# The request is not at fault but our registration: no user can mend these by trying again.
_OUR_FAULT = ("invalid_client", "unauthorized_client", "invalid_request", "invalid_scope", "unsupported_grant_type")


class GrantRefused(Exception):
    """Entra refuses what was presented (a code, a verifier, a person). `aadsts` is its own code, for our log."""

    def __init__(self, error: str, aadsts: str) -> None:
        super().__init__(f"{error} {aadsts}")
        self.error = error
        self.aadsts = aadsts


async def post_token(client: httpx.AsyncClient, url: str, form: dict[str, str]) -> dict[str, Any]:
    """The reply's object. Raises GrantRefused; Unavailable("entra") when Entra does not answer properly or does not
    take our own credentials."""
    try:
        reply = await client.post(url, data=form, headers={"Accept": "application/json"})
    except httpx.HTTPError as error:
        logger.warning("entra token endpoint: %s", type(error).__name__)
        raise Unavailable("entra") from error
    body = _object(reply)
    if reply.status_code == 200:
        return body
    if reply.status_code == 429 or reply.status_code >= 500 or not isinstance(body.get("error"), str):
        logger.warning("entra token endpoint: HTTP %s", reply.status_code)
        raise Unavailable("entra", retry_after_s=_retry_after_s(reply))
    error = str(body["error"])
    found = _AADSTS.search(str(body.get("error_description", "")))
    aadsts = found.group() if found else "no code"
    logger.warning("entra token endpoint refuses: %s %s", error, aadsts)
    if error in _OUR_FAULT:
        raise Unavailable(
            "entra",
            f"Entra ID does not accept how Nexus itself signs in ({aadsts}). An administrator must look at it.",
            retry_after_s=60,
        )
    raise GrantRefused(error, aadsts)


def _object(reply: httpx.Response) -> dict[str, Any]:
    try:
        body: Any = reply.json()
    except ValueError as error:
        logger.warning("entra token endpoint: HTTP %s without JSON", reply.status_code)
        raise Unavailable("entra", retry_after_s=_retry_after_s(reply)) from error
    if not isinstance(body, dict):
        raise Unavailable("entra")
    return body


def _retry_after_s(reply: httpx.Response) -> int:
    given = reply.headers.get("retry-after", "")
    return min(int(given), 3600) if re.fullmatch(r"\d{1,9}", given) else 5
