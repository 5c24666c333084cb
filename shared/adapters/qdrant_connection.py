"""Requests to Qdrant over qdrant-client's own HTTP transport, with one retry layer and one translation of errors.

The client's REST models are left out of point calls: building and dumping them costs about three times what the
same body takes with orjson, which writes NumPy rows as they are.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx  # whole before a thread imports an SDK: two of them would meet it half made on a cold start
import msgspec
import orjson

from shared.errors import NexusError, Unavailable

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient

log = logging.getLogger(__name__)

ATTEMPTS = 3
# Full jitter: any wait up to this, so that instances do not come back together.
LONGEST_WAIT_S = 0.5
CONNECT_TIMEOUT_S = 3.0
SEARCH_TIMEOUT_S = 5.0
WRITE_TIMEOUT_S = 30.0
CONNECTIONS = 32


class CollectionMissing(NexusError):
    """The collection is not there (yet): the caller makes it and asks again."""


class PointMissing(NexusError):
    """A point that was to be changed is not there."""


class _Status(msgspec.Struct):
    error: str


class _Refusal(msgspec.Struct):
    status: _Status


@dataclass(slots=True)
class QdrantConnection:
    """One client of one event loop, made at first use. `url` as Qdrant's: without a port, 6333 is meant."""

    url: str
    api_key: str | None
    _client: "AsyncQdrantClient | None" = field(default=None, init=False)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def client(self) -> "AsyncQdrantClient":
        async with self._making:
            if self._client is None:
                # 0.8 s of imports: in a thread, so that streams of this loop go on.
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> "AsyncQdrantClient":
        from qdrant_client import AsyncQdrantClient

        return AsyncQdrantClient(
            url=self.url,
            # As a header, not as `api_key`: that one warns on plain http, which private networks use.
            headers=self._headers(),
            check_compatibility=False,
            timeout=int(WRITE_TIMEOUT_S),
            # The client's own default keeps no connection alive to localhost.
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )

    def _headers(self) -> dict[str, str]:
        return {"api-key": self.api_key} if self.api_key else {}

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def send[Reply](
        self, method: str, path: str, body: Any, reply: type[Reply], *, timeout_s: float = WRITE_TIMEOUT_S
    ) -> Reply:
        """`result` of the answer as `reply`. `body` may hold NumPy rows. Raises Unavailable("qdrant"),
        CollectionMissing, PointMissing, and NexusError for a request that Qdrant finds wrong."""
        client = await self.client()
        content = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)

        async def once() -> bytes:
            from qdrant_client.http.exceptions import UnexpectedResponse

            transport = client.http.client
            request = httpx.Request(
                method,
                f"{transport.host.rstrip('/')}{path}",
                content=content,
                headers={"content-type": "application/json", **self._headers()},
                extensions={"timeout": httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S).as_dict()},
            )
            response = await transport.send_inner(request)
            if response.status_code >= 400:
                raise UnexpectedResponse.for_response(response)
            return response.content

        return _decoder(reply).decode(await self.attempt(once)).result

    async def attempt[Answer](self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Runs one call of the client up to three times; for what `_waits` lets through only."""
        import stamina
        from qdrant_client.common.client_exceptions import QdrantException
        from qdrant_client.http.exceptions import ApiException

        try:
            async for attempt in stamina.retry_context(on=_wait_s, attempts=ATTEMPTS, timeout=WRITE_TIMEOUT_S):
                with attempt:
                    return await call()
        except (ApiException, QdrantException) as error:
            raise _translated(error) from error
        raise AssertionError("stamina ends with an answer or an error")


class _Envelope[Result](msgspec.Struct):
    result: Result


@cache
def _decoder(reply: type[Any]) -> "msgspec.json.Decoder[_Envelope[Any]]":
    return msgspec.json.Decoder(_Envelope[reply])


def _wait_s(error: Exception) -> bool | float:
    """Seconds until the next attempt; False for what another attempt would not better."""
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
    from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

    match error:
        case ResponseHandlingException(source=source):
            # A dead or reset connection; every call here may be repeated. Not a timeout while reading: whoever
            # waits has waited long enough, and the server may still be at it.
            again = isinstance(source, httpx.NetworkError | httpx.RemoteProtocolError | httpx.ConnectTimeout)
        case UnexpectedResponse(status_code=int(status)):
            again = status == 429 or status >= 500
        case ResourceExhaustedResponse():
            again = True
        case _:
            again = False
    return again and random.uniform(0, LONGEST_WAIT_S)


def _translated(error: Exception) -> NexusError:
    from qdrant_client.http.exceptions import UnexpectedResponse

    if not isinstance(error, UnexpectedResponse):  # no answer, or 429 with a Retry-After
        return Unavailable("qdrant")
    status, text = error.status_code or 0, _text(error.content)
    if status == 404 and "Collection" in text:
        return CollectionMissing(text)
    if status == 404:
        return PointMissing(text)
    log.error("qdrant answered %d: %s", status, text)
    if status in (401, 403):
        return Unavailable("qdrant", "The vector index refuses Nexus' key.", retry_after_s=60)
    if status == 429 or status >= 500:
        return Unavailable("qdrant")
    return NexusError("The vector index refused a request.", code="vector_index_refused")


def _text(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Refusal).status.error[:500]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content[:500].decode("utf-8", "replace")
