"""One request on its way: counted against its limits, and told to the log when it is answered."""

import logging
import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from azurefunctions.extensions.http.fastapi import Request

from shared.correlation import correlated
from shared.domain.identity import Caller
from shared.domain.limits import Allowance
from shared.errors import NexusError, RateLimited
from shared.runtime import current_runtime
from shared.services.limiting import OpenStream
from shared.web.client_address import client_address
from shared.web.routes import Policy, Route

# One record a request. The route's template is told and not the path: that says which function it was, in few words
# that can be counted, while a path is whatever the caller typed. Whose request it was is told by the user's id, which
# names nobody to who has not the database; which conversation or run it was about stands in the records of the run.
access_log = logging.getLogger("nexus.access")
log = logging.getLogger(__name__)
# Asked every few seconds by the platform.
_QUIET = frozenset({"health_live", "health_ready"})


class Exchange:
    """`headers` are for the reply, whatever it will be; `error` is what became of it if it was refused."""

    def __init__(self, route: Route, correlation_id: str) -> None:
        self.route = route
        self.correlation_id = correlation_id
        self.headers: dict[str, str] = {}
        self.caller: Caller | None = None
        self.error: Exception | None = None
        self.open_stream: OpenStream | None = None
        self._streaming = False
        self._started = time.perf_counter()

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

    async def counted(self, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """The frames, holding the caller's place as long as they are read. The worker reports success before the
        first of them, so how it went is told here, at the end. To be started before it is handed on: only a generator
        that runs is closed by Python when nobody reads it."""
        outcome, sent = "reader gone", 0
        self._streaming = True
        try:
            async with aclosing(frames):
                while True:
                    with correlated(self.correlation_id):
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
        finally:
            self.release()
            level = logging.WARNING if outcome.startswith("broken") else logging.INFO
            access_log.log(level, "stream ended", extra={**self._about(), "outcome": outcome, "bytes": sent})

    def release_unless_streaming(self) -> None:
        """For every other end of a request; a stream releases by itself."""
        if not self._streaming:
            self.release()

    def release(self) -> None:
        """Gives back the caller's place; awaits nothing, so that no cancellation can come between."""
        if self.open_stream is not None:
            self.open_stream.close()

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
