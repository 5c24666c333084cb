"""The errors Nexus speaks of, and what the edge makes of each.

NexusError                       carries `code` (for programs), `title` and `detail` (for people), `status`
├── Unauthenticated              401  the caller is not signed in, or the token is not ours
├── SignInRefused                401  Entra ID or our own rules refuse this person
├── SessionEnded                 401  the refresh token is not good any more: sign in again
│   └── RefreshReused                 it was replaced before; the whole session has been ended
├── Forbidden                    403  signed in, but the role lacks it
├── NotFound                     404  not there, or not the caller's
│   └── SiteNotFound                  SharePoint has no such site, or does not tell Nexus of it
├── Conflict                     409
├── TooLarge                     413
├── UnsupportedType              415
├── Invalid                      422  what was sent is wrong; `errors` say where
├── RateLimited                  429  with `retry_after_s`
├── Unavailable                  503  a dependency is down; `dependency` names it
├── ModelFailed                       a model call failed; `code` says how (shown inside a stream)
├── NotebookForgot                    what reads uploaded files lost them; they can be handed over again
├── Throttled                         a remote service asks to wait `retry_after_s` (sync, embeddings)
├── DeltaExpired                      Graph wants a fresh enumeration from `restart_link`
├── GraphDenied                  409  Graph refuses (no grant): an administrator must act
│   └── GraphTokenRefused             it refuses the token itself, whatever it is asked for
├── RemoteItemGone                    the item is not in SharePoint any more
├── DownloadFailed                    a file could not be fetched; retried by a later sync
└── ExtractionFailed                  a file could not be read; `reason_code` and a sentence for people
"""

from dataclasses import dataclass


class NexusError(Exception):
    """Base of all errors with a meaning to callers. `detail` is shown to people: never internals in it."""

    status = 500
    code = "internal_error"
    title = "Something went wrong"

    def __init__(self, detail: str = "", *, code: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        if code is not None:
            self.code = code


class Unauthenticated(NexusError):
    status, code, title = 401, "unauthenticated", "Sign in first"


class SignInRefused(NexusError):
    status, code, title = 401, "sign_in_refused", "The sign-in was refused"


class SessionEnded(NexusError):
    status, code, title = 401, "session_ended", "Your session has ended. Sign in again"


class RefreshReused(SessionEnded):
    code, title = "refresh_reused", "This session was used from two places and has been ended. Sign in again"


class Forbidden(NexusError):
    status, code, title = 403, "forbidden", "Your role does not allow this"


class NotFound(NexusError):
    """`what` is a word of the product: "conversation", "library", …"""

    status, code, title = 404, "not_found", "Not found"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or it is not yours.", code=f"{what.replace(' ', '_')}_not_found")


class SiteNotFound(NotFound):
    def __init__(self, site_url: str) -> None:
        super().__init__("library")
        self.detail = f"SharePoint has no site {site_url}, or does not tell Nexus of it."


class Conflict(NexusError):
    status, code, title = 409, "conflict", "That is in conflict with what is there"


class TooLarge(NexusError):
    status, code, title = 413, "too_large", "Too large"


class UnsupportedType(NexusError):
    status, code, title = 415, "unsupported_type", "Unsupported type"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong in a body or query. `pointer` is a JSON pointer (RFC 6901), such as `/content`."""

    pointer: str
    detail: str


class Invalid(NexusError):
    status, code, title = 422, "invalid", "What was sent is not valid"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = (), code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = errors


class RateLimited(NexusError):
    status, code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class Unavailable(NexusError):
    """`dependency` is one of: postgres, redis, qdrant, blob, graph, entra, model, embeddings."""

    status, code, title = 503, "unavailable", "A part of Nexus is not available right now"

    def __init__(self, dependency: str, detail: str = "", *, retry_after_s: int = 5) -> None:
        super().__init__(
            detail or f"The {dependency} service does not answer. Try again shortly.",
            code=f"{dependency}_unavailable",
        )
        self.dependency = dependency
        self.retry_after_s = retry_after_s


class ModelFailed(NexusError):
    """Codes: model_rate_limited, model_unavailable, model_timeout, model_refused_request, model_bad_reply,
    model_stream_cut, model_key_missing, content_filtered, model_not_found, model_context_too_long."""

    status, code, title = 502, "model_failed", "The language model could not answer"


class NotebookForgot(NexusError):
    """What reads uploaded files has lost them, though they were handed over; they are still stored."""

    status, code, title = 503, "notebook_forgot", "The uploaded files have to be read again"


class Throttled(NexusError):
    """`service` is graph or embeddings; wait `retry_after_s` seconds before the next call of anyone."""

    status, code, title = 503, "throttled", "A remote service asks Nexus to slow down"

    def __init__(self, service: str, retry_after_s: float) -> None:
        super().__init__(f"{service} asks to wait {retry_after_s:.0f} s.")
        self.service = service
        self.retry_after_s = retry_after_s


class DeltaExpired(NexusError):
    """Graph answered 410 (resyncRequired). `kind`: "apply_differences", "upload_differences" or "unknown"."""

    code, title = "delta_expired", "SharePoint wants the library to be read again from the start"

    def __init__(self, restart_link: str | None, kind: str) -> None:
        super().__init__()
        self.restart_link = restart_link
        self.kind = kind


class GraphDenied(NexusError):
    status, code, title = 409, "permission_missing", "Nexus may not read this SharePoint library"


class GraphTokenRefused(GraphDenied):
    """The registration or its consent is at fault, not a grant on one site."""


class RemoteItemGone(NexusError):
    code, title = "gone", "The file is not in SharePoint any more"


class DownloadFailed(NexusError):
    code, title = "download_failed", "The file could not be downloaded from SharePoint"


class ExtractionFailed(NexusError):
    """A document cannot be indexed. `code` (= reason_code) and `detail` are what administrators read."""

    code, title = "corrupt", "The file could not be read"

    def __init__(self, reason_code: str, sentence: str) -> None:
        super().__init__(sentence, code=reason_code)

    @property
    def reason_code(self) -> str:
        return self.code
