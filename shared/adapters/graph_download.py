"""A file's bytes from SharePoint's download host: no token, a size limit, and nothing half left behind."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from weakref import WeakKeyDictionary

import httpx

from shared.adapters.graph_access import USER_AGENT
from shared.adapters.graph_addresses import may_download_from
from shared.adapters.graph_requests import PAUSE_WITHOUT_HEADER_S, retry_after_s
from shared.domain.documents import Downloaded
from shared.errors import DownloadFailed, ExtractionFailed, Throttled, Unavailable

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
# A host that drips a byte a minute never times out by itself.
LONGEST_DOWNLOAD_S = 15 * 60
PIECE_BYTES = 1024 * 1024
MOST_REDIRECTS = 3
_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "*/*",
    # What is counted and hashed must be the file, and a compressed answer could unfold without end.
    "Accept-Encoding": "identity",
}


class AddressRefused(Exception):
    """The download host does not take the address (any more): a new one may help."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Downloads:
    """Speaks through a bare transport: no cookies, no environment proxies, no authentication, and none of the log
    lines in which an httpx client prints the address, which is a secret here."""

    def __init__(self, allowed_hosts: Sequence[str]) -> None:
        self._allowed_hosts = tuple(allowed_hosts)
        self._transports: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncHTTPTransport] = WeakKeyDictionary()

    async def fetch(self, address: str, target: Path, *, max_bytes: int) -> Downloaded:
        """Writes `target`, or leaves nothing there. Raises AddressRefused (401, 403, 404, 410), DownloadFailed,
        ExtractionFailed("too_large"), Throttled, Unavailable."""
        try:
            async with asyncio.timeout(LONGEST_DOWNLOAD_S):
                response = await self._opened(address)
                try:
                    return await _saved(response, target, max_bytes)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            target.unlink(missing_ok=True)
            raise DownloadFailed("SharePoint sent the file too slowly.") from error
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    async def close(self) -> None:
        """Of the running event loop."""
        transport = self._transports.pop(asyncio.get_running_loop(), None)
        if transport is not None:
            await transport.aclose()

    async def _opened(self, address: str) -> httpx.Response:
        """The answer that has the bytes, its body unread; each redirect is checked like the first address."""
        url = self._checked(address)
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._sent(url)
            if not response.has_redirect_location:
                await _raise_unless_bytes(response)
                return response
            await response.aclose()
            url = self._checked(response.headers["location"], base=url)
        raise DownloadFailed("SharePoint sends the download from one address to the next.")

    def _checked(self, address: str, *, base: httpx.URL | None = None) -> httpx.URL:
        try:
            url = base.join(address) if base else httpx.URL(address)
        except httpx.InvalidURL as error:
            raise DownloadFailed("SharePoint gave a download address that is none.") from error
        if not may_download_from(url, self._allowed_hosts):
            log.error("download host refused", extra={"host": url.host})
            raise DownloadFailed(f"The download address leads to {url.host}, a host that Nexus does not trust.")
        return url

    async def _sent(self, url: httpx.URL) -> httpx.Response:
        request = httpx.Request("GET", url, headers=_HEADERS, extensions={"timeout": TIMEOUT.as_dict()})
        try:
            response = await self._transport().handle_async_request(request)
        except httpx.TransportError as error:
            log.warning("the download host does not answer: %s", type(error).__name__)
            raise Unavailable("graph", "SharePoint's download host does not answer.") from error
        response.request = request
        return response

    def _transport(self) -> httpx.AsyncHTTPTransport:
        loop = asyncio.get_running_loop()
        transport = self._transports.get(loop)
        if transport is None:
            transport = self._transports[loop] = httpx.AsyncHTTPTransport(trust_env=False)
        return transport


async def _raise_unless_bytes(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200 and response.headers.get("content-encoding", "identity") == "identity":
        return
    await response.aclose()
    pause_s = retry_after_s(response.headers)
    if status == 429 or (status == 503 and pause_s is not None):
        raise Throttled("graph", PAUSE_WITHOUT_HEADER_S if pause_s is None else pause_s)
    if status in (401, 403, 404, 410):
        raise AddressRefused(status)
    if status >= 500:
        raise Unavailable("graph", f"SharePoint's download host is out of order ({status}).")
    raise DownloadFailed(f"SharePoint's download host answered in a way that Nexus does not expect ({status}).")


async def _saved(response: httpx.Response, target: Path, max_bytes: int) -> Downloaded:
    told = response.headers.get("content-length", "")
    expected = int(told) if told.isdecimal() else None
    if expected is not None and expected > max_bytes:
        raise _too_large(max_bytes)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:

        def keep(piece: bytes) -> None:
            file.write(piece)
            digest.update(piece)

        try:
            async for piece in response.aiter_raw(PIECE_BYTES):
                size += len(piece)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                await asyncio.to_thread(keep, piece)
        except httpx.TransportError as error:
            raise DownloadFailed(f"The connection to SharePoint ended after {size} bytes.") from error
    if expected is not None and size != expected:
        raise DownloadFailed(f"SharePoint sent {size} of {expected} bytes.")
    return Downloaded(size, digest.hexdigest())


def _too_large(max_bytes: int) -> ExtractionFailed:
    return ExtractionFailed("too_large", f"The file is larger than the limit of {max_bytes // 2**20} MB.")
