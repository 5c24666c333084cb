"""Entra's errors: an OAuth `error`, an AADSTS code, and the JSON shape both come in.

The codes are those of https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4


class EntraError(Exception):
    """`number` is the AADSTS code; `status` the HTTP status at the token endpoint."""

    def __init__(self, error: str, number: int, sentence: str, *, status: int = 400) -> None:
        super().__init__(f"AADSTS{number}: {sentence}")
        self.error = error
        self.number = number
        self.sentence = sentence
        self.status = status

    def described(self, correlation_id: str, trace_id: str, timestamp: str) -> str:
        return (
            f"AADSTS{self.number}: {self.sentence} Trace ID: {trace_id} "
            f"Correlation ID: {correlation_id} Timestamp: {timestamp}"
        )

    def body(self, correlation_id: str | None = None) -> dict[str, Any]:
        """`correlation_id` is the request's `client-request-id`, which Entra gives back."""
        correlation_id = correlation_id or str(uuid4())
        trace_id = str(uuid4())
        timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return {
            "error": self.error,
            "error_description": self.described(correlation_id, trace_id, timestamp),
            "error_codes": [self.number],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }


def missing(parameter: str) -> EntraError:
    sentence = f"The request body must contain the following parameter: '{parameter}'."
    return EntraError("invalid_request", 900144, sentence)


def unknown_tenant(tenant: str) -> EntraError:
    sentence = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    return EntraError("invalid_request", 90002, sentence)


def unknown_client(client_id: str, tenant: str) -> EntraError:
    sentence = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
    return EntraError("unauthorized_client", 700016, sentence)


def unregistered_redirect(redirect_uri: str, client_id: str) -> EntraError:
    sentence = (
        f"The redirect URI '{redirect_uri}' specified in the request does not match the redirect URIs "
        f"configured for the application '{client_id}'."
    )
    return EntraError("invalid_request", 50011, sentence)


def not_assigned(user: str, client_id: str) -> EntraError:
    sentence = (
        f"Your administrator has configured the application '{client_id}' to block users unless they are "
        f"specifically granted ('assigned') access. The signed in user '{user}' is blocked because they are "
        "not a direct member of a group with access, nor had access directly assigned by an administrator."
    )
    return EntraError("access_denied", 50105, sentence)


def account_disabled(error: str) -> EntraError:
    """`error`: Entra says `access_denied` while signing in and `invalid_grant` at the token endpoint."""
    return EntraError(error, 50057, "The user account is disabled.")
