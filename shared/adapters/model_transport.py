"""The SDKs' way to the network: their httpx2 client over aiohttp, which costs half the CPU a token of its own one.

The SDKs carry such a transport too. It hands a body on in pieces of at most 16 KB, though a read that brought more is
worth one decoding, and calls a reset connection a timeout. Imported with the first call only.
"""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from typing import Self

import aiohttp
import httpx2
from yarl import URL

KEEPALIVE_S = 60.0
# How often a stream is looked at: nobody sees more than 25 changes a second, and each look costs the way of a token
# through the relay, from the read to the reader's socket (bench/RESULTS.md, relay).
READ_EVERY_S = 0.04
# Where a response carries its body for `pieces`.
_BODY = "nexus.body"


def pool() -> httpx2.AsyncClient:
    """For one event loop. No redirects: a key would travel to wherever a misconfigured gateway points."""
    return httpx2.AsyncClient(transport=AiohttpTransport(), follow_redirects=False)


class AiohttpTransport(httpx2.AsyncBaseTransport):
    """Timeouts as httpx2 names them: `connect` is for the whole way to a connection, the TLS handshake included,
    `read` for each piece of the reply. Raises httpx2's errors, the aiohttp ones as their causes."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        timeout = request.extensions.get("timeout", {})
        try:
            response = await self._opened().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=timeout.get("connect"), sock_read=timeout.get("read")),
            )
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, request) from error
        body = _Body(response, request)
        return httpx2.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=body,
            request=request,
            extensions={_BODY: body},
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEPALIVE_S, ssl=httpx2.create_ssl_context(trust_env=True)
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Content-Type"),
                # looking for proxies takes time at every request: only where the environment names one
                trust_env=bool(urllib.request.getproxies().keys() - {"no"}),
            )
        return self._session


class _Body(httpx2.AsyncByteStream):
    """Its own iterator: a generator would be one more stop for every token."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx2.Request) -> None:
        self._response = response
        self._request = request

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, self._request) from error
        if not piece:
            raise StopAsyncIteration
        return piece

    async def rest(self, seconds: float) -> None:
        """The connection is not listened to meanwhile: what comes waits in the kernel and is then read at once."""
        connection = self._response.connection
        transport = None if connection is None else connection.transport
        if transport is None:
            return
        transport.pause_reading()
        try:
            await asyncio.sleep(seconds)
        finally:
            if not transport.is_closing():
                transport.resume_reading()

    async def aclose(self) -> None:
        """Ends the connection at once, unless the body was read to its end: then it serves the next call."""
        self._response.close()


def pieces(response: httpx2.Response) -> AsyncIterator[bytes]:
    """A reply's body as it comes off the network. httpx2's own iterators put three generators around every piece,
    of use only for a body that is compressed, which an event stream is behind few gateways."""
    body = response.extensions.get(_BODY)
    if "content-encoding" in response.headers or not isinstance(body, _Body):
        return response.aiter_bytes()
    return body


async def rest(response: httpx2.Response) -> None:
    """Between two pieces of a stream: lets the next ones pile up. Nothing to do at the end of the body."""
    body = response.extensions.get(_BODY)
    if isinstance(body, _Body):
        await body.rest(READ_EVERY_S)


def _translated(error: Exception, request: httpx2.Request) -> httpx2.TransportError:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx2.ConnectTimeout("no connection in time", request=request)
        case TimeoutError():
            return httpx2.ReadTimeout("no piece of the reply in time", request=request)
        case aiohttp.ClientConnectorError():
            return httpx2.ConnectError("no connection", request=request)
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx2.UnsupportedProtocol("not an address of a model", request=request)
        case _:
            return httpx2.ReadError("the connection broke", request=request)
