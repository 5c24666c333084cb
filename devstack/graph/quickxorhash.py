"""quickXorHash, the only content hash SharePoint reports.

The rule is Microsoft's (OneDrive API docs, "Code Snippets: QuickXorHash Algorithm"): byte i is XORed into a
160-bit block at bit 11·i mod 160, and the length, as a little-endian 64-bit number, into the last eight bytes.
"""

import base64

import numpy as np
import numpy.typing as npt

_WIDTH_BITS = 160
_SHIFT_BITS = 11
# 11 and 160 share no factor, so the bit position repeats every 160 bytes: bytes at the same index modulo
# 160 can be folded together first, which numpy does at memory speed, and only 160 are left to rotate.
_PERIOD_BYTES = 160


class QuickXorHash:
    """Fed in pieces of any size, like `hashlib`: `update(data)`, then `base64()`."""

    def __init__(self) -> None:
        self._folded: npt.NDArray[np.uint8] = np.zeros(_PERIOD_BYTES, dtype=np.uint8)
        self._length = 0

    def update(self, data: bytes) -> None:
        offset = self._length % _PERIOD_BYTES
        padded = -(offset + len(data)) % _PERIOD_BYTES
        rows = np.frombuffer(bytes(offset) + data + bytes(padded), dtype=np.uint8).reshape(-1, _PERIOD_BYTES)
        self._folded ^= np.bitwise_xor.reduce(rows, axis=0)
        self._length += len(data)

    def digest(self) -> bytes:
        """20 bytes."""
        block = 0
        for index, value in enumerate(self._folded.tolist()):
            position = index * _SHIFT_BITS % _WIDTH_BITS
            block ^= value << position
        block = (block & ((1 << _WIDTH_BITS) - 1)) ^ (block >> _WIDTH_BITS)
        block ^= self._length << (_WIDTH_BITS - 64)
        return block.to_bytes(_WIDTH_BITS // 8, "little")

    def base64(self) -> str:
        """As Graph writes it in `file.hashes.quickXorHash`."""
        return base64.b64encode(self.digest()).decode()


def quick_xor_hash(data: bytes) -> str:
    hashed = QuickXorHash()
    hashed.update(data)
    return hashed.base64()
