"""Errors as problem documents (RFC 9457): one shape, nothing internal in it (S21)."""

import logging
import math
from typing import Any

import msgspec
from azurefunctions.extensions.http.fastapi import Response

from shared.errors import Invalid, NexusError, RateLimited, Throttled, Unavailable

log = logging.getLogger(__name__)

# Sent with every reply of the API, problems and streams included (S16).
SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


def headers_with(correlation_id: str) -> dict[str, str]:
    return {**SECURITY_HEADERS, "X-Correlation-Id": correlation_id}


def problem_response(error: Exception, correlation_id: str) -> Response:
    """What a caller is told of an error. Anything that is not ours is logged whole and told as nothing."""
    if not isinstance(error, NexusError):
        log.error("unexpected error", exc_info=error, extra={"correlation_id": correlation_id})
        error = NexusError("Something went wrong on our side. Please report this id if it happens again.")
    elif error.status >= 500:
        log.warning("%s: %s", error.code, error.detail, extra={"correlation_id": correlation_id}, exc_info=error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "correlation_id": correlation_id,
    }
    headers = headers_with(correlation_id)
    if isinstance(error, Invalid) and error.errors:
        body["errors"] = [{"pointer": field.pointer, "detail": field.detail} for field in error.errors]
    if isinstance(error, (RateLimited, Throttled, Unavailable)):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        content=msgspec.json.encode(body),
        status_code=error.status,
        media_type="application/problem+json",
        headers=headers,
    )
