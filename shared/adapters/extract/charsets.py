"""Bytes to text: byte order mark, UTF-8, UTF-16 and UTF-32 without a mark, then statistics."""

import codecs
import re

from shared.errors import ExtractionFailed

_MARKS = (  # UTF-32's little-endian mark begins with UTF-16's: order matters
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 64 * 1024
_TOLERATED_DAMAGE = 0.02
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MULTIBYTE_START = re.compile(rb"[\xc2-\xf4]")


def decode(data: bytes, *, declared: str | None = None) -> str:
    """`declared` is what the document says of itself; a byte order mark and valid UTF-8 outrank it, because
    declarations are often copied along wrongly. Raises ExtractionFailed("unsupported_type") for binary data."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if (wide := _without_mark(data)) is not None:
        return data.decode(wide, "replace")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and (declared is None or not data.isascii() or _is_utf(declared)):
        return _refuse_binary(text, data)
    if declared is not None and (spoken := _decode_as(data, declared)) is not None:
        return spoken
    if text is not None:
        return _refuse_binary(text, data)
    if (mended := _damaged_utf8(data)) is not None:
        return mended
    return _by_statistics(data)


def _without_mark(data: bytes) -> str | None:
    """UTF-16 and UTF-32 betray themselves by zeros at regular places of their ASCII characters."""
    head = data[:4096]
    if len(head) < 4 or b"\0" not in head:
        return None
    lanes = [head[lane::4].count(0) / max(1, len(head[lane::4])) for lane in range(4)]
    if len(data) % 4 == 0 and lanes[0] < 0.2 and min(lanes[2:]) > 0.9:
        return "utf-32-le"
    if len(data) % 4 == 0 and lanes[3] < 0.2 and min(lanes[:2]) > 0.9:
        return "utf-32-be"
    even, odd = (lanes[0] + lanes[2]) / 2, (lanes[1] + lanes[3]) / 2
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    if even > 0.4 and odd < 0.05:
        return "utf-16-be"
    return None


def _is_utf(name: str) -> bool:
    return name.lower().replace("_", "-").startswith(("utf", "unicode"))


def _decode_as(data: bytes, encoding: str) -> str | None:
    try:
        codec = codecs.lookup(encoding.strip())
        if not codec._is_text_encoding or codec.name.startswith("utf-16"):  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
            return None
        # Browsers read these two as their Windows supersets (WHATWG encoding standard).
        name = {"iso8859-1": "cp1252", "ascii": "cp1252"}.get(codec.name, codec.name)
        return data.decode(name, "replace")
    except (LookupError, ValueError):
        return None


def _refuse_binary(text: str, data: bytes) -> str:
    head = data[:4096]
    if b"\0" in head or len(_BINARY.findall(head)) > len(head) * 0.02:
        raise ExtractionFailed("unsupported_type", "The file holds binary data, not text.")
    return text


def _damaged_utf8(data: bytes) -> str | None:
    """A few wrong bytes in long UTF-8 (a cut character, a pasted one) must not turn all of it into mojibake."""
    text = data.decode("utf-8", "replace")
    characters = len(_MULTIBYTE_START.findall(data))
    wrong = text.count("\ufffd")
    return text if characters and wrong <= max(1, characters * _TOLERATED_DAMAGE) and characters > 20 else None


def _by_statistics(data: bytes) -> str:
    import charset_normalizer

    best = charset_normalizer.from_bytes(data[:_SAMPLE_BYTES]).best()
    if best is None:
        if len(_BINARY.findall(data[:4096])) > 4:
            raise ExtractionFailed("unsupported_type", "The file holds binary data, not text.")
        return data.decode("cp1252", "replace")
    return data.decode(best.encoding, "replace")
