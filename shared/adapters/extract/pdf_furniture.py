"""Running headers, footers and page numbers: lines at the edge of most pages that differ in digits only."""

import re
from collections import Counter
from statistics import median

from shared.adapters.extract.pdf_lines import Line

_EDGE_LINES = 3
_FEWEST_PAGES = 4
_MOST_PAGES = 0.4  # left and right pages may have different ones
_SMALL_TYPE = 1.05
_DIGITS = re.compile(r"\d+")
_ROMAN = re.compile(r"^[ivxlc]{1,7}$", re.IGNORECASE)
_ONLY_NUMBER = re.compile(r"^\W*(?:page|seite|página|pagina|sida|strona)?\W*#(?:\W*(?:of|von|de|di|/)?\W*#)?\W*$")


def without_furniture(pages: list[list[Line]]) -> list[list[Line]]:
    """The first appearance of a running header stays: it may name the company or say "confidential". Bare page
    numbers go everywhere."""
    if len(pages) < _FEWEST_PAGES:
        return pages
    edges = [_edge_patterns(lines) for lines in pages]
    counts = Counter(pattern for edge in edges for pattern in set(edge.values()))
    needed = max(_FEWEST_PAGES - 1, _MOST_PAGES * sum(map(bool, pages)))
    running = {pattern for pattern, count in counts.items() if count >= needed}
    seen: set[str] = set()
    kept: list[list[Line]] = []
    for lines, edge in zip(pages, edges, strict=True):
        rest: list[Line] = []
        for position, line in enumerate(lines):
            pattern = edge.get(position)
            if pattern not in running:
                rest.append(line)
            elif pattern not in seen and not _ONLY_NUMBER.match(pattern):
                seen.add(pattern)
                rest.append(line)
        kept.append(rest)
    return kept


def _edge_patterns(lines: list[Line]) -> dict[int, str]:
    """What the highest and lowest lines of a page say, by their position in the content. Digits are compared only
    in the outermost lines and in small type: "Question 3" on a slide is no page number."""
    by_height = sorted(range(len(lines)), key=lambda position: lines[position].top)
    usual = median(line.size for line in lines) if lines else 0.0
    patterns: dict[int, str] = {}
    for outwards in (by_height[:_EDGE_LINES], by_height[::-1][:_EDGE_LINES]):
        for place, position in enumerate(outwards):
            line = lines[position]
            counted = place == 0 and line.size <= usual * _SMALL_TYPE
            pattern = _pattern(line.text) if counted else line.text.lower()
            if counted or _DIGITS.sub("#", pattern) != "#":
                patterns[position] = pattern
            else:
                patterns[position] = "#"  # a bare number beside a running title
    return patterns


def _pattern(text: str) -> str:
    return "#" if _ROMAN.match(text) else _DIGITS.sub("#", text).lower()
