"""A file out of a multipart body, cut anywhere, lied about, or broken (S11)."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.requests import ClientDisconnect

from shared.domain.notebook import shown_name
from shared.errors import Invalid, NexusError, TooLarge, UnsupportedType
from shared.web.uploads import OVERHEAD_BYTES, receive_file

URL = "http://test.local"


def encoded(files: object, data: dict[str, str] | None = None) -> tuple[dict[str, str], bytes]:
    """As a real client writes it."""
    request = httpx.Request("POST", URL, files=files, data=data or {})  # type: ignore[arg-type]
    return dict(request.headers), request.read()


async def pieces(body: bytes, size: int, *, gone: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]
    if gone:
        raise ClientDisconnect


async def refused(
    headers: dict[str, str], body: bytes, tmp_path: Path, *, max_bytes: int = 10_000, gone: bool = False
) -> NexusError:
    with pytest.raises(NexusError) as raised:
        await receive_file(headers, pieces(body, 1000, gone=gone), tmp_path / "content", max_bytes=max_bytes)
    return raised.value


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
async def test_content_arrives_whatever_the_pieces(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * 9 + b"\r\n--boundary\r\n"
    headers, body = encoded({"file": ("Übersicht 2026.pdf", content)}, {"note": "ignored"})
    received = await receive_file(headers, pieces(body, size), tmp_path / "content", max_bytes=10_000)
    assert received == ("Übersicht 2026.pdf", len(content))
    assert (tmp_path / "content").read_bytes() == content


async def test_exactly_the_limit_passes_and_one_byte_more_does_not(tmp_path: Path) -> None:
    headers, body = encoded({"file": ("a.txt", b"x" * 10_000)})
    assert (await receive_file(headers, pieces(body, 512), tmp_path / "content", max_bytes=10_000))[1] == 10_000
    headers, body = encoded({"file": ("a.txt", b"x" * 10_001)})
    assert (await refused(headers, body, tmp_path)).code == "file_too_large"


async def test_a_length_that_lies_is_neither_believed_nor_waited_for(tmp_path: Path) -> None:
    headers, body = encoded({"file": ("a.txt", b"x" * 20_000)})
    lying = await refused({**headers, "content-length": "10"}, body, tmp_path)
    assert isinstance(lying, TooLarge)
    honest = await refused({**headers, "content-length": str(OVERHEAD_BYTES + 10_001)}, b"", tmp_path)
    assert isinstance(honest, TooLarge)


async def test_what_is_no_form_with_one_file_is_told_so(tmp_path: Path) -> None:
    headers, body = encoded({"file": ("a.txt", b"text")})
    assert isinstance(await refused({**headers, "content-type": "application/json"}, body, tmp_path), UnsupportedType)
    assert (await refused({**headers, "content-type": "multipart/form-data"}, body, tmp_path)).code == "not_multipart"
    assert (await refused(headers, b"no form at all" * 10, tmp_path)).code == "invalid_multipart"
    assert (await refused(headers, body[:-10], tmp_path)).code == "body_cut_off"
    assert (await refused(headers, body[:-10], tmp_path, gone=True)).code == "body_cut_off"
    assert (await refused(headers, b"", tmp_path)).code == "body_cut_off"
    other, other_body = encoded({"attachment": ("a.txt", b"text")})
    assert (await refused(other, other_body, tmp_path)).code == "file_missing"
    two, two_body = encoded([("file", ("a.txt", b"one")), ("file", ("b.txt", b"two"))])
    assert (await refused(two, two_body, tmp_path)).code == "several_files"
    nameless, nameless_body = encoded({"file": ("/../..", b"text")})
    assert (await refused(nameless, nameless_body, tmp_path)).code == "file_name_missing"


async def test_a_form_that_is_mostly_something_else_is_refused(tmp_path: Path) -> None:
    headers, body = encoded({"file": ("a.txt", b"text")}, {"note": "x" * (OVERHEAD_BYTES + 1)})
    assert (await refused(headers, body, tmp_path)).code == "form_too_large"


async def test_endless_headers_of_a_part_are_refused(tmp_path: Path) -> None:
    headers, _ = encoded({"file": ("a.txt", b"text")})
    boundary = headers["content-type"].partition("boundary=")[2].encode()
    body = b"--" + boundary + b"\r\n" + b"X-Long: " + b"y" * 200_000
    assert isinstance(await refused(headers, body, tmp_path), Invalid | TooLarge)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\eva\\Vertrag.docx", "Vertrag.docx"),
        ("two\r\nlines\x00.txt", "twolines.txt"),
        ("invisible\u202etxt.exe", "invisibletxt.exe"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        (" . ", ""),
        ("", ""),
    ],
)
def test_s11_a_shown_name_is_harmless(given: str, shown: str) -> None:
    assert shown_name(given) == shown
