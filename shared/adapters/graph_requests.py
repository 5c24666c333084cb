"""Requests to Graph: short waits are waited out, long ones and refusals are raised in Nexus' words."""

import asyncio
import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import httpx
import stamina

from shared import tracing
from shared.adapters.graph_access import AppTokens
from shared.adapters.graph_addresses import same_origin
from shared.adapters.graph_wire import application_of, error_codes
from shared.domain.library_checks import Application
from shared.errors import GraphDenied, GraphTokenRefused, Throttled, Unavailable

if TYPE_CHECKING:
    from shared.adapters.graph_pipeline import GraphPipeline

log = logging.getLogger(__name__)

ATTEMPTS = 3
# Longer pauses belong to the whole sync (durable timers), not to a sleep inside an activity.
LONGEST_WAIT_HERE_S = 2.0
# For a 429 that does not say how long: hammering on would lengthen it.
PAUSE_WITHOUT_HEADER_S = 10.0
LONGEST_PAUSE_S = 3600.0
_SUBJECTS = frozenset(
    {"sites", "drives", "drive", "lists", "items", "delta", "content", "children", "users", "transitiveMemberOf"}
)
_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]+)?")
NO_GRANT = (
    "Nexus may not read this SharePoint site. An administrator must grant its application (permission Sites.Selected)"
    " the role read on this site."
)
TOKEN_REFUSED = (
    "Microsoft Graph does not accept the token of Nexus' application. An administrator must look at its registration"
    " and at its permission Sites.Selected."
)


@runtime_checkable
class ForgetfulTokens(Protocol):
    """A token source that can be told that a token is refused, so that the next one is fetched anew."""

    def forget(self, scope: str, token: str) -> None: ...


class Refused(Exception):
    """Graph answered with a status that means something else for each request. `codes`: outermost first."""

    def __init__(self, status: int, codes: tuple[str, ...], location: str | None) -> None:
        super().__init__(f"{status} {'/'.join(codes)}")
        self.status = status
        self.codes = codes
        self.location = location


class _Busy(Exception):
    def __init__(self, status: int, retry_after_s: float | None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after_s = retry_after_s


class GraphRequests:
    """`base_url` ends with the version: "https://graph.microsoft.com/v1.0"."""

    def __init__(self, base_url: str, scope: str, tokens: AppTokens) -> None:
        self._base_url = base_url.rstrip("/")
        self._base = httpx.URL(self._base_url)
        self._scope = scope
        self._tokens = tokens
        # Connections belong to the event loop that made them.
        self._pipelines: WeakKeyDictionary[asyncio.AbstractEventLoop, GraphPipeline] = WeakKeyDictionary()

    def own_link(self, link: str | None) -> str | None:
        """`link` when it leads to Graph, None when it is None. Raises Unavailable for any other: it is not followed,
        whoever made Graph say it."""
        if link is None:
            return None
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL as error:
            raise _foreign() from error
        if not same_origin(url, self._base) or not url.path.startswith(self._base.path.rstrip("/") + "/"):
            raise _foreign()
        return link

    async def get(self, path: str) -> httpx.Response:
        """A path below the base address ("/drives/…"), or a whole address that Graph gave. Status below 400.

        Raises Throttled, GraphDenied, Unavailable; Refused for the statuses that callers read.
        """
        url = self._base_url + path if path.startswith("/") else path
        self.own_link(url)
        about = {"http.request.method": "GET", "server.address": self._base.host}
        with tracing.begin(f"graph {_subject(url)}", about, kind="client") as span:
            return await self._answer(url, span)

    async def _answer(self, url: str, span: tracing.Span) -> httpx.Response:
        try:
            response = await self._patiently(url)
        except _Busy as busy:
            log.warning("graph is busy", extra={"status": busy.status, "retry_after_s": busy.retry_after_s})
            if busy.retry_after_s is None:
                raise Unavailable("graph") from busy
            raise Throttled("graph", busy.retry_after_s) from busy
        except httpx.TransportError as error:
            log.warning("graph does not answer: %s", type(error).__name__)
            raise Unavailable("graph") from error
        span.set({"http.response.status_code": response.status_code})
        if response.status_code == 401:
            raise GraphTokenRefused(TOKEN_REFUSED)
        if response.status_code == 403:
            raise GraphDenied(NO_GRANT)
        if response.status_code >= 400:
            raise Refused(response.status_code, error_codes(response.content), response.headers.get("location"))
        return response

    async def application(self) -> Application:
        """What the token says of our application. Raises Unavailable("entra") when there is no token."""
        return application_of(await self._tokens.token(self._scope))

    async def close(self) -> None:
        """Of the running event loop."""
        pipeline = self._pipelines.pop(asyncio.get_running_loop(), None)
        if pipeline is not None:
            await pipeline.close()

    async def _patiently(self, url: str) -> httpx.Response:
        async for attempt in stamina.retry_context(
            on=_backoff, attempts=ATTEMPTS, timeout=60, wait_initial=0.2, wait_max=2, wait_jitter=0.3
        ):
            with attempt:
                response = await self._signed(url)
                _raise_if_busy(response)
                return response
        raise AssertionError("stamina ends by a return or by an error")

    async def _signed(self, url: str) -> httpx.Response:
        response = await self._pipeline().get(url)
        if response.status_code != 401:
            return response
        # Revoked before its time, or Graph's clock is ahead of ours: once more with another token.
        token = response.request.headers.get("authorization", "").removeprefix("Bearer ")
        if isinstance(self._tokens, ForgetfulTokens):
            self._tokens.forget(self._scope, token)
        return await self._pipeline().get(url)

    def _pipeline(self) -> "GraphPipeline":
        from shared.adapters.graph_pipeline import GraphPipeline

        loop = asyncio.get_running_loop()
        pipeline = self._pipelines.get(loop)
        if pipeline is None:
            pipeline = self._pipelines[loop] = GraphPipeline(self._base_url, self._scope, self._tokens)
        return pipeline


def _subject(url: str) -> str:
    """What a request is about, as its span may be called: never a name, an id or a token of the address."""
    words = [part for part in httpx.URL(url).path.split("/") if part in _SUBJECTS]
    return words[-1] if words else "other"


def _foreign() -> Unavailable:
    return Unavailable("graph", "SharePoint named an address outside Microsoft Graph, which Nexus does not follow.")


def _backoff(error: Exception) -> bool | float:
    if isinstance(error, _Busy) and error.retry_after_s is not None:
        return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_HERE_S else False
    return isinstance(error, _Busy | httpx.TransportError)


def _raise_if_busy(response: httpx.Response) -> None:
    if response.status_code == 429:
        pause_s = retry_after_s(response.headers)
        raise _Busy(429, PAUSE_WITHOUT_HEADER_S if pause_s is None else pause_s)
    if response.status_code in (500, 502, 503, 504, 509):
        raise _Busy(response.status_code, retry_after_s(response.headers))


def retry_after_s(headers: httpx.Headers, clock: Callable[[], float] = time.time) -> float | None:
    """Seconds, from either form of Retry-After (seconds or an HTTP date), at most an hour; None without one.

    A date is measured against the answer's own Date, so that a clock that is off does not change the pause.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_PAUSE_S)
    until = _http_date(text)
    if until is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.fromtimestamp(clock(), UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_PAUSE_S)


def _http_date(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
