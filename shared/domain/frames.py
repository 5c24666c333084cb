"""A run's events as Server-Sent Events: the bytes that go to readers and into the run's log alike."""

from decimal import Decimal
from typing import Any

import msgspec

from shared.domain.events import Done, Failed, Meta, RunEvent, Sources, Title, Token
from shared.domain.ids import RunId

# money as a JSON number with all its places
_encode = msgspec.json.Encoder(decimal_format="number").encode

PING = b": ping\n\n"
_DONE_MARK = b'\ndata: {"done":true,'


def frame(run_id: RunId, seq: int, event: RunEvent) -> bytes:
    """`token` and `done` carry no event name, so that a bare EventSource.onmessage sees them."""
    head = b"id: %b:%d\n" % (str(run_id).encode(), seq)
    match event:
        case Token(token):
            return token_frame(str(run_id).encode(), seq, token)
        case Done():
            return b"%bdata: %b\n\n" % (head, _encode({"done": True, **_fields(event)}))
        case Meta():
            name, data = b"meta", event
        case Sources():
            name, data = b"sources", event
        case Title():
            name, data = b"title", event
        case Failed(problem):
            name, data = b"error", problem
    return b"%bevent: %b\ndata: %b\n\n" % (head, name, _encode(data))


def token_frame(run: bytes, seq: int, token: str) -> bytes:
    """What `frame` makes of a Token: for who makes many for one run, whose id is then written out once."""
    return b'id: %b:%d\ndata: {"token":%b}\n\n' % (run, seq, _encode(token))


def _fields(done: Done) -> dict[str, Any]:
    return msgspec.to_builtins(done, builtin_types=(Decimal,))


def is_done(frame: bytes) -> bool:
    return _DONE_MARK in frame


def seq_after(last_event_id: str | None, run_id: RunId) -> int:
    """The sequence number a reader has seen of this run: 0 when it names another run or nothing sensible."""
    run, _, seq = (last_event_id or "").rpartition(":")
    return int(seq) if run == str(run_id) and seq.isdecimal() and len(seq) < 10 else 0
