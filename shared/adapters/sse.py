"""Server-sent events out of bytes, as they come (WHATWG HTML, section 9.2), for every model provider."""

import re
from typing import NamedTuple

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 8 * 1024 * 1024


class SseEvent(NamedTuple):
    """`event` is None where the stream named none; `data` is UTF-8, its lines joined with LF, not decoded."""

    event: str | None
    data: bytes


class SseTooLong(ValueError):
    """An event grew beyond `MAX_EVENT_BYTES` without an end."""


class SseDecoder:
    """Feed it whatever the network gives, cut anywhere; call `close` when the stream has ended in order.

    Differs from the standard as model providers do: an event without data is delivered (data empty), and so is the
    last one when the blank line after it is missing. `id` and `retry` are ignored: nobody reconnects here.
    """

    __slots__ = ("_at_start", "_data", "_event", "_held_bytes", "_rest", "_skip_line_feed")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._event: str | None = None
        self._held_bytes = 0
        self._skip_line_feed = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that `chunk` completes. Raises SseTooLong."""
        # What providers send nearly always: whole events of one `data:` line. Worth a third of the cost of a token.
        if (
            not self._rest
            and not self._data
            and self._event is None
            and chunk.startswith(b"data: ")
            and chunk.endswith(b"\n\n")
            and b"\r" not in chunk
        ):
            parts = chunk[:-2].split(b"\n\n")
            if all(part.startswith(b"data: ") and b"\n" not in part for part in parts):
                self._at_start = self._skip_line_feed = False
                return [SseEvent(None, part[6:]) for part in parts]
        return self._by_line(chunk)

    def close(self) -> list[SseEvent]:
        """The event that the stream's end completes, if any."""
        events: list[SseEvent] = []
        if self._rest:
            self._line(self._rest, events)
            self._rest = b""
        self._line(b"", events)
        return events

    def _by_line(self, chunk: bytes) -> list[SseEvent]:
        if self._skip_line_feed and chunk:
            # The CR that ended the last chunk was half of a CRLF.
            self._skip_line_feed = False
            chunk = chunk.removeprefix(b"\n")
        events: list[SseEvent] = []
        buffer = self._rest + chunk
        start = 0
        for end in _LINE_END.finditer(buffer, len(self._rest)):
            self._line(buffer[start : end.start()], events)
            start = end.end()
        self._skip_line_feed = self._skip_line_feed or (buffer.endswith(b"\r") and start == len(buffer))
        self._rest = buffer[start:]
        if self._held_bytes + len(self._rest) > MAX_EVENT_BYTES:
            raise SseTooLong(f"an event is longer than {MAX_EVENT_BYTES} bytes")
        return events

    def _line(self, line: bytes, events: list[SseEvent]) -> None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data or self._event is not None:
                events.append(SseEvent(self._event, b"\n".join(self._data)))
            self._data = []
            self._event = None
            self._held_bytes = 0
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._held_bytes += len(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
