"""One request on its way: counted against its limits, and told to the log when it is answered."""

import logging
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from azurefunctions.extensions.http.fastapi import Request

from shared import tracing
from shared.correlation import correlated
from shared.domain.identity import Caller
from shared.domain.limits import Allowance
from shared.errors import NexusError, RateLimited
from shared.runtime import current_runtime
from shared.services.limiting import OpenStream
from shared.web.client_address import client_address
from shared.web.routes import Policy, Route

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

# One record a request. The route's template is told and not the path: that says which function it was, in few words
# that can be counted, while a path is whatever the caller typed. Whose request it was is told by the user's id, which
# names nobody to who has not the database; which conversation or run it was about stands in the records of the run.
access_log = logging.getLogger("nexus.access")
log = logging.getLogger(__name__)
# Asked every few seconds by the platform.
_QUIET = frozenset({"health_live", "health_ready"})


class BrokenOff(Exception):
    """All that the worker is told of a download that failed in the middle: it logs what it is told (S20)."""


class Exchange:
    """`headers` are for the reply, whatever it will be; `error` is what became of it if it was refused."""

    def __init__(self, route: Route, correlation_id: str) -> None:
        self.route = route
        self.correlation_id = correlation_id
        self.headers: dict[str, str] = {}
        self.caller: Caller | None = None
        self.error: Exception | None = None
        self.open_stream: OpenStream | None = None
        self.span = tracing.NOTHING
        self._streaming = False
        self._started = time.perf_counter()

    def traced(self, caller: "tracing.Caller | None") -> "AbstractContextManager[object]":
        """Begins the request's span, a child of the one that `caller` names, and is what comes inside its parent. The
        span ends with the reply, of a stream with its last frame: the platform's own ends with its first."""
        if self.route.name not in _QUIET:
            template = f"/api/{self.route.path}"
            about = {"http.request.method": self.route.method, "http.route": template}
            self.span = tracing.begin(f"{self.route.method} {template}", about, kind="server", caller=caller)
        return self.span.active()

    async def admit(self, req: Request, caller: Caller | None) -> None:
        """Counts the call for the caller, or for the address it comes from. Raises RateLimited, and Unavailable for a
        class that is closed while nothing can be counted. A stream takes one of the caller's places."""
        limit_class = self.route.limit
        if limit_class is not None:
            allowance = await current_runtime().limiting.count(limit_class, _subject(req, caller))
            if allowance is not None:
                self._tell(allowance)
        if caller is not None and _will_stream(self.route, req):
            self.open_stream = await current_runtime().limiting.open_stream(caller.user_id)

    def _tell(self, allowance: Allowance) -> None:
        limit, reset_s = allowance.limit, max(1, math.ceil(allowance.reset_s))
        self.headers |= {
            "RateLimit-Limit": str(limit.count),
            "RateLimit-Policy": f"{limit.count};w={limit.window_s}",
            "RateLimit-Remaining": str(allowance.remaining),
            "RateLimit-Reset": str(reset_s),
        }
        if not allowance.granted:
            raise RateLimited(
                f"No more than {limit.count} such calls in {limit.window_s} seconds. Try again shortly.",
                retry_after_s=reset_s,
            )

    def answered(self, status: int) -> None:
        """Writes the request's line. Of a stream this is its beginning; `counted` tells its end."""
        quiet = self.route.name in _QUIET and status < 400
        access_log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %d",
            self.route.method,
            self.route.path,
            status,
            extra={**self._about(), "status": status, "code": self._code()},
        )
        self.span.set(
            {"http.response.status_code": status, "user.id": str(self.caller.user_id) if self.caller else None}
        )
        if not self._streaming:
            self._end_span(failed=status >= 500)

    async def counted(self, frames: AsyncGenerator[bytes], *, resumable: bool = True) -> AsyncGenerator[bytes]:
        """The frames, holding the caller's place as long as they are read. The worker reports success before the
        first of them, so how it went is told here, at the end. To be started before it is handed on: only a generator
        that runs is closed by Python when nobody reads it. What cannot be resumed breaks off with its connection: a
        file that just ended would pass for a whole one."""
        outcome, sent = "reader gone", 0
        self._streaming = True
        try:
            async with aclosing(frames):
                while True:
                    with correlated(self.correlation_id), self.span.active():
                        piece = await anext(frames, None)
                    if piece is None:
                        break
                    yield piece
                    sent += len(piece)
            outcome = "complete"
        except Exception as error:
            # the stream loop's boundary: once a frame is sent the status is long said, so the stream just ends, and its
            # reader comes back for the rest; before that the problem document says what it is
            self.error = error
            outcome = f"broken: {self._code()}"
            if not sent:
                raise
            if not isinstance(error, NexusError):
                log.error("a stream broke unexpectedly", exc_info=error, extra={"correlation_id": self.correlation_id})
            if not resumable:
                raise BrokenOff from None
        finally:
            self.release()
            level = logging.WARNING if outcome.startswith("broken") else logging.INFO
            access_log.log(level, "stream ended", extra={**self._about(), "outcome": outcome, "bytes": sent})
            self.span.set({"nexus.stream.outcome": outcome.partition(":")[0], "nexus.stream.bytes": sent})
            self._end_span(failed=self.error is not None)

    def release_unless_streaming(self) -> None:
        """For every other end of a request; a stream releases by itself."""
        if not self._streaming:
            self.release()

    def release(self) -> None:
        """Gives back the caller's place; awaits nothing, so that no cancellation can come between."""
        if self.open_stream is not None:
            self.open_stream.close()

    def _end_span(self, *, failed: bool) -> None:
        """Who was refused was answered rightly: the code is told, and only what broke is an error."""
        if failed:
            self.span.failed(self._code() or NexusError.code)
        elif (code := self._code()) is not None:
            self.span.set({"error.type": code})
        self.span.end()

    def _about(self) -> dict[str, object]:
        return {
            "method": self.route.method,
            "route": self.route.path,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 1),
            "user_id": self.caller.user_id if self.caller else None,
            "correlation_id": self.correlation_id,
        }

    def _code(self) -> str | None:
        if self.error is None:
            return None
        return self.error.code if isinstance(self.error, NexusError) else NexusError.code


def _subject(req: Request, caller: Caller | None) -> str:
    if caller is not None:
        return str(caller.user_id)
    peer = req.client.host if req.client else None
    return client_address(
        req.headers.get("x-forwarded-for"), peer, proxy_hops=current_runtime().settings.limits.proxy_hops
    )


def _will_stream(route: Route, req: Request) -> bool:
    """A route of events answers with them, unless it has another reply and the caller asked for that."""
    later = route.reply is not None and "application/json" in req.headers.get("accept", "")
    return route.events and not later and route.policy is not Policy.PUBLIC
