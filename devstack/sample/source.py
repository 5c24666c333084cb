"""Reads the sample documents' sources: a front matter and a small subset of Markdown.

    ---
    title: …            author: …            date: 2026-01-12            language: en
    ---
    # Heading           levels 1 to 3
    A paragraph, **bold** allowed, up to the next empty line.
    - an item           1. a numbered item
    | a | table |       the second line is the |---| rule, the first the header
    > a speaker's note  (slides only)
    <!-- page -->       a page break (pdf and docx only)

Everything else is refused, so that a typing mistake does not end up in a document.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


class SourceMistake(ValueError):
    """A source file that does not follow the format; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    entries: tuple[str, ...]
    numbered: bool


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Note:
    text: str


@dataclass(frozen=True, slots=True)
class PageBreak:
    pass


Block = Heading | Paragraph | Items | Table | Note | PageBreak


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    author: str
    date: datetime
    language: str
    blocks: tuple[Block, ...]


_HEADING = re.compile(r"(#{1,3}) (\S.*)")
_NUMBERED = re.compile(r"\d+\. (\S.*)")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def read_source(path: Path) -> Source:
    """Raises SourceMistake when the front matter lacks a field, a table is ragged or a line is unknown."""
    try:
        return _parse(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError) as mistake:
        raise SourceMistake(f"{path.name}: {mistake}") from mistake


def bold_parts(text: str) -> list[tuple[str, bool]]:
    """Splits at **…**: [(part, is bold)], without empty parts."""
    parts = _BOLD.split(text)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def plain(text: str) -> str:
    return _BOLD.sub(r"\1", text)


def _parse(text: str) -> Source:
    opening, front, body = text.split("---\n", 2)
    if opening:
        raise ValueError("the front matter must come first")
    fields = dict(line.split(": ", 1) for line in front.splitlines())
    return Source(
        title=fields["title"],
        author=fields["author"],
        date=datetime.fromisoformat(fields["date"]).replace(hour=9),
        language=fields["language"],
        blocks=tuple(_block(chunk.splitlines()) for chunk in re.split(r"\n{2,}", _spaced(body)) if chunk),
    )


def _spaced(body: str) -> str:
    """Puts headings and page breaks between empty lines, so that blocks can be told by those."""
    return re.sub(r"^(#{1,3} .*|<!-- page -->)$", r"\n\1\n", body, flags=re.MULTILINE).strip()


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if len(lines) == 1 and (heading := _HEADING.fullmatch(first)):
        return Heading(len(heading[1]), heading[2])
    if lines == ["<!-- page -->"]:
        return PageBreak()
    if all(line.startswith("|") for line in lines):
        return _table(lines)
    if all(line.startswith("- ") for line in lines):
        return Items(tuple(line[2:] for line in lines), numbered=False)
    if all(line.startswith("> ") for line in lines):
        return Note(" ".join(line[2:] for line in lines))
    if numbered := [match[1] for line in lines if (match := _NUMBERED.fullmatch(line))]:
        if len(numbered) != len(lines):
            raise ValueError(f"a numbered list mixed with text: {first!r}")
        return Items(tuple(numbered), numbered=True)
    if first[0] in "#-|><" or (len(lines) > 1 and any(line[0] in "-|>" for line in lines)):
        raise ValueError(f"not a block that is known: {first!r}")
    return Paragraph(" ".join(lines))


def _table(lines: list[str]) -> Table:
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    header, rule, *body = rows
    if set("".join(rule)) != {"-"}:
        raise ValueError(f"the second line of a table is its rule: {lines[1]!r}")
    if any(len(row) != len(header) for row in body):
        raise ValueError(f"a table with rows of different lengths below {lines[0]!r}")
    return Table(header, tuple(body))
