"""A file out of a multipart body, written to disk as it comes: never whole in memory, never beyond its limit."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import BinaryIO

from starlette.requests import ClientDisconnect

from shared.domain.notebook import shown_name
from shared.errors import FieldError, Invalid, TooLarge, UnsupportedType

# What a browser adds around the file: boundaries and headers, and small fields that nobody asked for.
OVERHEAD_BYTES = 64 * 1024
_FIELD = "file"


async def receive_file(
    headers: Mapping[str, str], body: AsyncIterator[bytes], target: Path, *, max_bytes: int
) -> tuple[str, int]:
    """Writes the field `file` of a multipart/form-data body to `target`; its shown name and its size in bytes.

    The size is counted, whatever Content-Length says (S11). Raises UnsupportedType for another kind of body, TooLarge,
    and Invalid for a body without exactly one file, without a usable name, malformed, or cut off.
    """
    _require_size(headers, max_bytes)
    with target.open("wb") as file:
        form = _Form(_boundary(headers), file, max_bytes)
        try:
            async for part in body:
                form.feed(part)
        except ClientDisconnect as error:
            raise Invalid("The upload did not arrive whole.", code="body_cut_off") from error
    return form.finish()


def _require_size(headers: Mapping[str, str], max_bytes: int) -> None:
    told = headers.get("content-length", "")
    if told.isdecimal() and int(told) > max_bytes + OVERHEAD_BYTES:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(f"A file may have at most {max_bytes // 2**20} MB.", code="file_too_large")


def _boundary(headers: Mapping[str, str]) -> bytes:
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind.lower() != b"multipart/form-data" or not boundary:
        raise UnsupportedType("Send the file as multipart/form-data, in a field named file.", code="not_multipart")
    return boundary


class _Form:
    """What the parser reports, part by part. Errors raised in its callbacks pass through it."""

    def __init__(self, boundary: bytes, file: BinaryIO, max_bytes: int) -> None:
        from python_multipart.multipart import MultipartParser

        self._file = file
        self._max_bytes = max_bytes
        self._name: str | None = None
        self._size = 0
        self._other_bytes = 0
        self._ended = False
        self._in_file = False
        self._headers: dict[bytes, bytes] = {}
        self._field = b""
        self._value = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def feed(self, part: bytes) -> None:
        from python_multipart.exceptions import MultipartParseError

        try:
            self._parser.write(part)
        except MultipartParseError as error:
            raise Invalid("The body is not valid multipart/form-data.", code="invalid_multipart") from error

    def finish(self) -> tuple[str, int]:
        if not self._ended:
            raise Invalid("The upload did not arrive whole.", code="body_cut_off")
        if self._name is None:
            detail = "Send one file in a field named file"
            raise Invalid(detail + ".", errors=(FieldError("/file", detail),), code="file_missing")
        return self._name, self._size

    def _part_begins(self) -> None:
        self._headers, self._in_file = {}, False

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._count_other(end - start)

    def _header_ends(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _headers_end(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") != _FIELD.encode() or b"filename" not in options:
            return
        if self._name is not None:
            raise Invalid("Send one file at a time.", code="several_files")
        self._name = shown_name(options[b"filename"].decode("utf-8", "replace"))
        if not self._name:
            detail = "The file needs a name"
            raise Invalid(detail + ".", errors=(FieldError("/file", detail),), code="file_name_missing")
        self._in_file = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        if not self._in_file:
            self._count_other(end - start)
            return
        self._size += end - start
        if self._size > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._file.write(memoryview(data)[start:end])

    def _count_other(self, size: int) -> None:
        self._other_bytes += size
        if self._other_bytes > OVERHEAD_BYTES:
            raise TooLarge("The form holds more than a file.", code="form_too_large")

    def _end(self) -> None:
        self._ended = True
