"""Which web pages may talk to the API (S17): those of exactly the configured origins, compared as text.

Two walls. CORS tells browsers whose scripts may read replies; it is done either by the platform or by this code
(`NEXUS_CORS_BY_CODE`), never both, because browsers refuse doubled headers. The check of Origin on the routes that
take or give the refresh cookie is always this code's: it refuses the request itself.
"""

from collections.abc import Mapping

from shared.errors import Forbidden, UnsupportedType
from shared.runtime import current_runtime
from shared.settings import Settings, SettingsError
from shared.web import refresh_cookie

# The platform has no setting for this one: it is said here in both cases.
_EXPOSED = {
    "Access-Control-Expose-Headers": (
        "X-Correlation-Id, Content-Disposition, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
    )
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, traceparent, tracestate"
    ),
    # what Chrome caps it at
    "Access-Control-Max-Age": "7200",
}


def reply_headers(origin: str | None) -> dict[str, str]:
    """What every reply says about `origin`; nothing to a stranger, whose browser then keeps the reply from it."""
    settings = _settings() if origin is not None else None
    if origin is None or settings is None:
        return {}
    # A cache must hand one origin's headers to no other, and no refusal to one that is allowed.
    headers = {"Vary": "Origin"} if settings.cors_by_code else {}
    if origin in settings.cors_origins:
        headers |= _EXPOSED
        if settings.cors_by_code:
            headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    return headers


def preflight_headers(origin: str | None) -> dict[str, str]:
    headers = reply_headers(origin)
    return headers | _PREFLIGHT if "Access-Control-Allow-Origin" in headers else headers


def require_own_origin(headers: Mapping[str, str]) -> None:
    """Raises Forbidden. Browsers name the origin of every POST, so a cookie without one comes from something that
    hides where it is; a program without the cookie has no origin, and nothing that a page could make use of."""
    origin = headers.get("origin")
    if origin is None and refresh_cookie.presented(headers) is None:
        return
    if origin not in current_runtime().settings.cors_origins:
        raise Forbidden("This page may not sign people in here.", code="origin_not_allowed")


def require_json(headers: Mapping[str, str]) -> None:
    """Raises UnsupportedType. A form of a foreign page can post three content types unasked; JSON is none of them."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedType("Send the body as application/json.")


def _settings() -> Settings | None:
    """None while they are wrong: liveness is answered even then, to no page of ours."""
    try:
        return current_runtime().settings
    except SettingsError:
        return None
