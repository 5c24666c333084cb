"""Lines of a PDF page as pdfium sees them, with their place and the look of their letters."""

import ctypes
import re
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from shared.adapters.extract.characters import clean

_BOLD = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)
_BULLET = re.compile("^[\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf02d]\\s*")  # Wingdings and Symbol, private use area
_FONT_NAME_BYTES = 128


@dataclass(frozen=True, slots=True)
class Line:
    """Coordinates in points from the lower left; `size` is the height of the font on the page, 0 if unknown."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    bold: bool


def page_lines(page: pypdfium2.PdfPage) -> list[Line]:
    """In the order of the page's content, which is the reading order of nearly all producers. A word broken at
    a line's end stays in one line, with U+FFFE where it was broken."""
    textpage = page.get_textpage()
    try:
        text = textpage.get_text_range()
        return _lines(text.replace("\u00a0", " "), textpage.raw) if text else []
    finally:
        textpage.close()


def _lines(text: str, raw: object) -> list[Line]:
    # pdfium counts UTF-16 units; positions agree with Python's only within the basic plane.
    wide = not text.isascii() and max(text) > "\uffff"
    looking = _Looking(raw)
    lines: list[Line] = []
    start = 0
    for piece in text.split("\r\n"):
        length = len(piece.encode("utf-16-le", "surrogatepass")) // 2 if wide else len(piece)
        shown = piece.rstrip()
        if shown:
            marked = _BULLET.sub("• ", shown) if "\uf000" <= shown[0] <= "\uf8ff" else shown
            parts = marked.split("\ufffe")
            cleaned = "\ufffe".join(map(clean, parts)) if len(parts) > 1 else clean(marked)
            if cleaned.strip("\ufffe"):
                last = start + (len(shown) if not wide else length) - 1
                lines.append(looking.line(cleaned.replace("\n", " "), start, max(start, last)))
        start += length + 2
    return lines


class _Looking:
    """Asks pdfium for the first and the last character of a line; the buffers are used again."""

    def __init__(self, raw: object) -> None:
        self._raw = raw
        self._first = pdfium.FS_RECTF()
        self._last = pdfium.FS_RECTF()
        self._name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
        self._flags = ctypes.c_int()

    def line(self, text: str, first: int, last: int) -> Line:
        start = pdfium.FPDFText_GetCharIndexFromTextIndex(self._raw, first)
        end = pdfium.FPDFText_GetCharIndexFromTextIndex(self._raw, last)
        known = start >= 0 and pdfium.FPDFText_GetLooseCharBox(self._raw, start, self._first)
        if not known or not pdfium.FPDFText_GetLooseCharBox(self._raw, max(start, end), self._last):
            return Line(text, 0.0, 0.0, 0.0, 0.0, 0.0, bold=False)
        return Line(
            text,
            left=self._first.left,
            right=self._last.right,
            top=self._first.top,
            bottom=self._last.bottom,  # of the last visual line, where a broken word joined two
            size=round(self._first.top - self._first.bottom, 1),
            bold=self._is_bold(start) and (end == start or self._is_bold(end)),
        )

    def _is_bold(self, character: int) -> bool:
        length = pdfium.FPDFText_GetFontInfo(self._raw, character, self._name, _FONT_NAME_BYTES, self._flags)
        return 0 < length <= _FONT_NAME_BYTES and _BOLD.search(self._name.value) is not None
