"""Paragraphs, list items and headings out of the lines of a page."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from shared.adapters.extract.pdf_lines import Line
from shared.adapters.extract.pdf_outline import Outline
from shared.domain.extracted import Block

_LIST_MARK = re.compile(r"^(?:[•‣◦▪●○■□–—*·]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+\S")
_BULLET = re.compile(r"^[•‣◦▪●○■□–—*·]\s+")
_FIGURE = re.compile(r"[-(]?[$€£]?\d[\d.,]*%?\)?|(?<=\s)[—–-](?=\s|$)")
_SENTENCE_END = re.compile(r"[.!?:;]['\"”’)]*$")
_WORD_CHARACTERS = re.compile(r"\w")
_LONGEST_HEADING = 120
_HEADING_LEVELS = 4
_LARGER = 1.12
_SAME_SIZE = 0.08
_PARAGRAPH_GAP = 1.3


@dataclass(frozen=True, slots=True)
class Typography:
    """What is usual in the document: body size in points, whether body text is bold, the distance from line to
    line by font size, and the sizes of headings, largest first."""

    body: float
    body_bold: bool
    pitch: dict[float, float]
    heading_sizes: tuple[float, ...]

    def heading_level(self, line: Line) -> int:
        """1 for the largest; bold lines of body size come below all larger ones; 0 for plain text."""
        if len(line.text) > _LONGEST_HEADING or not _WORD_CHARACTERS.search(line.text) or _is_tabular(line.text):
            return 0
        if line.text[0].islower() or line.text.endswith((",", ";")):
            return 0
        if line.text.endswith(".") and not line.bold:
            return 0
        if self.body and line.size >= self.body * _LARGER:
            larger = sum(size > line.size * (1 + _SAME_SIZE) for size in self.heading_sizes)
            return min(larger + 1, _HEADING_LEVELS)
        if line.bold and not self.body_bold and line.size >= self.body * (1 - _SAME_SIZE):
            return min(len(self.heading_sizes) + 1, _HEADING_LEVELS + 1)
        return 0


def typography(pages: list[list[Line]]) -> Typography:
    sizes: Counter[float] = Counter()
    bold = 0
    gaps: dict[float, Counter[float]] = {}
    for lines in pages:
        before: Line | None = None
        for line in lines:
            sizes[line.size] += len(line.text)
            bold += len(line.text) if line.bold else 0
            if before is not None and before.size == line.size and before.bottom > line.bottom:
                gaps.setdefault(line.size, Counter())[round(2 * (before.bottom - line.bottom)) / 2] += 1
            before = line
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    pitch = {size: _usual_gap(size, counts) for size, counts in gaps.items()}
    larger = sorted((size for size, count in sizes.items() if size >= body * _LARGER and count >= 3), reverse=True)
    distinct: list[float] = []
    for size in larger:
        if not distinct or size < distinct[-1] * (1 - _SAME_SIZE):
            distinct.append(size)
    return Typography(body, bold > 0.5 * sizes.total(), pitch, tuple(distinct[:_HEADING_LEVELS]))


def _usual_gap(size: float, counts: Counter[float]) -> float:
    """The smallest distance that is common: within paragraphs lines stand closest."""
    enough = 0.15 * counts.total()
    return min((gap for gap, count in counts.items() if count >= enough and gap > 0.6 * size), default=1.3 * size)


def page_blocks(lines: list[Line], page: int, usual: Typography, outline: Outline) -> Iterator[Block]:
    outline.begin_page(page, lines)
    width = max((line.right for line in lines), default=0.0) - min((line.left for line in lines), default=0.0)
    group: list[Line] = []
    for line in lines:
        if group and (outline.is_title(line) or outline.is_title(group[-1]) or _parts(group, line, usual, width)):
            yield _block(group, page, usual, outline, width)
            group = []
        group.append(line)
    if group:
        yield _block(group, page, usual, outline, width)


def _parts(group: list[Line], line: Line, usual: Typography, width: float) -> bool:
    """Whether a new block begins with this line."""
    before = group[-1]
    if not before.size or not line.size:
        return bool(_LIST_MARK.match(line.text))
    if abs(before.size - line.size) > _SAME_SIZE * max(before.size, line.size):
        return before.text[-1:] != "-" and len(line.text) > 3
    if before.bold != line.bold and (usual.heading_level(before) or usual.heading_level(line)):
        return True
    if _LIST_MARK.match(line.text):
        return True
    down = before.bottom - line.bottom
    if down < -0.5 * line.size:  # upwards: a new column goes on with the sentence, a table's next cell does not
        prose = len(before.text) > 25 and len(line.text) > 25
        return not (prose and line.text[0].islower() and not _SENTENCE_END.search(before.text))
    pitch = usual.pitch.get(line.size, 1.3 * line.size)
    height = (line.top - line.bottom) if line.top - line.bottom > 1.8 * line.size else 0.0
    if down - height > _PARAGRAPH_GAP * pitch:
        return True
    # Without space between paragraphs a short last line tells.
    short = before.right - group[0].left < 0.7 * width
    return short and bool(_SENTENCE_END.search(before.text)) and not _is_tabular(before.text)


def _block(group: list[Line], page: int, usual: Typography, outline: Outline, width: float) -> Block:
    text = _joined(group, width)
    first = group[0]
    if len(text) <= 2 * _LONGEST_HEADING and (level := outline.meet(text, page)):
        return Block("heading", text.replace("\n", " "), level=level, page=page, section=outline.section)
    if len(group) <= 3 and all(usual.heading_level(line) for line in group):
        level = usual.heading_level(first)
        return Block("heading", text.replace("\n", " "), level=level, page=page, section=outline.section)
    if _LIST_MARK.match(first.text):
        return Block("list_item", _BULLET.sub("", text), page=page, section=outline.section)
    kind = "table_row" if len(group) == 1 and _is_tabular(text) else "paragraph"
    return Block(kind, text, page=page, section=outline.section)


def _joined(group: list[Line], width: float) -> str:
    """Lines of prose flow into each other; rows of figures and short lines keep their breaks."""
    pieces = [group[0].text]
    for before, line in pairwise(group):
        apart = _is_tabular(before.text) or _is_tabular(line.text) or before.right - group[0].left < 0.55 * width
        if not apart and before.text.endswith("-") and line.text[:1].islower():
            pieces.append(line.text)
        else:
            pieces.append(("\n" if apart else " ") + line.text)
    return "".join(pieces)


def _is_tabular(text: str) -> bool:
    """Several figures and little else."""
    figures = _FIGURE.findall(text)
    return len(figures) >= 2 and sum(map(len, figures)) + len(figures) > 0.25 * len(text)
