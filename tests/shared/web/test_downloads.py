"""Files that are made while they are sent: what a spreadsheet reads of them, and what it must not run."""

import csv
import io
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from shared.errors import Unavailable
from shared.web.downloads import CSV, FileFormat, cell, download
from shared.web.endpoint import endpoint
from shared.web.exchange import BrokenOff
from shared.web.routes import Call, Download, Policy, Routes

_some = settings(max_examples=200, deadline=None, database=None, print_blob=True)
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def pages(*found: list[Any]) -> AsyncGenerator[list[Any]]:
    for page in found:
        yield page


async def written(file_format: FileFormat, *found: list[tuple[Any, ...]]) -> bytes:
    made = download(pages(*found), file_format, "list", ("name", "value"), lambda row: row)
    assert made.file_name == f"list.{file_format.value}"
    return b"".join([piece async for piece in made.pieces])


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (datetime(2026, 11, 23, 8, 0, 1, 5, tzinfo=UTC), "2026-11-23T08:00:01.000005Z"),
        ({"before": ["=1"]}, '{"before":["=1"]}'),
        ("plain", "plain"),
        ("a=1", "a=1"),
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("\u00a0+49", "'\u00a0+49"),
        ("-2+3|cmd", "'-2+3|cmd"),
        ("\tx", "'\tx"),
        ("＝1", "'＝1"),
    ],
)
def test_a_cell_shows_its_value_and_no_text_is_a_formula(value: Any, shown: str) -> None:
    assert cell(value) == shown


@_some
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_whatever_text_is_shown_begins_like_no_formula_and_is_all_there(text: str) -> None:
    shown = cell(text)
    assert shown in (text, f"'{text}")
    assert not shown.startswith(TRIGGERS)
    assert not shown.lstrip().startswith(TRIGGERS)


async def test_quotes_line_ends_and_commas_stay_within_their_cell() -> None:
    rows = [("a,b", 'say "x"'), ("one\r\n=two", "; drop"), ("ünï", None)]
    content = await written(FileFormat.CSV, [*rows[:2]], [], [rows[2]])
    assert content.startswith(b"\xef\xbb\xbfname,value\r\n"), "Excel takes it for UTF-8"
    assert read(content) == [["name", "value"], *[[str(name), value or ""] for name, value in rows]]


async def test_json_lines_hold_values_as_they_are() -> None:
    content = await written(FileFormat.JSONL, [("=1", {"a": None})], [], [("b\n", -1)])
    assert [json.loads(line) for line in content.splitlines()] == [
        {"name": "=1", "value": {"a": None}},
        {"name": "b\n", "value": -1},
    ]


async def test_nothing_is_a_file_all_the_same() -> None:
    assert read(await written(FileFormat.CSV)) == [["name", "value"]]
    assert await written(FileFormat.JSONL, []) == b""


async def asked(*, breaks_after: int) -> list[bytes]:
    """The body that a route with this file sends, as far as it comes."""

    async def rows() -> AsyncGenerator[list[str]]:
        for number in range(breaks_after):
            yield [f"row {number}"]
        raise Unavailable("postgres")

    async def handler(call: Call) -> Download:
        """A file"""
        return download(rows(), FileFormat.CSV, "list", ("name",), lambda row: [row])

    routes = Routes("test")
    routes.add("GET", "list", Policy.PUBLIC, files=(CSV,), limit=None)(handler)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/list",
        "headers": [],
        "query_string": b"",
        "path_params": {},
    }
    response: Any = await endpoint(routes.all[0])(Request(scope))
    assert response.status_code == 200
    sent: list[bytes] = []

    async def read_on() -> None:
        async for piece in response.body_iterator:
            sent.append(piece)

    with pytest.raises(BrokenOff) as broken:
        await read_on()
    assert str(broken.value) == "", "the worker logs what it is told (S20)"
    return sent


async def test_r03_a_file_that_breaks_off_does_not_pass_for_a_whole_one() -> None:
    assert await asked(breaks_after=0) == [b"\xef\xbb\xbfname\r\n"]
    assert (await asked(breaks_after=2))[1:] == [b"row 0\r\n", b"row 1\r\n"]
