"""Plain text: paragraphs are parted by blank lines, in whatever encoding."""

import re
from collections.abc import Iterator
from pathlib import Path

from shared.adapters.extract.characters import clean
from shared.adapters.extract.charsets import decode
from shared.domain.extracted import Block, Extracted

_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


def extract(path: Path) -> Extracted:
    text = clean(decode(path.read_bytes()))
    return Extracted("txt", title=None, page_count=None, blocks=tuple(paragraphs(text)))


def paragraphs(text: str) -> Iterator[Block]:
    """`text` is cleaned already."""
    for paragraph in _BLANK_LINE.split(text):
        if stripped := paragraph.strip():
            yield Block("paragraph", stripped)
