"""Markdown: headings, lists, tables, code and front matter. Links become their text, pictures their words."""

import re
from collections.abc import Iterator
from pathlib import Path

from shared.adapters.extract.characters import clean, clean_code
from shared.adapters.extract.charsets import decode
from shared.adapters.extract.tables import Grid, table_blocks
from shared.domain.extracted import Block, Extracted

_HEADING = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)[ \t]*$")
_RULE = re.compile(r"^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"^([ \t]*)(?:[-*+]|(\d{1,9}[.)]))[ \t]+(?:\[[ xX]\][ \t]+)?(.*)$")
_QUOTE = re.compile(r"^ {0,3}(?:>[ ]?)+")
_DIVIDER = re.compile(r"^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_HTML_BLOCK = re.compile(r"^ {0,3}</?(?:table|div|details|p|ul|ol|dl|section|article|figure|center|h[1-6])\b", re.I)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:[ \t]+\S+.*$")

_INLINE = (
    (re.compile(r"!\[([^\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)"), r"\1"),
    (re.compile(r"\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)"), r"\1"),
    (re.compile(r"\[([^\[\]]+)\]\[[^\]]*\]"), r"\1"),
    (re.compile(r"<((?:https?|mailto):[^>\s]+)>"), r"\1"),
    (re.compile(r"<br\s*/?>", re.IGNORECASE), "\n"),
    (re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>"), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?!\w)"), r"\1"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~<>])"), r"\1"),
)
_CODE_SPAN = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def extract(path: Path) -> Extracted:
    text = decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    title = None
    if front := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(front[1])
        title = named[1].strip("\"'") if named else None
        text = text[front.end() :]
    lines = _COMMENT.sub("", text).expandtabs(4).split("\n")
    blocks = tuple(_blocks(lines))
    if title is None:
        title = next((block.text for block in blocks if block.kind == "heading"), None)
    return Extracted("md", title=title, page_count=None, blocks=blocks)


def _blocks(lines: list[str]) -> Iterator[Block]:
    paragraph: list[str] = []
    item_level: int | None = None  # set while the lines gathered belong to a list item
    number = 0

    def flush() -> Iterator[Block]:
        nonlocal item_level
        text = inline("\n".join(paragraph))
        paragraph.clear()
        if text:
            yield Block("paragraph", text) if item_level is None else Block("list_item", text, level=item_level)
        item_level = None

    while number < len(lines):
        line = lines[number]
        number += 1
        if fence := _FENCE.match(line):
            yield from flush()
            code, number = _fenced(lines, number, fence[1])
            if code:
                yield Block("code", code)
        elif not line.strip() or _DEFINITION.match(line):
            yield from flush()
        elif heading := _HEADING.match(line):
            yield from flush()
            if text := inline(heading[2] or ""):
                yield Block("heading", text.replace("\n", " "), level=len(heading[1]))
        elif paragraph and item_level is None and (mark := _UNDERLINE.match(line)):
            text = inline(" ".join(paragraph))
            paragraph.clear()
            if text:
                yield Block("heading", text, level=1 if mark[1].startswith("=") else 2)
        elif _RULE.match(line):
            yield from flush()
        elif "|" in line and number < len(lines) and "-" in lines[number] and _DIVIDER.match(lines[number]):
            yield from flush()
            grid, number = _table(lines, number - 1)
            yield from table_blocks(grid, header_rows=1 if any(grid.rows[0]) else 0)
        elif not paragraph and _HTML_BLOCK.match(line):
            end = next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))
            yield from _html("\n".join(lines[number - 1 : end]))
            number = end
        elif item := _ITEM.match(line):
            yield from flush()
            item_level = min(len(item[1]) // 2, 8)
            paragraph.append(f"{item[2]} {item[3]}" if item[2] else item[3])
        else:
            paragraph.append(_QUOTE.sub("", line).strip())
    yield from flush()


def _fenced(lines: list[str], number: int, fence: str) -> tuple[str, int]:
    """The code up to the closing fence (or the end), and the number of the line after it."""
    end = number
    while end < len(lines) and not lines[end].strip().startswith(fence):
        end += 1
    return clean_code("\n".join(lines[number:end])), end + 1


def _table(lines: list[str], number: int) -> tuple[Grid, int]:
    grid = Grid([_cells(lines[number])])
    number += 2
    while number < len(lines) and "|" in lines[number] and lines[number].strip():
        grid.rows.append(_cells(lines[number]))
        number += 1
    return grid, number


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [inline(cell).replace("\n", " ") for cell in _CELL_BORDER.split(inner)]


def _html(fragment: str) -> Iterator[Block]:
    from selectolax.lexbor import LexborHTMLParser

    from shared.adapters.extract.html import html_blocks

    for block in html_blocks(LexborHTMLParser(fragment)):
        text = block.text if block.kind == "code" else inline(block.text)
        if text:
            yield Block(block.kind, text, level=block.level, header=block.header)


def inline(text: str) -> str:
    """Text without marks. Code spans keep what they hold, without the ticks."""
    pieces: list[str] = []
    position = 0
    for code in _CODE_SPAN.finditer(text):
        pieces.extend((_unmarked(text[position : code.start()]), code[2].strip()))
        position = code.end()
    pieces.append(_unmarked(text[position:]))
    return clean("".join(pieces))


def _unmarked(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text
