"""Cuts a passage into what can be quoted: sentences of wrapped prose, list items, and table rows with their header."""

import itertools
import re
from dataclasses import dataclass
from enum import Enum

_END = re.compile(r"[.!?。！？؟][\"'”’)\]]*$")
_SPLIT = re.compile(r"(?<=[.!?。！？؟])[\"'”’)\]]*(?:(?<=[。！？])|\s+)(?=[\"'“‘(\[]?[^\s\W])", re.UNICODE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|approx|no|nos|fig|inc|corp|ltd|co|mr|mrs|ms|dr|st|u\.s|p\.m|a\.m|jan|feb|mar|apr|jun|jul"
    r"|aug|sept?|oct|nov|dec|z\.b|d\.h|bzw|ca|usw|nr|abs|ggf|inkl|evtl|vgl|str|s|u\.a)|\b[A-ZÄÖÜ]|(?:^|\s)\d{1,2})\.$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[•●▪◦‣·\uf0b7o*–—-]|\(?(?:\d{1,2}|[a-zA-Z])[.)])\s+")
_HEADING_MARK = re.compile(r"^\s*#{1,6}\s+")
_DOTS = re.compile(r"(?:\.\s?){4,}|…{2,}|_{4,}")
_NUMBER = re.compile(r"\d")
_FIGURE = re.compile(r"(?<![\w.])\(?[$€£]?\s?\d[\d,.]*\)?%?(?!\w)")
_PERIOD = re.compile(r"\b(?:19|20)\d\d\b|\b(?:ended|quarter|year|month|fy\s?\d\d)\b", re.IGNORECASE)
_RULE = re.compile(r"^[\s|:+=-]+$")

WIDE_LINE = 45
LONGEST_UNIT = 600


class Kind(Enum):
    PROSE = "prose"
    ITEM = "item"
    ROW = "row"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Unit:
    """`text` can be quoted as it stands. `context` is what it belongs to (heading, table header, lead-in)."""

    kind: Kind
    text: str
    context: str = ""

    @property
    def has_number(self) -> bool:
        return bool(_NUMBER.search(self.text))


def units(passage: str) -> list[Unit]:
    found: list[Unit] = []
    heading = ""
    table: list[list[str]] = []
    columns = ""
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            found.extend(_prose(" ".join(paragraph), heading))
            paragraph.clear()

    lines = [*passage.splitlines(), ""]
    for line, following in itertools.zip_longest(lines, lines[1:], fillvalue=""):
        text = line.strip()
        cells = _cells(line)
        if cells is None and table:
            found.extend(_rows(table, heading))
            table = []
        if cells is not None:
            close()
            table.append(cells)
        elif not text or _RULE.match(text) or _DOTS.search(text):
            close()
        elif _HEADING_MARK.match(text):
            close()
            heading, columns = _HEADING_MARK.sub("", text).strip(), ""
        elif _is_columns(text):
            close()
            columns = text
        elif _is_figures(text):
            close()
            found.append(Unit(Kind.ROW, f"{columns}: {text}" if columns else text, heading))
        elif _BULLET.match(text):
            close()
            paragraph.append(text)
        elif paragraph and _continues(paragraph[-1], text):
            paragraph.append(text)
        else:
            close()
            if _is_heading(text, following.strip()):
                heading, columns = text.rstrip(":"), ""
                found.append(Unit(Kind.HEADING, text))
            else:
                paragraph.append(text)
    return found


def _cells(line: str) -> list[str] | None:
    """The cells of a table line (Markdown or tabs); empty for a rule; None when it is no table line."""
    text = line.strip()
    if text.startswith("|") and text.count("|") > 1:
        return [] if _RULE.match(text) else [cell.strip() for cell in text.strip("|").split("|")]
    if text.count(" | ") > 1:
        return [cell.strip() for cell in text.split(" | ")]
    if line.strip("\n").count("\t") > 1:
        return [cell.strip() for cell in line.split("\t")]
    return None


def _rows(table: list[list[str]], heading: str) -> list[Unit]:
    lines = [cells for cells in table if any(cells)]
    if len(lines) < 2:
        return [Unit(Kind.ROW, ", ".join(filter(None, cells)), heading) for cells in lines]
    header, *rows = lines
    found: list[Unit] = []
    for cells in rows:
        pairs = [
            f"{header[at]}: {cell}" if at < len(header) and header[at] else cell
            for at, cell in enumerate(cells)
            if cell
        ]
        if pairs:
            found.append(Unit(Kind.ROW, "; ".join(pairs), heading))
    return found


def _prose(paragraph: str, heading: str) -> list[Unit]:
    bullet = _BULLET.match(paragraph)
    text = paragraph[bullet.end() :] if bullet else paragraph
    kind = Kind.ITEM if bullet else Kind.PROSE
    pieces: list[str] = []
    for piece in _SPLIT.split(text):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] += f" {piece}"
        else:
            pieces.append(piece)
    return [Unit(kind, cut, heading) for piece in pieces for cut in _cut(piece.strip()) if cut]


def _cut(sentence: str) -> list[str]:
    """Text without punctuation (extracted forms, minified pages) is cut at words, or one unit would be a page."""
    cuts: list[str] = []
    while len(sentence) > LONGEST_UNIT:
        at = sentence.rfind(" ", LONGEST_UNIT // 2, LONGEST_UNIT)
        at = at if at > 0 else LONGEST_UNIT
        cuts.append(sentence[:at].strip())
        sentence = sentence[at:].strip()
    return [*cuts, sentence]


def _continues(before: str, text: str) -> bool:
    """Whether `text` goes on with the sentence of the line before it (PDF text is wrapped)."""
    if text[0].islower() or before.endswith((",", ";", "-", " and", " or", " the", " of", " to", " und", " oder")):
        return True
    if _END.search(before):
        # A new sentence of the same paragraph; where the cut falls is decided later.
        return len(before) >= WIDE_LINE
    return len(before) >= WIDE_LINE and not before.endswith(":")


def _is_heading(text: str, following: str) -> bool:
    """A short line without an end that the next line does not go on with."""
    if len(text) > 90 or len(text.split()) > 12 or _END.search(text.rstrip(":")):
        return False
    return not _continues(text, following) if following else len(text.split()) <= 6


def _is_columns(text: str) -> bool:
    """A line that names periods or years and nothing else, such as "Three Months Ended June 30, 2023 2022"."""
    words = re.findall(r"[^\W\d_]+", text)
    years = re.findall(r"\b(?:19|20)\d\d\b", text)
    return len(words) <= 10 and len(years) >= 2 and not _END.search(text) and bool(_PERIOD.search(text))


def _is_figures(text: str) -> bool:
    """A table row as PDF text has it: a label, then figures."""
    figures = _FIGURE.findall(text)
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(figures) >= 2 and 1 <= len(words) <= 12 and not _END.search(text)
