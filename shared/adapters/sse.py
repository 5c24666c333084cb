"""Server-sent events out of bytes, as they come (WHATWG HTML, section 9.2), for every model provider."""

import re

import msgspec

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 8 * 1024 * 1024


class SseEvent(msgspec.Struct, frozen=True, gc=False):
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
        if b"\r" in chunk or self._at_start:
            return self._by_line(chunk)
        events: list[SseEvent] = []
        if self._rest or self._data or self._event is not None or self._skip_line_feed:
            begun = chunk.find(b"\n\n") + 2
            if begun == 1:
                return self._by_line(chunk)
            events = self._by_line(chunk[:begun])
            chunk = chunk[begun:]
        self._by_event(chunk, events)
        return events

    def close(self) -> list[SseEvent]:
        """The event that the stream's end completes, if any."""
        events: list[SseEvent] = []
        if self._rest:
            self._line(self._rest, events)
            self._rest = b""
        self._line(b"", events)
        return events

    def _by_event(self, chunk: bytes, events: list[SseEvent]) -> None:
        """For a chunk without CR that begins with an event: at once for all that end in it, since a line at a time
        costs five times as much. Providers write events of a `data:` line, some with an `event:` line before it; any
        other goes by line."""
        *whole, begun = chunk.split(b"\n\n")
        for block in whole:
            name, _, data = block.rpartition(b"\n")
            if not data.startswith(b"data: "):
                events += self._by_line(block + b"\n\n")
            elif not name:
                events.append(SseEvent(None, data[6:]))
            elif name.startswith(b"event: ") and b"\n" not in name:
                events.append(SseEvent(name[7:].decode("utf-8", "replace"), data[6:]))
            else:
                events += self._by_line(block + b"\n\n")
        if begun:
            events += self._by_line(begun)

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
