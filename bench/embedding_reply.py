"""Row: from an embedding reply's bytes to numbers, ours against openai-python's own parsing of the same vectors.

The SDK asks for base64 unless told otherwise and makes lists of floats of it, through NumPy where that is installed,
as it is here; told "float", it takes JSON numbers as they come. Nexus fills one float32 matrix, checks it, and brings
each vector to unit length.
"""

import base64
import json
from collections.abc import Callable, Sequence

import httpx2
import numpy as np
import openai

from bench.measure import Sample, here, interleave, versions
from bench.rows import Comparison, Options, Outcome
from shared.adapters.embeddings_openai import fill_rows

OURS, DEFAULT, FLOATS = "nexus", "openai-python, its default (base64)", "openai-python, floats"
DIMENSIONS = 3072


def run(options: Options) -> Sequence[Outcome]:
    inputs = 32 if options.quick else 256
    vectors = unit_vectors(inputs, options.seed)
    packed, plain = reply(vectors, as_base64=True), reply(vectors, as_base64=False)
    rows = np.empty_like(vectors)

    parsed = of_sdk(packed).parse()
    fill_rows(packed, rows)
    if not np.allclose([item.embedding for item in parsed.data], rows, atol=1e-6):
        raise AssertionError("the two read different vectors")

    rounds = interleave(
        {
            OURS: here(lambda: fill_rows(packed, rows)),
            DEFAULT: _parsing(packed),
            FLOATS: _parsing(plain, encoding_format="float"),
        },
        rounds=options.rounds,
        seed=options.seed,
    )
    return [
        Outcome(
            f"Reading an embedding reply of {inputs} × {DIMENSIONS:,}",
            rounds,
            "ms a reply",
            1e3,
            (
                Comparison(OURS, DEFAULT, rounds.cpu_ratio(OURS, DEFAULT), "CPU", 0.15),
                Comparison(OURS, DEFAULT, rounds.wall_ratio(OURS, DEFAULT), "clock"),
                Comparison(OURS, FLOATS, rounds.cpu_ratio(OURS, FLOATS), "CPU"),
            ),
            (
                f"the reply is {len(packed) / 2**20:.1f} MB as base64, {len(plain) / 2**20:.1f} MB as floats",
                "from the reply's bytes: the request, the network and the SDK's retries are outside the measurement",
                "Nexus gives a matrix at unit length, checked for size and finite numbers; the SDK gives lists",
            ),
            versions("openai", "pydantic", "msgspec", "pybase64", "numpy"),
        )
    ]


def _parsing(body: bytes, **asked: str) -> Callable[[], Sample]:
    """A reply remembers what it was parsed to: each measurement has one of its own."""

    def one() -> Sample:
        raw = of_sdk(body, **asked)
        return here(raw.parse)()

    return one


def of_sdk(body: bytes, **asked: str) -> "openai._legacy_response.LegacyAPIResponse":
    """The SDK's reply to embeddings.create(), not parsed yet."""
    answer = httpx2.MockTransport(
        lambda _: httpx2.Response(200, headers={"content-type": "application/json"}, content=body)
    )
    with openai.OpenAI(api_key="bench", http_client=httpx2.Client(transport=answer), max_retries=0) as client:
        return client.embeddings.with_raw_response.create(model="text-embedding-3-large", input="bench", **asked)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((count, DIMENSIONS), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def reply(vectors: np.ndarray, *, as_base64: bool) -> bytes:
    """As OpenAI writes it."""
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(vector.tobytes()).decode() if as_base64 else vector.tolist(),
        }
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 9 * len(vectors), "total_tokens": 9 * len(vectors)}
    return json.dumps({"object": "list", "data": data, "model": "text-embedding-3-large", "usage": usage}).encode()
