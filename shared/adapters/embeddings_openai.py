"""Dense vectors through OpenAI and Azure OpenAI.

Vectors come as base64 and are decoded straight into one matrix: for 1,000 vectors of 3,072 numbers about 16 ms,
where the SDK's own parsing of the same reply takes 230 ms, and of JSON numbers 10.8 s.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import msgspec

from shared import genai
from shared.adapters.embedding_pool import EmbeddingPool
from shared.adapters.model_failures import retry_after_s
from shared.adapters.openai_clients import OpenAIClients, model_failure, post
from shared.domain.chat import ProviderConfig
from shared.errors import ModelFailed, Throttled, Unavailable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import openai

    type Matrix = npt.NDArray[np.float32]

# OpenAI's own limits are 2,048 inputs, 300,000 tokens a request and 8,191 an input. Tokens are estimated by size,
# at three bytes each: cl100k needs four to five for English, three for Chinese and German, two at the worst known.
MAX_INPUTS = 2048
BYTES_A_TOKEN = 3
MAX_REQUEST_TOKENS = 200_000
MAX_INPUT_BYTES = 8_000 * BYTES_A_TOKEN
QUERY_TIMEOUT_S = 15.0
# 64 passages of 400 tokens are what OpenAI answers within a second; larger calls are no faster by the text, keep
# whoever comes next waiting, and take an offline model (five texts a second and core) beyond any timeout.
CALL_INPUTS = 64
CALLS_IN_FLIGHT = 4


class _Item(msgspec.Struct, gc=False):
    index: int
    embedding: str


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int = 0


class _Reply(msgspec.Struct, gc=False):
    data: list[_Item]
    usage: _Usage | None = None


@dataclass(frozen=True, slots=True)
class OpenAIEmbeddings:
    """The port `Embeddings`.

    Passages of all callers are pooled (embedding_pool.py): at most `batch_inputs` texts go into one call and
    `calls_in_flight` calls run at once; queries do not wait behind them. A call that is refused for a while (429,
    5xx) is repeated `retries` times with growing, jittered waits or the wait that was asked for, but only while a
    wait stays below `max_wait_s`; then Throttled says how long everyone should stay away.
    """

    clients: OpenAIClients
    provider: ProviderConfig
    dimensions: int
    query_prefix: str = ""
    passage_prefix: str = ""
    batch_inputs: int = CALL_INPUTS
    calls_in_flight: int = CALLS_IN_FLIGHT
    timeout_s: float = 120.0
    retries: int = 3
    max_wait_s: float = 5.0
    _pools: "WeakKeyDictionary[asyncio.AbstractEventLoop, EmbeddingPool]" = field(
        default_factory=WeakKeyDictionary, init=False, repr=False, compare=False
    )

    async def embed_passages(self, texts: "Sequence[str]") -> "tuple[Matrix, int]":
        import numpy as np

        matrix = np.empty((len(texts), self.dimensions), dtype=np.float32)
        sent = [_sendable(self.passage_prefix, text) for text in texts]
        weights = [len(text.encode()) // BYTES_A_TOKEN + 1 for text in sent]
        return matrix, await self._pool().embed(sent, weights, matrix)

    async def embed_queries(self, texts: "Sequence[str]") -> "Matrix":
        matrix, _ = await self._embed([_sendable(self.query_prefix, text) for text in texts], QUERY_TIMEOUT_S)
        return matrix

    def _pool(self) -> EmbeddingPool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._pools[loop] = EmbeddingPool(
                partial(self._embed, timeout_s=self.timeout_s),
                inputs=min(self.batch_inputs, MAX_INPUTS),
                weight=MAX_REQUEST_TOKENS,
                calls_in_flight=self.calls_in_flight,
            )
        return self._pools[loop]

    async def _embed(self, texts: "Sequence[str]", timeout_s: float) -> "tuple[Matrix, int]":
        """One call: the vectors, and the tokens that were paid. Raises Throttled, ModelFailed, Unavailable."""
        import numpy as np

        rows = np.empty((len(texts), self.dimensions), dtype=np.float32)
        if not texts:
            return rows, 0
        operation = genai.Operation(
            "embeddings", self.provider, {genai.DIMENSIONS: self.dimensions, "nexus.embeddings.texts": len(texts)}
        )
        try:
            body = await self._answer(texts, timeout_s)
            tokens = await asyncio.to_thread(fill_rows, body, rows) if len(texts) > 16 else fill_rows(body, rows)
            operation.used(tokens, None)
        except BaseException as error:
            operation.end(error)
            raise
        operation.end()
        return rows, tokens

    async def _answer(self, texts: "Sequence[str]", timeout_s: float) -> bytes:
        import openai

        client = self.clients.of(self.provider)
        body: dict[str, Any] = {"model": self.provider.model, "input": texts, "encoding_format": "base64"}
        # The one model that has a fixed size refuses to be told.
        if "ada-002" not in self.provider.model:
            body["dimensions"] = self.dimensions
        for attempt in range(self.retries + 1):
            try:
                return (await post(client, "/embeddings", body, silence_s=timeout_s)).content
            except (openai.APIStatusError, openai.APIConnectionError) as error:
                await self._wait_or_raise(error, attempt)
            except openai.OpenAIError as error:
                raise model_failure(error) from error
        raise AssertionError("the last attempt returns or raises")

    async def _wait_or_raise(self, error: "openai.APIStatusError | openai.APIConnectionError", attempt: int) -> None:
        import openai

        status = error.status_code if isinstance(error, openai.APIStatusError) else 503
        if status not in (408, 409, 429) and status < 500:
            raise model_failure(error) from error
        asked = retry_after_s(error.response.headers) if isinstance(error, openai.APIStatusError) else None
        wait_s = asked if asked is not None else random.uniform(0.2, 0.5 * 2 ** (attempt + 1))
        if attempt < self.retries and wait_s <= self.max_wait_s:
            await asyncio.sleep(wait_s if asked is None else wait_s + random.uniform(0.0, 0.25))
        elif status == 429 or asked is not None:
            raise Throttled("embeddings", wait_s) from error
        else:
            raise Unavailable("embeddings") from error


def fill_rows(body: bytes, rows: "Matrix") -> int:
    """Writes a reply's base64 vectors into `rows` by their index, at unit length; returns the tokens used.

    Raises ModelFailed (model_bad_reply) unless every row is given once, in the right size, with finite numbers.
    """
    import numpy as np
    import pybase64

    try:
        reply = _decode_reply(body)
        if sorted(item.index for item in reply.data) != list(range(len(rows))):
            raise ValueError("vectors are missing or doubled")
        for item in reply.data:
            rows[item.index] = np.frombuffer(pybase64.b64decode(item.embedding, validate=True), dtype="<f4")
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise ValueError("a vector has no direction")
    except (msgspec.MsgspecError, ValueError) as error:
        raise ModelFailed("The embedding model sent something unreadable.", code="model_bad_reply") from error
    rows /= lengths[:, None]
    return reply.usage.prompt_tokens if reply.usage is not None else 0


_decode_reply = msgspec.json.Decoder(_Reply).decode


def _sendable(prefix: str, text: str) -> str:
    """Within the model's window, and never empty: the API refuses both with an error for the whole batch."""
    whole = (prefix + text).encode("utf-8", "replace")
    return whole[:MAX_INPUT_BYTES].decode("utf-8", "ignore") or " "
