"""One model in one process: frames of texts in on stdin, frames of vectors out on stdout, one at a time.

A frame is a little-endian uint32 of its length, then that many bytes. In: JSON list of strings. Out: `<II` rows
and columns, then float32 rows. The first frame out says that the model is loaded: no rows, and the model's `batch`
in place of columns. End of stdin ends the process, so it never outlives its server; a text that the model fails on
ends it too, with the traceback on stderr, and the server starts another.
"""

import argparse
import json
import os
import struct
import sys
from typing import BinaryIO


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    body = stream.read(length)
    return body if len(body) == length else None


def _write(stream: BinaryIO, body: bytes) -> None:
    stream.write(struct.pack("<I", len(body)) + body)
    stream.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--embedding", required=True)
    name: str = parser.parse_args().embedding
    # The stack shares the machine with whoever is working at it, and answering goes before indexing.
    if hasattr(os, "nice"):
        os.nice(5)
    # Whatever a model's library prints must not end up between the frames.
    frames_out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    from devstack.models.encoders import ENCODERS

    encoder = ENCODERS[name]()
    encoder.encode(["query: warm-up"])
    _write(frames_out, struct.pack("<II", 0, encoder.batch))
    while (body := _read(sys.stdin.buffer)) is not None:
        vectors = encoder.encode(json.loads(body))
        _write(frames_out, struct.pack("<II", *vectors.shape) + vectors.tobytes())


if __name__ == "__main__":
    main()
