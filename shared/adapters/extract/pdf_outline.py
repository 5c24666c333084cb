"""A PDF's bookmarks as sections of its text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from shared.adapters.extract.pdf_lines import Line
from shared.domain.breadcrumbs import SEPARATOR

_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """`level` and `page` count from 1."""

    title: str
    level: int
    page: int


@dataclass(slots=True)
class Outline:
    """Met entry by entry while pages are read in order. An entry holds from the line that is its title; where no
    line of its page is, from the top of the page."""

    entries: Sequence[OutlineEntry]
    position: int = 0
    titles: list[str] = field(default_factory=list[str])
    levels: list[int] = field(default_factory=list[int])
    on_page: set[str] = field(default_factory=set[str])

    @property
    def section(self) -> str | None:
        return SEPARATOR.join(self.titles) or None

    def begin_page(self, page: int, lines: Sequence[Line]) -> None:
        self.on_page.clear()
        wanted = {_bare(entry.title) for entry in self.entries[self.position :] if entry.page == page}
        if wanted:
            bare = [_bare(line.text) for line in lines]
            self.on_page.update(wanted.intersection(bare))
            self.on_page.update(wanted.intersection(first + second for first, second in pairwise(bare)))
        self._enter_untitled(page)

    def is_title(self, line: Line) -> bool:
        return bool(self.on_page) and _bare(line.text) in self.on_page

    def meet(self, text: str, page: int) -> int:
        """The level of the entry that this text is the title of, 0 for none."""
        if not self.on_page or (bare := _bare(text)) not in self.on_page:
            return 0
        for number in range(self.position, len(self.entries)):
            entry = self.entries[number]
            if entry.page > page:
                return 0
            if _bare(entry.title) == bare:
                while self.position <= number:
                    self._enter(self.entries[self.position])
                self._enter_untitled(page)
                return entry.level
        return 0

    def _enter_untitled(self, page: int) -> None:
        while self.position < len(self.entries):
            entry = self.entries[self.position]
            if entry.page > page or (entry.page == page and _bare(entry.title) in self.on_page):
                return
            self._enter(entry)

    def _enter(self, entry: OutlineEntry) -> None:
        while self.levels and self.levels[-1] >= entry.level:
            self.levels.pop()
            self.titles.pop()
        self.levels.append(entry.level)
        self.titles.append(entry.title)
        self.position += 1


def _bare(text: str) -> str:
    """What two spellings of a title have in common."""
    return _NO_WORD.sub("", text).lower()
