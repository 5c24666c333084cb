"""Files that are made while they are sent: rows as CSV or as JSON lines.

A cell of a CSV file that begins like a formula is one to a spreadsheet, whoever wrote it and however it is quoted:
such text gets an apostrophe before it (OWASP, "CSV Injection"). JSON lines hold every value as it is.
"""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from shared.web.routes import Download

CSV, JSON_LINES = "text/csv", "application/jsonl"

# What a formula begins with in Excel, LibreOffice or Google Sheets; full-width forms count as the same there. Tab and
# line ends are stripped by some of them before they look.
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


def download[R](
    pages: AsyncIterable[Sequence[R]],
    file_format: FileFormat,
    name: str,
    columns: Sequence[str],
    values: Callable[[R], Sequence[Any]],
) -> Download:
    """The rows of `pages` as a file `<name>.csv` or `<name>.jsonl`, each page as one piece; `values` in the order of
    `columns`. CSV is UTF-8 with a byte order mark, without which Excel reads it as something else."""
    if file_format is FileFormat.CSV:
        return Download(_csv(pages, columns, values), CSV, f"{name}.csv")
    return Download(_json_lines(pages, columns, values), JSON_LINES, f"{name}.jsonl")


async def _csv[R](
    pages: AsyncIterable[Sequence[R]], columns: Sequence[str], values: Callable[[R], Sequence[Any]]
) -> AsyncGenerator[bytes]:
    yield b"\xef\xbb\xbf" + _lines([columns])
    async for page in pages:
        if page:
            yield _lines([cell(value) for value in values(row)] for row in page)


async def _json_lines[R](
    pages: AsyncIterable[Sequence[R]], columns: Sequence[str], values: Callable[[R], Sequence[Any]]
) -> AsyncGenerator[bytes]:
    async for page in pages:
        if page:
            yield msgspec.json.Encoder().encode_lines([dict(zip(columns, values(row), strict=True)) for row in page])


def cell(value: Any) -> str:
    """One cell: times as RFC 3339 in UTC, what has parts as JSON, text that a spreadsheet would run as text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return _inert(value)
        case int() | float() | Decimal() | UUID():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return _inert(msgspec.json.encode(value).decode())


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_STARTS_FORMULA) or text.lstrip().startswith(_STARTS_FORMULA) else text


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()
