import base64
import random

import pytest

from devstack.graph.quickxorhash import QuickXorHash, quick_xor_hash

_MASK = (1 << 160) - 1


def _by_the_definition(data: bytes) -> str:
    """Microsoft's own pseudo-code, byte by byte, slow."""
    block = 0
    for index, value in enumerate(data):
        turn = index * 11 % 160
        block ^= ((value << turn) | (value << turn >> 160)) & _MASK
    digest = bytearray(block.to_bytes(20, "little"))
    for at, value in enumerate(len(data).to_bytes(8, "little")):
        digest[12 + at] ^= value
    return base64.b64encode(digest).decode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        (b"J", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="),
        (b"\xb5\xb4", "taAFAAAAAAAAAAAAAgAAAAAAAAA="),
        # The example of the public Rust crate `quickxorhash`.
        (
            b"hello world",
            base64.b64encode(
                bytes([104, 40, 3, 27, 216, 240, 6, 16, 220, 225, 13, 114, 107, 3, 25, 0, 0, 0, 0, 0])
            ).decode(),
        ),
    ],
)
def test_published_examples_come_out(data: bytes, expected: str) -> None:
    assert quick_xor_hash(data) == expected


def test_any_length_in_any_pieces_agrees_with_the_definition() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for length in [1, 159, 160, 161, 320, *(dice.randrange(5000) for _ in range(20))]:
        data = dice.randbytes(length)
        hashed = QuickXorHash()
        at = 0
        while at < length:
            step = dice.randrange(1, 400)
            hashed.update(data[at : at + step])
            at += step
        assert hashed.base64() == _by_the_definition(data)
