"""What goes over the pipes between the sandbox and its workers: a length of four bytes, then MessagePack."""

import struct

import msgspec

from shared.domain.extracted import Extracted, ExtractionFailure

LENGTH = struct.Struct(">I")


class Limits(msgspec.Struct, frozen=True):
    """What one document may cost. `wall_s` is enforced by the parent, the rest by the worker itself."""

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_s: int = 120
    wall_s: float = 120.0
    max_file_bytes: int = 100 * 1024 * 1024
    max_characters: int = 20_000_000
    max_reply_bytes: int = 128 * 1024 * 1024


class Request(msgspec.Struct, frozen=True):
    """With `type_only` the reply's document has its type and nothing else."""

    path: str
    file_name: str
    limits: Limits
    type_only: bool = False


class Reply(msgspec.Struct, frozen=True):
    """Exactly one of the two is set, but in the greeting of a new worker, which has neither. `peak_bytes` is
    the most memory that the worker ever held."""

    extracted: Extracted | None = None
    failure: ExtractionFailure | None = None
    peak_bytes: int = 0


def encode(message: Request | Reply) -> bytes:
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body
