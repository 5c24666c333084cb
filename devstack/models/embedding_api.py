"""`/v1/embeddings` as OpenAI answers it. Limits and wording of its errors as of 2026."""

import asyncio
import base64
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from devstack.models.embedding_queue import Embedder, ModelBroken
from devstack.models.encoders import Matrix
from devstack.models.wire import Refused, clean, door, json_object, model_of, tokenizer

MAX_INPUTS = 2048
MAX_TOKENS_INPUT = 8192
MAX_TOKENS_REQUEST = 300_000


async def embeddings(request: Request) -> Response:
    entrance = door(request)
    body = await json_object(request)
    model = model_of(body, entrance)
    texts = _texts(body.get("input"))
    encoding = body.get("encoding_format", "float")
    if encoding not in ("float", "base64"):
        raise Refused(
            400,
            f"Invalid value: '{encoding}'. Supported values are: 'float' and 'base64'.",
            param="encoding_format",
            code="invalid_value",
        )
    full: int = request.app.state.dimensions
    dimensions = _dimensions(body.get("dimensions"), full)
    tokens = await asyncio.to_thread(_count, texts)
    vectors = await _until_disconnect(request, request.app.state.embedder, texts)
    body_out = await asyncio.to_thread(_reply, padded(vectors, dimensions), model, tokens, encoding)
    return Response(body_out, media_type="application/json")


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        texts = [given]
    elif isinstance(given, list) and given and all(isinstance(item, int) for item in given):
        raise Refused(400, "This stand-in embeds text, not token arrays.", param="input")
    elif isinstance(given, list) and given and all(isinstance(item, list) for item in given):
        raise Refused(400, "This stand-in embeds text, not arrays of token arrays.", param="input")
    elif isinstance(given, list) and all(isinstance(item, str) for item in given):
        texts = given
    else:
        raise Refused(400, "'$.input' is invalid. Please check the API reference.")
    if len(texts) > MAX_INPUTS:
        raise Refused(
            400,
            f"Invalid 'input': array too long. Expected an array with maximum length {MAX_INPUTS}, but got an array "
            f"with length {len(texts)} instead.",
            param="input",
            code="array_above_max_length",
        )
    if not texts or not all(texts):
        raise Refused(400, "'$.input' is invalid. Please check the API reference.")
    return [clean(text) for text in texts]


def _dimensions(given: Any, full: int) -> int:
    if given is None:
        return full
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= full:
        raise Refused(
            400,
            f"Invalid value for 'dimensions' = {given}. Must be between 1 and {full}.",
            param="dimensions",
            code="invalid_value",
        )
    return given


def _count(texts: list[str]) -> int:
    total = 0
    for index, text in enumerate(texts):
        count = tokenizer().count(text)
        if count > MAX_TOKENS_INPUT:
            raise Refused(400, f"Invalid 'input[{index}]': maximum input length is {MAX_TOKENS_INPUT} tokens.")
        total += count
    if total > MAX_TOKENS_REQUEST:
        raise Refused(
            400,
            f"Requested {total} tokens, max {MAX_TOKENS_REQUEST} tokens per request",
            kind="max_tokens_per_request",
            code="max_tokens_per_request",
        )
    return total


async def _until_disconnect(request: Request, embedder: Embedder, texts: list[str]) -> Matrix:
    """A caller that left takes its texts off the queue with it."""
    work = asyncio.create_task(embedder.vectors(texts))
    gone = asyncio.create_task(request.receive())
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Refused(499, "The caller is gone.")
        return work.result().astype(np.float32)
    except ModelBroken as error:
        raise Refused(
            500, "The server had an error while processing your request. Sorry about that!", kind="server_error"
        ) from error
    finally:
        work.cancel()
        gone.cancel()


def padded(vectors: Matrix, dimensions: int) -> Matrix:
    """Zero-padded (which keeps every cosine) or cut to `dimensions`, then of unit length."""
    own = vectors.shape[1]
    out = np.zeros((len(vectors), dimensions), dtype=np.float32)
    out[:, : min(own, dimensions)] = vectors[:, :dimensions]
    # A short text's few features may all lie beyond the cut; it still needs a direction.
    out[~out.any(axis=1), 0] = 1.0
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out


def _reply(vectors: Matrix, model: str, tokens: int, encoding: str) -> bytes:
    def shown(row: Matrix) -> Any:
        return base64.b64encode(row.astype("<f4").tobytes()).decode() if encoding == "base64" else row.tolist()

    data = [{"object": "embedding", "index": index, "embedding": shown(row)} for index, row in enumerate(vectors)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": data, "model": model, "usage": usage})
